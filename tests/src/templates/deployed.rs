//! The templates, deployed: an event finds its way through the rule to the compiled function, what fails is kept, and
//! nothing is left when the stacks are deleted.

mod account;
mod customer_key;
mod operations;
mod organization;
mod pipeline;
mod rotation;
mod shipped;
mod upgrade;

use account::Account;
pub use account::{Account as DeployedAccount, ONE_AT_A_TIME, RECORDS, TABLE, packaged, patient, stack};
use local_aws::{Fault, FaultKind};
pub use operations::alarms;
use serde_json::{Value, json};
pub use shipped::{Shipping, done};

use crate::functions::share_ami::{GIVEN, Scene};
use crate::functions::{emr_dns, react_org_change, reconcile_shares};
use crate::promises::checks::Deployed;
use crate::world::AWS;
use crate::world::{emr, scene};

/// The fields of a log line: Powertools', and then ours.
const LOG_FIELDS: [&str; 12] = [
    "cold_start",
    "correlation_id",
    "function_name",
    "function_request_id",
    "key",
    "level",
    "message",
    "outcome",
    "report",
    "service",
    "timestamp",
    "xray_trace_id",
];

pub const SHARED: &str = "image: 123456789012, 987654321098\nsnap-1: 123456789012, 987654321098\n";
const NOT_SHARED: &str = "image: no account\nsnap-1: no account\n";

/// An account in which `share-ami` is deployed, and an image.
async fn image() -> Account<Scene> {
    Account::set_up(&GIVEN, "an-image-became-available").await
}

#[tokio::test]
async fn an_event_goes_by_its_rule_to_the_function_which_shares_the_image_once() {
    let account = image().await;
    let event = &account.scene.event;
    assert_eq!(account.scene.picture().await, NOT_SHARED);
    let targets = account.targets_of(event).await;
    assert_eq!(targets, [account.outputs["FunctionArn"].clone()]);
    let report = account.ask(&targets[0], event).await;
    assert_eq!((&report["function"], &report["outcome"]), (&json!("share-ami"), &json!("applied")), "{report}");
    assert_eq!(account.scene.picture().await, SHARED);
    let again = account.ask(&targets[0], event).await;
    assert_eq!((&again["outcome"], &again["steps"]), (&json!("repeated"), &json!([])), "{again}");
    assert_eq!(account.remembered().await, [report]);
    assert_logged(&account, event).await;
}

/// Each invocation has one line, with the fields that Powertools' readers look for, and one of metrics.
async fn assert_logged(account: &Account<Scene>, event: &str) {
    let (audit, lines): (Vec<_>, Vec<_>) =
        account.log_lines().await.into_iter().partition(|line| line.get("audit").is_some());
    let said: Vec<Value> =
        audit.iter().map(|it| serde_json::from_str(it["audit"].as_str().unwrap()).unwrap()).collect();
    let kept = account.audit().await;
    assert_eq!((said.len(), kept.len()), (4, 4), "an intent and an outcome of the image and of its snapshot");
    assert!(said.iter().all(|item| kept.contains(item)), "the log tells what the table keeps: {said:#?} {kept:#?}");
    let request =
        lines.iter().find(|line| line["outcome"] == "applied").unwrap()["function_request_id"].as_str().unwrap();
    let who = format!("{}:$LATEST, request {request}", account.outputs["FunctionArn"]);
    assert!(kept.iter().all(|item| item["who"] == who.as_str()), "{who} did it: {kept:#?}");
    let (metrics, lines): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.get("_aws").is_some());
    let outcomes: Vec<_> = lines.iter().map(|line| (&line["outcome"], &line["cold_start"])).collect();
    assert_eq!(outcomes, [(&json!("applied"), &json!(true)), (&json!("repeated"), &json!(false))]);
    assert_eq!(metrics.len(), lines.len());
    let event: Value = serde_json::from_str(event).unwrap();
    for line in lines {
        let fields: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, LOG_FIELDS);
        assert_eq!((&line["correlation_id"], &line["level"]), (&event["id"], &json!("INFO")));
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_kept_in_the_failure_queue_once_and_not_remembered() {
    let account = image().await;
    let mut poison: Value = serde_json::from_str(&account.scene.event).unwrap();
    poison["detail"] = json!("poison");
    account.send(&poison.to_string()).await;
    assert_eq!(account.the_failure().await["requestPayload"], poison);
    assert_eq!(account.remembered().await, [] as [Value; 0]);
    assert_eq!(account.scene.picture().await, NOT_SHARED);
}

#[tokio::test]
async fn an_event_that_failed_three_times_is_kept_and_applies_when_it_is_sent_again() {
    let account = image().await;
    let world = &account.scene.world;
    let denied = Fault {
        service: Some("ec2".into()),
        operation: Some("DescribeImages".into()),
        times: usize::MAX,
        ..Fault::new(&world.account, FaultKind::AccessDenied)
    };
    AWS.inject(&denied);
    account.send(&account.scene.event).await;
    let kept = account.the_failure().await;
    let claims = AWS.calls(&world.account).iter().filter(|call| call.operation == "PutItem").count();
    assert_eq!(claims, 3, "Lambda tries twice more, and each finds the occurrence given back");
    assert_eq!(account.remembered().await, [] as [Value; 0]);
    AWS.clear_faults(&world.account);
    let report = account.ask("share-ami", &kept["requestPayload"].to_string()).await;
    assert_eq!(report["outcome"], "applied", "{report}");
    assert_eq!(account.scene.picture().await, SHARED);
}

#[tokio::test]
async fn deleted_stacks_leave_nothing_behind_but_what_was_granted_and_its_audit() {
    let account = image().await;
    let role = account.outputs["RoleArn"].rsplit('/').next().unwrap();
    let get_role = format!("Action=GetRole&Version=2010-05-08&RoleName={role}");
    let form = "Content-Type: application/x-www-form-urlencoded";
    assert!(account.call("iam", form, &get_role).await.0.contains("200"));
    account.delete_stacks().await;
    let world = &account.scene.world;
    assert!(account.lambda.get_function().function_name("share-ami").send().await.is_err());
    assert_eq!(account.events.list_rules().send().await.unwrap().rules(), []);
    assert!(account.sqs.get_queue_url().queue_name("share-ami-failures").send().await.is_err());
    assert!(world.dynamodb.describe_table().table_name(TABLE).send().await.is_err());
    for table in RECORDS {
        let kept = world.dynamodb.describe_table().table_name(table).send().await.unwrap().table.unwrap();
        assert_eq!(kept.deletion_protection_enabled, Some(true), "{table}");
    }
    assert!(account.call("iam", form, &get_role).await.0.contains("404"));
    let (_, logs) = account.call("logs", "X-Amz-Target: Logs_20140328.DescribeLogGroups", "{}").await;
    assert_eq!(serde_json::from_str::<Value>(&logs).unwrap()["logGroups"], json!([]));
}

/// An event goes by its rule to the function, which acts once, and whose stacks leave nothing behind.
pub async fn act_once<S: scene::Scene>(Deployed { given, sample, after, then }: &Deployed<S>) {
    let account: Account<S> = Account::set_up(given, sample).await;
    let targets = account.targets_of(account.scene.event()).await;
    assert_eq!(targets, [account.outputs["FunctionArn"].clone()]);
    let report = account.ask(&targets[0], account.scene.event()).await;
    assert_eq!((&report["function"], &report["outcome"]), (&json!(S::FUNCTION), &json!("applied")), "{report}");
    assert_eq!(account.scene.picture().await, *after);
    let again = account.ask(&targets[0], account.scene.event()).await;
    assert_eq!((&again["outcome"], &again["steps"]), (&json!(then), &json!([])), "{again}");
    assert_eq!(account.remembered().await.len(), 1);
    account.delete_stacks().await;
    assert_eq!(account.events.list_rules().send().await.unwrap().rules(), []);
}

#[tokio::test]
async fn an_account_that_came_goes_by_its_rule_to_the_function_which_gives_it_what_the_organization_has() {
    let account: Account<react_org_change::Scene> =
        Account::set_up(&react_org_change::Given::Came, "an-account-was-created").await;
    let targets = account.targets_of(scene::Scene::event(&account.scene)).await;
    assert_eq!(targets, [account.outputs["FunctionArn"].clone()]);
    let report = account.ask(&targets[0], scene::Scene::event(&account.scene)).await;
    assert_eq!((&report["function"], &report["outcome"]), (&json!("react-org-change"), &json!("applied")), "{report}");
    let shares = scene::Scene::picture(&account.scene).await;
    assert!(shares.contains("base-cluster-v1: 222233334444, 333344445555\n"), "{shares}");
    let again = account.ask(&targets[0], scene::Scene::event(&account.scene)).await;
    assert_eq!((&again["outcome"], &again["steps"]), (&json!("unchanged"), &json!([])), "{again}");
}

/// Hands to the function what its schedule does.
async fn ask_on_schedule<S: scene::Scene>(account: &Account<S>) -> Value {
    let rules = account.events.list_rules().send().await.unwrap().rules.unwrap_or_default();
    let rule = rules.iter().find(|rule| rule.schedule_expression().is_some()).expect("a schedule");
    let asked = account.events.list_targets_by_rule().rule(rule.name().unwrap()).send().await.unwrap();
    let [target] = asked.targets() else { panic!("one target, not {asked:?}") };
    account.ask(target.arn(), target.input().unwrap()).await
}

#[tokio::test]
async fn the_schedule_sends_the_sweep_what_it_reads_as_one() {
    let given = reconcile_shares::Given::Object;
    let account: Account<reconcile_shares::Scene> = Account::set_up(&given, "it-is-time-to-sweep").await;
    let report = ask_on_schedule(&account).await;
    assert_eq!(report["outcome"], "applied", "{report}");
    assert_eq!(report["counts"]["ami"]["added"], 1, "{report}");
    let again = ask_on_schedule(&account).await;
    assert_eq!(again["outcome"], "unchanged", "{again}");
}

/// Hands the event to the function by its rule, and asserts what comes of it.
async fn hand_over(account: &Account<emr_dns::Scene>, sample: &str, outcome: &str) {
    let event = account.scene.with_own_ids(&scene::read_sample("emr-dns", sample));
    let targets = account.targets_of(&event).await;
    assert_eq!(targets, [account.outputs["FunctionArn"].clone()]);
    let report = account.ask(&targets[0], &event).await;
    assert_eq!((&report["function"], &report["outcome"]), (&json!("emr-dns"), &json!(outcome)), "{sample}: {report}");
}

#[tokio::test]
async fn a_cluster_has_its_name_from_when_it_runs_until_it_is_terminated() {
    use emr_dns::{CLUSTER, Cluster, GIVEN, Given, NIGHTLY, Scene};
    use scene::Scene as _;
    let given = Given { clusters: &[Cluster { state: "STARTING", ..CLUSTER }], ..GIVEN };
    let account: Account<Scene> = Account::set_up(&given, "a-cluster-is-starting").await;
    let (world, cluster) = (&account.scene.world, account.scene.id_of(NIGHTLY));
    let nothing = account.scene.picture().await;
    hand_over(&account, "a-cluster-is-starting", "unchanged").await;
    emr::set_state(world, cluster, "RUNNING").await;
    hand_over(&account, "a-cluster-is-running", "applied").await;
    let named = account.scene.picture().await;
    assert!(named.contains("etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal\n"), "{named}");
    assert!(named.contains("_signalbox.etl.example.com TXT 60 "), "{named}");
    emr::set_state(world, cluster, "WAITING").await;
    hand_over(&account, "a-cluster-is-waiting", "unchanged").await;
    emr::terminate(world, cluster).await;
    hand_over(&account, "a-cluster-was-terminated", "applied").await;
    assert_eq!(account.scene.picture().await, nothing, "neither CNAME nor TXT is left");
    hand_over(&account, "a-cluster-is-running", "unchanged").await;
    assert_eq!(account.scene.picture().await, nothing);
    account.delete_stacks().await;
    assert_eq!(account.events.list_rules().send().await.unwrap().rules(), []);
}

#[tokio::test]
async fn the_schedule_of_names_sends_what_the_function_reads_as_a_sweep() {
    let account: Account<emr_dns::Scene> = Account::set_up(&emr_dns::GIVEN, "it-is-time-to-sweep").await;
    let report = ask_on_schedule(&account).await;
    assert_eq!((&report["outcome"], &report["counts"]["dns"]["created"]), (&json!("applied"), &json!(1)), "{report}");
    assert_eq!(ask_on_schedule(&account).await["outcome"], "unchanged");
}
