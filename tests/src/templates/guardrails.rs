//! The guardrails, each a template with cases beside it: two engines that are not ours judge every case as AWS documents it, and the
//! policies are what their pages say.

mod cases;
mod deployed;
pub mod engines;
mod lists;
mod page;

use std::path::PathBuf;

pub use cases::Guardrail;
use policy::{Kind, Source};
use serde_json::{Value, json};

use super::{Template, texts_in};

/// The templates of `infra/guardrails/`, sorted.
pub fn files() -> Vec<PathBuf> {
    files_of("guardrails")
}

/// The templates of a folder of `infra/`, sorted.
pub fn files_of(folder: &str) -> Vec<PathBuf> {
    let folder = local_aws::workspace().join("infra").join(folder);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    files.sort();
    files
}

/// What a policy of these cases is.
pub fn kind(of: &str) -> Kind {
    match of {
        "identity" => Kind::Identity,
        "scp" => Kind::Scp,
        "resource" => Kind::Resource,
        "trust" => Kind::Trust,
        other => panic!("{other} is no type of a guardrail's policy"),
    }
}

#[test]
fn the_policies_of_guardrails_pass_the_check() {
    let mut checked = 0;
    for (guardrail, judged) in Guardrail::all().iter().zip(engines::judged_by_ministack()) {
        for (id, document) in judged["documents"].as_object().unwrap() {
            let of = guardrail.policies.iter().find(|it| it.id == *id).map(|it| it.kind.as_str());
            let name = format!("{}.yaml#{id}", guardrail.name);
            let of = of.unwrap_or_else(|| panic!("{name} has no cases"));
            let text = document.to_string();
            let verdict = policy::check(&Source { name: &name, text: &text }, None, Some(kind(of)));
            assert!(verdict.findings.is_empty(), "{:#?}", verdict.findings);
            checked += 1;
        }
    }
    assert_eq!(checked, 9);
}

/// The statements are appended to policies of 6,144 characters.
#[test]
fn the_central_denies_leave_room_and_may_be_appended() {
    let all = engines::judged_by_ministack();
    let index = Guardrail::all().iter().position(|it| it.name == "central-deny").unwrap();
    let denies = all[index]["documents"]["Policy"].to_string();
    assert!(denies.len() < 700, "{} characters", denies.len());
    let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"}}"#;
    let (own, denies) = (Source { name: "policy.json", text: own }, Source { name: "deny.json", text: &denies });
    assert_eq!(policy::check(&own, Some(&denies), Some(Kind::Identity)).findings, []);
}

#[test]
fn guardrails_fit_every_partition_and_say_whose_they_are() {
    for guardrail in Guardrail::all() {
        let Template { name, json, .. } = Template::read(&format!("guardrails/{}", guardrail.name));
        let fixed: Vec<_> = texts_in(&json["Resources"]).into_iter().filter(|text| text.contains("arn:aws")).collect();
        assert!(fixed.is_empty(), "{name}: write ${{AWS::Partition}} in {fixed:?}");
        for (id, resource) in json["Resources"].as_object().unwrap() {
            let of = resource["Type"].as_str().unwrap();
            let can_be_tagged = ["PermissionSet", "Key", "Repository", "Organizations::Policy"];
            if can_be_tagged.iter().any(|it| of.ends_with(it)) {
                let tags = resource["Properties"]["Tags"].as_array().unwrap();
                assert!(tags.contains(&json!({"Key": "Application", "Value": "signalbox"})), "{name}: {id}");
            }
        }
    }
}

/// A key named Null without quotes is nothing to YAML, and the condition would be lost.
#[test]
fn null_is_quoted() {
    let mut guards = 0;
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|it| it.trim_start_matches([' ', '"']).starts_with("Null")) {
            assert_eq!(line.trim(), "\"Null\":", "{}", path.display());
            guards += 1;
        }
    }
    assert!(guards >= 6, "{guards}");
}

/// The value as a list of texts.
fn list(value: &Value) -> Vec<&str> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter().filter_map(Value::as_str).collect()
}
