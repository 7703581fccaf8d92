//! What the suite's own sweeps do, in each account: with the settings, the manifest and the tables of the calling account.

use std::sync::Arc;

use aws::{DeniedByOrganization, Home, Sessions, in_name_of};
use clap::Args;
use emr_dns::EmrDns;
use fleet::Session;
use place::AccountId;
use reaction::settings::{Variables, malformed};
use reaction::{Error, MemoryLedger, Mode, Outcome, Reaction, Report, drive_json};
use reconcile_shares::ReconcileShares;
use sharing_aws::Source;
use sharing_records::Grants;

use crate::bound;
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::progress;
use crate::settings::{AllowedAccounts, Limits, Naming, Pacing, Tables};

/// What a sweep is asked for.
const SWEEP: &str = r#"{"signalbox": "sweep", "force": null}"#;

/// Whose buckets, keys and repositories the manifest names.
const EXACT: &str = "SIGNALBOX_EXACT_NAMES_ACCOUNT";

/// What the sweep of shares reads in an account.
pub(super) const READS_SHARES: [&str; 15] = [
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots",
    "ecr:GetRepositoryPolicy",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
    "rds:DescribeOptionGroups",
    "s3:GetBucketPolicy",
    "s3:ListAllMyBuckets",
];

/// What the sweep of shares writes in an account.
pub(super) const WRITES_SHARES: [&str; 9] = [
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
    "ecr:DeleteRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
    "kms:PutKeyPolicy",
    "rds:ModifyDBClusterSnapshotAttribute",
    "rds:ModifyDBSnapshotAttribute",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPolicy",
];

/// What the sweep of names reads in an account.
pub(super) const READS_NAMES: [&str; 7] = [
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "elasticmapreduce:DescribeCluster",
    "elasticmapreduce:ListClusters",
    "route53:ListHostedZones",
    "route53:ListHostedZonesByVPC",
    "route53:ListResourceRecordSets",
];

/// What the sweep of names writes in an account.
pub(super) const WRITES_NAMES: [&str; 1] = ["route53:ChangeResourceRecordSets"];

/// What the sweeps have to know. They are checked where they are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "For share-sweep")]
pub(crate) struct SweepSettings {
    #[arg(help = "Where the share manifest lies, for the credentials of the caller: s3://bucket/key or ssm:/name")]
    #[arg(long, env = "SIGNALBOX_MANIFEST", value_name = "LOCATION", hide_env_values = true)]
    pub(crate) manifest: Option<String>,
    /// The account that owns the bucket of the manifest; the calling account by default
    #[arg(long, env = "SIGNALBOX_MANIFEST_ACCOUNT", value_name = "ID", hide_env_values = true)]
    pub(crate) manifest_account: Option<String>,
    #[command(flatten)]
    pub(crate) allowed: AllowedAccounts,
    /// The account whose buckets, keys and repositories the manifest names, which are skipped in all others; the calling one
    /// by default
    #[arg(long, env = "SIGNALBOX_EXACT_NAMES_ACCOUNT", value_name = "ID", hide_env_values = true)]
    pub(crate) exact_names_account: Option<String>,
    /// The tables are those of the calling account.
    #[command(flatten)]
    pub(crate) tables: Tables,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    #[command(flatten)]
    pub(crate) naming: Naming,
}

impl SweepSettings {
    /// A setting by the name of the function's environment variable, where it is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "SIGNALBOX_MANIFEST" => self.manifest.as_ref(),
            "SIGNALBOX_MANIFEST_ACCOUNT" => self.manifest_account.as_ref(),
            "SIGNALBOX_ALLOWED_ACCOUNTS" => self.allowed.allowed_accounts.as_ref(),
            "SIGNALBOX_EXACT_NAMES_ACCOUNT" => self.exact_names_account.as_ref(),
            "SIGNALBOX_GRANTS_TABLE" | "SIGNALBOX_AUDIT_TABLE" => self.tables.variable(name),
            "SIGNALBOX_RATES" => self.pacing.rates.as_ref(),
            "SIGNALBOX_MAX_REMOVALS" | "SIGNALBOX_MAX_REMOVED_PERCENT" | "SIGNALBOX_SWEEP_PERIOD" => {
                self.limits.variable(name)
            }
            _ => return self.naming.variable(name),
        };
        value.cloned().filter(|value| !value.is_empty())
    }
}

/// Whose settings, manifest and tables a sweep goes by, and whether it acts.
#[derive(Clone)]
pub(super) struct Suite<'a> {
    pub(super) hub: Arc<Sessions>,
    pub(super) settings: &'a SweepSettings,
    /// Which settings were given as options, so that one that nothing reads is refused.
    pub(super) given: &'a Given,
    pub(super) mode: Mode,
    /// Whether shares may be made of which there is no record.
    pub(super) is_unrecorded: bool,
}

impl Suite<'_> {
    /// Makes the whole manifest true for what the account has, in every region that the manifest names.
    pub(super) async fn sweep_shares(&self, session: &Session) -> Result<Report, Error> {
        let variables = |name: &str| self.variable(name);
        let source = Source::new(&self.hub, sharing_aws::Settings::of_command_line(&variables)?);
        let limits = reconcile_shares::Settings::read(&variables)?;
        let grants = Grants::read(&variables, &self.hub, ReconcileShares::NAME)?;
        let exact = self.exact_names_account()?;
        let function = |member| ReconcileShares::new(member, source, limits, grants).with_exact_names_of(exact);
        self.sweep(session, "signalbox fleet run share-sweep", function).await
    }

    /// Makes the names of the account's clusters true in one region.
    pub(super) async fn sweep_names(&self, session: &Session) -> Result<Report, Error> {
        let settings = emr_dns::Settings::read(&|name: &str| self.variable(name))?;
        self.sweep(session, "signalbox fleet run dns-sweep", |member| EmrDns::new(member, settings)).await
    }

    /// Refuses settings that would be refused in each account.
    pub(super) fn check(&self, is_of_shares: bool) -> Result<(), Error> {
        let variables: Variables = &|name: &str| self.variable(name);
        if !is_of_shares {
            return emr_dns::Settings::read(variables).map(drop);
        }
        sharing_aws::Settings::of_command_line(variables)?;
        reconcile_shares::Settings::read(variables)?;
        if let Some(account) = variables(EXACT) {
            account.parse::<AccountId>().map_err(|mistake| malformed(EXACT, mistake))?;
        }
        let grants = Grants::read(variables, &self.hub, ReconcileShares::NAME)?;
        match (self.mode, grants.is_some(), self.is_unrecorded) {
            (Mode::Apply, false, false) => Err(Error::refused(
                "share-sweep does not share what it cannot record: give --grants-table and --audit-table, or --unrecorded, \
                 after which nothing of it is ever taken back",
            )),
            (_, true, true) => Err(Error::refused(
                "the tables of grants and of the audit are set, and --unrecorded says that there are none: leave one out",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses to act where nothing says with which accounts things may be shared, and says once where nothing bounds them.
    pub(super) fn check_bound(&self) -> Result<(), Failure> {
        if self.mode == Mode::Apply {
            bound::require(self.given, &|name: &str| self.variable(name))?;
        }
        if let Some(note) = self.bound() {
            progress::say(&format!("note: {note}"));
        }
        Ok(())
    }

    /// What each report repeats where nothing bounds the accounts.
    fn bound(&self) -> Option<String> {
        bound::note(self.given, &|name: &str| self.variable(name))
    }

    /// Whose buckets, keys and repositories the manifest names.
    fn exact_names_account(&self) -> Result<AccountId, Error> {
        match self.variable(EXACT) {
            Some(account) => account.parse().map_err(|mistake| malformed(EXACT, mistake)),
            None => Ok(self.hub.home()?.account.clone()),
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.given.read(name, self.settings.variable(name))
    }

    async fn sweep<R: Reaction>(
        &self,
        session: &Session,
        command: &str,
        function: impl FnOnce(Arc<Sessions>) -> R,
    ) -> Result<Report, Error> {
        let clock = self.hub.clock();
        let member = Sessions::of_config(session.config.clone(), clock)?;
        let partition = session.region.partition().to_string();
        member.know_home(Home { account: session.account.clone(), partition });
        let run = by_hand(&self.hub, R::NAME, session.account.as_str(), command);
        // The records of what was shared keep two sweeps apart; no other run hears of this one.
        let (function, ledger) = (function(Arc::new(member)), MemoryLedger::new(clock));
        let report = in_name_of(&run, drive_json(&function, &ledger, self.mode, &run, SWEEP)).await;
        let report = report.with_notes(self.bound());
        match report.outcome {
            Outcome::Failed => Err(failure(R::NAME == EmrDns::NAME, report)),
            Outcome::Refused => Err(Error::refused(report)),
            _ => Ok(report),
        }
    }
}

/// A sweep that failed. Where it is of one region, and a service control policy denied it before its first step, that is why.
fn failure(is_of_one_region: bool, report: Report) -> Error {
    let reason = report.reason.as_deref().filter(|_| is_of_one_region && report.steps.is_empty());
    match reason.and_then(DeniedByOrganization::told) {
        Some(denied) => Error::Failed(denied.into()),
        None => Error::failed(report),
    }
}
