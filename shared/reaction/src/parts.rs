//! A report in parts, where it is larger than what keeps it: an item of a table, a line of a log, an answer.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::iter;

use place::shortened;
use serde::Serialize;

use crate::{Finding, Report, StepReport};

/// Of what a part may have, how much the note needs that says what is left out.
const NOTE: usize = 300;

/// Of so many characters as a part may have bytes, one text may have one. A character takes seven bytes at most, an entry has five texts, and
/// so each entry fits into a part.
const PART_OF_A_TEXT: usize = 64;

impl Report {
    /// The report, where its JSON has no more than `most` bytes; otherwise as much of it, the worst findings first, and a note that says
    /// what is left out.
    #[must_use]
    pub fn within(&self, most: usize) -> Cow<'_, Self> {
        if json(self).len() <= most {
            return Cow::Borrowed(self);
        }
        let first = self.parts(most.saturating_sub(NOTE), str::len).next();
        let mut kept = first.unwrap_or_else(|| Self::new(&self.function, self.outcome, None));
        let left_out = [
            ("steps", kept.steps.len(), self.steps.len()),
            ("notes", kept.notes.len(), self.notes.len()),
            ("findings", kept.findings.len(), self.findings.len()),
        ];
        let left_out = left_out.into_iter().filter(|(_, kept, all)| kept < all);
        let told: Vec<_> = left_out.map(|(of, kept, all)| format!("{} of {all} {of}", all - kept)).collect();
        let worst =
            if kept.findings.len() < self.findings.len() { "; of the findings, the worst are here" } else { "" };
        let told = if told.is_empty() { "the rest of a long text".to_owned() } else { told.join(", ") };
        kept.notes.push(format!("{told} are not kept here{worst}; the log has them all"));
        Cow::Owned(kept)
    }

    /// The report in parts whose JSON has no more than `most` bytes each, as `size` counts them: one, where it fits. The first one says what
    /// happened, and has the worst findings; the others say which occurrence they are of, and have the rest.
    pub fn parts(&self, most: usize, size: impl Fn(&str) -> usize) -> impl Iterator<Item = Self> {
        let fits = size(&json(self)) <= most;
        let mut findings: Vec<_> = self.findings.iter().filter(|_| !fits).collect();
        findings.sort_by_key(|it| Reverse(it.severity));
        let lists = (self.notes.iter().collect(), self.steps.iter().collect(), findings.into());
        let mut rest = Rest { notes: lists.0, steps: lists.1, findings: lists.2, longest: most / PART_OF_A_TEXT };
        let mut head = Some(self.head(rest.longest));
        let parts = iter::from_fn(move || {
            let is_first = head.is_some();
            let head = head.take().unwrap_or_else(|| self.tail());
            let part = rest.part(head, most, &size);
            (is_first || !part.is_empty()).then_some(part)
        });
        let whole = iter::once_with(|| self.clone());
        whole.take(usize::from(fits)).chain(parts.take(if fits { 0 } else { usize::MAX }))
    }

    /// What happened, without notes, steps and findings.
    fn head(&self, longest: usize) -> Self {
        let reason = self.reason.as_deref().map(|it| shortened(it, longest));
        Self { counts: self.counts.clone(), left: self.left, reason, ..self.tail() }
    }

    /// What says of which occurrence and run a further part is.
    fn tail(&self) -> Self {
        let (key, correlation_id) = (self.key.clone(), self.correlation_id.clone());
        Self { key, correlation_id, ..Self::new(&self.function, self.outcome, None) }
    }

    fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.steps.is_empty() && self.findings.is_empty()
    }
}

/// What no part has yet.
struct Rest<'r> {
    notes: VecDeque<&'r String>,
    steps: VecDeque<&'r StepReport>,
    findings: VecDeque<&'r Finding>,
    /// The characters that a text may have.
    longest: usize,
}

impl Rest<'_> {
    /// The next part, which begins as `part`. Notes, steps and findings come in turn, so that it has some of each.
    fn part(&mut self, mut part: Report, most: usize, size: &impl Fn(&str) -> usize) -> Report {
        let empty_list = r#","findings":[]"#.len();
        let mut room = most.saturating_sub(size(&json(&part)) + 2 * empty_list);
        loop {
            let before = room;
            take(&mut self.notes, &mut part.notes, self.longest, &mut room, size);
            take(&mut self.steps, &mut part.steps, self.longest, &mut room, size);
            take(&mut self.findings, &mut part.findings, self.longest, &mut room, size);
            if room == before {
                return part;
            }
        }
    }
}

/// Moves the next one into a part, where there is room for it.
fn take<T: Entry>(
    from: &mut VecDeque<&T>,
    to: &mut Vec<T>,
    longest: usize,
    room: &mut usize,
    size: &impl Fn(&str) -> usize,
) {
    let Some(next) = from.front().map(|it| it.within(longest)) else { return };
    // A comma stands between two.
    if let Some(left) = room.checked_sub(size(&json(&next)) + 1) {
        *room = left;
        to.push(next);
        from.pop_front();
    }
}

/// What a report has several of.
trait Entry: Clone + Serialize {
    /// The same, with texts of so many characters at most.
    fn within(&self, longest: usize) -> Self;
}

impl Entry for String {
    fn within(&self, longest: usize) -> Self {
        if self.len() <= longest { self.clone() } else { shortened(self, longest) }
    }
}

impl Entry for StepReport {
    fn within(&self, longest: usize) -> Self {
        Self { step: self.step.within(longest), error: self.error.as_ref().map(|it| it.within(longest)) }
    }
}

impl Entry for Finding {
    fn within(&self, longest: usize) -> Self {
        let Self { path, severity, rule, message, remedy } = self;
        let of = |text: &String| text.within(longest);
        Self { path: of(path), severity: *severity, rule: of(rule), message: of(message), remedy: of(remedy) }
    }
}

fn json(of: &impl Serialize) -> String {
    serde_json::to_string(of).unwrap_or_default()
}
