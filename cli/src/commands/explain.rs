//! `signalbox explain`: what was refused, by which rule, and what to do, in three lines. Asks no AWS.

mod denial;
mod runbook;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use place::plain;
use serde::Serialize;
use suite::{Entry, FUNCTIONS};

use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::output::{self, Format};
use denial::Denial;
use source::{Told, told_in};

/// What is to be explained.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A report, a line of a log, or AWS's message of a denial
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    text: Option<String>,
    /// A file with such texts, one or a line each; - is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Explains what a text says was refused; where it says of nothing that it was, that is the command line's mistake.
pub(super) async fn explain(asked: &ExplainArguments, output: Format) -> Result<(), Failure> {
    let (text, name) = match (&asked.text, &asked.file) {
        (Some(text), _) => (text.clone(), "the text".to_owned()),
        (None, file) => {
            let file = file.as_deref().unwrap_or(Path::new("-"));
            (read_text(file).await?, name_of(file))
        }
    };
    let explained: Vec<_> = told_in(&text).into_iter().map(Explained::of).collect();
    if explained.is_empty() {
        return Err(Failure::usage(format!(
            "{name} says of nothing that it was refused or failed; give a report, a line of a function's log, or AWS's message that \
             ends with why it denied"
        )));
    }
    output::print(output, &All(explained))
}

/// One refusal, explained.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Explained {
    /// What was refused.
    refused: String,
    /// By which rule.
    rule: String,
    /// What to do.
    fix: String,
    /// The id by which AWS knows the denial, where the message has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    denial_id: Option<String>,
}

impl Explained {
    fn of(told: Told) -> Self {
        let Told { who, message } = told;
        let explained = match Denial::read(&message) {
            Some(denial) => Self {
                refused: denial.refused(),
                rule: denial.rule(),
                fix: denial.fix(),
                denial_id: denial.id.map(String::from),
            },
            None => Self::of_message(&message),
        };
        match who {
            Some(who) => Self { refused: format!("{who}: {}", explained.refused), ..explained },
            None => explained,
        }
    }

    /// A message of ours is `what failed: why; what to do`, and the runbook knows more of many.
    fn of_message(message: &str) -> Self {
        let (head, to_do) = message.split_once("; ").unwrap_or((message, ""));
        let (what, why) = head.split_once(": ").unwrap_or((head, ""));
        let entry = runbook::find(message);
        let means = entry.and_then(|it| it.means.clone());
        let told = (!why.is_empty()).then(|| why.to_owned());
        let rule = told.or(means).or_else(|| setting(message)).unwrap_or_else(|| what.to_owned());
        let fix = match entry {
            Some(entry) => format!("{} (runbook, {})", entry.fix, entry.section),
            None if to_do.is_empty() => {
                "the message does not say; read the lines of the log around it, by `signalbox trace` and its correlation_id".into()
            }
            None => to_do.to_owned(),
        };
        Self { refused: what.to_owned(), rule, fix, denial_id: None }
    }
}

/// The setting that a message names, with what it means.
fn setting(message: &str) -> Option<String> {
    let is_part = |it: char| it.is_ascii_uppercase() || it == '_';
    let named = message.split(|it| !is_part(it)).find(|it| it.starts_with("SIGNALBOX_"))?;
    let mut settings = FUNCTIONS.iter().flat_map(Entry::all_settings);
    settings.find(|it| it.variable == named).map(|it| format!("{named}, {}", it.meaning))
}

/// What is shown: three lines for each refusal.
#[derive(Serialize)]
#[serde(transparent)]
struct All(Vec<Explained>);

impl fmt::Display for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Explained { refused, rule, fix, denial_id }) in self.0.iter().enumerate() {
            let id = denial_id.as_ref().map(|it| format!("; AWS's denial id is {it}")).unwrap_or_default();
            let gap = if number == 0 { "" } else { "\n\n" };
            write!(
                f,
                "{gap}refused: {}\nby:      {}\nfix:     {}",
                plain(refused),
                plain(&(rule.clone() + &id)),
                plain(fix)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{All, Explained, told_in};

    fn explains(text: &str, expected: &Expect) {
        expected.assert_eq(&All(told_in(text).into_iter().map(Explained::of).collect()).to_string());
    }

    #[test]
    fn a_message_of_ours_is_told_in_three_lines() {
        explains(
            r#"{"function":"share-ami","key":null,"outcome":"refused","reason":"the manifest names 444455556666, which SIGNALBOX_ALLOWED_ACCOUNTS does not; nothing was changed","notes":[],"steps":[]}"#,
            &expect![[r#"
                refused: share-ami: the manifest names 444455556666, which SIGNALBOX_ALLOWED_ACCOUNTS does not
                by:      SIGNALBOX_ALLOWED_ACCOUNTS, the accounts that the manifest may name: ids of accounts, organizations (`o-..`) and organizational units (`ou-..`), separated by commas, or the word `everybody`
                fix:     Correct the manifest, or deploy with a longer `AllowedAccounts`. (runbook, Refused: change something, then sweep)"#]],
        );
        explains(
            "error: image ami-1: something new is wrong; mend it",
            &expect![[r#"
            refused: image ami-1
            by:      something new is wrong
            fix:     mend it"#]],
        );
    }

    #[test]
    fn a_denial_within_a_message_of_ours_is_read() {
        explains(
            r#"{"timestamp":"2026-11-01T12:00:00Z","service":"share-ami","outcome":"failed","message":"asking EC2 for ami-1 in eu-west-1: AWS answered UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/share-ami/share-ami is not authorized to perform: ec2:DescribeImages because no identity-based policy allows the ec2:DescribeImages action; give the role this permission and send the event again"}"#,
            &expect![[r#"
                refused: share-ami: arn:aws:sts::111122223333:assumed-role/share-ami/share-ami may not ec2:DescribeImages
                by:      no identity-based policy allows it
                fix:     let the role share-ami of account 111122223333 do ec2:DescribeImages; infra/share-ami.yaml gives it all that is needed: update that stack"#]],
        );
    }

    #[test]
    fn what_a_text_carries_moves_no_cursor() {
        let text = "a thing \u{1b}[2J\u{202e}: because\r\nit is so; mend it";
        let shown = All(told_in(text).into_iter().map(Explained::of).collect()).to_string();
        assert!(!shown.contains(|it: char| it != '\n' && it.is_control()) && !shown.contains('\u{202e}'), "{shown:?}");
    }
}
