//! What members share with a unit of the hub's organization, where accounts alone can be named: who leaves the unit loses it.

use react_org_change::ReactOrgChange;
use reaction::{Outcome, Reaction, Report};
use reconcile_shares::Settings;
use share_ebs_snapshot::ShareEbsSnapshot;
use sharing_aws::Source;
use sharing_records::Grants;

use super::Scene;
use crate::world::ec2::volume_makers;
use crate::world::scene::read_sample;
use crate::world::{AUDIT, GRANTS, SAMPLE_ACCOUNT, World};

/// A snapshot of the member, which the unit has: the other account of the unit below gets it.
struct Moves {
    scene: Scene,
    snapshot: String,
}

impl Moves {
    async fn new() -> Self {
        let scene = Scene::new(|organization, _| organization.to_owned()).await;
        scene.hub.create_grants_tables().await;
        let unit = format!("arn:aws:organizations::{}:ou/{}/{}", scene.hub.account, scene.organization, scene.unit);
        scene.hub.put_manifest(&format!(r#"{{"ebs": {{"base": {{"eu-west-1": ["{unit}"]}}}}}}"#)).await;
        let snapshot = scene.member.make_snapshot(Some("base-1")).await;
        let it = Self { scene, snapshot };
        it.share().await;
        it
    }

    fn variables(&self) -> impl Fn(&str) -> Option<String> {
        let location = format!("s3://{}/share.json", self.scene.hub.bucket());
        move |name: &str| match name {
            "SIGNALBOX_MANIFEST" => Some(location.clone()),
            "SIGNALBOX_GRANTS_TABLE" => Some(GRANTS.into()),
            "SIGNALBOX_AUDIT_TABLE" => Some(AUDIT.into()),
            _ => None,
        }
    }

    /// The event function of the hub hears of the snapshot, shares it and records that.
    async fn share(&self) {
        let event = read_sample(ShareEbsSnapshot::NAME, "a-snapshot-was-created");
        let event = event.replace(SAMPLE_ACCOUNT, &self.scene.member.account);
        let event = event.replace("snap-0123456789abcdef0", &self.snapshot);
        let settings = sharing_aws::Settings::of_command_line(&self.variables()).unwrap();
        let sessions = &self.scene.acting_as(ShareEbsSnapshot::NAME).await.sessions;
        let grants = Grants::read(&self.variables(), sessions, ShareEbsSnapshot::NAME).unwrap();
        let report = self.scene.hear(&ShareEbsSnapshot::new(sessions.clone(), settings, grants), &event).await;
        assert_eq!(report.outcome, Outcome::Applied, "{report}");
    }

    /// The hub hears that this account was removed.
    async fn hear(&self, account: &World) -> Report {
        let (variables, hub) = (self.variables(), self.scene.acting_as(ReactOrgChange::NAME).await);
        let sessions = &hub.sessions;
        let source = Source::new(sessions, sharing_aws::Settings::of_command_line(&variables).unwrap());
        let grants = Grants::read(&variables, sessions, ReactOrgChange::NAME).unwrap();
        let function = ReactOrgChange::new(sessions.clone(), source, Settings::read(&variables).unwrap(), grants);
        let event = read_sample(ReactOrgChange::NAME, "an-account-was-removed");
        let event = event.replace("222233334444", &account.account).replace(SAMPLE_ACCOUNT, &self.scene.hub.account);
        self.scene.hear(&function, &event).await
    }

    async fn held(&self) -> String {
        let held = volume_makers(&self.scene.member.ec2, &self.snapshot).await;
        held.replace(&self.scene.below.account, "BELOW").replace(&self.scene.hub.account, "HUB")
    }
}

#[tokio::test]
async fn who_left_the_organization_loses_what_a_member_shares_with_its_unit() {
    let it = Moves::new().await;
    assert_eq!(it.held().await, "BELOW", "the closed one of the unit has nothing");
    it.scene.leave(&it.scene.below).await;
    let report = it.hear(&it.scene.below).await;
    assert_eq!((report.outcome, it.held().await.as_str()), (Outcome::Applied, "no account"), "{report}");
    // Nobody has it now, and whoever comes shall: the record of the thing is still where to look.
    let again = it.hear(&it.scene.below).await;
    assert_eq!(again.outcome, Outcome::Unchanged, "{again}");
    assert_eq!(again.counts["ebs"]["foreign"], 0, "it was looked at: {again}");
}

#[tokio::test]
async fn what_a_member_owns_that_left_is_left_alone() {
    let it = Moves::new().await;
    it.scene.acting_as(ReactOrgChange::NAME).await;
    it.scene.leave(&it.scene.member).await;
    it.scene.leave(&it.scene.below).await;
    crate::world::let_time_pass(std::time::Duration::from_mins(6));
    let calls = it.scene.member.calls();
    let report = it.hear(&it.scene.member).await;
    assert_eq!((report.outcome, it.scene.member.calls()), (Outcome::Unchanged, calls), "{report}");
    assert!(report.notes[0].contains("are left alone"), "{report}");
    assert_eq!(it.held().await, "BELOW");
}
