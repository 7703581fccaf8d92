//! What is known before anything is decided.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use place::AccountId;
use sharing::{Candidate, Current, Desired, Grant, Head, Kind, Manifest, Obstacle, Principal, Resource, State, Tags};
use sharing_aws::Holders;

use crate::settings::Limits;
use crate::stored::Forced;

/// Everything that the decision needs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: SystemTime,
    /// Our own account.
    pub home: AccountId,
    /// The account whose buckets, keys and repositories the manifest names. They are named exactly, so in another account a
    /// resource of that name is another resource.
    pub exact: AccountId,
    /// Whether this is the sweep of one account among those of a fleet: then records of other accounts are theirs.
    pub is_of_one_account: bool,
    /// The accounts whose things are looked at.
    pub owners: BTreeSet<AccountId>,
    /// The accounts that are left alone, with what our records say of their things, and why.
    pub left_alone: BTreeMap<AccountId, String>,
    /// How much one sweep may take away.
    pub limits: Limits,
    /// The desired state.
    pub desired: Desired,
    /// Whether grants of ours on what no entry matches any more are taken back: not where the manifest is the payload, or where an
    /// account has moved.
    pub is_whole: bool,
    /// Whether listings by account say who may use images and snapshots, where they show nothing to do: [`Subject::is_quick`].
    ///
    /// [`Subject::is_quick`]: crate::Subject::is_quick
    pub is_quick: bool,
    /// Why this is none of our business, if it is not.
    pub not_ours: Option<String>,
    /// That an account has moved, and which: then only what names units is looked at.
    pub moved: Option<Moved>,
    /// Everything that an entry matches or that we own a grant on, and the images that share snapshots with those.
    pub found: Vec<Found>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// What can never be shared as the manifest says, and why.
    pub refused: Vec<(Resource, String)>,
    /// The grants that we own.
    pub grants: BTreeSet<Grant>,
    /// How the records of things stand.
    pub heads: BTreeMap<Resource, Head>,
    /// The stored plan that is forced, if one is.
    pub forced: Option<Forced>,
}

/// An account that may have another place in the organization, as far as its event names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved(pub Option<AccountId>);

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// Whose it is.
    pub account: AccountId,
    /// Its section.
    pub kind: Kind,
    /// What it is, and why.
    pub what: String,
}

/// A thing as AWS describes it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The thing.
    pub resource: Resource,
    /// The names by which entries may find it.
    pub names: BTreeSet<String>,
    /// Its tags, of images and snapshots that an entry may mean.
    pub tags: Tags,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// Who may use it, as far as we manage it.
    pub holders: BTreeSet<Principal>,
    /// Whether everybody may use it.
    pub is_public: bool,
    /// Whom others let in by statements of their own in its policy.
    pub foreign: BTreeSet<String>,
    /// Its state.
    pub state: State,
    /// Why no further account can have it, if so.
    pub flaw: Option<Obstacle>,
    /// What the reader of the report should know of it.
    pub notes: Vec<String>,
    /// The snapshots that back an image, in order and each once.
    pub snapshots: Vec<Resource>,
    /// Whether listings by account said who may use it: then it may have more holders, whom neither manifest nor records name.
    pub is_listed: bool,
}

impl Found {
    /// A thing of this name that nobody else may use.
    #[must_use]
    pub fn new(resource: Resource, name: Option<&str>) -> Self {
        Self {
            resource,
            names: name.into_iter().map(String::from).collect(),
            tags: Tags::new(),
            created: None,
            holders: BTreeSet::new(),
            is_public: false,
            foreign: BTreeSet::new(),
            state: State::Ready,
            flaw: None,
            notes: Vec::new(),
            snapshots: Vec::new(),
            is_listed: false,
        }
    }

    /// The thing, of which AWS was asked who may use it.
    pub(crate) fn held_by(self, Holders { is_public, principals }: Holders) -> Self {
        Self { is_public, holders: principals, is_listed: false, ..self }
    }

    /// The resource under each of its names, as the manifest's entries see it.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        let nameless = self.names.is_empty().then_some("");
        let names = self.names.iter().map(String::as_str).chain(nameless);
        names.map(|name| Candidate::new(&self.resource, name, &self.tags))
    }
}

impl Facts {
    /// The part of the manifest by which things are looked for. What is wanted of them, all of it says.
    pub(crate) fn sought(&self) -> Cow<'_, Manifest> {
        match (&self.desired.manifest, &self.moved) {
            (Err(_), _) => Cow::Owned(Manifest::default()),
            (Ok(manifest), None) => Cow::Borrowed(manifest),
            (Ok(manifest), Some(_)) => Cow::Owned(manifest.by_units()),
        }
    }

    /// Puts what was taken in into order.
    pub(crate) fn sort(&mut self) {
        self.found.sort_by(|one, other| one.resource.cmp(&other.resource));
        self.unread.sort();
        self.refused.sort();
    }

    /// What we look at whatever the manifest says, of the accounts that are looked at: what we own grants on, and whose
    /// record an interrupted run left open.
    pub(crate) fn ours(&self) -> BTreeSet<&Resource> {
        if !self.is_whole {
            return BTreeSet::new();
        }
        let open = self.heads.iter().filter(|(_, head)| head.pending.is_some()).map(|(resource, _)| resource);
        let recorded = self.grants.iter().map(|grant| &grant.resource).chain(open);
        recorded.filter(|resource| self.owners.contains(&resource.account)).collect()
    }

    /// The accounts that may have images and snapshots, as the manifest and our records name them.
    pub(crate) fn holders(&self) -> BTreeSet<AccountId> {
        let kinds = [Kind::Image, Kind::Snapshot];
        let manifest = self.desired.manifest.as_ref();
        let named = manifest.into_iter().flat_map(|it| kinds.into_iter().flat_map(|kind| it.principals(kind)));
        let granted = self.grants.iter().filter(|it| kinds.contains(&it.resource.kind)).map(|it| it.principal.clone());
        named.chain(granted).filter_map(|who| who.account().cloned()).collect()
    }

    /// What the report says of what a quick sweep did not ask for.
    pub(crate) fn not_asked(&self) -> Option<String> {
        let listed = self.found.iter().filter(|found| found.is_listed).count();
        (listed > 0).then(|| {
            format!(
                "of {listed} images and snapshots only the accounts were looked at that the manifest and the records name; \
                 the first sweep of each day (UTC) asks for each"
            )
        })
    }

    /// What the report says of the sections whose entries name the resources of one account: in which accounts they are
    /// skipped.
    pub(crate) fn skipped(&self) -> Option<String> {
        let sought = self.sought();
        let sections: BTreeSet<_> = Kind::ALL
            .into_iter()
            .filter(|kind| kind.has_policy() && sought.sections().contains_key(kind.section()))
            .collect();
        let others: Vec<_> = self.owners.iter().filter(|owner| **owner != self.exact).map(AccountId::as_str).collect();
        if sections.is_empty() || others.is_empty() {
            return None;
        }
        let sections: Vec<_> = sections.into_iter().map(Kind::section).collect();
        Some(format!(
            "{} name resources of account {} exactly, and are skipped in {}",
            sections.join(", "),
            self.exact,
            others.join(", ")
        ))
    }

    /// Whether something of this account could not be read.
    pub(crate) fn is_unread(&self, account: &AccountId, kind: Option<Kind>) -> bool {
        self.unread.iter().any(|it| it.account == *account && kind.is_none_or(|kind| it.kind == kind))
    }

    /// Whether an image of this account could not be read, now or ever.
    pub(crate) fn is_image_unread(&self, account: &AccountId) -> bool {
        let is_image = |resource: &Resource| resource.kind == Kind::Image && resource.account == *account;
        self.is_unread(account, Some(Kind::Image)) || self.refused.iter().any(|(resource, _)| is_image(resource))
    }

    /// The principals with which we shared the resource, as our records say.
    pub(crate) fn owned(&self, resource: &Resource) -> BTreeSet<Principal> {
        self.owned_by(resource).cloned().collect()
    }

    /// The same, as they stand there.
    pub(crate) fn owned_by(&self, resource: &Resource) -> impl Iterator<Item = &Principal> {
        // Grants are sorted by resource and then by principal, so that those of one stand together, from the first account on.
        let first = Grant { resource: resource.clone(), principal: Principal::written("000000000000") };
        let grants = self.grants.range(first..).take_while(move |grant| grant.resource == *resource);
        grants.map(|grant| &grant.principal)
    }

    /// Whether our records say that we shared the resource with this principal.
    pub(crate) fn has_granted(&self, resource: &Resource, principal: &Principal) -> bool {
        self.grants.contains(&Grant { resource: resource.clone(), principal: principal.clone() })
    }

    /// How the resource is now, for the decision.
    pub(crate) fn current<'a>(&'a self, found: &'a Found) -> Current<'a> {
        const NO_RECORD: &Head = &Head { seq: 0, hash: String::new(), pending: None };
        let resource = &found.resource;
        let head = self.heads.get(resource).unwrap_or(NO_RECORD);
        let recorded = if self.is_whole { self.owned(resource) } else { BTreeSet::new() };
        let (state, flaw) = (&found.state, found.flaw.as_ref());
        Current { state, flaw, recorded, ..Current::new(resource, &found.holders, head) }
    }
}
