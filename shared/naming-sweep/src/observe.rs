//! How all clusters are, and what stands in the zones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws::Clients;
use events::emr::ClusterId;
use futures_util::future::join;
use futures_util::{StreamExt, stream};
use naming::{Cluster, Mark, Name, Place, Records, Vpc, ZoneId};
use place::AccountId;
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
            missed: BTreeSet::new(),
            survey: Survey { force: force.clone(), limits: self.settings.limits, ..Survey::default() },
        };
        // Which places the records name is seen once they are read; most often none beside those that are listed meanwhile.
        let near = self.near()?;
        let (zones, mut listed) = join(reading.read_zones(), reading.list_all(&near)).await;
        reading.keep_zones(zones);
        let named: BTreeSet<_> = reading.marked().into_values().filter(|it| !near.contains(it)).collect();
        listed.extend(reading.list_all(&named).await);
        for it in listed {
            reading.read_clusters(it).await;
        }
        reading.confirm_ends().await;
        let accounts: BTreeSet<_> = reading.places.iter().map(|place| place.account.clone()).collect();
        let complete = accounts.iter().filter(|account| reading.is_complete(account)).cloned().collect();
        self.facts(accounts, Survey { complete, ..reading.survey })
    }

    /// Our own Region, in our own account and in those that the settings name.
    fn near(&self) -> Result<BTreeSet<Place>, Error> {
        let (here, home) = (self.sessions.region()?, self.sessions.home()?.account.clone());
        let named = self.sessions.named_accounts().into_iter().chain([home]);
        Ok(named.map(|account| Place { account, region: here.clone() }).collect())
    }
}

/// The living clusters of a place, where we may act in it.
struct Listed {
    place: Place,
    is_admitted: Result<bool, Error>,
    /// None was asked for where the place is not admitted.
    clusters: Result<Vec<ClusterId>, Error>,
}

/// The hosted zones by their ids, each with its records; or why they are not known.
type Zones = Result<Vec<(ZoneId, Result<Records, Error>)>, Error>;

/// A survey that is being made.
struct Reading<'a> {
    sweep: &'a Sweep,
    route53: &'a Route53,
    deadline: Deadline,
    /// Where clusters are looked for: in accounts in which we may act.
    places: BTreeSet<Place>,
    /// The accounts of which something could not be read; `None` where it concerns all of them, as a zone does, whose records
    /// say where clusters are.
    missed: BTreeSet<Option<AccountId>>,
    survey: Survey,
}

impl Reading<'_> {
    fn clients(&self) -> &Clients<Services> {
        &self.sweep.clients
    }

    /// Keeps what was read of an account, or of all; what was not is named in the survey.
    fn keep<T>(&mut self, of: Option<&AccountId>, read: Result<T, Error>) -> Option<T> {
        read.map_err(|error| self.miss(of, error.to_string())).ok()
    }

    /// Notes what could not be read of an account, or of all.
    fn miss(&mut self, of: Option<&AccountId>, what: String) {
        self.missed.insert(of.cloned());
        self.survey.unread.push(what);
    }

    /// Whether everything was read on which the names of an account depend.
    fn is_complete(&self, account: &AccountId) -> bool {
        !self.missed.contains(&None) && !self.missed.contains(&Some(account.clone()))
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

    async fn read_zones(&self) -> Zones {
        let ids: Vec<_> = match &self.sweep.settings.naming.zones {
            Some(zones) => zones.iter().cloned().collect(),
            None => self.in_time(MARGIN, "the hosted zones", self.route53.private_zones()).await?,
        };
        let mut zones = Vec::new();
        for zone in ids {
            let read = self.in_time(MARGIN, &zone, self.route53.records(&zone)).await;
            zones.push((zone, read));
        }
        Ok(zones)
    }

    fn keep_zones(&mut self, zones: Zones) {
        for (zone, read) in self.keep(None, zones).unwrap_or_default() {
            if let Some(records) = self.keep(None, read) {
                self.survey.zones.insert(zone, records);
            }
        }
    }

    /// The living clusters of each of these places.
    async fn list_all(&self, places: &BTreeSet<Place>) -> Vec<Listed> {
        let mut all = Vec::new();
        for place in places {
            let is_admitted = self.in_time(MARGIN, place, self.sweep.is_admitted(place)).await;
            let clusters = match is_admitted {
                Ok(true) => {
                    let what = format!("the clusters in {place}");
                    self.in_time(MARGIN_OF_CLUSTERS, what, self.list_clusters(place)).await
                }
                _ => Ok(Vec::new()),
            };
            all.push(Listed { place: place.clone(), is_admitted, clusters });
        }
        all
    }

    /// The clusters that records of ours are for, and where they are.
    fn marked(&self) -> BTreeMap<ClusterId, Place> {
        let sites = self.survey.zones.values().flat_map(|records| records.marked().map(|name| records.site(&name)));
        let marks = sites.filter_map(|site| Mark::of(&site, &self.sweep.settings.naming.owner));
        marks.map(|mark| (mark.cluster, mark.place)).collect()
    }

    /// Reads these clusters of a place, with their VPCs and zones.
    async fn read_clusters(&mut self, Listed { place, is_admitted, clusters }: Listed) {
        if self.keep(Some(&place.account), is_admitted) != Some(true) {
            return;
        }
        self.places.insert(place.clone());
        let Some(mut ids) = self.keep(Some(&place.account), clusters) else { return };
        // Where time runs out, those without a name have come first, and have one in the next sweep.
        let marked = self.marked();
        ids.sort_by_key(|id| marked.contains_key(id));
        let clusters = self.describe_all(ids.into_iter().map(|id| (id, place.clone())).collect()).await;
        let clusters: Vec<_> =
            clusters.into_iter().filter_map(|(_, it)| it).filter(|it| !it.state.has_ended()).collect();
        let named = clusters.iter().filter(|it| it.tag.is_some());
        let subnets: BTreeSet<_> = named.filter_map(|it| it.subnet.clone()).collect();
        let vpcs = self.read_vpcs(&place, &subnets).await;
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
            (id.clone(), place.account.clone(), read)
        });
        let described: Vec<_> = stream::iter(described).buffered(AT_ONCE).collect().await;
        let (mut clusters, mut late) = (Vec::new(), Vec::new());
        for (id, account, read) in described {
            match read {
                Ok(Some(cluster)) => clusters.push((id, cluster)),
                Ok(None) => {
                    self.missed.insert(Some(account));
                    late.push(id);
                }
                Err(error) => self.miss(Some(&account), error.to_string()),
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
        let Some(services) = self.keep(Some(&place.account), services) else { return BTreeMap::new() };
        let found = self.in_time(MARGIN, format!("subnets in {place}"), vpcs_of(&services, place, subnets)).await;
        let Some(found) = self.keep(Some(&place.account), found) else { return BTreeMap::new() };
        let mut vpcs = BTreeMap::new();
        for id in found.values().cloned().collect::<BTreeSet<_>>() {
            let zones = self.route53.zones_of_vpc(&services, &id, &place.region);
            let zones = self.in_time(MARGIN, format!("the hosted zones of {id}"), zones).await;
            if let Some(zones) = self.keep(Some(&place.account), zones) {
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
