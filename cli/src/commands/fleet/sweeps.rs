//! What the suite's own sweeps do, in each account: with the settings, the manifest and the tables of the calling account.

use std::sync::Arc;

use aws::{Home, Sessions};
use emr_dns::EmrDns;
use fleet::Session;
use grants::Grants;
use permissions::Source;
use reaction::settings::Variables;
use reaction::{Deadline, Error, MemoryLedger, Mode, Outcome, Reaction, Report, drive_json};
use reconcile_shares::ReconcileShares;

use super::arguments::SweepSettings;
use crate::functions::DEADLINE;

/// What a sweep is asked for.
const SWEEP: &str = r#"{"signalbox": "sweep", "force": null}"#;

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
    "s3:GetBucketPolicy",
    "s3:ListAllMyBuckets",
    "sts:GetCallerIdentity",
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

/// Whose settings, manifest and tables a sweep goes by, and whether it acts.
#[derive(Clone)]
pub(super) struct Suite<'a> {
    pub(super) hub: Arc<Sessions>,
    pub(super) settings: &'a SweepSettings,
    pub(super) mode: Mode,
}

impl Suite<'_> {
    /// Makes the whole manifest true for what the account has, in every region that the manifest names.
    pub(super) async fn sweep_shares(&self, session: &Session) -> Result<Report, Error> {
        let variables = |name: &str| self.settings.variable(name);
        let source = Source::new(&self.hub, permissions::Settings::of_command_line(&variables)?);
        let limits = reconcile_shares::Settings::read(&variables)?;
        let grants = Grants::read(&variables, &self.hub, ReconcileShares::NAME)?;
        self.sweep(session, |member| ReconcileShares::new(member, source, limits, grants)).await
    }

    /// Makes the names of the account's clusters true in one region.
    pub(super) async fn sweep_names(&self, session: &Session) -> Result<Report, Error> {
        let settings = emr_dns::Settings::read(&|name: &str| self.settings.variable(name))?;
        self.sweep(session, |member| EmrDns::new(member, settings)).await
    }

    /// Refuses settings that would be refused in each account.
    pub(super) fn check(&self, is_of_shares: bool) -> Result<(), Error> {
        let variables: Variables = &|name: &str| self.settings.variable(name);
        if !is_of_shares {
            return emr_dns::Settings::read(variables).map(drop);
        }
        permissions::Settings::of_command_line(variables)?;
        reconcile_shares::Settings::read(variables)?;
        Grants::read(variables, &self.hub, ReconcileShares::NAME).map(drop)
    }

    async fn sweep<R: Reaction>(
        &self,
        session: &Session,
        function: impl FnOnce(Arc<Sessions>) -> R,
    ) -> Result<Report, Error> {
        let clock = self.hub.clock();
        let member = Sessions::of_config(session.config.clone(), clock)?;
        let partition = session.region.partition().to_string();
        member.know_home(Home { account: session.account.clone(), partition });
        let deadline = Deadline::new(clock() + DEADLINE, clock);
        // The records of what was shared keep two sweeps apart; nobody else hears of this one.
        let report =
            drive_json(&function(Arc::new(member)), &MemoryLedger::new(clock), self.mode, deadline, SWEEP).await;
        match report.outcome {
            Outcome::Failed => Err(Error::failed(report)),
            Outcome::Refused => Err(Error::refused(report)),
            _ => Ok(report),
        }
    }
}
