//! Hosted zones, and which of them a name belongs into.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use place::{AccountId, Malformed};
use reaction::Error;

use crate::name::Name;

/// The id of a hosted zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ZoneId(String);

/// A private hosted zone that a VPC is associated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its id.
    pub id: ZoneId,
    /// Its domain, normalised.
    pub domain: String,
    /// The account or AWS service that owns it.
    pub owner: String,
}

/// The VPC of a cluster, and the private hosted zones that it is associated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vpc {
    /// The cluster has no subnet that EC2 knows.
    Gone,
    /// It is this one.
    Known {
        /// Its id.
        id: String,
        /// The zones.
        zones: Vec<Zone>,
    },
}

impl ZoneId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ZoneId {
    type Err = Malformed;

    /// Reads an id, or what `ListHostedZones` writes for one: `/hostedzone/Z..`. Route 53 documents no more of it than that
    /// it has 32 characters at most; what would mean something else in a path or in an ARN is none.
    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html>
    fn from_str(text: &str) -> Result<Self, Malformed> {
        const LONGEST: usize = 32;
        let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
        let is_id = id.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it));
        if is_id && !id.is_empty() && id.len() <= LONGEST {
            Ok(Self(id.into()))
        } else {
            Err(Malformed::new(text, "the id of a hosted zone, such as \"Z0123456789ABCDEFGHIJ\""))
        }
    }
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.domain, self.id)
    }
}

/// The zone that resolves the name in a VPC with these zones: the one with the longest domain.
///
/// # Errors
/// `Refused`, naming the candidates, where there is none, where there are several, or where we have no business in it.
pub fn choose<'a>(
    name: &Name,
    vpc: &str,
    zones: &'a [Zone],
    account: &AccountId,
    ours: Option<&BTreeSet<ZoneId>>,
) -> Result<&'a Zone, Error> {
    let zone = nearest(name, vpc, zones)?;
    if zone.domain == name.as_str() {
        return Err(Error::refused(format!(
            "{name} is the zone {zone} itself, where no CNAME can be; put a host in front"
        )));
    }
    if zone.owner != account.as_str() {
        let owner = &zone.owner;
        return Err(Error::refused(format!(
            "{name} belongs into the zone {zone} of {owner}, which is not ours to change"
        )));
    }
    if ours.is_some_and(|ours| !ours.contains(&zone.id)) {
        return Err(Error::refused(format!(
            "{name} belongs into the zone {zone}, which is none of those that SIGNALBOX_DNS_ZONES names; add it there (with \
             the template: to HostedZoneIds, which also allows it to the role)"
        )));
    }
    Ok(zone)
}

/// The zone with the longest domain that the name lies in.
fn nearest<'a>(name: &Name, vpc: &str, zones: &'a [Zone]) -> Result<&'a Zone, Error> {
    let within: Vec<_> = zones.iter().filter(|zone| name.is_within(&zone.domain)).collect();
    let longest = within.iter().map(|zone| zone.domain.len()).max();
    let chosen: Vec<_> = within.into_iter().filter(|zone| Some(zone.domain.len()) == longest).collect();
    match chosen[..] {
        [zone] => Ok(zone),
        [] => {
            let (all, none) = (list(zones.iter()), zones.is_empty());
            let which = if none { "the VPC has none".into() } else { format!("the VPC's zones are {all}") };
            Err(Error::refused(format!(
                "no private hosted zone that {vpc} is associated with is a domain of {name}; {which}; associate the zone \
                 with the VPC, or correct the cluster's tag"
            )))
        }
        _ => {
            let all = list(chosen.into_iter());
            Err(Error::refused(format!(
                "{name} would go into several private hosted zones of {vpc} that are alike: {all}; take the VPC out of \
                 all but one"
            )))
        }
    }
}

fn list<'a>(zones: impl Iterator<Item = &'a Zone>) -> String {
    let mut all: Vec<_> = zones.map(ToString::to_string).collect();
    all.sort();
    all.join(", ")
}
