//! Random facts: a manifest, resources that it may mean, and what our records say of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use reaction::interlock;
use reconcile_shares::{Facts, Found, Limits};
use sharing::{
    Candidate, Desired, Encryption, Entries, Grant, Head, Kind, Manifest, Membership, Pending, Principal, Resource,
    Tags,
};

use super::Shares;

pub const OURS: &str = "111122223333";
const UNIT: &str = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56";
const ACCOUNTS: [&str; 4] = ["123456789012", "444455556666", "555566667777", "987654321098"];

/// Some of the accounts, one a bit.
pub type Mask = u8;

pub fn accounts(mask: Mask) -> BTreeSet<Principal> {
    let chosen = ACCOUNTS.iter().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
    chosen.map(|(_, account)| Principal::written(account)).collect()
}

pub fn mask() -> impl Strategy<Value = Mask> {
    0_u8..16
}

/// An entry: its accounts, those whose time is over, whether it names a unit, and what it asks for beside the name.
#[derive(Clone, Debug)]
pub struct Entry {
    accounts: Mask,
    expired: Mask,
    has_unit: bool,
    has_many: bool,
    owner: Option<&'static str>,
    asks_for_tag: bool,
}

fn entry() -> impl Strategy<Value = Entry> {
    let owner = prop_oneof![3 => Just(None), 2 => Just(Some(OURS)), 1 => Just(Some(ACCOUNTS[1]))];
    let rare = || prop::bool::weighted(0.15);
    (mask(), mask(), prop::bool::weighted(0.3), rare(), owner, prop::bool::weighted(0.3)).prop_map(
        |(accounts, expired, has_unit, has_many, owner, asks_for_tag)| Entry {
            accounts,
            expired,
            has_unit,
            has_many,
            owner,
            asks_for_tag,
        },
    )
}

impl Entry {
    fn text(&self) -> String {
        let named = accounts(self.accounts).into_iter().map(|who| format!("\"{who}\""));
        let over = accounts(self.expired & !self.accounts).into_iter();
        let over = over.map(|who| format!(r#"{{"account": "{who}", "expires": "2020-01-01T00:00:00Z"}}"#));
        let unit = self.has_unit.then(|| format!("\"{UNIT}\""));
        let many = (0..21).filter(|_| self.has_many).map(|number| format!("\"2000000000{number:02}\""));
        let parties: Vec<_> = named.chain(over).chain(unit).chain(many).collect();
        let owner = self.owner.map(|owner| format!(r#", "owner": ["{owner}"]"#)).unwrap_or_default();
        let tag = if self.asks_for_tag { r#", "tag": {"key": "share", "value": "yes"}"# } else { "" };
        format!(r#"{{"accounts": [{}]{owner}{tag}}}"#, parties.join(", "))
    }
}

/// What the manifest says of one section: entries by a shorter and by a longer part of the name.
pub type Section = (Option<Entry>, Option<Entry>);

pub fn section() -> impl Strategy<Value = Section> {
    (prop::option::weighted(0.7, entry()), prop::option::weighted(0.3, entry()))
}

/// A section of the manifest, which an entry for something else keeps from being empty.
fn written(section: &str, names: [&str; 2], (short, long): &Section) -> String {
    let entries = names.into_iter().zip([short, long]).filter_map(|(name, entry)| Some((name, entry.as_ref()?)));
    let entries = entries.map(|(name, entry)| format!(r#", "{name}": {{"eu-west-1": {}}}"#, entry.text()));
    let entries = entries.collect::<Vec<_>>().concat();
    format!(r#""{section}": {{"zz-else": {{"eu-west-1": []}}{entries}}}"#)
}

/// The desired state: entries for images, EBS snapshots and database snapshots, and whether the unit is still there.
pub fn desired() -> impl Strategy<Value = Desired> {
    (section(), section(), section(), prop::bool::weighted(0.8)).prop_map(|(ami, ebs, rds, has_unit)| {
        let sections = [
            written("ami", ["base_", "base_linux"], &ami),
            written("ebs", ["data-", "data-1"], &ebs),
            written("rds", ["base-db", "db-v1"], &rds),
        ];
        let manifest = Manifest::parse(&format!("{{{}}}", sections.join(", ")));
        let id = "ou-ab12-cd34ef56";
        let members = [ACCOUNTS[1], ACCOUNTS[2]].map(|account| account.parse().unwrap()).into();
        let membership = Membership::default();
        let membership =
            if has_unit { membership.with(id, members) } else { membership.without(id, "there is no such unit") };
        Desired { manifest: Ok(manifest.unwrap()), allowed: None, membership }
    })
}

pub fn encryption() -> impl Strategy<Value = Encryption> {
    prop_oneof![
        4 => Just(Encryption::None),
        1 => Just(Encryption::AwsManaged),
        1 => Just(Encryption::Customer("arn:aws:kms:eu-west-1:111122223333:key/k".into())),
        1 => Just(Encryption::Unusable("its key is gone".into())),
    ]
}

/// How a record stands: without a change, with one that an interrupted run left open, and with one of another run.
pub fn head() -> impl Strategy<Value = Head> {
    let open = |seconds: i64| {
        let until =
            now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().saturating_add_signed(seconds) * 1000;
        Head { seq: 1, hash: "5e2f".into(), pending: Some(Pending { add: accounts(1), remove: accounts(2), until }) }
    };
    prop_oneof![6 => Just(Head::default()), 1 => Just(open(-5)), 1 => Just(open(5))]
}

pub fn tags(is_tagged: bool) -> Tags {
    let tag = ("share".to_owned(), "yes".to_owned());
    is_tagged.then_some(tag).into_iter().collect()
}

pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
}

pub fn resource(kind: Kind, id: &str) -> Resource {
    Resource::new(kind, &OURS.parse().unwrap(), &"eu-west-1".parse().unwrap(), id)
}

/// What the entries say of a resource.
pub fn entries(desired: &Desired, resource: &Resource, name: &str, tags: &Tags) -> Entries {
    desired.admitted().unwrap().entries([Candidate::new(resource, name, tags)], now()).unwrap()
}

/// The facts of a sweep over these, without limits.
pub fn swept(desired: &Desired, found: Vec<Found>, grants: BTreeSet<Grant>, heads: BTreeMap<Resource, Head>) -> Facts {
    Facts {
        now: now(),
        home: OURS.parse().unwrap(),
        exact: OURS.parse().unwrap(),
        is_of_one_account: false,
        owners: [OURS.parse().unwrap()].into(),
        left_alone: BTreeMap::new(),
        limits: Limits {
            removed: interlock::Limits { removals: 1_000, percent: 100 },
            period: Duration::from_hours(24),
        },
        desired: desired.clone(),
        is_whole: true,
        is_quick: false,
        not_ours: None,
        moved: None,
        found,
        unread: Vec::new(),
        refused: Vec::new(),
        grants,
        heads,
        forced: None,
    }
}

/// The records of who has what by us.
pub fn grants(shares: &Shares, recorded: &BTreeMap<Resource, Mask>) -> BTreeSet<Grant> {
    let of = |(resource, mask): (&Resource, &Mask)| {
        let held = shares.get(resource).map(|held| held & &accounts(*mask)).unwrap_or_default();
        held.into_iter().map(|principal| Grant { resource: resource.clone(), principal }).collect::<Vec<_>>()
    };
    recorded.iter().flat_map(of).collect()
}

/// The records after an event: what it gave is ours, and what it took is not any more.
pub fn recorded_after(grants: &BTreeSet<Grant>, before: &Shares, after: &Shares) -> BTreeSet<Grant> {
    let mut grants = grants.clone();
    for (resource, held) in after {
        let had = &before[resource];
        grants.retain(|grant| grant.resource != *resource || held.contains(&grant.principal));
        let gained = (held - had).into_iter().map(|principal| Grant { resource: resource.clone(), principal });
        grants.extend(gained);
    }
    grants
}
