//! Findings for code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use policy::{Finding, Severity, Verdict};
use serde_json::{Value, json};

/// One run with all findings.
pub(super) fn of(verdicts: &[Verdict]) -> Value {
    let findings = || verdicts.iter().flat_map(|it| &it.findings);
    let rules: BTreeSet<_> = findings().map(|it| it.rule).collect();
    let rules: Vec<_> = rules.iter().map(|id| json!({"id": id})).collect();
    let actions = policy::list_of_actions();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "signalbox", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "properties": {"actions": actions, "secondOpinion": super::SECOND_OPINION},
            "results": findings().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(Finding { file, path, line, column, severity, rule, message, remedy }: &Finding) -> Value {
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    json!({
        "ruleId": rule,
        "level": level,
        "message": {"text": format!("{message}; {remedy}")},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri(file)},
                "region": {"startLine": line, "startColumn": column},
            },
            "logicalLocations": [{"fullyQualifiedName": path}],
        }],
    })
}

/// A path as a reference: what a URI does not have stands as its code.
fn uri(path: &str) -> String {
    let byte = |it: u8| match it {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => char::from(it).to_string(),
        it => format!("%{it:02X}"),
    };
    path.bytes().map(byte).collect()
}
