//! Policies with known answers, written from AWS's documentation and from how these rights are used, not from the rules.

mod appended;
mod around;
mod conditions;
mod escalations;
mod forms;
mod hostile;
mod narrowed;
mod packed;
mod patterns;
mod principals;
mod rights;
mod things;

use crate::{Kind, Source, Verdict, check};

/// A policy of these statements, its type, and each finding as `rule pointer`.
struct Known {
    of: &'static str,
    kind: Kind,
    statements: &'static str,
    found: &'static [&'static str],
}

const fn identity(of: &'static str, statements: &'static str, found: &'static [&'static str]) -> Known {
    Known { of, kind: Kind::Identity, statements, found }
}

const fn of_kind(kind: Kind, of: &'static str, statements: &'static str, found: &'static [&'static str]) -> Known {
    Known { of, kind, statements, found }
}

fn judged(kind: Kind, text: &str) -> Verdict {
    check(&Source { name: "policy.json", text }, None, Some(kind))
}

/// Each finding as `rule pointer`.
fn told(verdict: &Verdict) -> Vec<String> {
    verdict.findings.iter().map(|it| format!("{} {}", it.rule, it.path).trim_end().to_owned()).collect()
}

/// Holds each policy against its answer, and shows all that differ.
fn assert_known(table: &[Known]) {
    let differ = |known: &Known| {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, known.statements);
        let verdict = judged(known.kind, &text);
        (told(&verdict) != known.found).then(|| {
            let found: Vec<_> =
                verdict.findings.iter().map(|it| format!("    {} {}: {}", it.rule, it.path, it.message)).collect();
            format!("{}: expected {:?}, found\n{}", known.of, known.found, found.join("\n"))
        })
    };
    let differing: Vec<_> = table.iter().filter_map(differ).collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The table is as long as was promised.
#[test]
fn there_are_at_least_sixty_known_answers() {
    let lengths = [
        rights::KNOWN.len(),
        escalations::KNOWN.len(),
        principals::KNOWN.len(),
        conditions::KNOWN.len(),
        things::KNOWN.len(),
    ];
    assert!(lengths.iter().sum::<usize>() >= 60, "{lengths:?}");
}
