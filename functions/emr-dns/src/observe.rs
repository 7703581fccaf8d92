//! How one cluster is, and what stands at its name.

use std::collections::BTreeSet;

use aws::open_only;
use events::emr::ClusterId;
use futures_util::future::OptionFuture;
use futures_util::{StreamExt, join, stream};
use naming::{Cluster, Holder, Mark, Name, Place, Vpc, name_of, wait, zone_of};
use naming_sweep::{Services, describe, live, vpcs_of};
use reaction::{Doing, Error};

use crate::EmrDns;
use crate::facts::{Facts, Kin, Look, Other};

/// Reads in flight at a time, each at the pace of its API.
const AT_ONCE: usize = 5;

/// How many other clusters of an account an event describes before it takes a name away.
const MOST_KIN: usize = 50;

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

    /// Looks at one cluster, no further than the decision can depend on.
    pub(crate) async fn look(&self, id: &ClusterId, place: &Place) -> Result<Facts, Error> {
        let services = self.clients.at(&place.account, &place.region).await?;
        let mut facts = self.sweep.facts(BTreeSet::from([place.account.clone()]), None)?;
        let Some(cluster) = describe(&services, place, id, &self.sweep.settings().naming.tag).await? else {
            return Ok(facts);
        };
        let mut look = Box::new(Look { cluster, vpc: None, site: None, other: Other::NotAsked, kin: Kin::NotAsked });
        self.look_around(&services, &mut look, &mut facts).await?;
        facts.seen = Some(look);
        Ok(facts)
    }

    async fn look_around(&self, services: &Services, look: &mut Look, facts: &mut Facts) -> Result<(), Error> {
        let cluster = look.cluster.clone();
        let name = cluster.tag.as_ref().and_then(|tag| name_of(facts.rules(), &cluster, tag).ok());
        let (Some(name), None) = (name, wait(&cluster)) else { return Ok(()) };
        let is_living = !cluster.state.has_ended();
        if is_living && facts.rules().permit(&name, &cluster.place.account).is_err() {
            return Ok(());
        }
        let zone_in = |vpc: &Vpc| zone_of(facts.rules(), &name, &cluster, Some(vpc)).ok().flatten().cloned();
        let known = cluster.subnet.as_ref().and_then(|it| self.subnets.of(&cluster.place, it));
        // What stands in the zone of last time counts where that still is the zone.
        let guess = known.as_ref().and_then(zone_in);
        let guessed = OptionFuture::from(guess.as_ref().map(|it| self.route53.site(it, &name, is_living)));
        let (vpc, guessed) = join!(self.vpc_of(services, &cluster, known.as_ref()), guessed);
        let vpc = vpc?;
        let zone = zone_in(&vpc);
        look.vpc = Some(vpc);
        let Some(zone) = zone else { return Ok(()) };
        let site = match guessed {
            Some(site) if guess.as_ref() == Some(&zone) => site?,
            _ => self.route53.site(&zone, &name, is_living).await?,
        };
        if let Some(Mark { place, .. }) = Mark::of(&site, &self.sweep.settings().naming.owner)
            && self.sweep.is_admitted(&place).await?
        {
            facts.accounts.insert(place.account);
        }
        if let Holder::Ours(held) = Holder::of(&site, &self.sweep.settings().naming.owner, &facts.accounts) {
            let is_its_own = held.mark.cluster == cluster.id;
            if !is_its_own && is_living {
                look.other = self.owner(&name, &held.mark).await?;
            } else if is_its_own && !is_living && facts.has_members {
                look.kin = self.kin(&name, &cluster).await?;
            }
        }
        look.site = Some(site);
        Ok(())
    }

    /// The cluster's VPC and its zones. The zones are always asked for, the VPC of a subnet once.
    async fn vpc_of(&self, services: &Services, cluster: &Cluster, known: Option<&Vpc>) -> Result<Vpc, Error> {
        let Cluster { place, subnet: Some(subnet), .. } = cluster else { return Ok(Vpc::Gone) };
        let zones_of = async |id: String| {
            let zones = self.route53.zones_of_vpc(services, &id, &place.region).await?;
            Ok::<_, Error>(Vpc::Known { id, zones })
        };
        let mut found = None;
        if let Some(Vpc::Known { id, .. }) = known {
            found = match zones_of(id.clone()).await {
                // A VPC that is gone has taken the subnet with it: EC2 says so.
                Err(Error::Refused(_)) => None,
                zones => Some(zones?),
            };
        }
        if found.is_none() {
            let id = vpcs_of(services, place, &BTreeSet::from([subnet.clone()])).await?.into_values().next();
            found = OptionFuture::from(id.map(zones_of)).await.transpose()?;
        }
        let Some(vpc) = found else { return Ok(Vpc::Gone) };
        self.subnets.keep(place, subnet, vpc.clone());
        Ok(vpc)
    }

    /// The cluster that has the name. Where it cannot be read, nothing is decided: it may live.
    async fn owner(&self, name: &Name, Mark { place, cluster, .. }: &Mark) -> Result<Other, Error> {
        let doing = || format!("{name} stays with {cluster}, which may live, while EMR does not say more of it");
        let services = self.clients.at(&place.account, &place.region).await.doing(doing)?;
        let found = describe(&services, place, cluster, &self.sweep.settings().naming.tag).await.doing(doing)?;
        Ok(found.map_or(Other::Gone, |cluster| Other::Known(Box::new(cluster))))
    }

    /// The other living clusters in the place of one that has ended, at the pace of a sweep. Where they cannot be read,
    /// nothing is decided: one of them may ask for the name.
    async fn kin(&self, name: &Name, Cluster { id, place, .. }: &Cluster) -> Result<Kin, Error> {
        let doing = || {
            format!("{name} of {id} is not deleted while EMR does not say which other clusters of {place} ask for it")
        };
        let services = self.sweep.services_at(place).await.doing(doing)?;
        let mut ids = live(&services, place).await.doing(doing)?;
        ids.retain(|other| other != id);
        if ids.len() > MOST_KIN {
            return Ok(Kin::TooMany(ids.len()));
        }
        let (services, tag) = (&services, &self.sweep.settings().naming.tag);
        let described = ids.into_iter().map(async |id| describe(services, place, &id, tag).await);
        let described: Vec<_> = stream::iter(described).buffered(AT_ONCE).collect().await;
        let known = described.into_iter().collect::<Result<Vec<_>, _>>().doing(doing)?;
        Ok(Kin::Known(known.into_iter().flatten().collect()))
    }
}
