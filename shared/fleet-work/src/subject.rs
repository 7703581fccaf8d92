//! What a state of the workflow asks for.

use std::fmt;

use fleet::Account;
use fleet_runs::{Failure, Request, RunId, Work};
use place::{Arn, shortened};
use reaction::{Error, Key};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// An execution of the workflow, as Step Functions names it in the context object: no input can say it.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
}

impl Execution {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or_default()
    }
}

impl TryFrom<String> for Execution {
    type Error = String;

    fn try_from(arn: String) -> Result<Self, String> {
        let is_execution =
            Arn::parse(&arn).is_some_and(|it| it.service == "states" && it.resource.starts_with("execution:"));
        if is_execution {
            Ok(Self { arn })
        } else {
            Err(format!("`{}` is not the ARN of an execution", shortened(&arn, 120)))
        }
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

/// What a state of the workflow asks for. The `id`, by which logs and sessions are named, is the entry point's to read.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// To choose the accounts, and to write them down.
    Plan(Execution, Box<Request>),
    /// To work in the first account of the list.
    Canary(Execution, RunId, Box<Work>),
    /// To work in this account.
    Account(Execution, RunId, Box<Work>, Box<Account>),
    /// To count what came of it; why the accounts were not all worked on, if so.
    Collect(Execution, Box<Request>, Option<Failure>),
}

#[derive(Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case", deny_unknown_fields)]
enum Asked {
    Plan {
        #[serde(rename = "id")]
        _id: IgnoredAny,
        execution: Execution,
        request: Value,
    },
    Canary {
        #[serde(rename = "id")]
        _id: IgnoredAny,
        execution: Execution,
        run: RunId,
        work: Work,
    },
    Account {
        #[serde(rename = "id")]
        _id: IgnoredAny,
        execution: Execution,
        run: RunId,
        work: Work,
        account: Account,
    },
    Collect {
        #[serde(rename = "id")]
        _id: IgnoredAny,
        execution: Execution,
        request: Value,
        ended: Ended,
    },
}

/// What the workflow knows at its end: its input, and the error that ended the map, if there was one.
#[derive(Deserialize)]
struct Ended {
    failure: Option<Failure>,
}

/// Reads what is asked for.
pub(crate) fn parse(event: &str, writes: bool) -> Result<Subject, Error> {
    let asked = serde_json::from_str(event).map_err(|error| {
        Error::refused(format!(
            "not a state of the workflow: {}; start the state machine, which calls this function",
            shortened(&error.to_string(), 200)
        ))
    })?;
    let read = |request: &Value| Request::read(&request.to_string(), writes).map(Box::new);
    Ok(match asked {
        Asked::Plan { execution, request, .. } => Subject::Plan(execution, read(&request)?),
        Asked::Canary { execution, run, work, .. } => Subject::Canary(execution, run, admitted(work, writes)?),
        Asked::Account { execution, run, work, account, .. } => {
            Subject::Account(execution, run, admitted(work, writes)?, Box::new(account))
        }
        Asked::Collect { execution, request, ended, .. } => Subject::Collect(execution, read(&request)?, ended.failure),
    })
}

/// The work, where this function is the one for it: who may call it directly gets no other power by that.
fn admitted(work: Work, writes: bool) -> Result<Box<Work>, Error> {
    work.check(writes)?;
    Ok(Box::new(work))
}

impl Subject {
    /// The execution.
    #[must_use]
    pub fn execution(&self) -> &Execution {
        match self {
            Self::Plan(execution, ..)
            | Self::Canary(execution, ..)
            | Self::Account(execution, ..)
            | Self::Collect(execution, ..) => execution,
        }
    }

    pub(crate) fn key(&self) -> Key {
        let name = self.execution().name();
        match self {
            Self::Plan(..) => Key::new([name, "plan"]),
            Self::Canary(..) => Key::new([name, "canary"]),
            Self::Account(_, _, _, account) => Key::new([name, "account", account.id.as_str()]),
            Self::Collect(..) => Key::new([name, "collect"]),
        }
    }
}
