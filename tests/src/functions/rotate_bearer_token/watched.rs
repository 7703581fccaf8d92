//! What a sweep says of each secret: whether it is rotated in time, whether its token lasts, and what could not be looked at; and
//! that each alarm sounds at the line of the log that counts it.

use reaction::{Outcome, Report};
use serde_json::{Value, json};

use super::through_lambda::Running;
use super::{OVERLAP, SWEEP, Scene, function, variables};
use crate::templates::alarms_set_off;
use crate::world::oauth2::Style;
use crate::world::rotations::{Rotation, STEPS, make_secret, new_token, secrets_manager};
use crate::world::{DAY, let_time_pass};

/// How many secrets are overdue, unread, and have a token that ends too early.
fn counted(report: &Report) -> [u64; 3] {
    ["overdue", "unread", "short_lived"].map(|it| report.counts["rotation"][it])
}

impl Scene {
    /// The same, where the function looks at these secrets, too.
    fn watching(mut self, others: &[&str]) -> Self {
        let secrets = [&[self.secret.as_str()], others].concat().join(",");
        let mut variables = variables(&self.server, self.style, &self.secret, &self.master);
        variables.retain(|(name, _)| *name != "SIGNALBOX_SECRETS");
        variables.push(("SIGNALBOX_SECRETS", secrets));
        self.function = function(&self.world, &variables);
        self
    }
}

#[tokio::test]
async fn a_secret_that_is_late_is_named_beside_one_that_is_not() {
    let scene = Scene::new(Style::Overlap).await;
    let other = make_secret(&scene.world, "app/other", &scene.value("other")).await;
    let scene = scene.watching(&[&other]);
    Rotation::begin(&scene.world, &other).await;
    scene.rotate().await;
    let report = scene.sweep().await;
    assert_eq!((counted(&report), report.notes.len()), ([0, 0, 0], 0), "{report}");
    let_time_pass(29 * DAY);
    assert_eq!(counted(&scene.sweep().await)[0], 0);
    // Only the other one misses its date: this one is rotated every year.
    let rules =
        aws_sdk_secretsmanager::types::RotationRulesType::builder().schedule_expression("rate(365 days)").build();
    let request = secrets_manager(&scene.world).rotate_secret().secret_id(&scene.secret);
    request.rotation_rules(rules).client_request_token(new_token()).send().await.unwrap();
    let_time_pass(2 * DAY);
    let report = scene.sweep().await;
    assert_eq!(counted(&report), [1, 0, 0], "{report}");
    let said: Vec<_> = report.notes.iter().filter(|it| it.starts_with("overdue: ")).collect();
    assert_eq!(said.len(), 1, "{report}");
    assert!(said[0].contains(&format!("{other} was to be rotated")), "{report}");
}

#[tokio::test]
async fn a_secret_that_nothing_rotates_or_that_has_no_date_is_overdue() {
    let scene = Scene::new(Style::Overlap).await;
    let report = scene.sweep().await;
    assert_eq!(counted(&report), [1, 0, 0], "{report}");
    assert!(report.to_string().contains("overdue: nothing rotates arn:"), "{report}");
    let client = secrets_manager(&scene.world);
    let lambda = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";
    client.rotate_secret().secret_id(&scene.secret).rotation_lambda_arn(lambda).send().await.unwrap();
    let report = scene.sweep().await;
    assert_eq!(counted(&report), [1, 0, 0], "{report}");
    assert!(report.to_string().contains("has no date of a next rotation"), "{report}");
}

#[tokio::test]
async fn what_could_not_be_looked_at_is_unread_and_never_fine() {
    let scene = Scene::new(Style::Overlap).await;
    let client = secrets_manager(&scene.world);
    let value = scene.value("x").to_string();
    let external = client.create_secret().name("app/external").secret_string(&value).r#type("ExamplePartner");
    let external = external.send().await.unwrap().arn.unwrap();
    let deleted = make_secret(&scene.world, "app/deleted", &json!({})).await;
    client.delete_secret().secret_id(&deleted).send().await.unwrap();
    let gone = deleted.replace("deleted", "gone");
    let elsewhere = deleted.replace("eu-west-1", "us-east-1");
    let other = deleted.replace(&scene.world.account, "999988887777");
    let scene = scene.watching(&[&external, &deleted, &gone, &elsewhere, &other]);
    scene.rotate().await;
    let report = scene.sweep().await;
    assert_eq!((report.outcome, counted(&report)), (Outcome::Unchanged, [0, 5, 0]), "{report}");
    for said in [
        "is a managed external secret of ExamplePartner: Secrets Manager rotates it there without a function",
        "is to be deleted",
        "there is no such secret",
        "is in us-east-1, and this function in eu-west-1: a secret is rotated by a function of its own region",
        "is not ours",
    ] {
        assert!(
            report.notes.iter().any(|it| it.starts_with("not looked at: ") && it.contains(said)),
            "{said}: {report}"
        );
    }
    let denied = local_aws::Fault::new(&scene.world.account, local_aws::FaultKind::AccessDenied);
    crate::world::AWS.inject(&local_aws::Fault { operation: Some("DescribeSecret".into()), ..denied });
    let report = scene.sweep().await;
    assert_eq!((report.outcome, counted(&report)), (Outcome::Failed, [0, 6, 0]), "{report}");
}

/// Neither a step nor a sweep works on a replica: what it would write there is not what clients of the primary read.
#[tokio::test]
async fn a_replica_is_refused_and_it_is_said_where_its_primary_is() {
    let scene = Scene::new(Style::Overlap).await;
    let there = scene.world.in_region("us-east-1").await;
    let primary = make_secret(&there, "app/copied", &scene.value("x")).await;
    let rotation = Rotation::begin(&there, &primary).await;
    let region = aws_sdk_secretsmanager::types::ReplicaRegionType::builder().region("eu-west-1").build();
    let request = secrets_manager(&there).replicate_secret_to_regions().secret_id(&primary);
    request.add_replica_regions(region).send().await.unwrap();
    let replica = primary.replace("us-east-1", "eu-west-1");
    let scene = scene.watching(&[&replica]);
    let said = format!("is a replica of {primary}: Secrets Manager rotates that one and copies its value");
    let report = scene.sweep().await;
    assert_eq!(counted(&report)[1], 1, "{report}");
    assert!(report.to_string().contains(&said), "{report}");
    let rotation = Rotation { secret_arn: replica, ..rotation };
    for step in STEPS {
        let report = scene.step(&rotation, step).await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert!(report.to_string().contains(&said), "{report}");
    }
    let rotation = Rotation { secret_arn: primary, ..rotation };
    let report = scene.step(&rotation, "createSecret").await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.to_string().contains("is in us-east-1, and this function in eu-west-1"), "{report}");
    assert_eq!(scene.server.asked(), []);
}

/// The schedule is of 30 days, and the overlap an hour.
#[tokio::test]
async fn a_token_that_ends_too_early_is_told_of_at_the_steps_and_at_each_sweep() {
    let month = (30 * DAY).as_secs();
    let (enough, overlap) = (month + OVERLAP.as_secs() + 600, "before its overlap with the next one is over");
    for (seconds, said) in [(3_600, "before the next rotation"), (month + 600, overlap), (enough, "")] {
        for style in [Style::Overlap, Style::Single] {
            // One token at a time has no overlap.
            let is_early = !said.is_empty() && (style == Style::Overlap || said != overlap);
            let scene = Scene::new(style).await;
            scene.server.expire_in(seconds);
            let rotation = scene.begin().await;
            let mut reports = Vec::new();
            for step in STEPS {
                reports.push(scene.step(&rotation, step).await);
            }
            reports.remove(0);
            reports.push(scene.sweep().await);
            for report in reports {
                let told = report
                    .notes
                    .iter()
                    .filter(|it| it.contains("the server lets the credential of"))
                    .collect::<Vec<_>>();
                assert_eq!(told.len(), usize::from(is_early), "{seconds} {style:?}: {report}");
                assert!(told.iter().all(|it| it.contains(said)), "{report}");
                let count = report.counts.get("rotation").map_or(0, |it| it["short_lived"]);
                assert_eq!(count, u64::from(is_early), "{report}");
            }
        }
    }
}

#[tokio::test]
async fn each_alarm_sounds_at_the_line_that_counts_and_not_where_all_is_well() {
    let scene = Scene::new(Style::Overlap).await;
    scene.rotate().await;
    let running = Running::start(&scene).await;
    running.invoke(SWEEP).await;
    scene.server.expire_in(60);
    scene.rotate().await;
    let client = secrets_manager(&scene.world);
    client.cancel_rotate_secret().secret_id(&scene.secret).send().await.unwrap();
    running.invoke(SWEEP).await;
    client.delete_secret().secret_id(&scene.secret).send().await.unwrap();
    running.invoke(SWEEP).await;
    let output = running.end().await;
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines: Vec<_> = lines.filter(|it| it.get("_aws").is_some()).collect();
    assert_eq!(lines.len(), 3, "{output}");
    let [fine, late, gone] = [0, 1, 2].map(|it| alarms_set_off("rotate-bearer-token", &lines[it]));
    assert_eq!(fine, [""; 0], "{output}");
    assert_eq!(late, ["OverdueAlarm", "ShortLivedAlarm"], "{output}");
    assert_eq!(gone, ["UnreadAlarm"], "{output}");
}

/// Records were in the ledger's table before they had one of their own: an item is moved as it is.
#[tokio::test]
async fn a_record_that_is_copied_from_the_ledgers_table_counts_as_before() {
    use crate::world::{LEDGER, ROTATIONS};
    let scene = Scene::new(Style::Overlap).await;
    scene.rotate().await;
    let db = &scene.world.dynamodb;
    let found = db.scan().table_name(ROTATIONS).send().await.unwrap();
    for item in found.items() {
        db.put_item().table_name(LEDGER).set_item(Some(item.clone())).send().await.unwrap();
        db.delete_item().table_name(ROTATIONS).key("id", item["id"].clone()).send().await.unwrap();
    }
    assert_eq!(scene.due().await, 0, "the old place is not read");
    let request = db.scan().table_name(LEDGER).filter_expression("contains(id, :it)");
    let value = aws_sdk_dynamodb::types::AttributeValue::S("#rotation/".into());
    let moved = request.expression_attribute_values(":it", value).send().await.unwrap();
    assert_eq!(moved.items().len(), found.items().len());
    for item in moved.items() {
        let put = db.put_item().table_name(ROTATIONS).set_item(Some(item.clone()));
        put.condition_expression("attribute_not_exists(id)").send().await.unwrap();
    }
    let_time_pass(OVERLAP);
    scene.sweep().await;
    assert_eq!((scene.due().await, scene.server.alive().len()), (0, 1));
}
