//! Whose a name is: what the TXT record beside it says.

use std::collections::BTreeSet;
use std::fmt;

use events::emr::ClusterId;
use place::AccountId;

use crate::cluster::Place;
use crate::name::normalised;
use crate::record::{RecordSet, Site};

/// What the TXT record says. It is its cluster that tells whose the name is, never the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Which Signalbox wrote it: `SIGNALBOX_OWNER`.
    pub owner: String,
    /// The cluster that has the name.
    pub cluster: ClusterId,
    /// Where the cluster is.
    pub place: Place,
}

/// Who has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// There is no record.
    Nobody,
    /// We have it for a cluster.
    Ours(Box<Held>),
    /// Somebody else has it: who, or how that can be seen.
    Other(String),
}

/// What we have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// For which cluster.
    pub mark: Mark,
    /// The TXT record.
    pub txt: RecordSet,
    /// The CNAME record, unless somebody took it away.
    pub cname: Option<RecordSet>,
}

impl Held {
    /// Where the name leads to.
    pub fn target(&self) -> Option<&str> {
        self.cname.as_ref().and_then(|set| set.values.first()).map(String::as_str)
    }
}

impl Mark {
    /// What stands beside a name, where it is of this owner, whatever the account.
    #[must_use]
    pub fn of(site: &Site, owner: &str) -> Option<Self> {
        let values = site.marks.iter().flat_map(|set| &set.values);
        values.filter_map(|value| Self::read(value)).find(|mark| mark.owner == owner)
    }

    /// Reads a TXT value; `None` where it is not one of Signalbox's.
    #[must_use]
    pub fn read(value: &str) -> Option<Self> {
        let text = value.strip_prefix('"')?.strip_suffix('"')?;
        let fields = text.strip_prefix("heritage=signalbox,")?.split(',').map(|field| field.split_once('='));
        let [owner, cluster, account, region] = fields.collect::<Option<Vec<_>>>()?.try_into().ok()?;
        let field = |(name, value), expected| (name == expected).then_some(value);
        Some(Self {
            owner: field(owner, "owner")?.into(),
            cluster: field(cluster, "cluster")?.parse().ok()?,
            place: Place {
                account: field(account, "account")?.parse().ok()?,
                region: field(region, "region")?.parse().ok()?,
            },
        })
    }
}

/// The TXT value, with its quotes.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, cluster, place: Place { account, region } } = self;
        write!(f, "\"heritage=signalbox,owner={owner},cluster={cluster},account={account},region={region}\"")
    }
}

impl Holder {
    /// Who has what stands there, where we are `owner` and name the clusters of these accounts.
    #[must_use]
    pub fn of(site: &Site, owner: &str, accounts: &BTreeSet<AccountId>) -> Self {
        let txt = match &site.marks[..] {
            [] if site.at.is_empty() => return Self::of_wildcard(&site.wildcard),
            [] => {
                let kinds = kinds(&site.at);
                return Self::Other(format!("there is {kinds}, and no TXT record beside it says whose it is"));
            }
            [txt] if txt.kind == "TXT" && txt.is_simple => txt,
            others => return Self::Other(format!("what is beside it is not ours: {}", kinds(others))),
        };
        let [Some(mark)] = &txt.values.iter().map(|it| Mark::read(it)).collect::<Vec<_>>()[..] else {
            let shown = place::shortened(&txt.values.join(" "), 120);
            return Self::Other(format!("the TXT record beside it is not one of ours: `{shown}`"));
        };
        let Mark { owner: theirs, cluster, place: Place { account, region } } = mark;
        if theirs != owner || !accounts.contains(account) {
            return Self::Other(format!(
                "the owner is `{theirs}`, for cluster {cluster} in account {account}, {region}"
            ));
        }
        let cname = match &site.at[..] {
            [] => None,
            [cname] if cname.kind == "CNAME" && cname.is_simple && cname.values.len() == 1 => Some(cname.clone()),
            others => {
                let kinds = kinds(others);
                return Self::Other(format!("our TXT record stands beside what we would not make: {kinds}"));
            }
        };
        Self::Ours(Box::new(Held { mark: mark.clone(), txt: txt.clone(), cname }))
    }
}

impl Holder {
    /// Who has a name at which nothing stands. A record there would hide the wildcard's answer.
    fn of_wildcard(wildcard: &[RecordSet]) -> Self {
        let Some(first) = wildcard.first() else { return Self::Nobody };
        let (name, kinds) = (normalised(&first.name), kinds(wildcard));
        Self::Other(format!(
            "the wildcard {name}, {kinds}, answers for it, and no TXT record beside it says whose it is"
        ))
    }
}

fn kinds(records: &[RecordSet]) -> String {
    let kinds: Vec<_> = records.iter().map(|it| it.kind.as_str()).collect();
    let several = if kinds.len() == 1 { "a record" } else { "records" };
    format!("{several} of type {}", kinds.join(" and "))
}
