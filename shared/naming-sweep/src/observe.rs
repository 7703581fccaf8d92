//! How all clusters are, and what stands in the zones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws::Clients;
use events::emr::ClusterId;
use futures_util::{StreamExt, stream};
use naming::{Cluster, Mark, Name, Place, Vpc};
use reaction::{Deadline, Error};
use tokio::time::timeout;

use crate::Sweep;
use crate::facts::{Facts, Survey};
use crate::read::{Route53, Services, describe, live, vpcs_of};

/// Reads in flight at a time, each at the pace of its API.
const AT_ONCE: usize = 5;

/// Below this much time nothing more is read: what was read has to be acted on.
const MARGIN: Duration = Duration::from_secs(30);

/// Clusters, of which each is a call, stop sooner: where their names belong has to be read then, or all of it was in vain.
const MARGIN_OF_CLUSTERS: Duration = Duration::from_secs(40);

impl Sweep {
    /// Looks at all living clusters and all records of the zones. What cannot be read, the survey names.
    pub(crate) async fn survey(&self, force: &BTreeSet<Name>, deadline: Deadline) -> Result<Facts, Error> {
        let mut reading = Reading {
            sweep: self,
            route53: &self.route53,
            deadline,
            places: BTreeSet::new(),
            survey: Survey { force: force.clone(), limits: self.settings.limits, ..Survey::default() },
        };
        reading.walk_zones().await;
        reading.find_places().await?;
        for place in reading.places.clone() {
            reading.read_clusters(&place).await;
        }
        reading.confirm_ends().await;
        let accounts = reading.places.into_iter().map(|place| place.account).collect();
        self.facts(accounts, reading.survey)
    }
}

/// A survey that is being made.
struct Reading<'a> {
    sweep: &'a Sweep,
    route53: &'a Route53,
    deadline: Deadline,
    /// Where clusters are looked for: in accounts in which we may act.
    places: BTreeSet<Place>,
    survey: Survey,
}

impl Reading<'_> {
    fn clients(&self) -> &Clients<Services> {
        &self.sweep.clients
    }

    /// Keeps what was read; what was not is named in the survey.
    fn keep<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        read.map_err(|error| self.survey.unread.push(error.to_string())).ok()
    }

    /// What is read, unless there is less time left than this: before it is read, or while it waits for its turn.
    async fn in_time<T>(
        &self,
        margin: Duration,
        what: impl std::fmt::Display,
        read: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let left = self.deadline.left().saturating_sub(margin);
        let read = if left.is_zero() { None } else { timeout(left, read).await.ok() };
        read.unwrap_or_else(|| Err(Error::failed(format!("{what}: the invocation was about to end"))))
    }

    async fn walk_zones(&mut self) {
        let zones = match &self.sweep.settings.naming.zones {
            Some(zones) => zones.iter().cloned().collect(),
            None => {
                let zones = self.in_time(MARGIN, "the hosted zones", self.route53.private_zones()).await;
                self.keep(zones).unwrap_or_default()
            }
        };
        for zone in zones {
            let read = self.in_time(MARGIN, &zone, self.route53.records(&zone)).await;
            if let Some(records) = self.keep(read) {
                self.survey.zones.insert(zone, records);
            }
        }
    }

    /// Our own region, in our own account and in those that the settings name; and where the clusters of our records are.
    async fn find_places(&mut self) -> Result<(), Error> {
        let (sessions, here) = (&self.sweep.sessions, self.sweep.sessions.region()?);
        let home = sessions.home()?.account.clone();
        let named = sessions.named_accounts().into_iter().chain([home]);
        let near = named.map(|account| Place { account, region: here.clone() });
        for place in near.chain(self.marked().into_values()).collect::<BTreeSet<_>>() {
            let read = self.in_time(MARGIN, &place, self.sweep.is_admitted(&place)).await;
            if self.keep(read) == Some(true) {
                self.places.insert(place);
            }
        }
        Ok(())
    }

    /// The clusters that records of ours are for, and where they are.
    fn marked(&self) -> BTreeMap<ClusterId, Place> {
        let sites = self.survey.zones.values().flat_map(|records| records.marked().map(|name| records.site(&name)));
        let marks = sites.filter_map(|site| Mark::of(&site, &self.sweep.settings.naming.owner));
        marks.map(|mark| (mark.cluster, mark.place)).collect()
    }

    /// Reads all living clusters of a place, with their VPCs and zones.
    async fn read_clusters(&mut self, place: &Place) {
        let what = format!("the clusters in {place}");
        let read = self.in_time(MARGIN_OF_CLUSTERS, what, self.list_clusters(place)).await;
        let Some(mut ids) = self.keep(read) else { return };
        // Where time runs out, those without a name have come first, and have one in the next sweep.
        let marked = self.marked();
        ids.sort_by_key(|id| marked.contains_key(id));
        let clusters = self.describe_all(ids.into_iter().map(|id| (id, place.clone())).collect()).await;
        let clusters: Vec<_> =
            clusters.into_iter().filter_map(|(_, it)| it).filter(|it| !it.state.has_ended()).collect();
        let named = clusters.iter().filter(|it| it.tag.is_some());
        let subnets: BTreeSet<_> = named.filter_map(|it| it.subnet.clone()).collect();
        let vpcs = self.read_vpcs(place, &subnets).await;
        let with_vpc = |cluster: Cluster| {
            let vpc = match &cluster.subnet {
                Some(subnet) => vpcs.get(subnet).cloned(),
                None => Some(Vpc::Gone),
            };
            (cluster, vpc)
        };
        self.survey.clusters.extend(clusters.into_iter().map(with_vpc));
    }

    async fn list_clusters(&self, place: &Place) -> Result<Vec<ClusterId>, Error> {
        live(&self.clients().at(&place.account, &place.region).await?, place).await
    }

    /// What EMR says of each of these; those that could not be read are left out, and named in the survey.
    async fn describe_all(&mut self, ids: Vec<(ClusterId, Place)>) -> Vec<(ClusterId, Option<Cluster>)> {
        let this = &*self;
        let described = ids.into_iter().map(async |(id, place)| {
            let services = this.clients().at(&place.account, &place.region);
            let tag = &this.sweep.settings.naming.tag;
            let read = async { describe(&services.await?, &place, &id, tag).await.map(Some) };
            let left = this.deadline.left().saturating_sub(MARGIN_OF_CLUSTERS);
            let read = if left.is_zero() { Ok(None) } else { timeout(left, read).await.unwrap_or(Ok(None)) };
            (id.clone(), read)
        });
        let described: Vec<_> = stream::iter(described).buffered(AT_ONCE).collect().await;
        let (mut clusters, mut late) = (Vec::new(), Vec::new());
        for (id, read) in described {
            match read {
                Ok(Some(cluster)) => clusters.push((id, cluster)),
                Ok(None) => late.push(id),
                Err(error) => self.survey.unread.push(error.to_string()),
            }
        }
        self.survey.unread.extend(too_late(&late));
        clusters
    }

    /// The VPC of each of these subnets, with its zones.
    async fn read_vpcs(&mut self, place: &Place, subnets: &BTreeSet<String>) -> BTreeMap<String, Vpc> {
        if subnets.is_empty() {
            return BTreeMap::new();
        }
        let services = self.clients().at(&place.account, &place.region).await;
        let Some(services) = self.keep(services) else { return BTreeMap::new() };
        let found = self.in_time(MARGIN, format!("subnets in {place}"), vpcs_of(&services, place, subnets)).await;
        let Some(found) = self.keep(found) else { return BTreeMap::new() };
        let mut vpcs = BTreeMap::new();
        for id in found.values().cloned().collect::<BTreeSet<_>>() {
            let zones = self.route53.zones_of_vpc(&services, &id, &place.region);
            let zones = self.in_time(MARGIN, format!("the hosted zones of {id}"), zones).await;
            if let Some(zones) = self.keep(zones) {
                vpcs.insert(id.clone(), Vpc::Known { id, zones });
            }
        }
        let vpc_of = |subnet: &String| match found.get(subnet) {
            Some(id) => vpcs.get(id).cloned(),
            None => Some(Vpc::Gone),
        };
        subnets.iter().filter_map(|subnet| Some((subnet.clone(), vpc_of(subnet)?))).collect()
    }

    /// A list may lack a cluster whose state changes meanwhile. So whoever no list has is asked for by itself.
    async fn confirm_ends(&mut self) {
        let mut missing = self.marked();
        missing.retain(|_, place| self.places.contains(place));
        missing.retain(|id, _| self.survey.clusters.iter().all(|(cluster, _)| cluster.id != *id));
        let found = self.describe_all(missing.into_iter().collect()).await;
        let ended = found.into_iter().filter(|(_, it)| it.as_ref().is_none_or(|it| it.state.has_ended()));
        self.survey.ended.extend(ended.map(|(id, _)| id));
    }
}

/// That so many clusters were not read for want of time, in one line.
fn too_late(ids: &[ClusterId]) -> Option<String> {
    let (first, others) = ids.split_first()?;
    let others = if others.is_empty() { String::new() } else { format!(" and {} other clusters", others.len()) };
    Some(format!("cluster {first}{others}: the invocation was about to end; the next sweep goes on"))
}
