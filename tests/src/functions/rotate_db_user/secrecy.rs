//! No password, and no rotation token, is in anything that is written.

use std::collections::BTreeSet;
use std::time::Duration;

use reaction::Reaction;
use rotate_db_user::RotateDbUser;
use rotate_db_user::engine::Engine;
use serde_json::Value;

use super::{FIRST, Scene, in_both, settings};
use crate::world::databases::{MASTER_PASSWORD, Server};
use crate::world::rotations::{Rotation, STEPS, secrets_manager};
use crate::world::{LEDGER, ROTATIONS, run_for};

in_both! { no_password_is_written_anywhere }

/// Every password that any version of the secret holds or held.
pub async fn passwords(scene: &Scene) -> BTreeSet<String> {
    let client = secrets_manager(&scene.world);
    let listed = client.list_secret_version_ids().secret_id(&scene.secret).include_deprecated(true).send().await;
    let mut all = BTreeSet::new();
    for version in listed.unwrap().versions() {
        let value = client.get_secret_value().secret_id(&scene.secret).version_id(version.version_id().unwrap());
        let Ok(value) = value.send().await else { continue };
        let value: Value = serde_json::from_str(&value.secret_string.unwrap()).unwrap();
        all.insert(value["password"].as_str().unwrap().to_owned());
    }
    all
}

/// What the function thinks at a step, as it would be printed.
async fn thoughts(scene: &Scene, rotation: &Rotation, step: &str) -> String {
    let event = serde_json::from_str(&rotation.event(step)).unwrap();
    let subject = RotateDbUser::parse(event).unwrap().unwrap();
    let facts = scene.function.observe(&subject, &run_for(Duration::from_mins(1))).await.unwrap();
    let plan = RotateDbUser::plan(&subject, &facts);
    format!("{subject:?}\n{facts:?}\n{plan:?}\n")
}

async fn items(scene: &Scene) -> String {
    let mut written = Vec::new();
    for table in [LEDGER, ROTATIONS] {
        let found = scene.world.dynamodb.scan().table_name(table).send().await.unwrap();
        written.push(format!("{:?}", found.items()));
    }
    written.concat()
}

/// Rotates with everything that may go wrong on the way, and collects what is written.
async fn written(scene: &Scene) -> (String, Vec<String>) {
    let mut tokens = Vec::new();
    let mut written = format!("{:?}", settings(scene.server.trust(), scene.masters.clone()).passwords);
    for _ in 0..2 {
        let rotation = scene.begin().await;
        tokens.push(rotation.rotation_token());
        for step in STEPS {
            written += &thoughts(scene, &rotation, step).await;
            scene.step(&rotation, "testSecret").await;
            scene.steps(&rotation, &[step]).await;
        }
    }
    (written, tokens)
}

async fn no_password_is_written_anywhere(server: &'static Server) {
    for scene in [Scene::single(server).await, Scene::alternating(server).await] {
        let (mut written, mut secrets) = written(&scene).await;
        for report in scene.told.borrow().iter() {
            written += &[report.to_string(), format!("{report:?}"), serde_json::to_string(report).unwrap()].join("\n");
        }
        written += &items(&scene).await;
        if server.engine == Engine::Postgres {
            let log = server.log();
            // The tests' own statement made the user, with its first password in it.
            written.extend(log.lines().filter(|line| !line.contains("CREATE ROLE") || line.contains("_clone")));
        }
        assert!(written.contains("rotation/") && written.contains("setSecret comes first"), "{written:.2000}");
        assert!(written.contains(&scene.user) || server.engine != Engine::Postgres, "the log is PostgreSQL's");
        let passwords = passwords(&scene).await;
        assert_eq!(passwords.len(), 3, "the first, and two of ours");
        secrets.extend(passwords);
        secrets.extend([FIRST.to_owned(), MASTER_PASSWORD.to_owned()]);
        for secret in secrets {
            let found = written.lines().find(|line| line.contains(&secret));
            assert!(found.is_none(), "{secret} is in: {found:?}");
        }
    }
}
