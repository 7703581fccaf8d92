//! What starts a run: the input of an execution.

use std::time::Duration;

use fleet::{Role, Target, Targets};
use operations::Operation;
use place::{Region, shortened};
use reaction::{Error, Mode};
use serde::{Deserialize, Serialize};

use crate::{AllOr, RunId, machine};

/// More accounts than an organization has: with this tolerance, the number of failed accounts ends no run.
pub const EVERY_ACCOUNT: u64 = 1_000_000;

/// Step Functions runs at most so many executions of one map side by side.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html>
const MOST_AT_ONCE: u32 = 10_000;

/// Regions of one account at the same time, at most.
const MOST_REGIONS_AT_ONCE: u32 = 40;

pub(crate) const EXAMPLE: &str = "write it as {\"run\": \"inventory-1\", \"select\": {\"targets\": \"all\"}, \"work\": {\"operation\": \
                       \"sharing-inventory\", \"regions\": [\"eu-west-1\"]}, \"tolerance\": {\"percent\": 100, \"accounts\": \
                       1000000}, \"concurrency\": 40}";

/// What starts a run, or goes on with the run of that name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The run's name.
    pub run: RunId,
    /// Which accounts.
    pub select: Select,
    /// What is done in each.
    pub work: Work,
    /// How much of it may fail.
    pub tolerance: Tolerance,
    /// In how many accounts at the same time.
    pub concurrency: u32,
    /// The series whose last run this one is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<RunId>,
}

/// Which accounts are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Every account of the organization, or these.
    pub targets: AllOr<Target>,
    /// Those that are left alone, whatever chose them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Target>,
    /// The account of the workflow too.
    #[serde(default)]
    pub include_caller: bool,
}

/// What is done in an account. The role is that of the workflow: its function may assume no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The operation.
    pub operation: Operation,
    /// Of an operation that writes: whether to act, or only to tell what would be done.
    #[serde(default)]
    pub apply: bool,
    /// Every Region that an account has enabled, or these; the workflow's own where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<AllOr<Region>>,
    /// How many Regions of an account at the same time.
    #[serde(default = "a_few")]
    pub regions_at_once: u32,
    /// How its sessions are narrowed.
    #[serde(default, skip_serializing_if = "Session::is_default")]
    pub session: Session,
}

fn a_few() -> u32 {
    8
}

/// How the sessions in accounts are narrowed. Without a policy, they may do what the operation does and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// A policy in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Managed policies of each account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policy_arns: Vec<String>,
    /// How many seconds they last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

impl Session {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// In how many accounts something may fail before nothing more is begun. More than either ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Percent of the accounts.
    pub percent: f64,
    /// So many accounts.
    pub accounts: u64,
}

impl Tolerance {
    /// As the options of a run say it; without any, everything is done, whatever fails.
    #[must_use]
    pub fn of(tolerance: Option<fleet::Tolerance>) -> Self {
        match tolerance {
            None => Self { percent: 100.0, accounts: EVERY_ACCOUNT },
            Some(fleet::Tolerance::Percent(percent)) => Self { percent, accounts: EVERY_ACCOUNT },
            Some(fleet::Tolerance::Count(accounts)) => {
                Self { percent: 100.0, accounts: u64::try_from(accounts).unwrap_or(EVERY_ACCOUNT).min(EVERY_ACCOUNT) }
            }
        }
    }
}

impl Request {
    /// Reads a request for the workflow that writes, or for the one that reads.
    ///
    /// # Errors
    /// `Refused`, naming the place in the request, what is expected there, and what to write.
    pub fn read(text: &str, writes: bool) -> Result<Self, Error> {
        let mut json = serde_json::Deserializer::from_str(text);
        let request: Self = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let (place, why) = (error.path().to_string(), shortened(&error.inner().to_string(), 300));
            wrong(if place == "." { "as a whole" } else { &place }, &why, EXAMPLE)
        })?;
        json.end().map_err(|error| wrong("after its end", &error.to_string(), "remove what follows"))?;
        request.check(writes)?;
        Ok(request)
    }

    /// Refuses what no run of this workflow can do.
    ///
    /// # Errors
    /// As of [`Request::read`].
    pub fn check(&self, writes: bool) -> Result<(), Error> {
        let Self { work, tolerance, concurrency, .. } = self;
        work.check(writes)?;
        if !(1..=MOST_AT_ONCE).contains(concurrency) {
            let fix = format!("write 1 to {MOST_AT_ONCE}");
            return Err(wrong("concurrency", &format!("`{concurrency}` is out of bounds"), &fix));
        }
        if !(0.0..=100.0).contains(&tolerance.percent) {
            let why = format!("`{}` is not a part in percent", tolerance.percent);
            return Err(wrong("tolerance.percent", &why, "write 0 to 100"));
        }
        if tolerance.accounts > EVERY_ACCOUNT {
            let why = format!("`{}` is out of bounds", tolerance.accounts);
            return Err(wrong("tolerance.accounts", &why, &format!("write 0 to {EVERY_ACCOUNT}")));
        }
        Ok(())
    }
}

fn wrong(place: &str, why: &str, fix: &str) -> Error {
    Error::refused(format!("the request of the run, {place}: {why}; {fix}"))
}

impl Select {
    /// The targets, as a fleet chooses by them.
    #[must_use]
    pub fn targets(&self) -> Targets {
        let chosen = match &self.targets {
            AllOr::All => None,
            AllOr::These(these) => Some(these.iter().cloned().collect()),
        };
        Targets { chosen, ignored: self.ignore.iter().cloned().collect(), with_caller: self.include_caller }
    }
}

impl Work {
    /// Refuses work that a workflow that writes, or one that reads, cannot do.
    ///
    /// # Errors
    /// As of [`Request::read`].
    pub fn check(&self, writes: bool) -> Result<(), Error> {
        let operation = self.operation;
        if operation.writes() != writes {
            let does = |writes| if writes { "writes" } else { "only reads" };
            let why = format!("`{operation}` {}, and this workflow {}", does(!writes), does(writes));
            return Err(wrong("work.operation", &why, &format!("start {}", machine(!writes))));
        }
        if self.apply && !writes {
            return Err(wrong("work.apply", &format!("`{operation}` only reads"), "leave it out"));
        }
        if operation.is_of_all_regions() && self.regions.is_some() {
            return Err(wrong("work.regions", "the share manifest names the Regions", "leave it out"));
        }
        if !(1..=MOST_REGIONS_AT_ONCE).contains(&self.regions_at_once) {
            let fix = format!("write 1 to {MOST_REGIONS_AT_ONCE}");
            return Err(wrong("work.regions_at_once", &format!("`{}` is out of bounds", self.regions_at_once), &fix));
        }
        self.role(&Role::default()).check().map_err(|error| wrong("work.session", &error.to_string(), "write it so"))
    }

    /// Whether to act.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.apply { Mode::Apply } else { Mode::Plan }
    }

    /// The Regions, as a fleet knows them; `ours` where none are named.
    #[must_use]
    pub fn regions(&self, ours: &Region) -> fleet::Regions {
        match &self.regions {
            None => fleet::Regions::These(vec![ours.clone()]),
            Some(AllOr::All) => fleet::Regions::All,
            Some(AllOr::These(these)) => fleet::Regions::These(these.clone()),
        }
    }

    /// The role that is assumed in each account, narrowed to what the operation does or to what the request says.
    #[must_use]
    pub fn role(&self, role: &Role) -> Role {
        let Session { policy, policy_arns, seconds } = self.session.clone();
        // STS allows what either allows, so that the operation's own policy would be no bound beside managed ones.
        let own = || policy_arns.is_empty().then(|| self.operation.policy(self.mode()));
        Role { policy: policy.or_else(own), policy_arns, duration: seconds.map(Duration::from_secs), ..role.clone() }
    }
}
