//! The pipelines of delivery, each template with cases beside it: two engines that are not ours judge every case, the policies pass the
//! check, and both are deployed to the local AWS.

mod deployed;
mod page;

use std::sync::LazyLock;

use policy::Source;
use serde_json::{Value, json};

use super::guardrails::{Guardrail, engines, kind};
use super::{Template, texts_in};

/// The templates of `infra/delivery/`, with their cases.
fn all() -> Vec<Guardrail> {
    Guardrail::all_of("delivery")
}

/// What ministack makes of them.
fn judged() -> &'static [Value] {
    static JUDGED: LazyLock<Vec<Value>> = LazyLock::new(|| engines::ask_ministack(&all()));
    &JUDGED
}

#[test]
fn two_engines_judge_every_case_of_the_pipelines_as_it_says() {
    assert_eq!(engines::misjudged(&all(), judged()), "");
}

#[test]
fn the_pipelines_have_cases_of_every_kind() {
    engines::assert_cases_of_every_kind(all());
}

#[test]
fn the_policies_of_the_pipelines_pass_the_check_and_each_has_cases() {
    let mut checked = 0;
    for (template, judged) in all().iter().zip(judged()) {
        for (id, document) in judged["documents"].as_object().unwrap() {
            let name = format!("{}.yaml#{id}", template.name);
            let of = template.policies.iter().find(|it| it.id == *id).map(|it| it.kind.as_str());
            let of = of.unwrap_or_else(|| panic!("{name} has no cases"));
            let text = document.to_string();
            let verdict = policy::check(&Source { name: &name, text: &text }, None, Some(kind(of)));
            assert!(verdict.findings.is_empty(), "{name}: {:#?}", verdict.findings);
            checked += 1;
        }
    }
    assert_eq!(checked, 17);
}

#[test]
fn the_pipelines_fit_every_partition_and_say_whose_they_are() {
    let untaggable = ["AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"];
    for template in all() {
        let Template { name, json, .. } = Template::read(&format!("delivery/{}", template.name));
        let fixed: Vec<_> = texts_in(&json["Resources"]).into_iter().filter(|text| text.contains("arn:aws")).collect();
        assert!(fixed.is_empty(), "{name}: write ${{AWS::Partition}} in {fixed:?}");
        let resources = json["Resources"].as_object().unwrap().iter();
        for (id, resource) in resources.filter(|(_, it)| !untaggable.iter().any(|of| it["Type"] == *of)) {
            let tags = resource["Properties"]["Tags"].as_array().cloned().unwrap_or_default();
            assert!(tags.contains(&json!({"Key": "Application", "Value": "signalbox"})), "{name}: {id}");
        }
    }
}

/// In a further Region the stack has no pipeline, and no role either: those of the first Region have the names.
#[test]
fn without_pipelines_the_stack_makes_no_role() {
    let template = Template::read("delivery/shared-services").json;
    let resources = template["Resources"].as_object().unwrap();
    let roles: Vec<_> = resources.values().filter(|it| it["Type"] == "AWS::IAM::Role").collect();
    assert_eq!(roles.len(), 4);
    for role in roles {
        let condition = role["Condition"].as_str().unwrap_or_default();
        assert!(["HasServices", "HasFunctions", "HasSimple", "HasPipelines"].contains(&condition), "{role}");
    }
}

/// A role of a target trusts one role, and may use its own part of the bucket. The parameters of both templates are the same.
#[test]
fn both_templates_name_alike_what_they_share() {
    let [shared, target] =
        ["shared-services", "target-account"].map(|it| Template::read(&format!("delivery/{it}")).json);
    for name in ["Name", "ClusterName", "ServiceName", "FunctionName", "PermissionsBoundaryArn"] {
        for what in ["AllowedPattern", "ConstraintDescription", "Default"] {
            assert_eq!(shared["Parameters"][name][what], target["Parameters"][name][what], "{name}: {what}");
        }
    }
}

/// The stages of each pipeline: a person stands between the accounts.
#[test]
fn a_version_goes_to_dev_and_with_approval_to_qa_and_to_production() {
    let template = Template::read("delivery/shared-services");
    let pipelines = template.resources("AWS::CodePipeline::Pipeline");
    assert_eq!(pipelines.len(), 3);
    for (id, pipeline) in pipelines {
        let stages = pipeline["Stages"].as_array().unwrap().iter();
        let stages: Vec<_> = stages.map(|it| it["Name"].as_str().unwrap()).collect();
        assert_eq!(stages, ["Source", "Dev", "ApproveQa", "Qa", "ApproveProd", "Prod"], "{id}");
        assert_eq!((&pipeline["PipelineType"], &pipeline["ExecutionMode"]), (&json!("V2"), &json!("QUEUED")), "{id}");
    }
}
