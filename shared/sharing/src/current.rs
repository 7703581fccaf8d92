//! How a resource is now, as far as the decision to share needs it.

use std::collections::BTreeSet;

use crate::{Head, Obstacle, Principal, Resource, State};

/// How a resource is now.
#[derive(Clone, Debug)]
pub struct Current<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// Whether another account owns it.
    pub is_foreign: bool,
    /// Its state.
    pub state: &'a State,
    /// The principals that may use it, as far as Signalbox manages it.
    pub holders: &'a BTreeSet<Principal>,
    /// The principals with which Signalbox shared it, as its records say: they lose it where no entry means it. Only a sweep of
    /// the whole manifest knows them, since its interlocks bound what it takes away.
    pub recorded: BTreeSet<Principal>,
    /// Why no further account can have it, if so.
    pub flaw: Option<&'a Obstacle>,
    /// How its record stands.
    pub head: &'a Head,
}

impl<'a> Current<'a> {
    /// A resource of our own that is ready and that nothing keeps from being shared.
    #[must_use]
    pub fn new(resource: &'a Resource, holders: &'a BTreeSet<Principal>, head: &'a Head) -> Self {
        let (state, recorded) = (&State::Ready, BTreeSet::new());
        Self { resource, is_foreign: false, state, holders, recorded, flaw: None, head }
    }

    /// The principals that keep the resource where no entry means it: all but those with which Signalbox shared it.
    #[must_use]
    pub fn remaining(&self) -> BTreeSet<Principal> {
        self.holders - &self.recorded
    }
}
