//! What becomes of one name, given who has it and who asks for it: the same for an event and for a sweep.

use std::collections::BTreeSet;
use std::net::IpAddr;

use events::emr::{ClusterId, ClusterState};
use place::AccountId;
use reaction::Error;

use crate::change::{Change, Deed};
use crate::cluster::Cluster;
use crate::fate::Fate;
use crate::mark::{Held, Holder, Mark};
use crate::name::{Name, normalised};
use crate::record::{RecordSet, Site};
use crate::rivals::{Standing, TurnedAway, newest, rank};
use crate::settings::{Policy, Settings};
use crate::zone::ZoneId;

/// What is decided by, beside what stands in the zone.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The settings that decide.
    pub settings: &'a Settings,
    /// Our own account, whose zones these are.
    pub account: &'a AccountId,
    /// The accounts whose clusters have names by us.
    pub accounts: &'a BTreeSet<AccountId>,
    /// Whether the settings admit clusters of other accounts: a name that is free may go to one of those.
    pub has_members: bool,
}

impl Rules<'_> {
    /// Whether an account may have a name, by the settings.
    ///
    /// # Errors
    /// `Refused`, naming the accounts that may.
    pub fn permit(&self, name: &Name, account: &AccountId) -> Result<(), Error> {
        self.settings.suffixes.permit(name, account, self.account)
    }
}

/// What becomes of a name, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The name.
    pub name: Name,
    /// The zone of its records.
    pub zone: ZoneId,
    /// Who has it now.
    pub holder: Holder,
    /// The cluster that shall have it.
    pub winner: Option<ClusterId>,
    /// The living clusters that ask for it.
    pub asking: Vec<(ClusterId, ClusterState)>,
    /// Those among them that cannot have it, since another account has it.
    pub turned_away: Vec<TurnedAway>,
    /// What is done about it.
    pub verdict: Verdict,
    /// What else the report says of it.
    pub notes: Vec<String>,
}

/// What is done about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is to be done, for this reason if it needs one.
    Keep(Option<String>),
    /// It should be changed, and is not: `would be deleted, but ..`.
    Spare(String),
    /// Its records change.
    Change(Box<Change>),
    /// What is asked for may not be done.
    Refuse(String),
}

/// Decides about one name. `claims` are the living clusters that ask for it.
///
/// ```
/// use events::emr::ClusterState;
/// use naming::{Cluster, Fate, Place, Records, Rules, Settings, Verdict, decide};
///
/// let account = "111122223333".parse()?;
/// let cluster = Cluster {
///     id: "j-1YONHTCP3YZKC".parse()?,
///     place: Place { account: "111122223333".parse()?, region: "eu-west-1".parse()? },
///     state: ClusterState::Running,
///     created: None,
///     tag: Some("etl.example.com".into()),
///     primary: Some("ip-10-0-0-7.eu-west-1.compute.internal".into()),
///     subnet: None,
/// };
/// let (settings, accounts) = (Settings::read(&|_| None)?, [account].into());
/// let rules = Rules { settings: &settings, account: &cluster.place.account, accounts: &accounts, has_members: false };
/// let (zone, name) = ("Z0123456789ABCDEFGHIJ".parse()?, "etl.example.com".parse()?);
/// let nothing = Records::default().site(&name);
/// let decision = decide(rules, &zone, &name, &nothing, &[&cluster], |_| Fate::Lives);
/// let Verdict::Change(change) = decision.verdict else { return Err("no change".into()) };
/// assert_eq!(
///     change.to_string(),
///     "create etl.example.com -> ip-10-0-0-7.eu-west-1.compute.internal for j-1YONHTCP3YZKC"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(
    rules: Rules,
    zone: &ZoneId,
    name: &Name,
    site: &Site,
    claims: &[&Cluster],
    fate: impl FnOnce(&Mark) -> Fate,
) -> Decision {
    let holder = Holder::of(site, &rules.settings.owner, rules.accounts);
    let owner = if let Holder::Ours(held) = &holder { Some((&held.mark, fate(&held.mark))) } else { None };
    let Standing { winner, turned_away } = match &holder {
        Holder::Other(_) => Standing { winner: newest_that_serves(claims), turned_away: Vec::new() },
        _ => rank(name, owner, claims),
    };
    let waiting = if let Holder::Ours(held) = &holder { waits(rules, held, claims) } else { None };
    let verdict = match (&holder, winner) {
        (Holder::Other(who), Some(_)) => Verdict::Refuse(format!(
            "{name} in {zone} is somebody else's: {who}; take the record away or choose another name"
        )),
        (Holder::Other(who), None) => {
            Verdict::Keep(Some(format!("{name} is somebody else's and is left alone: {who}")))
        }
        (_, Some(cluster)) => given_to(rules, name, &holder, cluster),
        (Holder::Nobody, None) => Verdict::Keep(None),
        (Holder::Ours(held), None) => match owner {
            Some((_, Fate::Ended | Fate::Elsewhere)) => match waiting {
                Some(kin) => {
                    Verdict::Keep(Some(format!("{name} is kept for {} ({}), which asks for it", kin.id, kin.state)))
                }
                None => taken_from(rules, name, held),
            },
            _ => Verdict::Keep(Some(format!("{name} is {}'s and is left alone", held.mark.cluster))),
        },
    };
    let notes = winner.and_then(|winner| rivalry(name, winner, claims)).into_iter().collect();
    let winner = winner.map(|it| it.id.clone());
    let asking = claims.iter().map(|it| (it.id.clone(), it.state)).collect();
    Decision { name: name.clone(), zone: zone.clone(), holder, winner, asking, turned_away, verdict, notes }
}

/// The cluster that the owner's account has the name kept for, lest another account take it, although it has no node yet.
fn waits<'a>(rules: Rules, held: &Held, claims: &[&'a Cluster]) -> Option<&'a Cluster> {
    claims.iter().copied().find(|it| rules.has_members && it.place.account == held.mark.place.account)
}

fn newest_that_serves<'a>(claims: &[&'a Cluster]) -> Option<&'a Cluster> {
    newest(&claims.iter().copied().filter(|it| it.target().is_some()).collect::<Vec<_>>())
}

/// That several of one account ask for one name, and who has it.
fn rivalry(name: &Name, winner: &Cluster, claims: &[&Cluster]) -> Option<String> {
    let kin = claims.iter().filter(|it| it.place.account == winner.place.account);
    let others = kin.filter(|it| it.id != winner.id).map(|it| format!("{} ({})", it.id, it.state));
    let mut others: Vec<_> = others.collect();
    others.sort();
    let others = others.join(", ");
    (!others.is_empty()).then(|| {
        format!("{name} is {}'s, the newest that is RUNNING or WAITING; so tagged are also {others}", winner.id)
    })
}

/// What makes the name lead to the cluster.
fn given_to(rules: Rules, name: &Name, holder: &Holder, cluster: &Cluster) -> Verdict {
    let target = cluster.target().unwrap_or_default();
    if let Some(problem) = problem_of_target(name, target) {
        return Verdict::Refuse(format!("{name}: the primary node of {} is `{target}`, {problem}", cluster.id));
    }
    let Settings { ttl, owner, .. } = rules.settings;
    let set = |name: String, kind: &str, value: String| RecordSet {
        name,
        kind: kind.into(),
        ttl: *ttl,
        values: vec![value],
        is_simple: true,
    };
    let mark = Mark { owner: owner.clone(), cluster: cluster.id.clone(), place: cluster.place.clone() };
    let wanted = [set(name.to_string(), "CNAME", target.into()), set(name.mark(), "TXT", mark.to_string())];
    let present = match holder {
        Holder::Ours(held) => [held.cname.as_ref(), Some(&held.txt)],
        _ => [None, None],
    };
    let (mut delete, mut create) = (Vec::new(), Vec::new());
    for (wanted, present) in wanted.into_iter().zip(present) {
        if !present.is_some_and(|present| is_as(present, &wanted)) {
            delete.extend(present.cloned());
            create.push(wanted);
        }
    }
    if create.is_empty() {
        return Verdict::Keep(None);
    }
    let was = before(holder);
    let deed = if was.is_some() { Deed::Update } else { Deed::Create };
    let (cluster, target) = (cluster.id.clone(), Some(target.to_owned()));
    Verdict::Change(Box::new(Change { name: name.clone(), deed, cluster, target, was, delete, create }))
}

/// Where the name led to, and for which cluster.
fn before(holder: &Holder) -> Option<(String, ClusterId)> {
    let Holder::Ours(held) = holder else { return None };
    Some((held.target().unwrap_or("nowhere").to_owned(), held.mark.cluster.clone()))
}

/// What takes the name from a cluster that has ended or asks for it no more.
fn taken_from(rules: Rules, name: &Name, held: &Held) -> Verdict {
    let Held { mark, txt, cname } = held;
    if rules.settings.policy == Policy::UpsertOnly {
        return Verdict::Spare("would be deleted, but SIGNALBOX_DNS_POLICY is upsert-only".into());
    }
    Verdict::Change(Box::new(Change {
        name: name.clone(),
        deed: Deed::Delete,
        cluster: mark.cluster.clone(),
        target: held.target().map(String::from),
        was: None,
        delete: cname.iter().chain([txt]).cloned().collect(),
        create: Vec::new(),
    }))
}

/// Whether what is there means what is wanted.
fn is_as(present: &RecordSet, wanted: &RecordSet) -> bool {
    let values = |set: &RecordSet| -> Vec<String> {
        let is_name = set.kind == "CNAME";
        set.values.iter().map(|value| if is_name { normalised(value) } else { value.clone() }).collect()
    };
    present.ttl == wanted.ttl && values(present) == values(wanted)
}

fn problem_of_target(name: &Name, target: &str) -> Option<String> {
    if target.parse::<IpAddr>().is_ok() {
        return Some("an address, and a CNAME leads to a name; enable DNS hostnames in the VPC".into());
    }
    match target.parse::<Name>() {
        Ok(target) if target == *name => Some("the friendly name itself".into()),
        Ok(_) => None,
        Err(_) => Some("which is no name of a host".into()),
    }
}
