//! What can be done in each account and region.

use std::fmt;
use std::str::FromStr;

use aws::Answer;
use fleet::Session;
use place::Malformed;
use reaction::{Doing, Error, Mode, Outcome, Report};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::actions;
use crate::rotation::{self, Rotations};
use crate::sharing::{self, Inventory};
use crate::sweeps::Context;

/// What is done in each account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Operation {
    /// Shows which role was assumed.
    CallerIdentity,
    /// Lists what is shared, and with which accounts.
    SharingInventory,
    /// Lists how the rotation of secrets stands.
    RotationState,
    /// Makes the share manifest true for what each account has.
    ShareSweep,
    /// Makes the names of the clusters true.
    DnsSweep,
}

impl Operation {
    /// Every operation; those that only read come first.
    pub const ALL: [Self; 5] =
        [Self::CallerIdentity, Self::SharingInventory, Self::RotationState, Self::ShareSweep, Self::DnsSweep];

    /// Its name, by which it is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CallerIdentity => "caller-identity",
            Self::SharingInventory => "sharing-inventory",
            Self::RotationState => "rotation-state",
            Self::ShareSweep => "share-sweep",
            Self::DnsSweep => "dns-sweep",
        }
    }

    /// What it does, in one line of a list.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::CallerIdentity => "Who the role makes us: shows that it can be assumed; reads",
            Self::SharingInventory => {
                "With which accounts images, EBS snapshots and snapshots of databases are shared, and what is public; reads"
            }
            Self::RotationState => {
                "Which secrets are rotated, when they were and will be, and which rotations got stuck; reads"
            }
            Self::ShareSweep => {
                "What reconcile-shares does: the whole share manifest is made true for what each account has, in every region \
                 that the manifest names; writes"
            }
            Self::DnsSweep => "What a sweep of emr-dns does: the names of the clusters are made true; writes",
        }
    }

    /// Whether it changes something.
    #[must_use]
    pub fn writes(self) -> bool {
        match self {
            Self::CallerIdentity | Self::SharingInventory | Self::RotationState => false,
            Self::ShareSweep | Self::DnsSweep => true,
        }
    }

    /// Whether it goes about the regions of an account by itself.
    #[must_use]
    pub fn is_of_all_regions(self) -> bool {
        self == Self::ShareSweep
    }

    /// The actions that it writes with.
    fn writing_actions(self) -> &'static [&'static str] {
        match self {
            Self::CallerIdentity | Self::SharingInventory | Self::RotationState => &[],
            Self::ShareSweep => &actions::WRITES_SHARES,
            Self::DnsSweep => &actions::WRITES_NAMES,
        }
    }

    /// The actions that it reads with.
    fn reading_actions(self) -> &'static [&'static str] {
        match self {
            // Every principal may.
            Self::CallerIdentity => &["sts:GetCallerIdentity"],
            Self::SharingInventory => &sharing::ACTIONS,
            Self::RotationState => &rotation::ACTIONS,
            Self::ShareSweep => &actions::READS_SHARES,
            Self::DnsSweep => &actions::READS_NAMES,
        }
    }

    /// How many calls it takes in each account and region, where there is nothing.
    #[must_use]
    pub fn least_calls(self) -> usize {
        match self {
            Self::CallerIdentity | Self::RotationState | Self::ShareSweep | Self::DnsSweep => 1,
            Self::SharingInventory => sharing::LISTS,
        }
    }

    /// The actions that it calls with the role of an account: also those that it writes with, where it acts.
    #[must_use]
    pub fn actions(self, mode: Mode) -> Vec<&'static str> {
        let writing = if mode == Mode::Apply { self.writing_actions() } else { &[] };
        self.reading_actions().iter().chain(writing).copied().collect()
    }

    /// The policy of the sessions: the actions of the operation and no others, and that by which a fleet finds out the regions.
    #[must_use]
    pub fn policy(self, mode: Mode) -> String {
        let actions: Vec<_> = self.actions(mode).into_iter().chain(["ec2:DescribeRegions"]).collect();
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    }

    /// Does it in one region of an account, and gives the answer as it is written.
    ///
    /// # Errors
    /// As of the calls; `Refused` also where a sweep was, with its report.
    pub async fn run(self, context: &Context<'_>, session: &Session) -> Result<Value, Error> {
        match self {
            Self::CallerIdentity => value(&identity(session).await?),
            Self::SharingInventory => value(&sharing::read(session).await?),
            Self::RotationState => value(&rotation::read(session).await?),
            Self::ShareSweep => value(&Box::pin(context.sweep_shares(session)).await?),
            Self::DnsSweep => value(&Box::pin(context.sweep_names(session)).await?),
        }
    }

    /// An answer for people, in lines; none where there is nothing to say.
    #[must_use]
    pub fn tell(self, answer: &Value) -> Vec<String> {
        match self {
            Self::CallerIdentity => answer["Arn"].as_str().map(String::from).into_iter().collect(),
            Self::SharingInventory => read_again::<Inventory>(answer).map(|it| it.lines()).unwrap_or_default(),
            Self::RotationState => read_again::<Rotations>(answer).map(|it| it.lines()).unwrap_or_default(),
            Self::ShareSweep | Self::DnsSweep => {
                let report = read_again::<Report>(answer).filter(|it| it.outcome != Outcome::Unchanged);
                report.map(|it| it.to_string().lines().map(String::from).collect()).unwrap_or_default()
            }
        }
    }
}

impl FromStr for Operation {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let operation = Self::ALL.into_iter().find(|it| it.name() == text);
        operation.ok_or_else(|| Malformed::new(text, "the name of an operation, such as \"sharing-inventory\""))
    }
}

impl TryFrom<String> for Operation {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<Operation> for String {
    fn from(operation: Operation) -> Self {
        operation.name().into()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

async fn identity(session: &Session) -> Result<Value, Error> {
    let client = aws_sdk_sts::Client::new(&session.config);
    let answer = client.get_caller_identity().send().await.or_error().doing(|| "asking STS who we are")?;
    Ok(json!({"Account": answer.account, "Arn": answer.arn}))
}

fn value(answer: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(answer).map_err(Error::failed)
}

fn read_again<T: DeserializeOwned>(answer: &Value) -> Option<T> {
    T::deserialize(answer).ok()
}

#[cfg(test)]
mod tests {
    use reaction::Mode;

    use super::Operation;

    #[test]
    fn an_operation_is_read_by_its_name() {
        for operation in Operation::ALL {
            assert_eq!(operation.name().parse(), Ok(operation));
        }
        let unknown = "sharing".parse::<Operation>().unwrap_err().to_string();
        assert_eq!(unknown, "`sharing` is not the name of an operation, such as \"sharing-inventory\"");
    }

    #[test]
    fn a_session_may_write_only_where_the_operation_acts() {
        for operation in Operation::ALL {
            let (planned, applied) = (operation.actions(Mode::Plan), operation.actions(Mode::Apply));
            assert!(planned.iter().all(|action| applied.contains(action)), "{operation}");
            assert_eq!(applied.len() > planned.len(), operation.writes(), "{operation}");
            assert!(applied.iter().all(|action| operation.policy(Mode::Apply).contains(action)), "{operation}");
            assert!(!applied.iter().any(|action| action.contains('*')), "{operation}");
        }
    }
}
