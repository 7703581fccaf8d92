//! The hub's sweep looks at its own things, at those of the accounts that the settings name, and at those of its records.

use local_aws::{Fault, FaultKind};
use reaction::{Outcome, Reaction, Report};
use reconcile_shares::{ReconcileShares, Settings};
use share_ebs_snapshot::ShareEbsSnapshot;
use sharing_aws::Source;
use sharing_records::Grants;

use super::Scene;
use crate::functions::reconcile_shares::SWEEP;
use crate::world::ec2::{register, volume_makers};
use crate::world::scene::{read_sample, sorted};
use crate::world::{AUDIT, AWS, GRANTS, SAMPLE_ACCOUNT, World};

const MANIFEST: &str = r#"{"ebs": {"base": {"eu-west-1": ["123456789012"]}}, "ami": {"base": {"eu-west-1": []}}}"#;
pub(super) const ANOTHER: &str =
    r#"{"ebs": {"other": {"eu-west-1": ["123456789012"]}}, "ami": {"base": {"eu-west-1": []}}}"#;

/// The hub with tables, this manifest, and a snapshot of this name in each account, in the order of [`Sweeps::all`].
pub(super) struct Sweeps {
    pub(super) scene: Scene,
    snapshots: [String; 3],
}

impl Sweeps {
    pub(super) async fn new(accounts: impl Fn(&str, &str) -> String) -> Self {
        let scene = Scene::new(accounts).await;
        scene.hub.create_grants_tables().await;
        scene.hub.put_manifest(MANIFEST).await;
        let mut snapshots = Vec::new();
        for account in [&scene.hub, &scene.member, &scene.below] {
            snapshots.push(account.make_snapshot(Some("base-1")).await);
        }
        Self { scene, snapshots: snapshots.try_into().unwrap() }
    }

    fn all(&self) -> [(&World, &str); 3] {
        let Self { scene, snapshots } = self;
        [(&scene.hub, &snapshots[0]), (&scene.member, &snapshots[1]), (&scene.below, &snapshots[2])]
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
    pub(super) async fn share(&self, which: usize) {
        let (owner, snapshot) = self.all()[which];
        let event = read_sample(ShareEbsSnapshot::NAME, "a-snapshot-was-created");
        let event = event.replace(SAMPLE_ACCOUNT, &owner.account).replace("snap-0123456789abcdef0", snapshot);
        let settings = sharing_aws::Settings::of_command_line(&self.variables()).unwrap();
        let sessions = &self.scene.acting_as(ShareEbsSnapshot::NAME).await.sessions;
        let grants = Grants::read(&self.variables(), sessions, ShareEbsSnapshot::NAME).unwrap();
        let report = self.scene.hear(&ShareEbsSnapshot::new(sessions.clone(), settings, grants), &event).await;
        assert_eq!(report.outcome, Outcome::Applied, "{report}");
    }

    pub(super) async fn sweep(&self) -> Report {
        self.sweep_with(&[], SWEEP).await
    }

    /// The same with these settings too, for this event.
    pub(super) async fn sweep_with(&self, settings: &[(&str, &str)], event: &str) -> Report {
        let (known, hub) = (self.variables(), self.scene.acting_as(ReconcileShares::NAME).await);
        let sessions = &hub.sessions;
        let more = |name: &str| settings.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
        let variables = |name: &str| more(name).or_else(|| known(name));
        let source = Source::new(sessions, sharing_aws::Settings::of_command_line(&variables).unwrap());
        let grants = Grants::read(&variables, sessions, ReconcileShares::NAME).unwrap();
        let settings = Settings::read(&variables).unwrap();
        let report = self.scene.hear(&ReconcileShares::new(sessions.clone(), source, settings, grants), event).await;
        println!("{report}");
        report
    }

    /// Who may use the snapshot of each account.
    pub(super) async fn held(&self) -> [String; 3] {
        let mut held = Vec::new();
        for (account, snapshot) in self.all() {
            held.push(volume_makers(&account.ec2, snapshot).await);
        }
        held.try_into().unwrap()
    }

    /// Of which accounts' snapshots the records say that they are shared.
    async fn recorded(&self) -> String {
        let grants = self.scene.hub.grants().all().await.unwrap().grants;
        let named = |id: &str| self.all().iter().position(|(_, snapshot)| *snapshot == id).unwrap();
        sorted(grants.iter().map(|it| ["hub", "member", "below"][named(&it.resource.id)].to_owned()).collect())
    }
}

pub(super) const SHARED: &str = "123456789012";

#[tokio::test]
async fn what_the_hub_shared_in_a_member_is_looked_at_there_and_never_forgotten_unseen() {
    let it = Sweeps::new(|organization, _| organization.to_owned()).await;
    it.share(1).await;
    let report = it.sweep().await;
    assert_eq!(report.outcome, Outcome::Applied);
    // The other member has no record, and nobody named it: its event function looks there.
    assert_eq!(it.held().await, [SHARED, SHARED, "no account"]);
    assert_eq!(it.recorded().await, "hub, member");
    assert_eq!(it.sweep().await.outcome, Outcome::Unchanged);
    it.scene.hub.put_manifest(ANOTHER).await;
    assert_eq!(it.sweep().await.outcome, Outcome::Applied);
    assert_eq!(
        it.held().await,
        ["no account", "no account", "no account"],
        "what no entry matches any more is taken back there, too"
    );
    assert_eq!(it.recorded().await, "no account");
}

#[tokio::test]
async fn what_is_gone_from_a_member_is_forgotten() {
    let it = Sweeps::new(|organization, _| organization.to_owned()).await;
    it.share(1).await;
    it.share(2).await;
    let (member, snapshot) = it.all()[1];
    member.ec2.delete_snapshot().snapshot_id(snapshot).send().await.unwrap();
    let report = it.sweep().await;
    assert_eq!(report.outcome, Outcome::Applied);
    assert!(report.to_string().contains(&format!("forget {snapshot} in eu-west-1, which is gone")), "{report}");
    assert_eq!(it.recorded().await, "below, hub");
}

#[tokio::test]
async fn in_accounts_that_are_named_one_by_one_everything_is_looked_at() {
    let mut it = Sweeps::new(|organization, _| organization.to_owned()).await;
    let (member, below, hub) = (&it.scene.member, &it.scene.below, &it.scene.hub);
    let image = register(&below.ec2, "base-2", &[]).await;
    crate::world::ec2::allow_launch(&below.ec2, &image, &["444455556666"], false).await;
    let named = format!("{},{},{}", hub.account, member.account, below.account);
    it.scene.admit(&named);
    let report = it.sweep().await;
    assert_eq!((report.outcome, report.counts["ebs"]["added"]), (Outcome::Applied, 3));
    assert_eq!(it.held().await, [SHARED, SHARED, SHARED]);
    assert_eq!(crate::world::ec2::launchers(&it.scene.below.ec2, &image).await, "no account");
    assert_eq!(it.recorded().await, "below, hub, member");
    assert_eq!(it.sweep().await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn an_account_that_left_is_told_of_and_its_records_stay_as_they_are() {
    let it = Sweeps::new(|organization, _| organization.to_owned()).await;
    it.share(1).await;
    it.share(2).await;
    it.scene.acting_as(ReconcileShares::NAME).await;
    it.scene.leave(&it.scene.member).await;
    it.scene.hub.put_manifest(ANOTHER).await;
    // It is remembered for a while that an account is admitted.
    crate::world::let_time_pass(std::time::Duration::from_mins(6));
    let calls = it.scene.member.calls();
    let report = it.sweep().await;
    assert_eq!((report.outcome, it.scene.member.calls()), (Outcome::Applied, calls), "nothing is asked there");
    let left = format!("things of account {} are left alone", it.scene.member.account);
    assert!(report.notes.iter().any(|note| note.starts_with(&left)), "{report}");
    assert_eq!(it.held().await, ["no account", SHARED, "no account"]);
    assert_eq!(it.recorded().await, "member");
    assert_eq!(it.sweep().await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn a_member_that_cannot_be_asked_for_is_incomplete_and_the_others_are_done() {
    let it = Sweeps::new(|organization, _| organization.to_owned()).await;
    it.share(1).await;
    it.share(2).await;
    it.scene.hub.put_manifest(ANOTHER).await;
    crate::world::let_time_pass(std::time::Duration::from_mins(6));
    // Each of the three is asked for, four times at most.
    let throttle = Fault::new(&it.scene.hub.account, FaultKind::Throttle);
    AWS.inject(&Fault { operation: Some("DescribeAccount".into()), times: 100, ..throttle });
    let report = it.sweep().await;
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.reason.unwrap().contains("is still ours to act in"), "it says what could not be asked");
    assert_eq!(
        (it.held().await, it.recorded().await.as_str()),
        (["no account", SHARED, SHARED].map(String::from), "below, member")
    );
    AWS.clear_faults(&it.scene.hub.account);
    assert_eq!(it.sweep().await.outcome, Outcome::Applied);
    assert_eq!(it.recorded().await, "no account");
}

#[tokio::test]
async fn a_member_whose_role_is_shut_is_incomplete_and_nothing_of_it_is_forgotten() {
    let it = Sweeps::new(|organization, _| organization.to_owned()).await;
    it.share(1).await;
    crate::world::let_time_pass(std::time::Duration::from_hours(2));
    let denied = Fault::new(&it.scene.hub.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("AssumeRole".into()), times: 100, ..denied });
    let report = it.sweep().await;
    assert_eq!(report.outcome, Outcome::Failed);
    let named = format!("account {}: ", it.scene.member.account);
    assert!(report.reason.unwrap().contains(&named), "the account is named");
    assert_eq!(it.held().await, [SHARED, SHARED, "no account"], "our own are done");
    assert_eq!(it.recorded().await, "hub, member");
}

/// A repository of the same name is in each account; the manifest means the one of the hub.
#[tokio::test]
async fn what_is_named_exactly_is_shared_in_the_hub_alone_and_the_report_says_so() {
    let mut it = Sweeps::new(|organization, _| organization.to_owned()).await;
    let (hub, member) = (&it.scene.hub, &it.scene.member);
    let clients = [hub, member].map(|it| aws_sdk_ecr::Client::new(it.sessions.config()));
    for client in &clients {
        client.create_repository().repository_name("base/app").send().await.unwrap();
    }
    hub.put_manifest(r#"{"ecr": {"base/app": {"eu-west-1": ["123456789012"]}}}"#).await;
    let named = format!("{},{}", hub.account, member.account);
    it.scene.admit(&named);
    let report = it.sweep().await;
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Applied, 1), "{report}");
    let mut has_policy = Vec::new();
    for client in &clients {
        has_policy.push(client.get_repository_policy().repository_name("base/app").send().await.is_ok());
    }
    assert_eq!(has_policy, [true, false]);
    let (hub, member) = (&it.scene.hub.account, &it.scene.member.account);
    let said = format!("ecr name resources of account {hub} exactly, and are skipped in {member}");
    assert!(report.notes.contains(&said), "{report}");
}
