//! AWS's own managed policies, as moto has them: those that only read pass the check, and none has a form that AWS would not take.

use std::collections::BTreeMap;
use std::process::Command;

use expect_test::expect;
use policy::{Kind, Severity, Source, Verdict};
use serde_json::Value;

/// Every managed policy, by name.
fn managed() -> BTreeMap<String, Value> {
    let mut python = Command::new(local_aws::workspace().join(".local/venv/bin/python"));
    let told =
        python.args(["-c", "from moto.iam.aws_managed_policies import *; print(aws_managed_policies_data)"]).output();
    let told = told.expect("python runs (`make setup` installs it)");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

fn judged(name: &str, policy: &Value) -> Verdict {
    policy::check(&Source { name, text: &policy["Document"].to_string() }, None, Some(Kind::Identity))
}

#[test]
fn nothing_is_found_in_policies_that_only_read() {
    let managed = managed();
    for name in ["ReadOnlyAccess", "ViewOnlyAccess", "SecurityAudit"] {
        let mut findings = judged(name, &managed[name]).findings;
        // AWS's own policies may be longer than AWS lets others write them.
        findings.retain(|it| it.rule != "size");
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

/// What AWS takes is not called wrong. Rules about what a policy opens, and about what it does not reach, do find something: these
/// numbers change with moto's copy and with the list of actions.
#[test]
fn the_form_of_aws_own_policies_is_valid() {
    let managed = managed();
    assert!(managed.len() > 1_000, "{}", managed.len());
    let verdicts: Vec<_> = managed.iter().map(|(name, policy)| judged(name, policy)).collect();
    let findings = verdicts.iter().flat_map(|it| &it.findings);
    let of_form = [
        "form",
        "json",
        "version",
        "action-form",
        "resource-form",
        "unknown-operator",
        "characters",
        "condition-value",
    ];
    let wrong: Vec<_> = findings.clone().filter(|it| of_form.contains(&it.rule)).map(ToString::to_string).collect();
    expect![[""]].assert_eq(&wrong.join("\n"));
    let mut counts = BTreeMap::<_, usize>::new();
    for it in findings.filter(|it| it.severity != Severity::Note) {
        *counts.entry(it.rule).or_default() += 1;
    }
    expect![[r#"
        administrator-service 4
        all-on-all 2
        condition-key 12
        escalation 200
        for-all-values 148
        not-action 2
        not-resource 7
        resource-type 1291
        size 84
        unknown-action 57
    "#]]
    .assert_eq(&counts.iter().fold(String::new(), |told, (rule, count)| format!("{told}{rule} {count}\n")));
}
