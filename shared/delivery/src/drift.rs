//! Where aliases point, and which code is there, against what the last deployment left. Nothing is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures_util::future::{try_join, try_join_all};
use reaction::Error;
use serde::Serialize;

use crate::driver::Delivery;
use crate::known::{Known, LeftAt};
use crate::seen::{Alias, Latest, Version};
use crate::session::Scope;
use crate::way_back::HISTORY;
use crate::{Target, read};

/// One alias, as Lambda shows it, against the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The alias.
    pub target: Target,
    /// The deployment that touched it last.
    pub deployment: String,
    /// The version at which that deployment left it; two where it failed on the way.
    pub recorded: BTreeSet<String>,
    /// Where it points now.
    pub found: String,
    /// What differs; nothing where all is as the records say.
    pub differences: Vec<Difference>,
}

/// What is not as the records say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "detail")]
pub enum Difference {
    /// It could not be read, for this reason.
    Unread(String),
    /// Its deployment has not ended, so that the records do not say where it is to be.
    UnderWay,
    /// The alias is not there any more, or its function is not.
    Gone,
    /// Another hand moved the alias.
    Moved,
    /// A part of the alias's traffic goes to a second version.
    Weighted,
    /// `$LATEST` has other code than a deployment gave it.
    Latest,
    /// This version has other code than was delivered as it: the function was made anew.
    Code(String),
    /// This version, at which the alias was left or to which it can be taken back, is not there any more.
    VersionGone(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(why) => write!(f, "it could not be read: {why}"),
            Self::UnderWay => f.write_str("its deployment has not ended"),
            Self::Gone => f.write_str("the alias is gone"),
            Self::Moved => f.write_str("another hand moved the alias"),
            Self::Weighted => f.write_str("a second version has a part of the traffic"),
            Self::Latest => f.write_str("$LATEST has other code than was delivered"),
            Self::Code(version) => write!(f, "version {version} has other code than was delivered"),
            Self::VersionGone(version) => write!(f, "version {version} is gone"),
        }
    }
}

/// What Lambda shows of a target.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) alias: Option<Alias>,
    pub(crate) latest: Option<Latest>,
    /// The versions that the records name; `None` where one is not there.
    pub(crate) versions: BTreeMap<String, Option<Version>>,
}

impl Delivery {
    /// Compares the aliases of these functions with the records; of every function that has a record where none is named. Where a target
    /// cannot be read, its row says so.
    ///
    /// # Errors
    /// As of the calls of DynamoDB.
    pub async fn drift(&self, functions: &[String]) -> Result<Vec<Drift>, Error> {
        let all = if functions.is_empty() { self.store.functions().await? } else { functions.to_vec() };
        let mut rows = Vec::new();
        for function in all {
            rows.extend(self.drift_of(&function).await?);
        }
        Ok(rows)
    }

    async fn drift_of(&self, function: &str) -> Result<Vec<Drift>, Error> {
        let known = Known::of(&self.history(function, HISTORY).await?);
        let scope = Scope::reading(function);
        let left: BTreeMap<_, _> = known.left_at().filter(|(target, _)| target.function == function).collect();
        let (targets, of) = (left.keys().map(|it| (*it).clone()).collect(), &left);
        let found = self.tried_at_each(targets, &scope, |clients, target| {
            let versions: BTreeSet<_> = of.get(&target).map(|at| at.named()).unwrap_or_default();
            Box::pin(async move {
                let (lambda, target) = (&clients.lambda, &target);
                let read = async |it: String| Ok((it.clone(), read::version(lambda, target, &it).await?));
                let versions = try_join_all(versions.into_iter().map(read));
                let others = try_join(read::alias(lambda, target), read::function(lambda, target));
                let ((alias, latest), versions) = try_join(others, versions).await?;
                Ok(Found { alias, latest, versions: versions.into_iter().collect() })
            })
        });
        let row = |(target, found): (Target, Result<Found, Error>)| {
            let at = left.get(&target)?;
            Some(match found {
                Ok(found) => of_alias(&known, at, target, &found),
                Err(error) => drift(at, target, None, vec![Difference::Unread(error.to_string())]),
            })
        };
        let mut rows: Vec<_> = found.await.into_iter().filter_map(row).collect();
        rows.sort_by(|one, other| one.target.cmp(&other.target));
        Ok(rows)
    }
}

impl LeftAt {
    /// The versions that the record names.
    fn named(&self) -> BTreeSet<String> {
        let way_back = Some(self.way_back.clone()).filter(|it| !it.is_empty());
        self.versions.iter().cloned().chain(way_back).collect()
    }
}

pub(crate) fn of_alias(known: &Known, at: &LeftAt, target: Target, found: &Found) -> Drift {
    let differences = if at.is_over { differences(known, at, &target, found) } else { vec![Difference::UnderWay] };
    drift(at, target, found.alias.as_ref(), differences)
}

fn drift(at: &LeftAt, target: Target, alias: Option<&Alias>, differences: Vec<Difference>) -> Drift {
    let found = alias.map_or_else(|| "-".to_owned(), ToString::to_string);
    let (deployment, recorded) = (at.deployment.clone(), at.versions.clone());
    Drift { target, deployment, recorded, found, differences }
}

fn differences(known: &Known, at: &LeftAt, target: &Target, found: &Found) -> Vec<Difference> {
    let Some(alias) = &found.alias else { return vec![Difference::Gone] };
    let mut all = Vec::new();
    if !at.versions.contains(&alias.version) {
        all.push(Difference::Moved);
    }
    if alias.second.is_some() {
        all.push(Difference::Weighted);
    }
    let latest = found.latest.as_ref().map(|it| &it.sha256);
    if latest.zip(known.latest(target)).is_some_and(|(latest, delivered)| !delivered.contains(latest)) {
        all.push(Difference::Latest);
    }
    for (number, version) in &found.versions {
        match (version, known.code(target, number)) {
            (None, _) => all.push(Difference::VersionGone(number.clone())),
            (Some(version), Some(code)) if version.sha256 != *code => all.push(Difference::Code(number.clone())),
            _ => {}
        }
    }
    all
}
