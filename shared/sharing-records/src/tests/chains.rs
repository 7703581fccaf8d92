//! Chains that are whole and chains that are not; those that were altered in the table are in `tests/src/promises/audit.rs`.

use sharing::{Head, Pending};

use super::principals;
use crate::{AuditItem, Phase, verify};

/// The next item of a chain.
fn item(before: &[AuditItem], kind: Phase, of: Option<u64>) -> AuditItem {
    let last = before.last();
    let item = AuditItem {
        resource: super::image().arn(),
        seq: last.map_or(0, |it| it.seq) + 1,
        kind,
        of,
        at: "2026-11-01T12:00:00Z".into(),
        account: "111122223333".parse().unwrap(),
        who: "share-ami".into(),
        run: "run".into(),
        occurrence: "occurrence".into(),
        correlation_id: None,
        manifest: "0123456789abcdef".into(),
        name: "base_linux_v1".into(),
        before: principals(&[]),
        after: principals(&["123456789012"]),
        add: principals(&["123456789012"]),
        remove: principals(&[]),
        why: "an entry matches".into(),
        note: None,
        revert: None,
        previous: last.map(|it| it.hash.clone()).unwrap_or_default(),
        hash: String::new(),
    };
    item.sealed()
}

fn chain(kinds: &[(Phase, Option<u64>)]) -> Vec<AuditItem> {
    kinds.iter().fold(Vec::new(), |mut items, (kind, of)| {
        items.push(item(&items, *kind, *of));
        items
    })
}

fn head(items: &[AuditItem], is_open: bool) -> Head {
    let pending = Pending { add: principals(&["123456789012"]), remove: principals(&[]), until: 0 };
    let last = items.last().unwrap();
    Head { seq: last.seq, hash: last.hash.clone(), pending: is_open.then_some(pending) }
}

const INTENT: (Phase, Option<u64>) = (Phase::Intent, None);

fn outcome(of: u64) -> (Phase, Option<u64>) {
    (Phase::Outcome, Some(of))
}

#[test]
fn a_whole_chain_is_whole_and_so_is_none() {
    assert_eq!(verify(&[], &Head::default()), Ok(()));
    let items = chain(&[INTENT, outcome(1), INTENT, outcome(3)]);
    assert_eq!(verify(&items, &head(&items, false)), Ok(()));
    let items = chain(&[INTENT, outcome(1), INTENT]);
    assert_eq!(verify(&items, &head(&items, true)), Ok(()));
}

fn check(kinds: &[(Phase, Option<u64>)], is_open: bool, expected: &str) {
    let items = chain(kinds);
    assert_eq!(verify(&items, &head(&items, is_open)), Err(expected.into()));
}

#[test]
fn each_intent_has_one_outcome() {
    check(&[INTENT], false, "item 1 is an intent without an outcome");
    check(&[INTENT, INTENT, outcome(2)], false, "item 1 is an intent without an outcome");
    check(&[INTENT, outcome(1), outcome(1)], false, "item 3 is an outcome of 1, which is no intent without an outcome");
    check(&[INTENT, outcome(7)], false, "item 2 is an outcome of 7, which is no intent without an outcome");
    check(&[(Phase::Outcome, None)], false, "item 1 does not say rightly of what it is an outcome");
    check(&[(Phase::Intent, Some(1))], false, "item 1 does not say rightly of what it is an outcome");
}

#[test]
fn an_open_change_is_the_last_one() {
    check(&[INTENT, INTENT], true, "item 1 is an intent without an outcome");
    check(&[INTENT, outcome(1)], true, "item 2 is the last one, and the record says that a change is open");
}
