//! Functions of Lambda in the account of a test: their code says which version answered.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, FunctionCode, LastUpdateStatus, Runtime, State};
use local_aws::deploy::archive;
use serde_json::Value;

use crate::world::World;

/// The tag of a function that tells how its next updates end: `InProgress`, `Failed CODE`, or well without it.
pub const UPDATE: &str = "local-aws:update";

/// The tag of a function that tells how the versions begin that are published of it.
pub const VERSION: &str = "local-aws:version";

/// Lambda, as the account or the session of this world calls it.
pub fn lambda(world: &World) -> Client {
    Client::new(world.sessions.config())
}

/// The zip of a function that answers `says`, its version, and the ARN that was invoked; where the event has `fail`, it fails.
pub fn code(says: &str) -> Vec<u8> {
    let text = format!(
        "import os\n\n\ndef handler(event, context):\n    if 'fail' in event:\n        raise ValueError('as asked')\n    \
         return {{'says': {says:?}, 'version': os.environ['AWS_LAMBDA_FUNCTION_VERSION'], 'arn': context.invoked_function_arn}}\n"
    );
    archive(&[("index.py", text.as_bytes())]).unwrap()
}

/// Makes a function of this code, and waits until it is active.
pub async fn make_function(world: &World, name: &str, code: Vec<u8>) {
    let role = format!("arn:aws:iam::{}:role/function", world.account);
    let code = FunctionCode::builder().zip_file(Blob::new(code)).build();
    let create =
        lambda(world).create_function().function_name(name).runtime(Runtime::Python312).handler("index.handler");
    create.role(role).code(code).send().await.unwrap();
    active(world, name, None).await;
}

/// What Lambda says of a function, or of a version of it, as soon as it is such.
pub async fn described_when(
    world: &World,
    name: &str,
    qualifier: Option<&str>,
    is_such: impl Fn(&GetFunctionConfigurationOutput) -> bool,
) -> GetFunctionConfigurationOutput {
    let client = lambda(world);
    loop {
        let asked = client.get_function_configuration().function_name(name).set_qualifier(qualifier.map(String::from));
        let described = asked.send().await.unwrap();
        if is_such(&described) {
            return described;
        }
    }
}

/// A function, or a version of it, as soon as it is active and no update of it goes on.
pub async fn active(world: &World, name: &str, qualifier: Option<&str>) -> GetFunctionConfigurationOutput {
    let is_such = |it: &GetFunctionConfigurationOutput| {
        it.state() == Some(&State::Active) && it.last_update_status() != Some(&LastUpdateStatus::InProgress)
    };
    described_when(world, name, qualifier, is_such).await
}

/// Gives a function this code and publishes it: the version's number.
pub async fn publish(world: &World, name: &str, code: Vec<u8>) -> String {
    let update = lambda(world).update_function_code().function_name(name).zip_file(Blob::new(code));
    update.send().await.unwrap();
    active(world, name, None).await;
    let version = lambda(world).publish_version().function_name(name).send().await.unwrap().version.unwrap();
    active(world, name, Some(&version)).await;
    version
}

/// Makes an alias for a version.
pub async fn make_alias(world: &World, name: &str, alias: &str, version: &str) {
    let create = lambda(world).create_alias().function_name(name).name(alias);
    create.function_version(version).send().await.unwrap();
}

/// The weight of a second version.
pub fn weight(version: &str, weight: f64) -> AliasRoutingConfiguration {
    AliasRoutingConfiguration::builder().additional_version_weights(version, weight).build()
}

/// Invokes a function: the version that Lambda says it executed, and what the function answered.
pub async fn invoke(world: &World, name: &str, qualifier: &str, event: &str) -> (String, Value) {
    for _ in 0..5 {
        let invoke = lambda(world).invoke().function_name(name).qualifier(qualifier).payload(Blob::new(event));
        let answer = invoke.send().await.unwrap();
        let payload: Value = serde_json::from_slice(answer.payload.unwrap().as_ref()).unwrap();
        // On a busy machine ministack may answer with an error of its own, before the function ran.
        if answer.function_error.is_none() || payload["errorType"] == "Runtime.HandlerError" {
            return (answer.executed_version.unwrap(), payload);
        }
    }
    panic!("{name} does not run")
}

/// Sets a tag of a function, or takes it away.
pub async fn tag(world: &World, name: &str, key: &str, value: Option<&str>) {
    let arn = active_arn(world, name).await;
    match value {
        Some(value) => drop(lambda(world).tag_resource().resource(arn).tags(key, value).send().await.unwrap()),
        None => drop(lambda(world).untag_resource().resource(arn).tag_keys(key).send().await.unwrap()),
    }
}

async fn active_arn(world: &World, name: &str) -> String {
    described_when(world, name, None, |_| true).await.function_arn.unwrap()
}
