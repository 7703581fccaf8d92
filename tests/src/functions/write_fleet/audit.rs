//! Who acted, as the audit of a run that writes records it.

use reaction::{Mode, Outcome};
use serde_json::{Value, json};
use sharing_records::Grants;

use super::Scene;
use super::stories::shared;
use crate::world::ec2::register;
use crate::world::scene::Scene as _;
use crate::world::{AUDIT, GRANTS};

/// The event, and so the input of an execution, has no place for an actor.
#[tokio::test]
async fn the_audit_names_the_execution_that_step_functions_tells() {
    let mut scene = Scene::set_up(&shared(), "an-account-is-worked-on").await;
    let image = register(&scene.member.ec2, "base_linux_v1", &[]).await;
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let grants = Grants::new(&scene.world.sessions, GRANTS, AUDIT, "reconcile-shares");
    let heads = grants.all().await.unwrap().heads;
    assert!(heads.keys().any(|resource| resource.id == image), "{heads:?}");
    let execution =
        format!("execution arn:aws:states:eu-west-1:{}:execution:write-fleet:shares-1", scene.world.account);
    for resource in heads.keys() {
        for item in grants.history(resource).await.unwrap() {
            let item = serde_json::to_value(&item).unwrap();
            assert!(item["who"].as_str().is_some_and(|who| who.ends_with(&execution)), "{item}");
        }
    }
    scene.change(|event: &mut Value| event["actor"] = json!("an auditor"));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
}
