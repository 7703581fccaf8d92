//! A rotation through the compiled binary, behind a Lambda Runtime API.

use std::collections::BTreeMap;
use std::time::Duration;

use local_aws::lambda_api::{Function, LambdaApi, Outcome};
use reaction::Reaction;
use rotate_db_user::RotateDbUser;
use serde_json::Value;

use super::secrecy::passwords;
use super::{FIRST, Scene, in_both};
use crate::templates::assert_alarm_sounds;
use crate::world::built::binary;
use crate::world::databases::{MASTER_PASSWORD, Server};
use crate::world::rotations::{Rotation, STEPS};
use crate::world::{AWS, LEDGER, REGION, ROTATIONS};

in_both! { the_compiled_function_rotates }

/// Far more than an invocation takes.
pub(super) const INVOCATION: Duration = Duration::from_mins(1);

/// The function of a scene, behind an API of its own; what it trusts is there as long as the last one is kept.
pub(super) async fn start(scene: &Scene, more: &[(&str, &str)]) -> (LambdaApi, Function, Bundle) {
    let bundle = Bundle::write(scene);
    let arn = format!("arn:aws:lambda:{REGION}:{}:function:{}", scene.world.account, RotateDbUser::NAME);
    let api = LambdaApi::start(&arn).await.unwrap();
    let mut environment = environment(scene, bundle.0.to_str().unwrap());
    environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let function = Function::spawn(&binary(RotateDbUser::NAME), &environment, &api).unwrap();
    (api, function, bundle)
}

fn environment(scene: &Scene, bundle: &str) -> BTreeMap<String, String> {
    let pairs = [
        ("AWS_ENDPOINT_URL", AWS.endpoint()),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", &scene.world.account),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("SIGNALBOX_LEDGER_TABLE", LEDGER),
        ("SIGNALBOX_ROTATIONS_TABLE", ROTATIONS),
        ("SIGNALBOX_CA_BUNDLE", bundle),
        ("PASSWORD_LENGTH", "40"),
        // Of all that the function may write, nothing has a password in it.
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
    ];
    let masters =
        scene.master.iter().map(|master| ("SIGNALBOX_MASTERS".to_owned(), format!("{}={master}", scene.secret)));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).chain(masters).collect()
}

/// A file that is gone when this is.
pub(super) struct Bundle(std::path::PathBuf);

impl Bundle {
    fn write(scene: &Scene) -> Self {
        let name = format!("signalbox-bundle-{}-{}.pem", std::process::id(), scene.world.account);
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, &scene.server.authority).unwrap();
        Self(path)
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

/// One step: the report, or the message of the function's error.
async fn invoke(api: &LambdaApi, rotation: &Rotation, step: &str) -> Result<Value, Value> {
    match api.invoke(rotation.event(step), INVOCATION).await {
        Outcome::Response(body) => Ok(serde_json::from_slice(&body).unwrap()),
        Outcome::Error(error) => Err(error),
        Outcome::TimedOut => panic!("{step} has no end"),
    }
}

async fn the_compiled_function_rotates(server: &'static Server) {
    for scene in [Scene::single(server).await, Scene::alternating(server).await] {
        let (api, function, _bundle) = start(&scene, &[]).await;
        let rotation = scene.begin().await;
        let error = invoke(&api, &rotation, "setSecret").await.expect_err("there is no value yet");
        assert_eq!(error["errorType"], "Signalbox.Refused", "{error}");
        for step in STEPS {
            let (user, password) = scene.login("AWSCURRENT").await;
            let report = invoke(&api, &rotation, step).await.unwrap_or_else(|error| panic!("{step}: {error}"));
            assert_eq!(report["outcome"], "applied", "{step}: {report}");
            let is_dead = scene.master.is_none() && step != "createSecret";
            assert_eq!(scene.lets_in(&user, &password).await, !is_dead, "{step}");
        }
        assert!(scene.works("AWSCURRENT").await);
        assert_eq!(scene.login("AWSCURRENT").await.1.len(), 40);
        let again = invoke(&api, &rotation, "finishSecret").await.unwrap();
        assert_eq!(again["outcome"], "unchanged", "{again}");
        let output = function.end().await.unwrap();
        assert!(output.contains("rotate-db-user") && !output.contains("panicked"), "{output}");
        assert_alarm_sounds(RotateDbUser::NAME, "Refused", &output);
        let below = output.lines().find(|it| it.contains(r#""level":"TRACE""#) || it.contains(r#""level":"DEBUG""#));
        assert_eq!(below, None, "no client of anything speaks below info");
        let secrets = passwords(&scene).await.into_iter();
        let secrets = secrets.chain([FIRST.into(), MASTER_PASSWORD.into(), rotation.rotation_token()]);
        for secret in secrets {
            assert!(!output.contains(&secret), "{secret} is in: {output}");
        }
    }
}
