//! A snapshot of a database. No other resource stands on it, so that event and sweep agree to the letter.

use std::collections::BTreeSet;

use proptest::prelude::*;
use reaction::{Plan, Reaction};
use reconcile_shares::Found;
use share_rds_snapshot::{Facts, ShareRdsSnapshot, Snapshot, Step, Subject};
use sharing::{Desired, Encryption, Head, KeyGaps, Kind, Obstacle, OptionGroup, Share};
use sharing_aws::Holders;

use super::world::{
    Mask, OURS, accounts, desired, encryption, entries, grants, head, mask, now, resource, swept, tags,
};
use super::{Shares, after, sweep};

const NAME: &str = "base-db-v1";

#[derive(Clone, Debug)]
struct World {
    desired: Desired,
    is_tagged: bool,
    is_manual: bool,
    status: &'static str,
    holders: Mask,
    recorded: Mask,
    encryption: Encryption,
    options: OptionGroup,
    head: Head,
}

fn world() -> impl Strategy<Value = World> {
    let status = prop_oneof![6 => Just("available"), 1 => Just("creating"), 1 => Just("deleting")];
    let fixed = OptionGroup::Fixed { group: "with-options".into(), options: vec!["TDE".into()] };
    let options = prop_oneof![4 => Just(OptionGroup::Shareable), 1 => Just(fixed)];
    let state = (any::<bool>(), prop::bool::weighted(0.9), status);
    (desired(), state, mask(), mask(), encryption(), options, head()).prop_map(
        |(desired, (is_tagged, is_manual, status), holders, recorded, encryption, options, head)| World {
            desired,
            is_tagged,
            is_manual,
            status,
            // What RDS made for itself has no permissions.
            holders: if is_manual { holders } else { 0 },
            recorded,
            encryption,
            options,
            head,
        },
    )
}

impl World {
    fn shares(&self) -> Shares {
        [(resource(Kind::DbSnapshot, NAME), accounts(self.holders))].into()
    }

    fn after_event(&self) -> Shares {
        let snapshot = Snapshot {
            database: String::new(),
            engine: "postgres".into(),
            status: self.status.into(),
            is_manual: self.is_manual,
            tags: tags(self.is_tagged),
            holders: Holders { is_public: false, principals: accounts(self.holders) },
            encryption: self.encryption.clone(),
            options: self.options.clone(),
            gaps: KeyGaps::Known(BTreeSet::new()),
            copy: None,
            head: self.head.clone(),
        };
        let facts =
            Facts { now: now(), desired: self.desired.clone(), copies_automated: false, snapshot: Some(snapshot) };
        let plan = ShareRdsSnapshot::plan(&subject(), &facts).map(|plan| match plan {
            Plan::Ignore(_) => Vec::new(),
            Plan::Change { steps, .. } => steps.iter().filter_map(shared).collect(),
        });
        after(plan, &self.shares())
    }

    fn after_sweep(&self) -> Shares {
        let mut found = Found::new(resource(Kind::DbSnapshot, NAME), Some(NAME));
        (found.holders, found.tags) = (accounts(self.holders), tags(self.is_tagged));
        let flaw = Obstacle::of_encryption(Kind::DbSnapshot, None, &self.encryption);
        found.flaw = flaw.or_else(|| Obstacle::of_options(&self.options));
        let heads = [(found.resource.clone(), self.head.clone())].into();
        let recorded = [(found.resource.clone(), self.recorded)].into();
        // A sweep lists what is available and what an operator made.
        let is_listed = self.is_manual && self.status == "available";
        let found = is_listed.then_some(found).into_iter().collect();
        after(sweep(&swept(&self.desired, found, grants(&self.shares(), &recorded), heads)), &self.shares())
    }
}

fn subject() -> Subject {
    let event = format!(
        r#"{{"version": "0", "id": "e", "detail-type": "RDS DB Snapshot Event", "source": "aws.rds", "account": "{OURS}",
            "time": "2026-11-01T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": {{
            "EventCategories": ["creation"], "SourceType": "SNAPSHOT", "Date": "2026-11-01T12:00:00.123Z",
            "SourceArn": "arn:aws:rds:eu-west-1:{OURS}:snapshot:{NAME}", "SourceIdentifier": "{NAME}",
            "Message": "Manual snapshot created", "EventID": "RDS-EVENT-0042"}}}}"#
    );
    ShareRdsSnapshot::parse(serde_json::from_str(&event).unwrap()).unwrap().unwrap()
}

fn shared(step: &Step) -> Option<Share> {
    let Step::Share(step) = step else { return None };
    step.share().ok().cloned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_event_about_a_database_snapshot_and_the_sweep_over_it_reach_the_same_state(world in world()) {
        let (by_event, by_sweep) = (world.after_event(), world.after_sweep());
        let snapshot = resource(Kind::DbSnapshot, NAME);
        if entries(&world.desired, &snapshot, NAME, &tags(world.is_tagged)).is_any() {
            prop_assert_eq!(by_event, by_sweep);
        } else {
            let before = world.shares();
            prop_assert_eq!(&by_event, &before, "an event takes nothing back where no entry means the snapshot");
            let taken = &before[&snapshot] - &by_sweep[&snapshot];
            prop_assert!(taken.is_subset(&accounts(world.recorded)), "a sweep takes back what is recorded as ours");
        }
    }
}
