//! An EBS snapshot, on which images may stand.

use std::collections::BTreeSet;

use proptest::prelude::*;
use reaction::Reaction;
use share_ebs_snapshot::{Facts, ShareEbsSnapshot, Snapshot, Subject};
use sharing::{Encryption, Entries, Head};
use sharing_aws::Holders;

use super::images::{World, world};
use super::world::{OURS, accounts, now, recorded_after, tags};
use super::{after, event};

fn subject(id: &str) -> Subject {
    Subject {
        snapshots: [id.to_owned().try_into().unwrap()].into(),
        account: OURS.parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        event: "createSnapshot".into(),
        end: "2026-11-01T12:00:00Z".into(),
        time: Some(now()),
        replay: None,
    }
}

/// What the event about the first snapshot reads.
fn facts(world: &World) -> Facts {
    let given = &world.snapshots[0];
    let mut snapshot = Snapshot {
        name: Some(given.name.to_owned()).filter(|name| !name.is_empty()),
        tags: tags(given.is_tagged),
        is_ours: true,
        state: "completed".into(),
        volumes: Holders::default(),
        encryption: Encryption::None,
        needed: BTreeSet::new(),
        head: Head::default(),
    };
    if let Entries::Want(wanted) = given.entries(&world.desired) {
        snapshot.volumes.principals = accounts(given.volumes);
        snapshot.head.clone_from(&given.head);
        if !wanted.principals.is_empty() {
            snapshot.encryption.clone_from(&given.encryption);
        }
        if !snapshot.volumes.principals.is_subset(&wanted.principals) {
            snapshot.needed = world.needs(given, "");
        }
    }
    let id = given.id.to_owned().try_into().unwrap();
    Facts { now: now(), desired: world.desired.clone(), snapshots: [(id, snapshot)].into() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_event_about_a_snapshot_and_the_sweep_over_it_reach_the_same_state(world in world()) {
        let (before, records, given) = (world.shares(), world.grants(), &world.snapshots[0]);
        let snapshot = given.resource();
        let by_event = after(event(ShareEbsSnapshot::plan(&subject(given.id), &facts(&world))), &before);
        let by_sweep = world.after_sweep(&before, &records);
        let (event, sweep) = (&by_event[&snapshot], &by_sweep[&snapshot]);
        match given.entries(&world.desired) {
            Entries::None { .. } => {
                prop_assert_eq!(&by_event, &before, "an event takes nothing back where no entry means the snapshot");
            }
            // What goes together waits for the other run, and then is as below.
            _ if world.is_busy() && (*event == before[&snapshot] || *sweep == before[&snapshot]) => {}
            _ if world.images().next().is_none() => prop_assert_eq!(event, sweep),
            _ => {
                let needs = &world.needs(given, "") - &before[&snapshot];
                prop_assert!((sweep - event).is_subset(&needs), "what images ask for, their own events give");
                prop_assert!((event - sweep).is_subset(&world.taken_back("")), "what a sweep takes back, an event leaves");
            }
        }
        if !world.is_busy() {
            let then = world.after_sweep(&by_event, &recorded_after(&records, &before, &by_event));
            prop_assert_eq!(then, by_sweep, "a sweep after the event reaches what a sweep alone does");
        }
    }
}
