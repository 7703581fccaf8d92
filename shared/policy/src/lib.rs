//! Whether a policy says what its author means, decided from its text alone: no network, no account.
//!
//! The reader keeps the place of each value, so that a finding names a JSON pointer, a line and a column. The rules compare the
//! policy with a packed list of AWS's actions, and judge all of its statements together. [`in_force`] has the statements of policies that
//! are edited and not judged.
//!
//! ```
//! use policy::{Kind, Source, check};
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*:*", "Resource": ["*"]}}"#;
//! let verdict = check(&Source { name: "all.json", text }, None, Some(Kind::Identity));
//! let finding = &verdict.findings[0];
//! assert_eq!((finding.path.as_str(), finding.rule, finding.line), ("/Statement/Action", "all-on-all", 1));
//! ```

mod actions;
mod append;
mod document;
mod finding;
mod firm;
mod form;
mod granted;
pub mod in_force;
mod json;
mod kind;
mod listed;
mod operator;
mod passed;
mod pattern;
mod place;
mod reach;
mod rules;
mod verdict;
mod watched;
mod ways;

#[cfg(test)]
mod tests;

pub use append::append;
pub use finding::Finding;
pub use kind::Kind;
pub use listed::{AccessLevel, ListedAction, listed_actions};
pub use place::Places;
pub use reaction::Severity;
pub use verdict::{Actions, Source, Verdict, check, list_of_actions};
