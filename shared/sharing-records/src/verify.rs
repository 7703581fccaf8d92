//! Whether an audit chain is whole. Pure: what the tables hold is read elsewhere.

use std::collections::BTreeSet;

use sharing::Head;

use crate::{AuditItem, Phase};

/// Proves a thing's chain: numbers without gaps, hashes and links right, one outcome of each intent, and `head` at its
/// end. `items` are in the order of their numbers.
///
/// # Errors
/// Where it is broken, and how.
pub fn verify(items: &[AuditItem], head: &Head) -> Result<(), String> {
    let mut open = BTreeSet::new();
    let mut last: Option<&AuditItem> = None;
    for item in items {
        follows(item, last)?;
        let seq = item.seq;
        match (item.kind, item.of) {
            (Phase::Intent, None) => drop(open.insert(seq)),
            (Phase::Outcome, Some(of)) if open.remove(&of) => {}
            (Phase::Outcome, Some(of)) => {
                return Err(format!("item {seq} is an outcome of {of}, which is no intent without an outcome"));
            }
            _ => return Err(format!("item {seq} does not say rightly of what it is an outcome")),
        }
        last = Some(item);
    }
    at_its_end(last, head)?;
    // The last intent may be at work, or was interrupted and is finished by the next run.
    let (is_last_open, seq) = (open.remove(&head.seq), head.seq);
    match (open.first(), is_last_open, head.pending.is_some()) {
        (Some(seq), ..) => Err(format!("item {seq} is an intent without an outcome")),
        (None, true, false) => Err(format!("item {seq} is an intent without an outcome")),
        (None, false, true) => Err(format!("item {seq} is the last one, and the record says that a change is open")),
        (None, ..) => Ok(()),
    }
}

/// Whether the item is as it was written, and the next one after `last`.
fn follows(item: &AuditItem, last: Option<&AuditItem>) -> Result<(), String> {
    let (seq, before) = (item.seq, last.map_or(0, |it| it.seq));
    let next = before + 1;
    if seq != next {
        let missing = match seq {
            _ if seq == next + 1 => format!("item {next} is"),
            _ => format!("items from {next} to {} are", seq.saturating_sub(1)),
        };
        return Err(format!("{missing} missing: after {before} comes {seq}"));
    }
    if item.hash != item.computed_hash() {
        return Err(format!("item {seq} was altered: its hash is not that of what it says"));
    }
    if item.previous != last.map_or("", |it| it.hash.as_str()) {
        return Err(format!("item {seq} does not follow item {before}: one of them was replaced"));
    }
    Ok(())
}

/// Whether the head is the last item's.
fn at_its_end(last: Option<&AuditItem>, head: &Head) -> Result<(), String> {
    let (seq, hash) = last.map_or((0, ""), |it| (it.seq, it.hash.as_str()));
    if head.seq > seq {
        return Err(format!(
            "the tail was cut: the record ends with item {}, and the last one here is {seq}",
            head.seq
        ));
    }
    if head.seq < seq {
        return Err(format!(
            "the record ends with item {}, and the last one here is {seq}: it was lost, or put back",
            head.seq
        ));
    }
    if head.hash != hash {
        return Err(format!("item {seq} was replaced: its hash is not the one that the record ends with"));
    }
    Ok(())
}
