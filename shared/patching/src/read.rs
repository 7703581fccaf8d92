//! Reads what EC2 and Systems Manager show, in the pages that they admit.

use std::collections::{BTreeMap, BTreeSet};

use aws::{Answer, SdkConfig, all_pages, open_only};
use aws_sdk_ec2::types::Filter;
use aws_sdk_ssm::types::{MaintenanceWindowTask, PatchOrchestratorFilter, PingStatus, Target};
use futures_util::{StreamExt, join, stream};
use reaction::{Deadline, Doing, Error};

use crate::scan::problem;
use crate::window::{TAGS, patches};
use crate::{Aim, Instance, InstanceId, Managed, Scan, Window};

/// Instances in one call for patch states.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstancePatchStates.html>
const IDS: usize = 50;

/// Reads in flight at a time.
const AT_ONCE: usize = 5;

/// What has to be left of an invocation for another read, in seconds: enough to record and to report what was read.
const RESERVE: u64 = 60;

/// The clients of one account and Region.
#[derive(Clone, Debug)]
pub struct Reader {
    ec2: aws_sdk_ec2::Client,
    ssm: aws_sdk_ssm::Client,
}

/// Scans that were read, and what could not be read.
#[derive(Default)]
pub(crate) struct Scans {
    pub(crate) found: Vec<Scan>,
    pub(crate) unread: BTreeSet<InstanceId>,
    pub(crate) incomplete: Vec<String>,
}

impl Reader {
    /// Clients by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { ec2: aws_sdk_ec2::Client::new(config), ssm: aws_sdk_ssm::Client::new(config) }
    }

    /// Opens the connection of the first event; best effort.
    pub async fn open_connection(&self) {
        let call = self.ssm.describe_instance_patch_states().instance_ids("i-00000000");
        drop(call.customize().mutate_request(open_only).send().await);
    }

    /// The instances of EC2 that run, by id.
    pub(crate) async fn running(&self) -> Result<BTreeMap<InstanceId, Instance>, Error> {
        let running = Filter::builder().name("instance-state-name").values("running").build();
        let pages = self.ec2.describe_instances().filters(running).into_paginator().page_size(1_000).items();
        let found = all_pages(pages.send()).await.doing(|| "reading the instances that run")?;
        let instances = found.into_iter().flat_map(|it| it.instances.unwrap_or_default());
        let instances = instances.filter_map(|it| {
            let tag = |key: &str| it.tags().iter().find(|tag| tag.key() == Some(key))?.value().map(String::from);
            let id: InstanceId = it.instance_id()?.parse().ok()?;
            let instance = Instance {
                id: id.clone(),
                name: tag("Name"),
                group: TAGS.into_iter().find_map(tag),
                is_running: true,
                launched: it.launch_time().and_then(|it| u64::try_from(it.secs()).ok()),
                managed: None,
                scan: None,
            };
            Some((id, instance))
        });
        Ok(instances.collect())
    }

    /// The instances that Systems Manager manages, by id.
    pub(crate) async fn managed(&self) -> Result<BTreeMap<InstanceId, Managed>, Error> {
        let pages = self.ssm.describe_instance_information().into_paginator().page_size(50).items();
        let found = all_pages(pages.send()).await.doing(|| "reading the instances that Systems Manager manages")?;
        let managed = found.into_iter().filter_map(|it| {
            let platform = [it.platform_name(), it.platform_version()].into_iter().flatten().collect::<Vec<_>>();
            let managed = Managed {
                since: it.registration_date().and_then(|it| u64::try_from(it.secs()).ok()),
                platform: platform.join(" "),
                is_online: it.ping_status() == Some(&PingStatus::Online),
            };
            Some((it.instance_id()?.parse().ok()?, managed))
        });
        Ok(managed.collect())
    }

    /// The last scans of these instances, so many in one call as Systems Manager admits.
    pub(crate) async fn scans(&self, ids: &[InstanceId], deadline: &Deadline) -> Scans {
        let batches = ids.chunks(IDS).map(<[InstanceId]>::to_vec).map(async |batch| {
            let what = || format!("the patch states of {} instances from {} on", batch.len(), batch[0]);
            if is_late(deadline) {
                let why = format!("{}: there was no time left; the next sweep reads them", what());
                return Err((batch, why));
            }
            let ids = batch.iter().map(ToString::to_string).collect();
            let call = self.ssm.describe_instance_patch_states().set_instance_ids(Some(ids)).into_paginator();
            let states = all_pages(call.page_size(100).items().send()).await;
            states.map_err(|error| format!("{}: {error}", what())).map_err(|why| (batch, why))
        });
        let mut read = Scans::default();
        for answer in stream::iter(batches).buffered(AT_ONCE).collect::<Vec<_>>().await {
            match answer {
                Ok(states) => read.found.extend(states.iter().filter_map(Scan::of)),
                Err((batch, why)) => {
                    read.unread.extend(batch);
                    read.incomplete.push(why);
                }
            }
        }
        read
    }

    /// The scan of one instance, whose problems may be missing; `None` where Systems Manager has none.
    ///
    /// # Errors
    /// As of `DescribeInstancePatchStates`.
    pub async fn state(&self, id: &InstanceId) -> Result<Option<Scan>, Error> {
        let states = self.ssm.describe_instance_patch_states().instance_ids(id.as_str()).send().await;
        let states = states.or_error().doing(|| format!("reading the patch state of {id}"))?;
        Ok(states.instance_patch_states.unwrap_or_default().iter().find_map(Scan::of))
    }

    /// The scan with its problems, which are asked for where they are missing.
    ///
    /// # Errors
    /// As of `DescribeInstancePatches`.
    pub async fn with_problems(&self, scan: Scan) -> Result<Scan, Error> {
        if scan.problems.is_some() {
            return Ok(scan);
        }
        let id = &scan.instance;
        let problems = self.problems(id).await.doing(|| format!("reading the patch state of {id}"))?;
        Ok(Scan { problems: Some(problems), ..scan })
    }

    /// What is wrong with the patches of an instance, in words.
    async fn problems(&self, id: &InstanceId) -> Result<BTreeSet<String>, Error> {
        let states = PatchOrchestratorFilter::builder().key("State").values("Missing").values("Failed").build();
        let call = self.ssm.describe_instance_patches().instance_id(id.as_str()).filters(states).into_paginator();
        let found = all_pages(call.page_size(100).items().send()).await?;
        Ok(found.iter().filter_map(problem).collect())
    }

    /// The problems of these instances, each with why they could not be read where they could not.
    pub(crate) async fn problems_of(
        &self,
        ids: Vec<InstanceId>,
        deadline: &Deadline,
    ) -> BTreeMap<InstanceId, Result<BTreeSet<String>, String>> {
        let reads = ids.into_iter().map(async |id| {
            let what = format!("the patches of {id}");
            if is_late(deadline) {
                return (id, Err(format!("{what}: there was no time left; the next sweep reads them")));
            }
            let problems = self.problems(&id).await.map_err(|error| format!("{what}: {error}"));
            (id, problems)
        });
        stream::iter(reads).buffer_unordered(AT_ONCE).collect().await
    }

    /// The patch groups that have a baseline.
    pub(crate) async fn groups(&self) -> Result<BTreeSet<String>, Error> {
        let pages = self.ssm.describe_patch_groups().into_paginator().page_size(100).items();
        let found = all_pages(pages.send()).await.doing(|| "reading which patch groups have a baseline")?;
        Ok(found.into_iter().filter_map(|it| it.patch_group).collect())
    }

    /// The windows that are on and patch.
    pub(crate) async fn windows(&self) -> Result<Vec<Window>, Error> {
        let pages = self.ssm.describe_maintenance_windows().into_paginator().page_size(100).items();
        let found = all_pages(pages.send()).await.doing(|| "reading the maintenance windows")?;
        let windows = found.into_iter().filter(|it| it.enabled).map(async |it| {
            let id = it.window_id.unwrap_or_default();
            let window = self.window(&id, it.name.unwrap_or_default()).await;
            window.doing(|| format!("reading maintenance window {id}"))
        });
        let windows: Vec<_> = stream::iter(windows).buffered(AT_ONCE).collect().await;
        Ok(windows.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Whether a window has a task that patches; not where it is gone.
    ///
    /// # Errors
    /// As of `DescribeMaintenanceWindowTasks`.
    pub async fn patches_in(&self, window: &str) -> Result<bool, Error> {
        let tasks = self.ssm.describe_maintenance_window_tasks().window_id(window).send().await;
        let tasks = tasks.or_absent().doing(|| format!("reading the tasks of maintenance window {window}"))?;
        Ok(tasks.is_some_and(|it| it.tasks().iter().filter_map(|it| it.task_arn()).any(patches)))
    }

    async fn window(&self, id: &str, name: String) -> Result<Option<Window>, Error> {
        let tasks = self.ssm.describe_maintenance_window_tasks().window_id(id).into_paginator().page_size(100);
        let targets = self.ssm.describe_maintenance_window_targets().window_id(id).into_paginator().page_size(100);
        let (tasks, targets) = join!(all_pages(tasks.items().send()), all_pages(targets.items().send()));
        let tasks: Vec<_> = tasks?.into_iter().filter(|it| it.task_arn().is_some_and(patches)).collect();
        if tasks.is_empty() {
            return Ok(None);
        }
        let mut aims: Vec<_> = targets?.iter().map(|it| Aim::of(it.targets())).collect();
        // A task can name instances itself, without a target of its window.
        let by_itself = |it: &Target| it.key() != Some("WindowTargetIds") && !it.values().is_empty();
        aims.extend(
            tasks.iter().flat_map(MaintenanceWindowTask::targets).filter(|it| by_itself(it)).map(|_| Aim::Others),
        );
        Ok(Some(Window { id: id.to_owned(), name, aims }))
    }
}

fn is_late(deadline: &Deadline) -> bool {
    deadline.left().as_secs() < RESERVE
}
