//! What is done in each account and region: an operation of Signalbox, or an executable of the operator's.

use std::fmt;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use fleet::Session;
use operations::{Context, Operation};
use reaction::{Error, Mode};
use serde_json::Value;

use super::exec::Executable;

/// What is done in each account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// An operation of Signalbox.
    Own(Operation),
    /// An executable of the operator's.
    Exec,
}

/// The policies beyond which a session may do nothing.
pub(super) struct Bound {
    /// One in JSON.
    pub(super) policy: Option<String>,
    /// Managed ones.
    pub(super) policy_arns: Vec<String>,
}

const EXEC: &str = "exec";
const EXEC_PURPOSE: &str = "What an executable of yours does, on this computer and with the credentials of each account; reads, unless --apply is given";

/// AWS's managed policy of everything that reads, without its partition.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ReadOnlyAccess.html>
const READ_ONLY_ACCESS: &str = ":iam::aws:policy/ReadOnlyAccess";

/// Whether this is the ARN of `ReadOnlyAccess`, in any partition.
pub(super) fn is_read_only_access(arn: &str) -> bool {
    arn.strip_suffix(READ_ONLY_ACCESS).is_some_and(|start| start.starts_with("arn:aws"))
}

/// Reads what is to be done.
pub(super) fn parser() -> impl TypedValueParser<Value = Work> {
    let own = Operation::ALL.map(|it| PossibleValue::new(it.name()).help(it.purpose()));
    let known = own.into_iter().chain([PossibleValue::new(EXEC).help(EXEC_PURPOSE)]);
    PossibleValuesParser::new(known).try_map(|name| match name.as_str() {
        EXEC => Ok(Work::Exec),
        _ => name.parse().map(Work::Own),
    })
}

impl Work {
    /// What it is asked for by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Own(operation) => operation.name(),
            Self::Exec => EXEC,
        }
    }

    /// Whether it may change something, where it is to act or not. An operation that writes does so by its nature.
    pub(super) fn writes(self, acts: bool) -> bool {
        match self {
            Self::Own(operation) => operation.writes(),
            Self::Exec => acts,
        }
    }

    /// Whether it keeps records of what it does.
    pub(super) fn has_records(self) -> bool {
        self == Self::Own(Operation::ShareSweep)
    }

    /// Whether it goes about the regions of an account by itself.
    pub(super) fn is_of_all_regions(self) -> bool {
        matches!(self, Self::Own(operation) if operation.is_of_all_regions())
    }

    /// How many calls it takes in each account and region at least, as far as is known.
    pub(super) fn least_calls(self) -> usize {
        match self {
            Self::Own(operation) => operation.least_calls(),
            Self::Exec => 0,
        }
    }

    /// What bounds its sessions where the operator chooses nothing.
    pub(super) fn bound(self, mode: Mode, partition: &str) -> Bound {
        match self {
            Self::Own(operation) => Bound { policy: Some(operation.policy(mode)), policy_arns: Vec::new() },
            Self::Exec => Bound { policy: None, policy_arns: vec![format!("arn:{partition}{READ_ONLY_ACCESS}")] },
        }
    }

    /// What a file of results is of: what was only planned is not done, and another executable does something else.
    pub(super) fn described(self, mode: Mode, command: &[String]) -> String {
        match self {
            Self::Own(operation) if operation.writes() && mode == Mode::Plan => format!("plan of {operation}"),
            Self::Own(operation) => operation.to_string(),
            Self::Exec => format!("{EXEC} {command:?}"),
        }
    }

    /// An answer for people, in lines.
    pub(super) fn tell(self, answer: &Value) -> Vec<String> {
        match (self, answer) {
            (Self::Own(operation), _) => operation.tell(answer),
            (Self::Exec, Value::String(text)) => text.lines().map(String::from).collect(),
            (Self::Exec, json) => vec![json.to_string()],
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// All that doing it takes.
pub(super) enum Prepared<'a> {
    /// An operation, and what it goes by.
    Own(Operation, Context<'a>),
    /// An executable.
    Exec(Executable),
}

impl Prepared<'_> {
    /// Does it in one region of an account.
    pub(super) async fn run(&self, session: &Session) -> Result<Value, Error> {
        match self {
            Self::Own(operation, context) => operation.run(context, session).await,
            Self::Exec(executable) => executable.run(session).await,
        }
    }
}
