//! Sixty policies with known answers, and what Signalbox and its peers say of each. The page is generated here and tested to be
//! current; `UPDATE_EXPECT=1` rewrites it, and `make compare` asks the peers again.

use std::fmt::Write as _;

use expect_test::expect_file;
use policy::{Kind, Source};
use serde_json::Value;

const PEERS: [&str; 3] = ["parliament", "cloudsplaining", "cfn-lint"];

const HEAD: &str = "\
# Policies with known answers

This page is generated from `tests/bench/peer/policies/`: `UPDATE_EXPECT=1 cargo test --workspace known_policies`.

The answer says whether something is wrong with the policy, by AWS's documentation and by how such rights are used. No tool's examples are in
the table, but its author knew the rules of Signalbox: a table of others may give it fewer right answers. `make compare` asks the peers, each with
its defaults, and nothing of them runs in the tests.

- Signalbox and cfn-lint are told the type of the policy, which the other two do not take.
- A tool calls a policy wrong where it finds anything. What parliament mutes does not count, and neither does cloudsplaining's
  InfrastructureModification, which it finds in every policy that writes.
- **Bold** is not the known answer.

";

fn read(name: &str) -> Value {
    let path = local_aws::workspace().join("tests/bench/peer/policies").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What Signalbox says of a policy, as the type that it is.
fn judged(known: &Value) -> &'static str {
    let kind = match known["type"].as_str().unwrap() {
        "identity" => Kind::Identity,
        "resource" => Kind::Resource,
        "trust" => Kind::Trust,
        "scp" => Kind::Scp,
        other => panic!("{other} is no type"),
    };
    let text = known["policy"].to_string();
    let verdict = policy::check(&Source { name: "policy.json", text: &text }, None, Some(kind));
    if verdict.findings.is_empty() { "fine" } else { "wrong" }
}

#[test]
fn the_known_answers_are_found_and_the_page_is_current() {
    let (known, compared) = (read("known.json"), read("compared.json"));
    let (known, said) = (known.as_array().unwrap(), compared["policies"].as_array().unwrap());
    let (mut rows, mut right, mut missed) = (String::new(), [0; 4], Vec::new());
    for (it, said) in known.iter().zip(said) {
        let (is, answer) = (it["is"].as_str().unwrap(), it["answer"].as_str().unwrap());
        assert_eq!(said["is"], is, "`make compare` writes compared.json anew");
        let verdicts = [judged(it)].into_iter().chain(PEERS.map(|peer| said[peer].as_str().unwrap()));
        let mut cells = Vec::new();
        for (index, verdict) in verdicts.enumerate() {
            right[index] += usize::from(verdict == answer);
            cells.push(if verdict == answer { verdict.to_owned() } else { format!("**{verdict}**") });
        }
        missed.extend((judged(it) != answer).then_some(is));
        let why = it["why"].as_str().unwrap();
        let _ =
            writeln!(rows, "| {is} | {} | {answer} | {} | {why} |", it["type"].as_str().unwrap(), cells.join(" | "));
    }
    assert_eq!((known.len(), missed), (60, vec![]));
    let fine = known.iter().filter(|it| it["answer"] == "fine").count();
    let versions = PEERS.map(|it| format!("{it} {}", compared["versions"][it].as_str().unwrap()));
    let mut page = HEAD.to_owned();
    let _ = writeln!(page, "| policy | type | answer | Signalbox | {} | why |", versions.join(" | "));
    let _ = write!(page, "|---|---|---|---|---|---|---|---|\n{rows}");
    let [own, parliament, cloudsplaining, cfn_lint] = right;
    let _ = writeln!(
        page,
        "\n**Right of 60:** {own}, {parliament}, {cloudsplaining} and {cfn_lint}. A tool that says nothing gets {fine}."
    );
    let path = local_aws::workspace().join("docs/reference/known-policies.md");
    expect_file![path].assert_eq(&page);
}
