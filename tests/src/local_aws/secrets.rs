//! Secrets Manager of the local AWS: that it answers as AWS does, in what a rotation is about.

use std::fmt::Debug;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use local_aws::{Fault, FaultKind};
use serde_json::json;

use crate::world::rotations::{Rotation, STEPS, make_secret, new_token, secrets_manager, stages, value_at};
use crate::world::{AWS, World};

/// A world with a secret whose value is 1.
async fn scene() -> (World, Client, String) {
    let world = World::new().await;
    let arn = make_secret(&world, "app/db", &json!(1)).await;
    let client = secrets_manager(&world);
    (world, client, arn)
}

/// Writes a version: `taken`, or what it is refused with.
async fn put(world: &World, secret: &str, token: &str, value: &str, stage: &str) -> String {
    let request = secrets_manager(world).put_secret_value().secret_id(secret).client_request_token(token);
    told(request.secret_string(value).version_stages(stage).send().await)
}

/// Moves a label: `taken`, or what it is refused with.
async fn move_label(world: &World, secret: &str, stage: &str, to: Option<&str>, from: Option<&str>) -> String {
    let request = secrets_manager(world).update_secret_version_stage().secret_id(secret).version_stage(stage);
    let request = request.set_move_to_version_id(to.map(String::from));
    told(request.set_remove_from_version_id(from.map(String::from)).send().await)
}

fn told<T, E: ProvideErrorMetadata + Debug>(outcome: Result<T, SdkError<E>>) -> String {
    match outcome {
        Ok(_) => "taken".into(),
        Err(error) => {
            format!("{}: {}", error.code().unwrap_or("no code"), error.message().unwrap_or_default())
        }
    }
}

async fn version_of(client: &Client, secret: &str, stage: &str) -> String {
    client.get_secret_value().secret_id(secret).version_stage(stage).send().await.unwrap().version_id.unwrap()
}

#[tokio::test]
async fn a_rotation_begins_with_an_empty_pending_version() {
    let (world, client, arn) = scene().await;
    let rotation = Rotation::begin(&world, "app/db").await;
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: AWSPENDING, empty");
    assert_eq!(value_at(&world, &arn, "AWSCURRENT").await, Some(json!(1)), "the empty version is not current");
    assert_eq!(value_at(&world, &arn, "AWSPENDING").await, None, "and has not the old value");
    let by_stage = client.get_secret_value().secret_id(&arn).version_stage("AWSPENDING").send().await;
    assert_eq!(
        told(by_stage),
        "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING"
    );
    let by_id = client.get_secret_value().secret_id(&arn).version_id(&rotation.token).version_stage("AWSPENDING");
    let expected = "ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: ";
    assert_eq!(told(by_id.send().await), format!("{expected}{}", rotation.token));
    let described = client.describe_secret().secret_id(&arn).send().await.unwrap();
    assert_eq!(described.version_ids_to_stages.unwrap()[&rotation.token], ["AWSPENDING"]);
    assert_eq!(described.rotation_enabled, Some(true));
    assert_eq!(described.rotation_rules.unwrap().automatically_after_days, Some(30));
    assert!(described.rotation_lambda_arn.unwrap().ends_with(":function:rotate"));
}

#[tokio::test]
async fn the_empty_version_is_filled_once() {
    let (world, _, arn) = scene().await;
    let Rotation { token, .. } = Rotation::begin(&world, &arn).await;
    assert_eq!(put(&world, &arn, &token, "2", "AWSPENDING").await, "taken");
    assert_eq!(put(&world, &arn, &token, "2", "AWSPENDING").await, "taken", "the same again");
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: AWSPENDING");
    assert_eq!(value_at(&world, &arn, "AWSPENDING").await, Some(json!(2)));
}

#[tokio::test]
async fn a_token_takes_no_second_value() {
    let (world, _, arn) = scene().await;
    let Rotation { token, .. } = Rotation::begin(&world, &arn).await;
    assert_eq!(put(&world, &arn, &token, "2", "AWSPENDING").await, "taken");
    let refused = put(&world, &arn, &token, "3", "AWSPENDING").await;
    let expected = format!(
        "ResourceExistsException: You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
    );
    assert_eq!(refused, expected);
    assert_eq!(value_at(&world, &arn, "AWSPENDING").await, Some(json!(2)), "the first one stays");
}

#[tokio::test]
async fn of_two_values_at_once_one_is_taken() {
    let (world, _, arn) = scene().await;
    let Rotation { token, .. } = Rotation::begin(&world, &arn).await;
    let (one, other) =
        tokio::join!(put(&world, &arn, &token, "2", "AWSPENDING"), put(&world, &arn, &token, "3", "AWSPENDING"));
    let is_first = one == "taken";
    assert_ne!(is_first, other == "taken", "{one} {other}");
    assert_eq!(value_at(&world, &arn, "AWSPENDING").await, Some(json!(if is_first { 2 } else { 3 })));
}

#[tokio::test]
async fn no_rotation_begins_while_another_is_pending() {
    let (world, client, arn) = scene().await;
    let rotation = Rotation::begin(&world, &arn).await;
    let refused = "InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted.";
    assert_eq!(told(client.rotate_secret().secret_id(&arn).send().await), refused);
    let again = client.rotate_secret().secret_id(&arn).client_request_token(&rotation.token);
    assert_eq!(told(again.send().await), "taken", "the same request again");
    let removed = move_label(&world, &arn, "AWSPENDING", None, Some(&rotation.token)).await;
    assert_eq!(removed, "taken");
    assert_eq!(told(client.rotate_secret().secret_id(&arn).send().await), "taken");
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: -, empty; third: AWSPENDING, empty");
}

#[tokio::test]
async fn promotion_makes_the_current_version_the_previous_one() {
    let (world, client, arn) = scene().await;
    let old = version_of(&client, &arn, "AWSCURRENT").await;
    let Rotation { token, .. } = Rotation::begin(&world, &arn).await;
    put(&world, &arn, &token, "2", "AWSPENDING").await;
    assert_eq!(move_label(&world, &arn, "AWSCURRENT", Some(&token), Some(&old)).await, "taken");
    assert_eq!(stages(&world, &arn).await, "old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING");
    let described = client.describe_secret().secret_id(&arn).send().await.unwrap();
    assert!(described.last_rotated_date.is_some());
    Rotation::begin(&world, &arn).await;
    assert_eq!(stages(&world, &arn).await, "old: AWSPREVIOUS; new: AWSCURRENT; third: AWSPENDING, empty");
    assert_eq!(move_label(&world, &arn, "AWSCURRENT", Some(&old), Some(&token)).await, "taken");
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: AWSPREVIOUS; third: AWSPENDING, empty");
}

#[tokio::test]
async fn who_moves_a_label_must_know_where_it_is() {
    let (world, client, arn) = scene().await;
    let old = version_of(&client, &arn, "AWSCURRENT").await;
    let Rotation { token, .. } = Rotation::begin(&world, &arn).await;
    let expected = format!(
        "InvalidParameterException: The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version {old}, so you must explicitly reference that version in RemoveFromVersionId."
    );
    assert_eq!(move_label(&world, &arn, "AWSCURRENT", Some(&token), None).await, expected);
    let wrong = move_label(&world, &arn, "AWSCURRENT", Some(&token), Some(&token)).await;
    assert!(wrong.starts_with("InvalidParameterException: When you move staging label AWSCURRENT, "), "{wrong}");
    let gone = move_label(&world, &arn, "AWSPENDING", None, Some(&old)).await;
    assert!(gone.starts_with("InvalidParameterException"), "{gone}");
    let unknown = move_label(&world, &arn, "AWSCURRENT", Some(&new_token()), Some(&old)).await;
    assert!(unknown.starts_with("ResourceNotFoundException"), "{unknown}");
    let removed = move_label(&world, &arn, "AWSCURRENT", None, Some(&old)).await;
    assert_eq!(
        removed,
        "InvalidParameterException: You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed."
    );
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: AWSPENDING, empty", "nothing has moved");
}

#[tokio::test]
async fn a_version_without_labels_is_read_by_its_id() {
    let (world, client, arn) = scene().await;
    let old = version_of(&client, &arn, "AWSCURRENT").await;
    for value in ["2", "3"] {
        let request = client.put_secret_value().secret_id(&arn).secret_string(value);
        let written = request.send().await.unwrap();
        assert_eq!(written.version_stages(), ["AWSCURRENT"]);
    }
    assert_eq!(stages(&world, &arn).await, "old: -; new: AWSPREVIOUS; third: AWSCURRENT");
    let read = client.get_secret_value().secret_id(&arn).version_id(&old).send().await.unwrap();
    assert_eq!(read.secret_string(), Some("1"));
    let listed = client.list_secret_version_ids().secret_id(&arn).send().await.unwrap();
    assert_eq!(listed.versions().len(), 2, "it is not listed unless asked for");
    let described = client.describe_secret().secret_id(&arn).send().await.unwrap();
    assert!(!described.version_ids_to_stages.unwrap().contains_key(&old));
    let both = client.get_secret_value().secret_id(&arn).version_id(&old).version_stage("AWSCURRENT");
    assert_eq!(
        told(both.send().await),
        "InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId."
    );
}

#[tokio::test]
async fn a_secret_without_a_function_is_not_rotated_and_a_cancelled_one_says_so() {
    let (world, client, arn) = scene().await;
    let refused = told(client.rotate_secret().secret_id(&arn).send().await);
    assert_eq!(refused, "InvalidRequestException: No Lambda rotation function ARN is associated with this secret.");
    let described = client.describe_secret().secret_id(&arn).send().await.unwrap();
    assert_eq!(described.rotation_enabled, None);
    let rotation = Rotation::begin(&world, &arn).await;
    let cancelled = client.cancel_rotate_secret().secret_id(&arn).send().await.unwrap();
    assert_eq!(cancelled.version_id, Some(rotation.token));
    let described = client.describe_secret().secret_id(&arn).send().await.unwrap();
    assert_eq!(described.rotation_enabled, Some(false));
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: AWSPENDING, empty", "the label stays");
}

#[tokio::test]
async fn a_deleted_secret_is_described_and_not_used_until_it_is_restored() {
    let (world, client, arn) = scene().await;
    client.delete_secret().secret_id(&arn).recovery_window_in_days(7).send().await.unwrap();
    let deleted =
        "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";
    assert_eq!(told(client.get_secret_value().secret_id(&arn).send().await), deleted);
    assert_eq!(put(&world, &arn, &new_token(), "2", "AWSPENDING").await, deleted);
    let described = client.describe_secret().secret_id(&arn).send().await.unwrap();
    assert!(described.deleted_date.is_some());
    let again = told(client.create_secret().name("app/db").secret_string("2").send().await);
    assert!(again.starts_with("InvalidRequestException: You can't create this secret"), "{again}");
    client.restore_secret().secret_id(&arn).send().await.unwrap();
    assert_eq!(value_at(&world, &arn, "AWSCURRENT").await, Some(json!(1)));
    for _ in 0..2 {
        client.delete_secret().secret_id(&arn).force_delete_without_recovery(true).send().await.unwrap();
    }
    assert_eq!(
        told(client.get_secret_value().secret_id(&arn).send().await),
        "ResourceNotFoundException: Secrets Manager can't find the specified secret."
    );
}

#[tokio::test]
async fn another_account_finds_a_secret_by_its_arn_only() {
    let (world, _, arn) = scene().await;
    let stranger = World::new().await;
    assert_eq!(value_at(&stranger, &arn, "AWSCURRENT").await, Some(json!(1)));
    assert_eq!(value_at(&stranger, "app/db", "AWSCURRENT").await, None);
    let there = world.in_region("us-east-1").await;
    assert_eq!(value_at(&there, &arn, "AWSCURRENT").await, None, "a secret is in one region");
    let name = arn.rsplit_once(":secret:").unwrap().1;
    assert!(name.starts_with("app/db-") && name.len() == "app/db-".len() + 6, "{name}");
    let partial = arn.rsplit_once('-').unwrap().0;
    assert_eq!(value_at(&world, partial, "AWSCURRENT").await, Some(json!(1)));
}

#[tokio::test]
async fn a_secret_is_made_once_and_may_have_bytes_tags_or_no_value() {
    let (world, client, _) = scene().await;
    let again = told(client.create_secret().name("app/db").secret_string("2").send().await);
    assert_eq!(again, "ResourceExistsException: The operation failed because the secret app/db already exists.");
    let bytes = client.create_secret().name("bytes").secret_binary(Blob::new([0, 255]));
    bytes.tags(Tag::builder().key("team").value("a").build()).send().await.unwrap();
    let read = client.get_secret_value().secret_id("bytes").send().await.unwrap();
    assert_eq!(read.secret_binary.unwrap().into_inner(), [0, 255]);
    client.untag_resource().secret_id("bytes").tag_keys("team").send().await.unwrap();
    client.tag_resource().secret_id("bytes").tags(Tag::builder().key("b").value("c").build()).send().await.unwrap();
    let described = client.describe_secret().secret_id("bytes").send().await.unwrap();
    assert_eq!(described.tags(), [Tag::builder().key("b").value("c").build()]);
    let empty = client.create_secret().name("empty").send().await.unwrap();
    assert_eq!(empty.version_id, None);
    assert_eq!(value_at(&world, "empty", "AWSCURRENT").await, None);
    assert_eq!(put(&world, "empty", &new_token(), "1", "mine").await, "taken");
    assert_eq!(stages(&world, "empty").await, "old: AWSCURRENT mine", "the first version is current");
}

#[tokio::test]
async fn passwords_are_as_they_are_asked_for() {
    let (_, client, _) = scene().await;
    let request =
        client.get_random_password().password_length(20).exclude_characters("/@\"'\\").exclude_punctuation(true);
    let password = request.send().await.unwrap().random_password.unwrap();
    assert!(password.len() == 20 && password.bytes().all(|it| it.is_ascii_alphanumeric()), "{password}");
    let short = told(client.get_random_password().password_length(3).send().await);
    assert_eq!(short, "InvalidParameterException: Password length is too short based on the required types.");
}

/// Whatever is written down may be read.
#[tokio::test]
async fn a_recorded_call_has_no_secret_in_it() {
    let (world, client, arn) = scene().await;
    let rotation = Rotation::begin(&world, &arn).await;
    let request = client.put_secret_value().secret_id(&arn).client_request_token(&rotation.token);
    let request = request.secret_string("\"do not tell\"").rotation_token(rotation.rotation_token());
    request.version_stages("AWSPENDING").send().await.unwrap();
    let calls = AWS.calls(&world.account);
    let (secrets, others): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.service == "secretsmanager");
    assert!(others.iter().any(|call| !call.body.is_empty()), "other services' bodies are kept");
    let names: Vec<_> = secrets.iter().map(|call| (call.operation.as_str(), call.status)).collect();
    assert_eq!(names, ["CreateSecret", "RotateSecret", "PutSecretValue"].map(|it| (it, Some(200))));
    let written = format!("{calls:?}");
    assert!(!written.contains("do not tell") && !written.contains("a-rotation-token-"), "{written}");
}

#[tokio::test]
async fn a_fault_meets_a_call_before_or_after_it_takes_effect() {
    let (world, client, arn) = scene().await;
    let rotation = Rotation::begin(&world, &arn).await;
    let put = |value: &str| {
        let request = client.put_secret_value().secret_id(&arn).client_request_token(&rotation.token);
        request.secret_string(value).version_stages("AWSPENDING").rotation_token(rotation.rotation_token())
    };
    let on = |kind| Fault {
        service: Some("secretsmanager".into()),
        operation: Some("PutSecretValue".into()),
        contains: Some(rotation.rotation_token()),
        ..Fault::new(&world.account, kind)
    };
    AWS.inject(&on(FaultKind::AccessDenied));
    let denied = told(put("2").send().await);
    assert!(denied.starts_with("AccessDeniedException"), "{denied}");
    assert_eq!(value_at(&world, &arn, "AWSPENDING").await, None);
    AWS.inject(&on(FaultKind::Reset));
    // The client tries again, and finds its own value.
    assert_eq!(told(put("2").send().await), "taken");
    assert_eq!(value_at(&world, &arn, "AWSPENDING").await, Some(json!(2)));
}

#[tokio::test]
async fn a_test_of_the_configuration_has_one_step_and_leaves_no_pending_version() {
    let (world, _, arn) = scene().await;
    let test = Rotation::begin_test(&world, &arn).await;
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: AWSPENDING, empty");
    test.end_of_test(&world).await;
    assert_eq!(stages(&world, &arn).await, "old: AWSCURRENT; new: -, empty");
}

#[tokio::test]
async fn an_event_is_what_a_function_reads() {
    let (world, _, arn) = scene().await;
    let rotation = Rotation::begin(&world, &arn).await;
    for step in STEPS {
        let request: rotation::Request = serde_json::from_str(&rotation.event(step)).unwrap();
        assert_eq!((request.step.as_str(), request.secret.to_string()), (step, arn.clone()));
        assert_eq!(request.version.as_str(), rotation.token);
        assert!(request.rotation_token.is_some());
    }
}
