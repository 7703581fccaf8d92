//! `signalbox patches`: how instances are patched, in one account or in many, and how that came about.

mod view;

use std::collections::BTreeSet;
use std::time::Duration;

use aws::{SdkConfig, Sessions};
use clap::Args;
use fleet::{Brake, Fleet, Limits as FleetLimits, Reason, Regions, Role, Session, Target, Targets};
use futures_util::StreamExt;
use patching::{Limits, Place, Seen};
use place::{AccountId, Region};
use reaction::{Deadline, Error};
use serde_json::json;
use view::View;

use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::given::Given;
use crate::output::{self, Format};
use crate::progress::{self, Progress};

/// How long a place may be read.
const PATIENCE: Duration = Duration::from_mins(30);

/// What the sessions in other accounts may do, whatever the role may do.
const ACTIONS: [&str; 10] = [
    "dynamodb:GetItem",
    "dynamodb:Query",
    "ec2:DescribeInstances",
    "ec2:DescribeRegions",
    "ssm:DescribeInstanceInformation",
    "ssm:DescribeInstancePatchStates",
    "ssm:DescribeMaintenanceWindowTargets",
    "ssm:DescribeMaintenanceWindowTasks",
    "ssm:DescribeMaintenanceWindows",
    "ssm:DescribePatchGroups",
];

/// Which instances are to be shown.
#[derive(Debug, Args)]
pub(crate) struct PatchesAsked {
    /// Only instances of this patch group
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// In these accounts, by a role there: their ids, separated by commas; your own by default
    #[arg(long = "account", value_name = "IDS", value_delimiter = ',')]
    accounts: Vec<AccountId>,
    /// In your own account and in every other one of the organization
    #[arg(long, conflicts_with = "accounts")]
    fleet: bool,
    /// In these Regions, separated by commas; the region by default
    #[arg(long, value_name = "REGIONS", value_delimiter = ',')]
    regions: Vec<Region>,
    /// The role that is assumed in other accounts
    #[arg(long, value_name = "NAME", default_value = "OrganizationAccountAccessRole")]
    role_name: String,
    /// What the trust of that role asks for
    #[arg(long, env = "SIGNALBOX_EXTERNAL_ID", value_name = "ID", hide_env_values = true)]
    external_id: Option<String>,
    /// The table in which report-patches keeps the history, in each account and Region
    #[arg(long, env = "SIGNALBOX_PATCHES_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-patches")]
    patches_table: String,
    /// Days after which a scan says nothing any more; 7 by default
    #[arg(long, env = "SIGNALBOX_PATCH_SCAN_DAYS", value_name = "DAYS", hide_env_values = true)]
    patch_scan_days: Option<String>,
}

/// Prints how instances are patched; what could not be read is a service error.
pub(super) async fn patches(
    aws: &AwsOptions,
    asked: &PatchesAsked,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    let limits = Limits::read(&|name: &str| given.setting(name)).map_err(Failure::configuration)?;
    given.note_read("SIGNALBOX_EXTERNAL_ID");
    given.note_read("SIGNALBOX_PATCHES_TABLE");
    given.check("patches")?;
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let look = Look { asked, sessions: &sessions };
    let progress = Progress::start();
    progress.next("reading instances, their patch states and their history");
    let seen = look.everywhere().await;
    drop(progress);
    let Everything { instances, unread, skipped } = seen?;
    let mut view = View::of(instances, asked.group.as_deref(), &limits);
    view.incomplete.extend(unread);
    view.skipped = skipped;
    output::print(output, &view)?;
    for note in view.notes() {
        progress::say(&note);
    }
    if view.incomplete.is_empty() {
        return Ok(());
    }
    let unread = view.incomplete.join("\n  ");
    Err(Failure::service(format!("not everything could be read, and what is missing here is unknown:\n  {unread}")))
}

/// What was seen, what could not be read, and where nothing was to be looked at, each with why.
#[derive(Default)]
struct Everything {
    instances: Vec<Seen>,
    unread: Vec<String>,
    skipped: Vec<String>,
}

struct Look<'a> {
    asked: &'a PatchesAsked,
    sessions: &'a Sessions,
}

impl Look<'_> {
    /// What there is to see.
    async fn everywhere(&self) -> Result<Everything, Failure> {
        let home = self.sessions.home().map_err(Failure::service)?.account.clone();
        let own = self.sessions.region().map_err(Failure::configuration)?;
        let regions = if self.asked.regions.is_empty() { vec![own] } else { self.asked.regions.clone() };
        let mut seen = Everything::default();
        if self.asked.accounts.is_empty() || self.asked.accounts.contains(&home) {
            for region in &regions {
                let place = Place { account: home.clone(), region: region.clone() };
                match self.at(&self.sessions.in_region(region), place.clone()).await {
                    Ok(it) => seen.instances.push(it),
                    Err(error) => seen.unread.push(format!("{place}: {error}")),
                }
            }
        }
        let others: BTreeSet<_> =
            self.asked.accounts.iter().filter(|it| **it != home).cloned().map(Target::Account).collect();
        if self.asked.fleet || !others.is_empty() {
            let chosen = (!self.asked.fleet).then_some(others);
            self.elsewhere(chosen, regions, &mut seen).await?;
        }
        seen.instances.sort_by(|one, other| one.place.cmp(&other.place));
        Ok(seen)
    }

    /// The same in other accounts, by a role there.
    async fn elsewhere(
        &self,
        chosen: Option<BTreeSet<Target>>,
        regions: Vec<Region>,
        seen: &mut Everything,
    ) -> Result<(), Failure> {
        let statement = json!({"Effect": "Allow", "Action": ACTIONS, "Resource": "*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let external_id = self.asked.external_id.clone().filter(|it| !it.is_empty());
        let role = Role { name: self.asked.role_name.clone(), policy: Some(policy), external_id, ..Role::default() };
        role.check().map_err(Failure::usage)?;
        let home = self.sessions.home().map_err(Failure::service)?.clone();
        let limits = FleetLimits { concurrency: 20, entering: 20, tolerance: None, per_account: None, in_all: None };
        let fleet = Fleet::new(self.sessions.config().clone(), home, role, limits).map_err(Failure::usage)?;
        let targets = Targets { chosen, ignored: BTreeSet::new(), with_caller: false };
        let plan = fleet.plan(&targets, Regions::These(regions)).await.map_err(Failure::service)?;
        let (_brake, braking) = Brake::new();
        let operate = async move |Session { account, region, config, .. }: Session| {
            self.at(&config, Place { account, region }).await
        };
        let mut entries = std::pin::pin!(fleet.run(plan, braking, operate));
        while let Some(entry) = entries.next().await {
            let of_region = entry.region.map(|region| format!("/{region}")).unwrap_or_default();
            let place = format!("{}{of_region}", entry.account.id);
            seen.instances.extend(entry.result);
            // A reason is no failure: the account is closed, or the region is not enabled.
            seen.skipped.extend(entry.reason.filter(|it| *it != Reason::Caller).map(|why| format!("{place}: {why}")));
            seen.unread.extend(entry.exception_details.map(|why| format!("{place}: {why}")));
        }
        Ok(())
    }

    async fn at(&self, config: &SdkConfig, place: Place) -> Result<Seen, Error> {
        let deadline = Deadline::new(self.sessions.now() + PATIENCE, self.sessions.clock());
        Seen::read(config, &self.asked.patches_table, place, self.sessions.seconds(), &deadline).await
    }
}
