//! How long the policy is, and of which characters, once the denies are appended.

use crate::Kind;
use crate::append::length_without_space;
use crate::finding::{At, Found};
use crate::rules::Judged;

pub(super) fn find(judged: &Judged<'_>, found: &mut Vec<Found>) {
    let (kind, at) = (judged.kind, At { source: 0, at: judged.documents.first().map_or(0, |it| it.at.at) });
    let longest = kind.longest();
    // A text of no more bytes has no more characters.
    if judged.whole.len() <= longest.characters {
        return;
    }
    let counted = if longest.with_space { judged.whole.chars().count() } else { length_without_space(judged.whole) };
    if counted > longest.characters {
        let appended = if judged.documents.len() > 1 { " with the denies appended" } else { "" };
        let message = format!(
            "the policy has {counted} characters{appended}, and AWS takes {} of type {kind}",
            longest.characters
        );
        // The quota of a trust policy can be raised, and what a resource takes depends on its service.
        let of = if matches!(kind, Kind::Trust) { Found::warning } else { Found::error };
        found.push(of(at, "size", message, "join statements, or split the policy"));
    }
}

/// Where the text has a character that IAM refuses. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
pub(crate) fn refused(text: &str) -> Option<(usize, char)> {
    // Nearly every policy is ASCII.
    let is_plain = |it: u8| matches!(it, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    if text.as_bytes().chunks(64).all(|it| it.iter().fold(true, |are_plain, it| are_plain & is_plain(*it))) {
        return None;
    }
    text.char_indices().find(|(_, it)| !matches!(it, '\u{9}' | '\u{a}' | '\u{d}' | '\u{20}'..='\u{ff}'))
}
