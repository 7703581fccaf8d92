//! Hosted zones and their records, as Route 53 lists and changes them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws::{Answer, Pace, SdkConfig, open_only, rejected_changes};
use aws_sdk_route53::operation::list_hosted_zones::ListHostedZonesOutput;
use aws_sdk_route53::types::{
    Change as Route53Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType, VpcRegion,
};
use naming::{Change, Name, RecordSet, Records, Site, Zone, ZoneId, normalised};
use place::Region;
use reaction::{Doing, Error};

use crate::read::Services;

/// How many record sets are listed to see what stands at one name: its own, that of its mark, and few others in between.
const AT_ONE_NAME: i32 = 20;

/// How many record sets a zone may have to be listed whole where a name may be made: some 26 KB of ours.
const SMALL_ZONE: i32 = 100;

/// Route 53, and how fast it is called.
#[derive(Debug)]
pub struct Route53 {
    client: aws_sdk_route53::Client,
    pace: Pace,
    /// The zones that were found to be larger than a small one; what stands at a name of theirs is listed from that name on.
    large: Mutex<BTreeSet<ZoneId>>,
}

/// Why none of a batch's changes was made.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// Route 53 does not take them as they are, and says why.
    Changes(String),
    /// The call failed.
    Call(Error),
}

impl Route53 {
    /// Route 53 at this pace; makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, pace: Pace) -> Self {
        Self { client: aws_sdk_route53::Client::new(config), pace, large: Mutex::default() }
    }

    /// Opens the connection that the others will use.
    pub async fn open_connection(&self) {
        drop(self.client.list_hosted_zones().customize().mutate_request(open_only).send().await);
    }

    /// The private hosted zones that a VPC is associated with, of whichever owner.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZonesByVPC.html>
    ///
    /// # Errors
    /// As of the call.
    pub async fn zones_of_vpc(&self, services: &Services, vpc: &str, region: &Region) -> Result<Vec<Zone>, Error> {
        let doing = || format!("the hosted zones of {vpc}");
        let request =
            services.route53.list_hosted_zones_by_vpc().vpc_id(vpc).vpc_region(VpcRegion::from(region.as_str()));
        let (mut zones, mut next) = (Vec::new(), None);
        loop {
            self.pace.wait("ListHostedZonesByVPC").await;
            let page = request.clone().set_next_token(next).send().await.or_error().doing(doing)?;
            for zone in page.hosted_zone_summaries {
                let owner = zone.owner.and_then(|owner| owner.owning_account.or(owner.owning_service));
                zones.push(Zone {
                    id: zone.hosted_zone_id.parse().map_err(Error::failed).doing(doing)?,
                    domain: normalised(&zone.name),
                    owner: owner.unwrap_or_default(),
                });
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(zones);
            }
        }
    }

    /// The ids of all private hosted zones of the account.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZones.html>
    pub(crate) async fn private_zones(&self) -> Result<Vec<ZoneId>, Error> {
        let doing = || "the hosted zones";
        let pages = self.client.list_hosted_zones().into_paginator().send();
        let pages =
            self.pace.all_pages("ListHostedZones", pages, ListHostedZonesOutput::next_marker).await.doing(doing)?;
        let zones = pages.into_iter().flat_map(|page| page.hosted_zones);
        let private = zones.filter(|zone| zone.config().is_some_and(|config| config.private_zone));
        private.map(|zone| zone.id.parse().map_err(Error::failed).doing(doing)).collect()
    }

    /// What stands at a name, and at that of its mark: in one listing, since the names below a name follow it. And where
    /// nothing does, the wildcard that answers for it, `with_wildcard`: a small zone is listed whole for both.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>
    ///
    /// # Errors
    /// As of the call.
    pub async fn site(&self, zone: &Zone, name: &Name, with_wildcard: bool) -> Result<Site, Error> {
        let doing = || format!("{name} in {}", zone.id);
        if with_wildcard && let Some(records) = self.small(zone).await.doing(doing)? {
            return Ok(records.site(name));
        }
        let is_beyond =
            |set: &RecordSet| normalised(&set.name).parse::<Name>().is_ok_and(|it| !it.is_within(name.as_str()));
        let (sets, _) = self.list(&zone.id, Some((name.as_str(), AT_ONE_NAME)), is_beyond).await.doing(doing)?;
        let mut records = Records::from_iter(sets);
        if with_wildcard && !records.exists(name.as_str()) {
            records.extend(self.wildcard(zone, name).await.doing(doing)?);
        }
        Ok(records.site(name))
    }

    /// Every record of a zone, where it is small; a large one is known from then on, and not asked for again.
    async fn small(&self, zone: &Zone) -> Result<Option<Records>, Error> {
        let large = || self.large.lock().unwrap_or_else(PoisonError::into_inner);
        if large().contains(&zone.id) {
            return Ok(None);
        }
        let (sets, is_whole) = self.list(&zone.id, Some((&zone.domain, SMALL_ZONE)), |_| true).await?;
        if is_whole {
            return Ok(Some(sets.into_iter().collect()));
        }
        large().insert(zone.id.clone());
        Ok(None)
    }

    /// What shows which wildcard answers for a name that does not exist: the nearest wildcard above it, and the first of what
    /// stands between the two, where that keeps the wildcard from answering. For `host.domain` that is one call.
    async fn wildcard(&self, zone: &Zone, name: &Name) -> Result<Vec<RecordSet>, Error> {
        let mut below = name.as_str();
        for parent in name.parents(&zone.domain) {
            let wildcard = format!("*.{parent}");
            let is_it = |set: &RecordSet| normalised(&set.name) == wildcard;
            let (mut sets, _) = self.list(&zone.id, Some((&wildcard, AT_ONE_NAME)), |set| !is_it(set)).await?;
            sets.retain(is_it);
            if !sets.is_empty() {
                if below != name.as_str() {
                    sets.extend(self.list(&zone.id, Some((below, 1)), |_| true).await?.0);
                }
                return Ok(sets);
            }
            below = parent;
        }
        Ok(Vec::new())
    }

    /// Every record of a zone.
    pub(crate) async fn records(&self, zone: &ZoneId) -> Result<Records, Error> {
        let (records, _) = self.list(zone, None, |_| false).await.doing(|| format!("the zone {zone}"))?;
        Ok(records.into_iter().collect())
    }

    /// Record sets in their order, from a name on, so many in one call, until one is beyond what is looked for; and whether the zone has no
    /// further one.
    async fn list(
        &self,
        zone: &ZoneId,
        from: Option<(&str, i32)>,
        is_beyond: impl Fn(&RecordSet) -> bool,
    ) -> Result<(Vec<RecordSet>, bool), Error> {
        let request = self.client.list_resource_record_sets().hosted_zone_id(zone.as_str());
        let request = request.set_max_items(from.map(|(_, at_once)| at_once));
        let mut page = request.clone().set_start_record_name(from.map(|(name, _)| name.to_owned()));
        let mut records = Vec::new();
        loop {
            self.pace.wait("ListResourceRecordSets").await;
            let answer = page.send().await.or_absent()?;
            let Some(answer) = answer else {
                return Err(Error::refused("there is no such hosted zone; correct SIGNALBOX_DNS_ZONES"));
            };
            let sets: Vec<_> = answer.resource_record_sets.into_iter().map(observed).collect();
            let is_enough = !answer.is_truncated || sets.iter().any(&is_beyond);
            records.extend(sets);
            if is_enough {
                return Ok((records, !answer.is_truncated));
            }
            page = request.clone().set_start_record_name(answer.next_record_name);
            page = page.set_start_record_type(answer.next_record_type);
            page = page.set_start_record_identifier(answer.next_record_identifier);
        }
    }

    /// Makes all of these changes, or none.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
    pub(crate) async fn change(&self, zone: &ZoneId, changes: &[Change]) -> Result<(), Rejected> {
        let asked = changes.iter().flat_map(|change| {
            let deleted = change.delete.iter().map(|set| asked(ChangeAction::Delete, set));
            deleted.chain(change.create.iter().map(|set| asked(ChangeAction::Create, set)))
        });
        let batch =
            ChangeBatch::builder().comment("Signalbox emr-dns").set_changes(Some(asked.collect::<Result<_, _>>()?));
        let batch = batch.build().map_err(|error| Rejected::Call(Error::refused(error)))?;
        self.pace.wait("ChangeResourceRecordSets").await;
        let request = self.client.change_resource_record_sets().hosted_zone_id(zone.as_str()).change_batch(batch);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(match rejected_changes(&error) {
                Some(why) => Rejected::Changes(why),
                None => Rejected::Call(Err::<(), _>(error).or_error().err().unwrap_or_else(|| Error::failed(zone))),
            }),
        }
    }
}

fn observed(set: ResourceRecordSet) -> RecordSet {
    let is_plain = set.ttl.is_some()
        && set.alias_target.is_none()
        && set.set_identifier.is_none()
        && set.health_check_id.is_none()
        && set.traffic_policy_instance_id.is_none();
    RecordSet {
        name: set.name,
        kind: set.r#type.as_str().into(),
        ttl: set.ttl.unwrap_or_default(),
        values: set.resource_records.unwrap_or_default().into_iter().map(|record| record.value).collect(),
        is_simple: is_plain,
    }
}

fn asked(action: ChangeAction, set: &RecordSet) -> Result<Route53Change, Rejected> {
    let malformed = |error| Rejected::Call(Error::refused(error));
    let records = set.values.iter().map(|value| ResourceRecord::builder().value(value).build().map_err(malformed));
    let set = ResourceRecordSet::builder()
        .name(&set.name)
        .r#type(RrType::from(set.kind.as_str()))
        .ttl(set.ttl)
        .set_resource_records(Some(records.collect::<Result<_, _>>()?));
    let set = set.build().map_err(malformed)?;
    Route53Change::builder().action(action).resource_record_set(set).build().map_err(malformed)
}
