//! stub
use aws::Sessions;
use reaction::Error;
use reaction::settings::Variables;
use sharing::{Effect, Grant, Head, Resource, Share};
use std::collections::{BTreeMap, BTreeSet};
/// Both.
#[derive(Debug)]
pub struct Grants;
/// All.
#[derive(Debug, Default)]
pub struct Recorded {
    /// g
    pub grants: BTreeSet<Grant>,
    /// h
    pub heads: BTreeMap<Resource, Head>,
}
impl Grants {
    /// r
    pub fn read(_: Variables, _: &Sessions, _: &'static str) -> Result<Option<Self>, Error> {
        Ok(None)
    }
    /// r
    pub async fn heads(&self, _: &[Resource]) -> Result<BTreeMap<Resource, Head>, Error> {
        Ok(BTreeMap::new())
    }
    /// r
    pub async fn all(&self) -> Result<Recorded, Error> {
        Ok(Recorded::default())
    }
    /// r
    pub async fn record(
        &self,
        _: &str,
        _: &Share,
        effect: impl Future<Output = Result<Effect, Error>>,
    ) -> Result<(), Error> {
        effect.await?.refused.map_or(Ok(()), Err)
    }
}
