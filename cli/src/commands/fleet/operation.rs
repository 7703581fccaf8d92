//! What can be done in each account and region.

use aws::Answer;
use clap::ValueEnum;
use fleet::Session;
use reaction::{Doing, Error};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::rotation::{self, Rotations};
use super::sharing::{self, Inventory};

/// What is done in each account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// Who the role makes us: shows that it can be assumed; reads
    CallerIdentity,
    /// With whom images, EBS snapshots and snapshots of databases are shared, and what is public; reads
    SharingInventory,
    /// Which secrets are rotated, when they were and will be, and which rotations got stuck; reads
    RotationState,
}

impl Operation {
    /// Its name on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether it changes something.
    pub(crate) fn writes(self) -> bool {
        match self {
            Self::CallerIdentity | Self::SharingInventory | Self::RotationState => false,
        }
    }

    /// The actions that it needs.
    fn actions(self) -> &'static [&'static str] {
        match self {
            // Everybody may.
            Self::CallerIdentity => &["sts:GetCallerIdentity"],
            Self::SharingInventory => &sharing::ACTIONS,
            Self::RotationState => &rotation::ACTIONS,
        }
    }

    /// How many calls it takes in each account and region, where there is nothing.
    pub(crate) fn least_calls(self) -> usize {
        match self {
            Self::CallerIdentity | Self::RotationState => 1,
            Self::SharingInventory => sharing::LISTS,
        }
    }

    /// The policy of the sessions: the actions of the operation and no others, where it only reads.
    pub(crate) fn policy(self) -> Option<String> {
        let actions: Vec<_> = self.actions().iter().copied().chain(["ec2:DescribeRegions"]).collect();
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        (!self.writes()).then(|| policy.to_string())
    }

    /// Does it, and gives the answer as it is written.
    pub(crate) async fn run(self, session: &Session) -> Result<Value, Error> {
        match self {
            Self::CallerIdentity => value(&identity(session).await?),
            Self::SharingInventory => value(&sharing::read(session).await?),
            Self::RotationState => value(&rotation::read(session).await?),
        }
    }

    /// An answer for people, in lines; none where there is nothing to tell.
    pub(crate) fn tell(self, answer: &Value) -> Vec<String> {
        match self {
            Self::CallerIdentity => answer["Arn"].as_str().map(String::from).into_iter().collect(),
            Self::SharingInventory => read_again::<Inventory>(answer).map(|it| it.lines()).unwrap_or_default(),
            Self::RotationState => read_again::<Rotations>(answer).map(|it| it.lines()).unwrap_or_default(),
        }
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
