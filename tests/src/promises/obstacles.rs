//! What cannot be shared for what it is made of: a key that is gone or that no account can use, an option that stays. It is
//! refused alone and not tried again, and everything else is shared and taken back.

use std::time::Duration;

use aws_sdk_kms::Client as Kms;
use local_aws::{Fault, FaultKind};
use place::AccountId;
use reaction::{Mode, Outcome, Report};
use sharing::Encryption;
use sharing_aws::encryption;

use crate::functions::reconcile_shares::Scene as Account;
use crate::functions::share_ami::Key;
use crate::functions::share_ebs_snapshot::{self, GivenSnapshot, SNAPSHOT};
use crate::functions::share_rds_snapshot;
use crate::world::ec2::{allow_launch, allow_volumes, register};
use crate::world::scene::Scene;
use crate::world::{AWS, REGION, World};

const GONE: &str = "11111111-2222-3333-4444-0123456789ab";

/// Lets KMS know no key.
fn lose_keys(account: &str) {
    let message = format!("Key 'arn:aws:kms:{REGION}:{account}:key/..' does not exist");
    let kind = FaultKind::Error { status: 400, code: "NotFoundException".into(), message };
    AWS.inject(&Fault { operation: Some("DescribeKey".into()), times: 100, ..Fault::new(account, kind) });
}

/// A snapshot under this key, with a Name where it has one.
async fn snapshot_under(world: &World, key: &str, name: &str) -> String {
    let volume = world.ec2.create_volume().availability_zone(format!("{REGION}a")).size(8).encrypted(true);
    let volume = volume.kms_key_id(key).send().await.unwrap().volume_id.unwrap();
    let snapshot = world.ec2.create_snapshot().volume_id(volume).send().await.unwrap().snapshot_id.unwrap();
    let tag = aws_sdk_ec2::types::Tag::builder().key("Name").value(name).build();
    world.ec2.create_tags().resources(&snapshot).tags(tag).send().await.unwrap();
    snapshot
}

fn arn(world: &World, key: &str) -> String {
    format!("arn:aws:kms:{REGION}:{}:key/{key}", world.account)
}

/// What was not done, step by step.
fn refused(report: &Report) -> Vec<&str> {
    report.steps.iter().filter_map(|step| step.error.as_deref()).collect()
}

#[tokio::test]
async fn one_image_on_a_key_that_is_gone_holds_up_nothing_in_its_region() {
    let scene = Account::new().await;
    let (world, key) = (&scene.world, arn(&scene.world, GONE));
    let backing = snapshot_under(world, &key, "").await;
    let old = register(&world.ec2, "base_linux_v0", std::slice::from_ref(&backing)).await;
    allow_launch(&world.ec2, &old, &["444455556666"], false).await;
    allow_volumes(&world.ec2, &backing, &["444455556666"]).await;
    let volume = snapshot_under(world, &key, "volume_v0").await;
    scene
        .put_manifest(
            r#"{"ami": {"base_linux_v": {"eu-west-1": ["111111111111"]}}, "ebs": {"volume_v": {"eu-west-1": ["222222222222"]}}}"#,
        )
        .await;
    for outcome in [Outcome::Refused, Outcome::Refused] {
        let report = scene.sweep().await;
        assert_eq!(report.outcome, outcome, "{report}");
        let refused = refused(&report);
        assert_eq!(refused.len(), 2, "{refused:#?}");
        assert!(refused.iter().all(|why| why.contains(&format!("its key {key} does not exist"))), "{refused:#?}");
        assert!(refused.iter().any(|why| why.contains(&old)) && refused.iter().any(|why| why.contains(&volume)));
        assert_eq!(scene.launchers(&scene.image).await, "111111111111");
        assert_eq!(scene.volume_makers(&scene.backing).await, "111111111111");
        assert_eq!(scene.volume_makers(&scene.volume).await, "222222222222");
        assert_eq!(scene.launchers(&old).await, "no account", "what cannot be shared can be taken back");
        assert_eq!(
            (scene.volume_makers(&backing).await, scene.volume_makers(&volume).await),
            ("no account".into(), "no account".into())
        );
    }
    scene.assert_audited().await;
}

#[tokio::test]
async fn a_key_that_cannot_be_read_for_now_holds_up_what_it_encrypts_and_nothing_else() {
    let scene = Account::new().await;
    let key = arn(&scene.world, GONE);
    let old = register(&scene.world.ec2, "base_linux_v0", &[snapshot_under(&scene.world, &key, "").await]).await;
    scene.put_manifest(r#"{"ami": {"base_linux_v": {"eu-west-1": ["111111111111", "444455556666"]}}}"#).await;
    let fault = Fault::new(&scene.world.account, FaultKind::ServerError);
    AWS.inject(&Fault { operation: Some("DescribeKey".into()), times: 100, ..fault });
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    let reason = report.reason.unwrap();
    assert!(
        reason.contains("could not read ") && reason.contains(&format!("{old} in eu-west-1: reading key {key}")),
        "{reason}"
    );
    assert_eq!(scene.launchers(&scene.image).await, "111111111111, 444455556666");
    assert_eq!(scene.launchers(&old).await, "no account");
}

#[tokio::test]
async fn a_database_snapshot_on_a_key_that_is_gone_is_refused_alone_by_the_sweep() {
    let scene = Account::new().await.with_encrypted_snapshot().await;
    let rds = aws_sdk_rds::Client::new(scene.world.sessions.config());
    let key = arn(&scene.world, &scene.key);
    let cluster = rds.create_db_cluster().db_cluster_identifier("secret").engine("aurora-postgresql");
    let cluster = cluster.master_username("admin1").master_user_password("password1").storage_encrypted(true);
    cluster.kms_key_id(&key).send().await.unwrap();
    let snapshot = rds.create_db_cluster_snapshot().db_cluster_identifier("secret");
    snapshot.db_cluster_snapshot_identifier("secret-cluster-v1").send().await.unwrap();
    scene
        .put_manifest(
            r#"{"rds": {"db-v": {"eu-west-1": ["123456789012"]}}, "rds-cluster": {"cluster-v": {"eu-west-1": ["123456789012"]}}}"#,
        )
        .await;
    lose_keys(&scene.world.account);
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let refused = refused(&report);
    assert_eq!(refused.len(), 2, "{refused:#?}");
    for (why, id) in refused.iter().zip(["secret-db-v1", "secret-cluster-v1"]) {
        assert!(why.starts_with(id) && why.contains(&format!("its key {key} does not exist")), "{why}");
    }
    let picture = scene.picture().await;
    assert!(
        picture.contains("\nbase-db-v1: 123456789012\nsecret-db-v1: no account\nbase-cluster-v1: 123456789012\n"),
        "{picture}"
    );
}

/// Hears the event while KMS knows no key: it is refused with the key named, nothing changes, and there is no retry.
pub async fn assert_refused<S: Scene>(given: &S::Given, sample: &str) {
    let scene = S::set_up(given, sample).await;
    let (account, before) = (&scene.world().account, scene.picture().await);
    lose_keys(account);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let reason = report.reason.unwrap();
    let named = format!("its key arn:aws:kms:{REGION}:{account}:key/");
    assert!(reason.contains(&named) && reason.contains("does not exist"), "{reason}");
    assert_eq!(scene.picture().await, before);
}

#[tokio::test]
async fn of_several_snapshots_in_one_event_the_one_on_a_key_that_is_gone_is_left_and_the_other_shared() {
    let snapshots = &[SNAPSHOT, GivenSnapshot { key: Key::Customer, ..SNAPSHOT }];
    let given = share_ebs_snapshot::Given { snapshots, ..share_ebs_snapshot::GIVEN };
    let scene = share_ebs_snapshot::Scene::set_up(&given, "snapshots-of-several-volumes-were-created").await;
    lose_keys(&scene.world().account);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert_eq!(refused(&report).len(), 1);
    let picture = scene.picture().await;
    assert!(picture.contains(": 123456789012, 987654321098\n") && picture.contains(": no account\n"), "{picture}");
}

/// What is said of a thing under this key.
async fn said_of(kms: &Kms, key: &str, owner: &AccountId) -> String {
    match encryption(kms, key, owner).await.unwrap() {
        Encryption::Unusable(why) => why,
        Encryption::Customer(_) => "a customer's".into(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_in_any_state_is_told_with_its_name_and_what_to_do() {
    let world = World::new().await;
    let (kms, owner) = (Kms::new(world.sessions.config()), world.account.parse::<AccountId>().unwrap());
    let make = async || kms.create_key().send().await.unwrap().key_metadata.unwrap().arn.unwrap();
    let id = |arn: &String| arn.rsplit('/').next().unwrap().to_owned();
    let (usable, disabled, ending) = (make().await, make().await, make().await);
    kms.disable_key().key_id(id(&disabled)).send().await.unwrap();
    kms.schedule_key_deletion().key_id(id(&ending)).pending_window_in_days(7).send().await.unwrap();
    kms.create_alias().alias_name("alias/usable").target_key_id(id(&usable)).send().await.unwrap();
    for (key, said) in [
        (usable, "a customer's"),
        ("alias/usable".into(), "a customer's"),
        ("alias/aws/ebs".into(), "AwsManaged"),
        ("arn:aws:kms:eu-west-1:999988887777:key/theirs".into(), "a customer's"),
        (arn(&world, GONE), "does not exist"),
        ("alias/gone".into(), "does not exist"),
        (disabled, "is Disabled, and no account can use it; enable the key (EnableKey)"),
        (ending, "is PendingDeletion, and no account can use it; cancel the deletion"),
    ] {
        let told = said_of(&kms, &key, &owner).await;
        assert!(told.contains(said), "{key}: {told}");
        assert!(!told.contains(' ') || said == "a customer's" || told.contains(&key), "{key}: {told}");
    }
}

#[tokio::test]
async fn a_key_of_an_account_that_denies_it_to_us_counts_as_a_customers() {
    let world = World::new().await;
    let (kms, owner) = (Kms::new(world.sessions.config()), world.account.parse::<AccountId>().unwrap());
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().arn.unwrap();
    AWS.inject(&Fault { times: 100, ..Fault::new(&world.account, FaultKind::AccessDenied) });
    assert_eq!(said_of(&kms, &key, &owner).await, "a customer's");
}

/// Makes a database with a snapshot of this name.
async fn make_database(
    account: &Account,
    name: &str,
    engine: &str,
    option_group: Option<&str>,
    encryption: Option<&str>,
) {
    let rds = aws_sdk_rds::Client::new(account.world.sessions.config());
    let tag = |value| aws_sdk_rds::types::Tag::builder().key("local-aws:storage-encryption-type").value(value).build();
    let instance = rds.create_db_instance().db_instance_identifier(name).db_instance_class("db.t3.micro");
    let instance = instance.engine(engine).allocated_storage(20).set_option_group_name(option_group.map(String::from));
    instance.set_tags(encryption.map(|value| vec![tag(value)])).send().await.unwrap();
    let snapshot = rds.create_db_snapshot().db_instance_identifier(name);
    snapshot.db_snapshot_identifier(format!("{name}-db-v1")).send().await.unwrap();
}

#[tokio::test]
async fn a_snapshot_with_an_option_that_stays_is_refused_alone_and_oracles_time_zone_is_none() {
    for (engine, version, option, is_shared) in [
        ("sqlserver-ee", "15.00", "TDE", false),
        ("oracle-ee", "19", "TDE", false),
        ("oracle-ee", "19", "Timezone", true),
        ("oracle-se2", "19", "OLS", true),
        ("mysql", "8.0", "MARIADB_AUDIT_PLUGIN", true),
    ] {
        let scene = Account::new().await;
        let rds = aws_sdk_rds::Client::new(scene.world.sessions.config());
        share_rds_snapshot::make_option_group(&rds, engine, version, &[option]).await;
        make_database(&scene, "secret", engine, Some(share_rds_snapshot::OPTION_GROUP), None).await;
        scene.put_manifest(r#"{"rds": {"db-v": {"eu-west-1": ["123456789012"]}}}"#).await;
        let report = scene.sweep().await;
        let why = "secret-db-v1 in eu-west-1: its option group with-options has the persistent or permanent option TDE";
        assert_eq!(
            report.outcome,
            if is_shared { Outcome::Applied } else { Outcome::Refused },
            "{engine} {option}: {report}"
        );
        assert!(is_shared || report.reason.unwrap().contains(why));
        let who = if is_shared { "123456789012" } else { "no account" };
        let picture = scene.picture().await;
        assert!(
            picture.contains(&format!("base-db-v1: 123456789012\nsecret-db-v1: {who}\n")),
            "{engine} {option}: {picture}"
        );
    }
}

#[tokio::test]
async fn an_option_group_that_may_not_be_read_is_a_note_and_no_obstacle() {
    let given = share_rds_snapshot::Given { options: &["SQLSERVER_BACKUP_RESTORE"], ..share_rds_snapshot::GIVEN };
    let scene = share_rds_snapshot::Scene::set_up(&given, "a-snapshot-was-created").await;
    let denied = Fault::new(&scene.world().account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("DescribeOptionGroups".into()), times: 100, ..denied });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(report.notes[0].contains("whether the option group with-options has persistent options could not be read"));
}

#[tokio::test]
async fn what_rds_encrypts_with_a_key_that_aws_owns_is_not_taken_for_unencrypted() {
    let scene = Account::new().await;
    make_database(&scene, "secret", "postgres", None, Some("sse-rds")).await;
    scene.put_manifest(r#"{"rds": {"db-v": {"eu-west-1": ["123456789012"]}}}"#).await;
    let report = scene.hear_within(Duration::from_mins(10), crate::functions::reconcile_shares::SWEEP).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let note = "secret-db-v1 in eu-west-1: it is encrypted with a key that AWS owns (sse-rds)";
    assert_eq!(report.notes.iter().filter(|it| it.starts_with(note)).count(), 1, "{report}");
    assert!(!report.notes.iter().any(|it| it.contains("base-db-v1")), "{report}");
}
