//! What a function that is warm remembers of a repository: where lies what opens it, and not what that is.

use aws_sdk_secretsmanager::Client;
use local_aws::{Fault, FaultKind};
use mirror_repository::MirrorRepository;
use reaction::{Mode, Outcome};
use serde_json::json;

use super::{GIVEN, NAME, Scene};
use crate::world::AWS;
use crate::world::git::forge::TOKEN;
use crate::world::scene::Scene as _;

const READ: &str = "secretsmanager:GetSecretValue";

/// What a function makes of a message, and how often it reads a secret.
async fn hear(scene: &Scene, function: &MirrorRepository) -> (Outcome, usize) {
    scene.world.lose_ledger().await;
    let before = scene.world.calls();
    let message = json!({"repository": NAME}).to_string();
    let report = scene.hear_as(function, &message, Mode::Apply).await;
    let calls = scene.world.operations_since(before);
    (report.outcome, calls.iter().filter(|it| *it == READ).count())
}

#[tokio::test]
async fn the_secret_is_read_beside_the_list_and_counts_where_the_list_still_names_it() {
    let scene = Scene::set_up(&GIVEN, "a-branch-was-pushed").await;
    let (function, secrets) = (scene.function(), Client::new(scene.world.sessions.config()));
    assert_eq!(hear(&scene, &function).await, (Outcome::Applied, 1));
    assert_eq!(hear(&scene, &function).await, (Outcome::Unchanged, 1));

    let fault = Fault::new(&scene.world.account, FaultKind::ServerError);
    AWS.inject(&Fault { operation: Some("GetObject".into()), times: 100, ..fault });
    assert_eq!(hear(&scene, &function).await, (Outcome::Failed, 1), "it does not wait for the list");
    AWS.clear_faults(&scene.world.account);

    let put = secrets.put_secret_value().secret_id(&scene.secret).secret_string("revoked");
    put.send().await.unwrap();
    assert_eq!(hear(&scene, &function).await, (Outcome::Refused, 1), "it is read anew");
    let made = secrets.create_secret().name("another").secret_string(TOKEN).send().await.unwrap();
    let mut list = scene.list();
    list["repositories"][NAME]["from"]["token"] = json!(made.arn.unwrap());
    scene.put_list(&list).await;
    assert_eq!(hear(&scene, &function).await, (Outcome::Unchanged, 2), "the list says which counts");
    assert_eq!(hear(&scene, &function).await, (Outcome::Unchanged, 1));
}
