//! Which version of a policy makes room, and what the session may touch that does it.

use reaction::{Mode, Outcome};
use serde_json::{Value, json};

use super::{GIVEN, Given, READERS, READING, Scene, WRITERS};
use crate::world::AWS;
use crate::world::scene::Scene as _;

/// Numbers of versions grow past nine, and the default may be older than every other version.
#[tokio::test]
async fn the_version_of_the_least_number_makes_room_unless_it_is_the_default() {
    let given = Given { before: &[READERS], sent: WRITERS, is_here: true, ..GIVEN };
    let scene = Scene::set_up(&given, "a-policy-was-sent").await;
    let (iam, arn) = (scene.iam(), format!("arn:aws:iam::{}:policy/signalbox/data-readers", scene.requester.account));
    for number in 2..=12 {
        let document = READING.replace("com-example-data", &format!("version-{number}"));
        let made = iam.create_policy_version().policy_arn(&arn).policy_document(document).send().await.unwrap();
        assert_eq!(made.policy_version.unwrap().version_id.unwrap(), format!("v{number}"));
        if number < 9 {
            let gone = iam.delete_policy_version().policy_arn(&arn).version_id(format!("v{number}"));
            gone.send().await.unwrap();
        }
    }
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let versions = iam.list_policy_versions().policy_arn(&arn).send().await.unwrap();
    let mut left: Vec<_> = versions.versions().iter().map(|it| it.version_id().unwrap()).collect();
    left.sort_unstable();
    assert_eq!(left, ["v1", "v10", "v11", "v12", "v13"]);
    let default = versions.versions().iter().find(|it| it.is_default_version()).unwrap();
    assert_eq!(default.version_id(), Some("v13"));
}

/// What STS is told of each session in the pipeline's account.
#[tokio::test]
async fn a_session_may_touch_the_one_policy_for_15_minutes_or_answer_and_nothing_else() {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    let before = scene.world.calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let calls = AWS.calls_since(&scene.world.account, before).into_iter();
    let sessions: Vec<_> = calls.filter(|it| it.operation == "AssumeRole").map(|it| told(&it.body)).collect();
    let arn = format!("arn:aws:iam::{}:policy/signalbox/data-readers", scene.requester.account);
    let policies = ["CreatePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "GetPolicy", "GetPolicyVersion"];
    let more = ["ListPolicyVersions", "SetDefaultPolicyVersion", "TagPolicy"];
    let policies: Vec<_> = policies.iter().chain(&more).map(|it| format!("iam:{it}")).collect();
    let answers = ["codepipeline:PutJobSuccessResult", "codepipeline:PutJobFailureResult"];
    let allow = |action: Value, on: &str| json!([{"Effect": "Allow", "Action": action, "Resource": on}]);
    assert_eq!(
        sessions,
        [
            ("SecurityManageAccountPermissions".into(), "900".into(), allow(json!(policies), &arn)),
            ("SignalboxAnswersJob".into(), "900".into(), allow(json!(answers), "*")),
        ]
    );
}

/// The name of a session, how long it lasts, and the statements of its policy.
fn told(form: &str) -> (String, String, Value) {
    let field = |name: &str| {
        let found = form_urlencoded::parse(form.as_bytes()).find(|(it, _)| it == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let policy: Value = serde_json::from_str(&field("Policy")).unwrap();
    (field("RoleSessionName"), field("DurationSeconds"), policy["Statement"].clone())
}
