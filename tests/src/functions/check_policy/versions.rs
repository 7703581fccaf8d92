//! Which version of a policy makes room, and what the session may touch that does it.

use reaction::{Mode, Outcome};
use serde_json::{Value, json};

use super::{DENIES, GIVEN, Given, READERS, READING, Scene, WRITERS};
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

/// The statements of a version never change, so that they are read once; but another version may become the default, and a policy that is
/// made anew under its name begins with `v1` again.
#[tokio::test]
async fn the_central_denies_of_a_version_are_read_once_and_those_of_another_one_anew() {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    let (function, own) = (scene.function(), aws_sdk_iam::Client::new(scene.world.sessions.config()));
    let arn = format!("arn:aws:iam::{}:policy/central-deny-policy-sandbox", scene.world.account);
    let hear = async || {
        let before = scene.world.calls();
        let report = scene.hear_by(&function).await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{report}");
        let calls = scene.world.operations_since(before);
        let reads = calls.iter().filter(|it| *it == "iam:GetPolicyVersion").count();
        (reads, scene.policies().await.contains("t3.*"))
    };
    assert_eq!(hear().await, (1, false));
    assert_eq!(hear().await, (0, false));
    let others = DENIES.replace("t2.*", "t3.*");
    let made = own.create_policy_version().policy_arn(&arn).policy_document(&others).set_as_default(true);
    made.send().await.unwrap();
    assert_eq!(hear().await, (1, true));
    own.set_default_policy_version().policy_arn(&arn).version_id("v1").send().await.unwrap();
    own.delete_policy_version().policy_arn(&arn).version_id("v2").send().await.unwrap();
    assert_eq!(hear().await, (1, false));
    own.delete_policy().policy_arn(&arn).send().await.unwrap();
    own.create_policy().policy_name("central-deny-policy-sandbox").policy_document(&others).send().await.unwrap();
    assert_eq!(hear().await, (1, true));
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
