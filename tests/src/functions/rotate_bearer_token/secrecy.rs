//! No secret value is written anywhere: every report, the ledger, the calls to other services than Secrets Manager, and the whole
//! output of the compiled function at the level `trace`, over rotations that go well and such that do not, searched for every value that was used.

use form_urlencoded::byte_serialize;
use local_aws::{Fault, FaultKind};
use serde_json::{Value, json};

use super::through_lambda::Running;
use super::{SWEEP, Scene};
use crate::world::AWS;
use crate::world::oauth2::{Ask, CLIENT_ID, CLIENT_SECRET, Mischief, Style};
use crate::world::rotations::{Rotation, STEPS};

/// A scene whose steps are told, and the values that must not be in what is told.
struct Watched {
    scene: Scene,
    written: Vec<String>,
    values: Vec<String>,
}

impl Watched {
    async fn new(style: Style) -> Self {
        let scene = Scene::new(style).await;
        let values = [CLIENT_ID, CLIENT_SECRET].map(ToOwned::to_owned).into();
        Self { scene, written: vec![], values }
    }

    /// Each step once in the process and once in the binary.
    async fn steps(&mut self, rotation: &Rotation, running: &Running) {
        for event in STEPS.map(|step| rotation.event(step)).into_iter().chain([SWEEP.to_owned()]) {
            let report = self.scene.hear(&event).await;
            self.written.extend([report.to_string(), format!("{report:?}"), serde_json::to_string(&report).unwrap()]);
            self.written.push(format!("{:?}", running.invoke(&event).await));
            self.values.extend(self.scene.server.alive());
            self.written.extend(self.scene.items().await);
        }
        self.values.push(rotation.rotation_token());
    }

    fn search(&self) {
        for value in &self.values {
            let encoded: String = byte_serialize(value.as_bytes()).collect();
            for form in [value.clone(), aws_smithy_types::base64::encode(value), encoded] {
                let found = self.written.iter().find(|it| it.contains(&form));
                assert_eq!(found, None, "{form} is written");
            }
        }
    }
}

async fn watch(style: Style) {
    let mut watched = Watched::new(style).await;
    let running = Running::start_with(&watched.scene, &[("AWS_LAMBDA_LOG_LEVEL", "TRACE")]).await;
    let rotation = watched.scene.begin().await;
    for mischief in [400, 401, 500].map(Mischief::Status).into_iter().chain([
        Mischief::WrongType,
        Mischief::Html,
        Mischief::Error(CLIENT_SECRET),
    ]) {
        for ask in [Ask::Token, Ask::Revoke] {
            watched.scene.server.misbehave(ask, mischief.clone());
        }
        watched.steps(&rotation, &running).await;
    }
    watched.scene.server.behave();
    let denied = Fault::new(&watched.scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("PutSecretValue".into()), times: 2, ..denied.clone() });
    watched.steps(&rotation, &running).await;
    watched.scene.server.misbehave(Ask::Verify, Mischief::Status(401));
    watched.steps(&rotation, &running).await;
    watched.scene.server.behave();
    AWS.inject(&Fault { operation: Some("UpdateSecretVersionStage".into()), times: 2, ..denied });
    watched.steps(&rotation, &running).await;
    watched.steps(&rotation, &running).await;
    let calls = AWS.calls(&watched.scene.world.account);
    watched.written.extend(calls.iter().map(|call| format!("{call:?}")));
    let output = running.end().await;
    assert!(output.lines().count() > 40, "the function has a log: {output}");
    let below = output.lines().find(|it| it.contains(r#""level":"TRACE""#) || it.contains(r#""level":"DEBUG""#));
    assert_eq!(below, None, "no client of anything speaks below info");
    watched.written.push(output);
    let is_new = |it: &String| it.contains("t0ken") && !it.contains("0001");
    assert!(watched.values.iter().any(is_new), "tokens were made: {:?}", watched.values);
    watched.search();
    assert_eq!(watched.scene.stages().await, "old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING");
}

#[tokio::test]
async fn no_secret_value_is_written_anywhere_with_an_overlap() {
    watch(Style::Overlap).await;
}

#[tokio::test]
async fn no_secret_value_is_written_anywhere_with_one_token_at_a_time() {
    watch(Style::Single).await;
}

#[tokio::test]
async fn what_the_function_reads_and_does_shows_no_secret_value() {
    use reaction::Reaction;
    use rotate_bearer_token::RotateBearerToken;
    let mut watched = Watched::new(Style::Overlap).await;
    let rotation = watched.scene.begin().await;
    for step in STEPS {
        let event = serde_json::from_str(&rotation.event(step)).unwrap();
        let subject = RotateBearerToken::parse(event).unwrap().unwrap();
        let run = crate::world::run_for(std::time::Duration::from_mins(1));
        let facts = watched.scene.function.observe(&subject, &run).await.unwrap();
        let plan = RotateBearerToken::plan(&subject, &facts).unwrap();
        watched.written.extend([format!("{subject:?} {facts:?} {plan:?}"), format!("{:#?}", (subject, facts, plan))]);
        watched.scene.step(&rotation, step).await;
    }
    watched.values.push(rotation.rotation_token());
    watched.values.extend(watched.scene.server.alive());
    assert_eq!(watched.values.len(), 5);
    watched.search();
}

/// Whatever else stands where a step of a rotation should, or a text.
#[tokio::test]
async fn what_is_no_step_of_a_rotation_shows_no_rotation_token() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    let (event, token) = (rotation.event("createSecret"), rotation.rotation_token());
    let with = |key: &str, value: Value| {
        let mut event: Value = serde_json::from_str(&event).unwrap();
        event[key] = value;
        event.to_string()
    };
    let number = "4711471147114711";
    for wrong in [
        json!(event).to_string(),
        json!([event]).to_string(),
        with("RotationToken", json!([token])),
        with("RotationToken", json!({token.as_str(): token})),
        with("RotationToken", json!(4_711_471_147_114_711_u64)),
        with("ClientRequestToken", json!("1")),
        with("Step", json!(1)),
        with("signalbox", json!("sweep")),
        format!("{event}{event}"),
    ] {
        let report = scene.hear(&wrong).await;
        assert_eq!(report.outcome, reaction::Outcome::Refused, "{report}");
        for told in [report.to_string(), format!("{report:?}")] {
            assert!(!told.contains(&token) && !told.contains(number), "{told}");
        }
    }
}

#[tokio::test]
async fn the_rotation_token_is_passed_on() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    let fault = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault {
        operation: Some("PutSecretValue".into()),
        contains: Some(format!("\"RotationToken\":\"{}\"", rotation.rotation_token())),
        ..fault
    });
    let report = scene.step(&rotation, "createSecret").await;
    assert_eq!(report.outcome, reaction::Outcome::Failed, "the call with the token meets the fault: {report}");
    assert_eq!(scene.server.alive().len(), 1, "and what was made is taken back");
    AWS.clear_faults(&scene.world.account);
    assert_eq!(scene.step(&rotation, "createSecret").await.outcome, reaction::Outcome::Applied);
}
