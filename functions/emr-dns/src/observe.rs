//! How clusters are, and what stands in the zones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws::{Clients, open_only};
use events::emr::ClusterId;
use futures_util::{StreamExt, join, stream};
use naming::{Cluster, Holder, Mark, Name, Place};
use place::AccountId;
use reaction::{Deadline, Doing, Error};
use tokio::time::timeout;

use crate::EmrDns;
use crate::claim::{name_of, wait, zone_of};
use crate::facts::{Facts, Kin, Look, Other, Seen, Survey, Vpc};
use crate::read::{Route53, Services, describe, live, vpcs_of};

/// Reads in flight at a time, each at the pace of its API.
const AT_ONCE: usize = 5;

/// How many other clusters of an account an event describes before it takes a name away.
const MOST_KIN: usize = 50;

/// Below this much time nothing more is read: what was read has to be acted on.
const MARGIN: Duration = Duration::from_secs(30);

/// Clusters, of which each is a call, stop sooner: where their names belong has to be read then, or all of it was in vain.
const MARGIN_OF_CLUSTERS: Duration = Duration::from_secs(40);

impl EmrDns {
    /// Opens the connections of the first event; best effort.
    pub(crate) async fn open_connections(&self) {
        let Services { emr, ec2, .. } = self.clients.here();
        let clusters = emr.describe_cluster().customize().mutate_request(open_only);
        let subnets = ec2.describe_subnets().customize().mutate_request(open_only);
        join!(
            async { drop(clusters.send().await) },
            async { drop(subnets.send().await) },
            self.route53.open_connection()
        );
    }

    /// What is known before anything was read: of accounts, that these are ours to act in.
    fn facts(&self, accounts: BTreeSet<AccountId>, seen: Seen) -> Result<Facts, Error> {
        let (settings, account) = (self.settings.naming.clone(), self.sessions.home()?.account.clone());
        Ok(Facts { settings, account, accounts, has_members: self.sessions.has_members()?, seen })
    }

    /// Looks at one cluster, no further than the decision can depend on.
    pub(crate) async fn look(&self, id: &ClusterId, place: &Place) -> Result<Facts, Error> {
        let services = self.clients.at(&place.account, &place.region).await?;
        let mut facts = self.facts(BTreeSet::from([place.account.clone()]), Seen::Cluster(None))?;
        let Some(cluster) = describe(&services, place, id, &self.settings.naming.tag).await? else { return Ok(facts) };
        let mut look = Box::new(Look { cluster, vpc: None, site: None, other: Other::NotAsked, kin: Kin::NotAsked });
        self.look_around(&services, &mut look, &mut facts).await?;
        facts.seen = Seen::Cluster(Some(look));
        Ok(facts)
    }

    async fn look_around(&self, services: &Services, look: &mut Look, facts: &mut Facts) -> Result<(), Error> {
        let cluster = look.cluster.clone();
        let name = cluster.tag.as_ref().and_then(|tag| name_of(facts.rules(), &cluster, tag).ok());
        let (Some(name), None) = (name, wait(&cluster)) else { return Ok(()) };
        let Place { account, region } = &cluster.place;
        if !cluster.state.has_ended() && facts.rules().permit(&name, account).is_err() {
            return Ok(());
        }
        let subnets = cluster.subnet.iter().cloned().collect();
        look.vpc = Some(match vpcs_of(services, &cluster.place, &subnets).await?.into_values().next() {
            Some(id) => Vpc::Known { zones: self.route53.zones_of_vpc(services, &id, region).await?, id },
            None => Vpc::Gone,
        });
        let zone = zone_of(facts.rules(), &name, &cluster, look.vpc.as_ref()).ok().flatten().cloned();
        let Some(zone) = zone else { return Ok(()) };
        let site = self.route53.site(&zone, &name, !cluster.state.has_ended()).await?;
        if let Some(Mark { place, .. }) = Mark::of(&site, &self.settings.naming.owner)
            && self.is_admitted(&place).await?
        {
            facts.accounts.insert(place.account);
        }
        if let Holder::Ours(held) = Holder::of(&site, &self.settings.naming.owner, &facts.accounts) {
            let is_its_own = held.mark.cluster == cluster.id;
            if !is_its_own && !cluster.state.has_ended() {
                look.other = self.owner(&name, &held.mark).await?;
            } else if is_its_own && cluster.state.has_ended() && facts.has_members {
                look.kin = self.kin(&name, &cluster).await?;
            }
        }
        look.site = Some(site);
        Ok(())
    }

    /// The cluster that has the name. Where it cannot be read, nothing is decided: it may live.
    async fn owner(&self, name: &Name, Mark { place, cluster, .. }: &Mark) -> Result<Other, Error> {
        let doing = || format!("{name} stays with {cluster}, which may live, while EMR does not say more of it");
        let services = self.clients.at(&place.account, &place.region).await.doing(doing)?;
        let found = describe(&services, place, cluster, &self.settings.naming.tag).await.doing(doing)?;
        Ok(found.map_or(Other::Gone, |cluster| Other::Known(Box::new(cluster))))
    }

    /// The other living clusters in the place of one that has ended, at the pace of a sweep. Where they cannot be read,
    /// nothing is decided: one of them may ask for the name.
    async fn kin(&self, name: &Name, Cluster { id, place, .. }: &Cluster) -> Result<Kin, Error> {
        let doing = || {
            format!("{name} of {id} is not deleted while EMR does not say which other clusters of {place} ask for it")
        };
        let services = self.paced.clients.at(&place.account, &place.region).await.doing(doing)?;
        let mut ids = live(&services, place).await.doing(doing)?;
        ids.retain(|other| other != id);
        if ids.len() > MOST_KIN {
            return Ok(Kin::TooMany(ids.len()));
        }
        let (services, tag) = (&services, &self.settings.naming.tag);
        let described = ids.into_iter().map(async |id| describe(services, place, &id, tag).await);
        let described: Vec<_> = stream::iter(described).buffered(AT_ONCE).collect().await;
        let known = described.into_iter().collect::<Result<Vec<_>, _>>().doing(doing)?;
        Ok(Kin::Known(known.into_iter().flatten().collect()))
    }

    /// Whether clusters of that place are ours to name.
    async fn is_admitted(&self, place: &Place) -> Result<bool, Error> {
        match self.sessions.admit(&place.account, &place.region).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_refused() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Looks at all living clusters and all records of the zones. What cannot be read, the survey names.
    pub(crate) async fn survey(&self, force: &BTreeSet<Name>, deadline: Deadline) -> Result<Facts, Error> {
        let mut reading = Reading {
            function: self,
            route53: &self.paced.route53,
            deadline,
            places: BTreeSet::new(),
            survey: Survey { force: force.clone(), ..Survey::default() },
        };
        reading.walk_zones().await;
        reading.find_places().await?;
        for place in reading.places.clone() {
            reading.read_clusters(&place).await;
        }
        reading.confirm_ends().await;
        let accounts = reading.places.into_iter().map(|place| place.account).collect();
        self.facts(accounts, Seen::All(reading.survey))
    }
}

/// A survey that is being made.
struct Reading<'a> {
    function: &'a EmrDns,
    route53: &'a Route53,
    deadline: Deadline,
    /// Where clusters are looked for: in accounts in which we may act.
    places: BTreeSet<Place>,
    survey: Survey,
}

impl Reading<'_> {
    fn clients(&self) -> &Clients<Services> {
        &self.function.paced.clients
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
        let zones = match &self.function.settings.naming.zones {
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
        let (sessions, here) = (&self.function.sessions, self.function.sessions.region()?);
        let home = sessions.home()?.account.clone();
        let named = sessions.named_accounts().into_iter().chain([home]);
        let near = named.map(|account| Place { account, region: here.clone() });
        for place in near.chain(self.marked().into_values()).collect::<BTreeSet<_>>() {
            let read = self.in_time(MARGIN, &place, self.function.is_admitted(&place)).await;
            if self.keep(read) == Some(true) {
                self.places.insert(place);
            }
        }
        Ok(())
    }

    /// The clusters that records of ours are for, and where they are.
    fn marked(&self) -> BTreeMap<ClusterId, Place> {
        let sites = self.survey.zones.values().flat_map(|records| records.marked().map(|name| records.site(&name)));
        let marks = sites.filter_map(|site| Mark::of(&site, &self.function.settings.naming.owner));
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
            let tag = &this.function.settings.naming.tag;
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
