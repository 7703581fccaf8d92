//! Everything of one account and Region, read once.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::try_join;
use reaction::{Deadline, Error};

use crate::read::Scans;
use crate::{Head, Instance, InstanceId, Managed, Reader, Scan, Window};

/// What there is in one account and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// When it was read, in seconds since 1970.
    pub now: u64,
    /// Every instance that runs or is managed, by id.
    pub instances: Vec<Instance>,
    /// The patch groups that have a baseline.
    pub groups: BTreeSet<String>,
    /// The windows that patch.
    pub windows: Vec<Window>,
    /// Instances whose scan could not be read: nothing is known of them, not even that they were never scanned.
    pub unread: BTreeSet<InstanceId>,
    /// What could not be read, in words.
    pub incomplete: Vec<String>,
}

/// What was found before the patches of single instances are read.
pub struct Found {
    running: BTreeMap<InstanceId, Instance>,
    managed: BTreeMap<InstanceId, Managed>,
    scans: Scans,
    groups: BTreeSet<String>,
    windows: Vec<Window>,
}

/// Reads what does not depend on what is recorded.
///
/// # Errors
/// As of the lists of instances, groups and windows. What cannot be read of single instances is told as incomplete.
pub async fn find(reader: &Reader, deadline: &Deadline) -> Result<Found, Error> {
    let managed = async {
        let managed = reader.managed().await?;
        let scans = reader.scans(&managed.keys().cloned().collect::<Vec<_>>(), deadline).await;
        Ok::<_, Error>((managed, scans))
    };
    let (running, (managed, scans), groups, windows) =
        try_join!(reader.running(), managed, reader.groups(), reader.windows())?;
    Ok(Found { running, managed, scans, groups, windows })
}

impl Found {
    /// The same with the patches of the instances whose scan is newer than the one of their head; of none, where there are no heads to
    /// compare with.
    pub async fn survey(
        self,
        reader: &Reader,
        heads: Option<&BTreeMap<InstanceId, Head>>,
        now: u64,
        deadline: &Deadline,
    ) -> Survey {
        let Self { running, managed, mut scans, groups, windows } = self;
        let is_newer = |it: &Scan, head: Option<&Head>| head.and_then(|head| head.at).is_none_or(|at| at < it.at);
        let is_new = |it: &Scan| heads.is_some_and(|heads| is_newer(it, heads.get(&it.instance)));
        let without_problems = scans.found.iter().filter(|it| it.problems.is_none() && is_new(it));
        let without_problems = without_problems.map(|it| it.instance.clone()).collect();
        let mut problems = reader.problems_of(without_problems, deadline).await;
        let mut incomplete = std::mem::take(&mut scans.incomplete);
        let unread = std::mem::take(&mut scans.unread);
        for scan in &mut scans.found {
            match problems.remove(&scan.instance) {
                Some(Ok(found)) => scan.problems = Some(found),
                Some(Err(why)) => incomplete.push(why),
                None => {}
            }
        }
        let mut instances = joined(running, managed);
        for scan in scans.found {
            let Some(instance) = instances.get_mut(&scan.instance) else { continue };
            instance.group = instance.group.take().or_else(|| scan.group.clone());
            instance.scan = Some(scan);
        }
        incomplete.sort();
        Survey { now, instances: instances.into_values().collect(), groups, windows, unread, incomplete }
    }
}

/// Instances that run, and those that are managed and do not run.
fn joined(
    mut running: BTreeMap<InstanceId, Instance>,
    managed: BTreeMap<InstanceId, Managed>,
) -> BTreeMap<InstanceId, Instance> {
    for (id, managed) in managed {
        let is_online = managed.is_online;
        let of_no_ec2 = || Instance {
            id: id.clone(),
            name: None,
            group: None,
            is_running: !id.is_of_ec2() && is_online,
            launched: None,
            managed: None,
            scan: None,
        };
        running.entry(id.clone()).or_insert_with(of_no_ec2).managed = Some(managed);
    }
    running
}
