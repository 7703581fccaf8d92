//! The deployed workflow: its executions in Step Functions, and its objects in S3.

use std::collections::BTreeSet;

use aws::{Answer, Home, Sessions, all_pages, body_of, is_taken};
use aws_sdk_sfn::primitives::{DateTime, DateTimeFormat};
use aws_sdk_sfn::types::{ExecutionRedriveStatus, ExecutionStatus, MapRunItemCounts};
use fleet::Entry;
use fleet_runs::{Manifest, Planned, Request, RunId, keys, lines};
use futures_util::{StreamExt, TryStreamExt, stream};
use place::AccountId;
use reaction::{Doing, Error};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How many objects are read at the same time.
const SIDE_BY_SIDE: usize = 20;

/// What a plan or a manifest has in bytes at most: a list of all accounts of the largest organization has less.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A workflow and its bucket, in the caller's account and region.
pub(super) struct Workflow {
    sfn: aws_sdk_sfn::Client,
    s3: aws_sdk_s3::Client,
    /// The ARN of the state machine.
    machine: String,
    bucket: String,
    owner: AccountId,
}

/// An execution: one attempt at a run.
pub(super) struct Execution {
    pub(super) arn: String,
    pub(super) status: ExecutionStatus,
    pub(super) began: String,
    pub(super) ended: Option<String>,
    /// Why it failed, where it did.
    pub(super) why: Option<String>,
    pub(super) can_be_redriven: bool,
    input: Option<String>,
}

/// An execution in a list.
#[derive(Clone)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) status: ExecutionStatus,
    pub(super) began: String,
    pub(super) ended: Option<String>,
}

/// How many accounts stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) total: i64,
    pub(super) done: i64,
    pub(super) failed: i64,
}

impl Workflow {
    /// The workflow whose operations write, or only read; makes no call.
    pub(super) fn of(sessions: &Sessions, writes: bool, bucket: Option<&str>) -> Result<Self, Error> {
        let Home { partition, account, .. } = sessions.home()?;
        let (region, name) = (sessions.region()?, fleet_runs::machine(writes));
        let bucket = bucket.map_or_else(|| fleet_runs::bucket(writes, account, &region), String::from);
        let config = sessions.config();
        Ok(Self {
            sfn: aws_sdk_sfn::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            machine: format!("arn:{partition}:states:{region}:{account}:stateMachine:{name}"),
            bucket,
            owner: account.clone(),
        })
    }

    /// Starts an attempt at a run. The same request under the name of an attempt that goes on is that attempt.
    pub(super) async fn start(&self, request: &Request, attempt: u32) -> Result<(), Error> {
        let (input, name) = (serde_json::to_string(request).map_err(Error::failed)?, request.run.execution(attempt));
        let call = self.sfn.start_execution().state_machine_arn(&self.machine).name(&name).input(input);
        let started = match call.send().await {
            Err(error) if is_taken(&error) => {
                return Err(Error::refused(format!(
                    "there is a run of the name {}: give another one with --run, or go on with it by `fleet resume`",
                    request.run
                )));
            }
            other => other.or_absent().doing(|| format!("starting {name}"))?,
        };
        started.map(drop).ok_or_else(|| self.missing())
    }

    /// What to say where nothing is deployed.
    fn missing(&self) -> Error {
        Error::refused(format!(
            "there is no {}: deploy infra/fleet.yaml (the workflow that writes has a template of its own), or say by --profile and \
             --region where it is",
            self.machine
        ))
    }

    fn arn_of(&self, name: &str) -> String {
        format!("{}:{name}", self.machine.replacen(":stateMachine:", ":execution:", 1))
    }

    /// An attempt at a run, if there was one.
    pub(super) async fn attempt(&self, run: &RunId, attempt: u32) -> Result<Option<Execution>, Error> {
        self.execution(&self.arn_of(&run.execution(attempt))).await
    }

    /// The last attempt at a run, and its number.
    pub(super) async fn last(&self, run: &RunId) -> Result<Option<(u32, Execution)>, Error> {
        let mut last = None;
        for number in 1.. {
            match self.attempt(run, number).await? {
                Some(execution) => last = Some((number, execution)),
                None => break,
            }
        }
        Ok(last)
    }

    async fn execution(&self, arn: &str) -> Result<Option<Execution>, Error> {
        let told = self.sfn.describe_execution().execution_arn(arn).send().await.or_absent();
        let Some(told) = told.doing(|| format!("asking for {arn}"))? else { return Ok(None) };
        let why = told.error.map(|error| format!("{error}: {}", told.cause.unwrap_or_default()));
        Ok(Some(Execution {
            arn: told.execution_arn,
            status: told.status,
            began: time(told.start_date),
            ended: told.stop_date.map(time),
            why,
            can_be_redriven: told.redrive_status == Some(ExecutionRedriveStatus::Redrivable),
            input: told.input,
        }))
    }

    /// The last executions, the newest first.
    pub(super) async fn executions(&self, most: usize) -> Result<Vec<Listed>, Error> {
        let call = self.sfn.list_executions().state_machine_arn(&self.machine);
        let mut items = call.into_paginator().items().send();
        let mut listed = Vec::new();
        while listed.len() < most
            && let Some(item) = items.next().await
        {
            let item = item.or_absent().doing(|| format!("listing the executions of {}", self.machine))?;
            let Some(item) = item else { return Err(self.missing()) };
            let (began, ended) = (time(item.start_date), item.stop_date.map(time));
            listed.push(Listed { name: item.name, status: item.status, began, ended });
        }
        Ok(listed)
    }

    /// Ends an execution. What runs in accounts goes on to its own end.
    pub(super) async fn stop(&self, execution: &Execution, cause: &str) -> Result<(), Error> {
        let call = self.sfn.stop_execution().execution_arn(&execution.arn).cause(cause);
        call.send().await.or_error().map(drop).doing(|| format!("stopping {}", execution.arn))
    }

    /// Goes on with an execution where it ended.
    pub(super) async fn redrive(&self, execution: &Execution) -> Result<(), Error> {
        let call = self.sfn.redrive_execution().execution_arn(&execution.arn);
        call.send().await.or_error().map(drop).doing(|| format!("redriving {}", execution.arn))
    }

    /// The map runs of an execution, by ARN.
    pub(super) async fn map_runs(&self, execution: &Execution) -> Result<Vec<String>, Error> {
        let call = self.sfn.list_map_runs().execution_arn(&execution.arn);
        let runs = all_pages(call.into_paginator().items().send()).await.doing(|| "asking for the map runs")?;
        Ok(runs.into_iter().map(|it| it.map_run_arn).collect())
    }

    /// How the accounts of these map runs stand.
    pub(super) async fn counts(&self, map_runs: &[String]) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        for arn in map_runs {
            let told = self.sfn.describe_map_run().map_run_arn(arn).send().await.or_error();
            if let Some(items) = told.doing(|| format!("asking for {arn}"))?.item_counts {
                let MapRunItemCounts { total, succeeded, failed, timed_out, aborted, .. } = items;
                counts.total += total;
                counts.failed += failed + timed_out;
                counts.done += succeeded + failed + timed_out + aborted;
            }
        }
        Ok(counts)
    }

    /// The accounts of a map run that have failed, beside those that are known: the ARN of each one's execution, its input and why.
    pub(super) async fn failures(
        &self,
        map_run: &str,
        known: &BTreeSet<String>,
    ) -> Result<Vec<(String, Value, String)>, Error> {
        let mut failures = Vec::new();
        for status in [ExecutionStatus::Failed, ExecutionStatus::TimedOut] {
            let call = self.sfn.list_executions().map_run_arn(map_run).status_filter(status);
            let listed = all_pages(call.into_paginator().items().send()).await.doing(|| "listing what failed")?;
            for item in listed.into_iter().filter(|it| !known.contains(&it.execution_arn)) {
                let Some(told) = self.execution(&item.execution_arn).await? else { continue };
                let input = told.input.as_deref().and_then(|text| serde_json::from_str(text).ok());
                let why = told.why.unwrap_or_else(|| told.status.as_str().to_owned());
                failures.push((told.arn, input.unwrap_or_default(), why));
            }
        }
        Ok(failures)
    }

    /// What a run is going to do; `None` before that is decided.
    pub(super) async fn planned(&self, run: &RunId) -> Result<Option<Planned>, Error> {
        self.document(&keys::plan(run)).await
    }

    /// What came of a run; `None` before it has ended.
    pub(super) async fn manifest(&self, run: &RunId) -> Result<Option<Manifest>, Error> {
        self.document(&keys::manifest(run)).await
    }

    async fn document<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        let reading = || format!("reading s3://{}/{key}", self.bucket);
        let Some(bytes) = self.object(key, LARGEST).await.doing(reading)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(Error::refused).doing(reading)
    }

    async fn object(&self, key: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let call = self.s3.get_object().bucket(&self.bucket).key(key).expected_bucket_owner(self.owner.as_str());
        match call.send().await.or_absent()? {
            Some(object) => body_of(object, most).await.map(Some),
            None => Ok(None),
        }
    }

    /// The objects with results, beside those that are known.
    pub(super) async fn results(&self, run: &RunId, known: &BTreeSet<String>) -> Result<Vec<String>, Error> {
        let prefix = keys::results_prefix(run);
        let call =
            self.s3.list_objects_v2().bucket(&self.bucket).prefix(&prefix).expected_bucket_owner(self.owner.as_str());
        let mut pages = call.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.or_error().doing(|| format!("listing s3://{}/{prefix}", self.bucket))?;
            let names = page.contents.unwrap_or_default().into_iter().filter_map(|it| it.key);
            found.extend(names.filter(|key| !known.contains(key)));
        }
        Ok(found)
    }

    /// What these objects tell.
    pub(super) async fn read(&self, names: &[String]) -> Result<Vec<Entry<Value>>, Error> {
        let read = async |key: &String| {
            let reading = || format!("reading s3://{}/{key}", self.bucket);
            let bytes = self.object(key, lines::LONGEST).await.doing(reading)?;
            bytes.map_or_else(|| Ok(Vec::new()), |bytes| lines::read(&bytes)).doing(reading)
        };
        let all = stream::iter(names).map(read).buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await?;
        Ok(all.into_iter().flatten().collect())
    }
}

fn time(date: DateTime) -> String {
    date.fmt(DateTimeFormat::DateTime).unwrap_or_default()
}
