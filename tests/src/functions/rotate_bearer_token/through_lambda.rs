//! The compiled function behind a Lambda Runtime API.

use local_aws::lambda_api::{Function, LambdaApi, Outcome};
use serde_json::Value;

use super::{SWEEP, Scene, variables};
use crate::promises::binary::{INVOCATION, environment, start_function};
use crate::world::oauth2::Style;
use crate::world::rotations::STEPS;

/// The function of a scene, running.
pub(super) struct Running {
    api: LambdaApi,
    function: Function,
}

impl Running {
    pub(super) async fn start(scene: &Scene) -> Self {
        Self::start_with(scene, &[]).await
    }

    /// The same, with these variables in addition.
    pub(super) async fn start_with(scene: &Scene, more: &[(&str, &str)]) -> Self {
        let mut environment = environment(&scene.world);
        let own = variables(&scene.server, scene.style, &scene.secret, &scene.master);
        environment.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let (api, function) = start_function("rotate-bearer-token", &environment).await;
        Self { api, function }
    }

    pub(super) async fn invoke(&self, event: &str) -> Outcome {
        self.api.invoke(event, INVOCATION).await
    }

    /// Everything that it wrote.
    pub(super) async fn end(self) -> String {
        self.function.end().await.unwrap()
    }
}

async fn rotate(style: Style) {
    let scene = Scene::new(style).await;
    let running = Running::start(&scene).await;
    let rotation = scene.begin().await;
    for step in STEPS {
        let Outcome::Response(body) = running.invoke(&rotation.event(step)).await else { panic!("{step} is an error") };
        let report: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(report["outcome"], "applied", "{step}: {report}");
    }
    assert_eq!(scene.stages().await, "old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING");
    scene.assert_served().await;
    let Outcome::Response(body) = running.invoke(SWEEP).await else { panic!("the sweep is an error") };
    let report: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(report["outcome"], "unchanged", "the overlap is not over: {report}");
}

#[tokio::test]
async fn four_invocations_rotate_with_an_overlap() {
    rotate(Style::Overlap).await;
}

#[tokio::test]
async fn four_invocations_rotate_one_token_at_a_time() {
    rotate(Style::Single).await;
}

#[tokio::test]
async fn a_step_that_is_not_done_is_an_error() {
    let scene = Scene::new(Style::Overlap).await;
    let running = Running::start(&scene).await;
    let rotation = scene.begin().await;
    let Outcome::Error(error) = running.invoke(&rotation.event("setSecret")).await else { panic!("no error") };
    assert_eq!(error["errorType"], "Signalbox.Refused");
    let report: Value = serde_json::from_str(error["errorMessage"].as_str().unwrap()).unwrap();
    assert!(report["reason"].as_str().unwrap().contains("createSecret comes first"), "{report}");
    let Outcome::Error(error) = running.invoke("{}").await else { panic!("no error") };
    assert_eq!(error["errorType"], "Signalbox.Refused");
    let done = running.invoke(&rotation.event("createSecret")).await;
    assert!(matches!(done, Outcome::Response(_)), "and it lives on: {done:?}");
    crate::templates::assert_alarm_sounds("rotate-bearer-token", "Refused", &running.end().await);
}
