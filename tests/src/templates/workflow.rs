//! The workflow of a fleet: two linters that are not ours find nothing in its definition and every fault in broken ones; its states say
//! what Step Functions knows and not what the input says; and who may start, enter and write is apart.

use std::collections::BTreeSet;
use std::process::Command;

use fleet_runs::Request;
use operations::Operation;
use reaction::Mode;
use serde_json::{Value, json};

use super::role::texts;
use super::template::{Parameters, Template, resolved};

/// Fields of AWS that statelint does not know. cfn-lint does.
const UNKNOWN_TO_STATELINT: [&str; 2] =
    ["/States/Accounts/Label", "/States/Accounts/ItemReader/ReaderConfig/InputType"];

/// The definition, as it is where it is deployed.
fn definition() -> Value {
    let template = Template::read("fleet");
    let given = Parameters::from([
        ("AWS::Partition", json!("aws")),
        ("AWS::Region", json!("eu-west-1")),
        ("AWS::AccountId", json!("111122223333")),
        ("FunctionName", json!("read-fleet")),
        ("BucketName", json!("com-example-runs")),
        ("LongestRunInSeconds", json!(86_400)),
        ("Topic", json!("arn:aws:sns:eu-west-1:111122223333:signalbox-read-fleet")),
    ]);
    let [(_, machine)] = template.resources("AWS::StepFunctions::StateMachine")[..] else { panic!("one machine") };
    resolved(&machine["Definition"], &given)
}

/// What a program of the project's Python says of a file.
fn said(program: &str, arguments: &[&str], file: &std::path::Path) -> String {
    let mut command = Command::new(local_aws::workspace().join(".local/venv/bin").join(program));
    let found = command.args(arguments).arg(file).output();
    let found = found.unwrap_or_else(|error| panic!("{program}: {error} (`make setup` installs it)"));
    String::from_utf8_lossy(&found.stdout).into_owned() + &String::from_utf8_lossy(&found.stderr)
}

/// Removes a field from a definition, by its path.
fn without(definition: &mut Value, path: &str) -> Option<Value> {
    let (parent, name) = path.rsplit_once('/').unwrap();
    definition.pointer_mut(parent)?.as_object_mut()?.remove(name)
}

/// What both linters find in a definition.
fn found_in(name: &str, definition: &Value) -> String {
    let role = "arn:aws:iam::111122223333:role/workflow";
    let machine =
        json!({"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": role, "Definition": definition}});
    let template = json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": machine}});
    let mut known = definition.clone();
    for path in UNKNOWN_TO_STATELINT {
        without(&mut known, path);
    }
    let folder = std::env::temp_dir().join(format!("signalbox-workflow-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |file: &str, value: &Value| {
        let path = folder.join(file);
        std::fs::write(&path, value.to_string()).unwrap();
        path
    };
    let found = said("cfn-lint", &["--"], &write("template.json", &template))
        + &said("statelint", &[], &write("definition.json", &known));
    std::fs::remove_dir_all(folder).unwrap();
    found
}

#[test]
fn two_linters_find_nothing_in_the_definition() {
    let mut definition = definition();
    assert_eq!(found_in("whole", &definition), "");
    assert!(
        UNKNOWN_TO_STATELINT.iter().all(|path| without(&mut definition, path).is_some()),
        "it has what is left out"
    );
}

/// Each state, broken in the ways that a change may break it.
#[test]
fn a_definition_that_is_broken_in_any_state_is_found() {
    let states: Vec<_> = definition()["States"].as_object().unwrap().keys().cloned().collect();
    let mut broken = vec![("start".to_owned(), "/StartAt", json!("Nothing"))];
    broken.push(("percent".into(), "/States/Accounts/ToleratedFailurePercentage", json!(150)));
    broken.push(("path".into(), "/States/Plan/ResultPath", json!("failure")));
    broken.push(("inner".into(), "/States/Accounts/ItemProcessor/StartAt", json!("Nothing")));
    broken.push(("catch".into(), "/States/Accounts/Catch/0/Next", json!("Nothing")));
    broken.push(("mode".into(), "/States/Accounts/ItemProcessor/ProcessorConfig/Mode", json!("SPREAD")));
    broken.push(("unreachable".into(), "/States/Nothing", json!({"Type": "Succeed"})));
    for (name, path, value) in broken {
        let mut definition = definition();
        let (parent, field) = path.rsplit_once('/').unwrap();
        definition.pointer_mut(parent).unwrap()[field] = value;
        assert_ne!(found_in(&name, &definition), "", "{name}");
    }
    for state in states {
        let mut of_no_type = definition();
        of_no_type["States"][&state]["Type"] = json!("Nothing");
        assert_ne!(found_in(&state, &of_no_type), "", "{state}");
        let mut gone = definition();
        without(&mut gone, &format!("/States/{state}"));
        assert_ne!(found_in(&state, &gone), "", "without {state}");
    }
}

/// Which execution asks, and under which id it is noted, comes from the context object: an input cannot say it.
#[test]
fn each_state_that_calls_the_function_says_what_step_functions_knows() {
    let definition = definition();
    let mut told = 0;
    let states = definition["States"].as_object().unwrap();
    let selected = &states["Accounts"]["ItemSelector"];
    let payloads = states.values().filter_map(|state| state.pointer("/Parameters/Payload")).chain([selected]);
    for payload in payloads {
        assert_eq!(payload["execution.$"], "$$.Execution.Id", "{payload}");
        assert_eq!(payload["id.$"], "$$.Execution.Name", "{payload}");
        told += 1;
    }
    assert_eq!(told, 4, "plan, canary, account and collect");
    let account = &states["Accounts"]["ItemProcessor"]["States"]["Account"];
    assert_eq!((&account["Parameters"]["Payload.$"], &account["OutputPath"]), (&json!("$"), &Value::Null));
    for (name, state) in states.iter().filter(|(_, state)| state.get("Retry").is_some()) {
        let retried = texts(&state["Retry"][0]["ErrorEquals"]);
        assert!(
            retried.iter().all(|it| it == "Signalbox.Unfinished" || it.starts_with("Lambda.")),
            "{name}: {retried:?}"
        );
        assert_eq!((&state["Retry"][0]["JitterStrategy"], state["Retry"].get(1)), (&json!("FULL"), None), "{name}");
    }
}

/// The role in members allows what its operations call there, and those that read allow nothing else.
#[test]
fn the_roles_in_members_allow_what_the_operations_of_their_function_call() {
    for (function, writes) in [("read-fleet", false), ("write-fleet", true)] {
        let template = Template::of_members(function);
        let [(_, role)] = template.resources("AWS::IAM::Role")[..] else { panic!("one role") };
        let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
        let allowed: BTreeSet<_> = statements.iter().flat_map(|it| texts(&it["Action"])).collect();
        let of = Operation::ALL.into_iter().filter(|it| it.writes() == writes);
        let called = of.flat_map(|it| it.actions(Mode::Apply)).chain(["ec2:DescribeRegions"]);
        // Every principal may ask who it is.
        let called = called.filter(|it| *it != "sts:GetCallerIdentity").map(String::from);
        assert_eq!(allowed, called.collect(), "{function}");
    }
}

/// The right to start a run that reads is not the right to start one that writes.
#[test]
fn a_schedule_may_start_the_workflow_that_reads_and_its_requests_are_taken() {
    let template = Template::read("fleet-schedule");
    let [(_, role)] = template.resources("AWS::IAM::Role")[..] else { panic!("one role") };
    let machine =
        json!({"Fn::Sub": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:read-fleet"});
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let allowed: Vec<_> = statements.iter().map(|it| (&it["Action"], &it["Resource"])).collect();
    assert_eq!(allowed, [(&json!("states:StartExecution"), &machine)]);
    let parameters = template.json["Parameters"].as_object().unwrap();
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
    let given = parameters.iter().map(|(name, it)| (name.as_str(), json!(plain(&it["Default"]))));
    let given: Parameters = given.collect();
    let rules = template.resources("AWS::Events::Rule");
    assert_eq!(rules.len(), 2);
    for (id, rule) in rules {
        let target = &rule["Targets"][0];
        assert_eq!(target["Arn"], machine, "{id}");
        let text = resolved(&target["InputTransformer"]["InputTemplate"], &given);
        let text = text.as_str().unwrap().replace("<id>", "5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60");
        let request = Request::read(&text, false).unwrap_or_else(|error| panic!("{id}: {error}: {text}"));
        assert!(request.series.is_some(), "{id}: it is compared with the run before");
    }
}
