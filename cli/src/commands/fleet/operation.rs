//! What can be done in each account and region.

use aws::Answer;
use clap::ValueEnum;
use fleet::Session;
use reaction::{Doing, Error, Mode, Outcome, Report};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::rotation::{self, Rotations};
use super::sharing::{self, Inventory};
use super::sweeps::{self, Suite};

/// What is done in each account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// Who the role makes us: shows that it can be assumed; reads
    CallerIdentity,
    /// With which accounts images, EBS snapshots and snapshots of databases are shared, and what is public; reads
    SharingInventory,
    /// Which secrets are rotated, when they were and will be, and which rotations got stuck; reads
    RotationState,
    /// What reconcile-shares does: the whole share manifest is made true for what each account has, in every region that the
    /// manifest names; writes
    ShareSweep,
    /// What a sweep of emr-dns does: the names of the clusters are made true; writes
    DnsSweep,
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
            Self::ShareSweep | Self::DnsSweep => true,
        }
    }

    /// Whether it goes about the regions of an account by itself.
    pub(crate) fn is_of_all_regions(self) -> bool {
        self == Self::ShareSweep
    }

    /// The actions that it writes with.
    fn writing_actions(self) -> &'static [&'static str] {
        match self {
            Self::CallerIdentity | Self::SharingInventory | Self::RotationState => &[],
            Self::ShareSweep => &sweeps::WRITES_SHARES,
            Self::DnsSweep => &sweeps::WRITES_NAMES,
        }
    }

    /// The actions that it reads with.
    fn reading_actions(self) -> &'static [&'static str] {
        match self {
            // Everybody may.
            Self::CallerIdentity => &["sts:GetCallerIdentity"],
            Self::SharingInventory => &sharing::ACTIONS,
            Self::RotationState => &rotation::ACTIONS,
            Self::ShareSweep => &sweeps::READS_SHARES,
            Self::DnsSweep => &sweeps::READS_NAMES,
        }
    }

    /// How many calls it takes in each account and region, where there is nothing.
    pub(crate) fn least_calls(self) -> usize {
        match self {
            Self::CallerIdentity | Self::RotationState | Self::ShareSweep | Self::DnsSweep => 1,
            Self::SharingInventory => sharing::LISTS,
        }
    }

    /// The policy of the sessions: the actions of the operation and no others, those that it writes with where it acts.
    pub(crate) fn policy(self, mode: Mode) -> String {
        let writing = if mode == Mode::Apply { self.writing_actions() } else { &[] };
        let actions = self.reading_actions().iter().chain(writing).copied();
        let actions: Vec<_> = actions.chain(["ec2:DescribeRegions"]).collect();
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    }

    /// Does it, and gives the answer as it is written.
    pub(super) async fn run(self, suite: &Suite<'_>, session: &Session) -> Result<Value, Error> {
        match self {
            Self::CallerIdentity => value(&identity(session).await?),
            Self::SharingInventory => value(&sharing::read(session).await?),
            Self::RotationState => value(&rotation::read(session).await?),
            Self::ShareSweep => value(&Box::pin(suite.sweep_shares(session)).await?),
            Self::DnsSweep => value(&Box::pin(suite.sweep_names(session)).await?),
        }
    }

    /// An answer for people, in lines; none where there is nothing to tell.
    pub(crate) fn tell(self, answer: &Value) -> Vec<String> {
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
