//! How clusters are, and what stands in the zones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws::open_only;
use events::emr::ClusterId;
use futures_util::{StreamExt, join, stream};
use reaction::{AccountId, Deadline, Error, Region};

use crate::EmrDns;
use crate::cluster::Cluster;
use crate::decide::Rules;
use crate::facts::{Look, Survey, Vpc};
use crate::mark::Holder;
use crate::name::Name;
use crate::plan::{name_of, wait, zone_of};
use crate::read::{Route53, Services, describe, live, vpcs_of};

/// Reads in flight at a time. EMR documents no rate for `DescribeCluster`.
const AT_ONCE: usize = 5;

/// Below this much time nothing more is read: what was read has to be acted on.
const MARGIN: Duration = Duration::from_secs(30);

impl EmrDns {
    /// Opens the connections of the first event; best effort.
    pub async fn open_connections(&self) {
        let Services { emr, ec2 } = self.clients.here();
        let clusters = emr.describe_cluster().customize().mutate_request(open_only);
        let subnets = ec2.describe_subnets().customize().mutate_request(open_only);
        join!(
            async { drop(clusters.send().await) },
            async { drop(subnets.send().await) },
            self.route53.open_connection()
        );
    }

    /// Looks at one cluster, no further than the decision can depend on.
    pub(crate) async fn look(
        &self,
        id: &ClusterId,
        account: &AccountId,
        region: &Region,
    ) -> Result<Option<Box<Look>>, Error> {
        let services = self.clients.at(account, region).await?;
        let Some(cluster) = describe(&services, region, id, &self.settings.tag).await? else { return Ok(None) };
        let rules = Rules { settings: &self.settings, account };
        let mut look = Box::new(Look { cluster, vpc: None, site: None, other: None });
        let cluster = look.cluster.clone();
        let name = cluster.tag.as_ref().and_then(|tag| name_of(rules, &cluster, tag).ok());
        let (Some(name), None) = (name, wait(&cluster)) else { return Ok(Some(look)) };
        let subnets = cluster.subnet.iter().cloned().collect();
        look.vpc = Some(match vpcs_of(&services, region, &subnets).await?.into_values().next() {
            Some(id) => Vpc::Known { zones: self.route53.zones_of_vpc(&id, region).await?, id },
            None => Vpc::Gone,
        });
        let zone = zone_of(rules, &name, &cluster, look.vpc.as_ref()).ok().flatten().map(|zone| zone.id.clone());
        let Some(zone) = zone else { return Ok(Some(look)) };
        let site = self.route53.site(&zone, &name).await?;
        if let Holder::Ours(held) = Holder::of(&site, &self.settings.owner, account)
            && held.mark.cluster != cluster.id
            && !cluster.state.has_ended()
        {
            let mark = &held.mark;
            let services = self.clients.at(&mark.account, &mark.region).await?;
            look.other = describe(&services, &mark.region, &mark.cluster, &self.settings.tag).await?;
        }
        look.site = Some(site);
        Ok(Some(look))
    }

    /// Looks at all living clusters and all records of the zones. What cannot be read, the survey names.
    pub(crate) async fn survey(&self, force: &BTreeSet<Name>, deadline: Deadline) -> Result<Survey, Error> {
        let home = self.sessions.home()?.account.clone();
        let here = self.sessions.region()?;
        let mut reading = Reading { function: self, route53: &self.paced, home, deadline, survey: Survey::default() };
        reading.survey.force.clone_from(force);
        reading.walk_zones().await;
        let mut regions = reading.marked().into_values().collect::<BTreeSet<_>>();
        regions.insert(here);
        for region in &regions {
            reading.read_clusters(region).await;
        }
        reading.confirm_ends().await;
        Ok(reading.survey)
    }
}

/// A survey that is being made.
struct Reading<'a> {
    function: &'a EmrDns,
    route53: &'a Route53,
    home: AccountId,
    deadline: Deadline,
    survey: Survey,
}

impl Reading<'_> {
    /// Keeps what was read; what was not is named in the survey.
    fn keep<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        read.map_err(|error| self.survey.unread.push(error.to_string())).ok()
    }

    fn in_time(&self, what: impl std::fmt::Display) -> Result<(), Error> {
        if self.deadline.left() < MARGIN {
            return Err(Error::failed(format!("{what}: the invocation was about to end")));
        }
        Ok(())
    }

    async fn walk_zones(&mut self) {
        let zones = match &self.function.settings.zones {
            Some(zones) => zones.iter().cloned().collect(),
            None => {
                let zones = self.route53.private_zones().await;
                self.keep(zones).unwrap_or_default()
            }
        };
        for zone in zones {
            let read = match self.in_time(&zone) {
                Ok(()) => self.route53.records(&zone).await,
                Err(error) => Err(error),
            };
            if let Some(records) = self.keep(read) {
                self.survey.zones.insert(zone, records);
            }
        }
    }

    /// The clusters that records of ours are for, and their regions.
    fn marked(&self) -> BTreeMap<ClusterId, Region> {
        let sites = self.survey.zones.values().flat_map(|records| records.marked().map(|name| records.site(&name)));
        let holders = sites.map(|site| Holder::of(&site, &self.function.settings.owner, &self.home));
        let marks = holders.filter_map(|holder| match holder {
            Holder::Ours(held) => Some((held.mark.cluster, held.mark.region)),
            _ => None,
        });
        marks.collect()
    }

    /// Reads all living clusters of a region, with their VPCs and zones.
    async fn read_clusters(&mut self, region: &Region) {
        let read = self.list_clusters(region).await;
        let Some(ids) = self.keep(read) else { return };
        let clusters = self.describe_all(ids.into_iter().map(|id| (id, region.clone())).collect()).await;
        let clusters: Vec<_> =
            clusters.into_iter().filter_map(|(_, it)| it).filter(|it| !it.state.has_ended()).collect();
        let named = clusters.iter().filter(|it| it.tag.is_some());
        let subnets: BTreeSet<_> = named.filter_map(|it| it.subnet.clone()).collect();
        let vpcs = self.read_vpcs(region, &subnets).await;
        let with_vpc = |cluster: Cluster| {
            let vpc = match &cluster.subnet {
                Some(subnet) => vpcs.get(subnet).cloned(),
                None => Some(Vpc::Gone),
            };
            (cluster, vpc)
        };
        self.survey.clusters.extend(clusters.into_iter().map(with_vpc));
    }

    async fn list_clusters(&self, region: &Region) -> Result<Vec<ClusterId>, Error> {
        live(&self.function.clients.at(&self.home, region).await?, region).await
    }

    /// What EMR says of each of these; those that could not be read are left out, and named in the survey.
    async fn describe_all(&mut self, ids: Vec<(ClusterId, Region)>) -> Vec<(ClusterId, Option<Cluster>)> {
        let this = &*self;
        let described = ids.into_iter().map(async |(id, region)| {
            this.in_time(&id)?;
            let services = this.function.clients.at(&this.home, &region).await?;
            let cluster = describe(&services, &region, &id, &this.function.settings.tag).await?;
            Ok((id, cluster))
        });
        let described: Vec<Result<_, Error>> = stream::iter(described).buffered(AT_ONCE).collect().await;
        described.into_iter().filter_map(|read| self.keep(read)).collect()
    }

    /// The VPC of each of these subnets, with its zones.
    async fn read_vpcs(&mut self, region: &Region, subnets: &BTreeSet<String>) -> BTreeMap<String, Vpc> {
        if subnets.is_empty() {
            return BTreeMap::new();
        }
        let read = match self.function.clients.at(&self.home, region).await {
            Ok(services) => vpcs_of(&services, region, subnets).await,
            Err(error) => Err(error),
        };
        let Some(found) = self.keep(read) else { return BTreeMap::new() };
        let mut vpcs = BTreeMap::new();
        for id in found.values().cloned().collect::<BTreeSet<_>>() {
            let zones = self.route53.zones_of_vpc(&id, region).await;
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
        missing.retain(|id, _| self.survey.clusters.iter().all(|(cluster, _)| cluster.id != *id));
        let found = self.describe_all(missing.into_iter().collect()).await;
        let ended = found.into_iter().filter(|(_, it)| it.as_ref().is_none_or(|it| it.state.has_ended()));
        self.survey.ended.extend(ended.map(|(id, _)| id));
    }
}
