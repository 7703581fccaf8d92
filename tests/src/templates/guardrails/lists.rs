//! The lists of actions in the guardrails, compared with AWS's list of actions.

use std::collections::BTreeSet;
use std::process::Command;

use expect_test::expect;
use policy::{AccessLevel, ListedAction, listed_actions};
use serde_json::{Value, json};

use super::{engines, list};
use crate::templates::Template;
use crate::templates::guardrails::Guardrail;

fn statements(guardrail: &str, policy: &str) -> Vec<Value> {
    let index = Guardrail::all().iter().position(|it| it.name == guardrail).unwrap();
    let documents = &engines::judged_by_ministack()[index]["documents"];
    documents[policy]["Statement"].as_array().unwrap().clone()
}

/// The actions that a list of patterns stands for and that do more than read, each with its level.
fn more_than_reading(patterns: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in patterns {
        let actions = listed_actions(pattern);
        assert!(!actions.is_empty(), "{pattern} stands for no action");
        let more = actions.iter().filter(|it| !matches!(it.level, AccessLevel::List | AccessLevel::Read));
        found.extend(more.map(|it| format!("{}:{} is {:?}", it.service, it.name, it.level)));
    }
    found
}

#[test]
fn an_auditor_only_reads() {
    let statements = statements("audit-permission-set", "PermissionSet");
    let patterns: Vec<_> = statements.iter().flat_map(|it| list(&it["Action"])).collect();
    assert_eq!(more_than_reading(&patterns), Vec::<String>::new());
    for it in statements {
        assert_eq!((&it["Effect"], it.get("NotAction")), (&"Allow".into(), None));
    }
    let template = Template::read("guardrails/audit-permission-set").json;
    let set = &template["Resources"]["PermissionSet"]["Properties"];
    let managed = json!([{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"}]);
    assert_eq!((&set["SessionDuration"], &set["ManagedPolicies"]), (&json!("PT1H"), &managed));
}

/// All that AWS classes as reading, of Control Tower and its catalogue.
#[test]
fn an_auditor_reads_all_of_control_tower() {
    let statements = statements("audit-permission-set", "PermissionSet");
    let patterns: Vec<_> = statements.iter().flat_map(|it| list(&it["Action"])).collect();
    let names = |patterns: &[&str], is_reading: bool| {
        let all = patterns.iter().flat_map(|it| listed_actions(it)).filter(|it| it.service.starts_with("control"));
        let all = all.filter(|it| !is_reading || matches!(it.level, AccessLevel::List | AccessLevel::Read));
        all.map(|it| it.name).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&patterns, false), names(&["controltower:*", "controlcatalog:*"], true));
}

/// AWS's own policy, as moto has it: what AWS classes as more than reading in it is known.
#[test]
fn security_audit_only_reads_but_for_four_actions_that_aws_classes_otherwise() {
    let read = "from moto.iam.aws_managed_policies import *; print(aws_managed_policies_data)";
    let mut python = Command::new(local_aws::workspace().join(".local/venv/bin/python"));
    let told = python.args(["-c", read]).output().unwrap();
    let all: Value = serde_json::from_slice(&told.stdout).unwrap();
    let statements = all["SecurityAudit"]["Document"]["Statement"].as_array().unwrap().clone();
    let patterns: Vec<_> = statements.iter().flat_map(|it| list(&it["Action"])).collect();
    assert!(patterns.len() > 900, "{}", patterns.len());
    let known: Vec<_> = patterns.into_iter().filter(|it| !listed_actions(it).is_empty()).collect();
    expect![[r#"
        iot:ListSubscriptions is Write
        quicksight:DescribeKnowledgeBasePermissions is PermissionsManagement
        quicksight:DescribeSpacePermissions is PermissionsManagement
        quicksight:DescribeTopicPermissions is PermissionsManagement"#]]
    .assert_eq(&more_than_reading(&known).join("\n"));
}

#[test]
fn every_action_that_writes_to_a_branch_is_denied() {
    let statements = statements("branch-protection", "Policy");
    let denied: BTreeSet<_> = list(&statements[0]["Action"]).into_iter().map(String::from).collect();
    let all = listed_actions("codecommit:*");
    let knowing = all.iter().filter(|it| it.knows("codecommit:References"));
    let (reading, writing): (Vec<&ListedAction>, Vec<&ListedAction>) =
        knowing.partition(|it| it.level == AccessLevel::Read);
    let names: BTreeSet<_> = writing.iter().map(|it| format!("codecommit:{}", it.name)).collect();
    assert_eq!((denied, 13), (names.clone(), names.len()));
    assert_eq!(reading.iter().map(|it| it.name).collect::<Vec<_>>(), ["GetMergeCommit"]);
    for statement in &statements[1..] {
        for action in list(&statement["Action"]) {
            let [it] = listed_actions(action)[..] else { panic!("{action}") };
            assert!(!it.knows("codecommit:References"), "{action} belongs to the branches");
            assert_eq!(it.level, AccessLevel::Write, "{action}");
        }
    }
}

/// The template's text: a comment is no part of what it says.
#[test]
fn each_exemption_from_the_regions_has_its_reason() {
    let path = local_aws::workspace().join("infra/guardrails/region-restriction.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, after) = text.split_once("NotAction:\n").unwrap();
    let lines: Vec<_> = after.lines().map(str::trim).take_while(|it| it.starts_with(['#', '-'])).collect();
    let more = lines.iter().position(|it| it.contains("report as missing")).unwrap();
    let exempt = |lines: &[&str]| {
        let entries = lines.iter().filter_map(|it| it.strip_prefix("- "));
        let entries = entries.map(|it| it.split_once(" # ").unwrap_or_else(|| panic!("{it} has no reason")));
        let entries: Vec<_> = entries.map(|(action, reason)| (action.to_owned(), reason.len())).collect();
        assert!(entries.is_sorted(), "{entries:?}");
        assert!(entries.iter().all(|it| it.1 > 10 && !listed_actions(&it.0).is_empty()), "{entries:?}");
        entries.into_iter().map(|it| it.0).collect::<Vec<_>>()
    };
    let (published, reported) = (exempt(&lines[..more]), exempt(&lines[more..]));
    assert_eq!((published.len(), reported.len()), (86, 9));
    let statements = statements("region-restriction", "ServiceControlPolicy");
    let [other_regions, _] = &statements[..] else { panic!("two statements") };
    assert_eq!(list(&other_regions["NotAction"]), [published, reported].concat());
}
