//! Where aliases point, against where the last deployment left them. Nothing is changed.

use std::collections::BTreeSet;
use std::fmt;

use reaction::Error;
use serde::Serialize;

use crate::driver::Delivery;
use crate::known::{Known, LeftAt};
use crate::seen::Alias;
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
    /// What follows.
    pub state: State,
}

/// Whether an alias is as the records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is.
    None,
    /// Another hand moved it.
    Moved,
    /// A part of its traffic goes to a second version.
    Weighted,
    /// It is not there any more, or its function is not.
    Gone,
    /// A deployment is under way.
    UnderWay,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Moved => "moved",
            Self::Weighted => "weighted",
            Self::Gone => "gone",
            Self::UnderWay => "under way",
        })
    }
}

impl Delivery {
    /// Compares the aliases of these functions with the records; of every function that has a record where none is named.
    ///
    /// # Errors
    /// As of the calls of DynamoDB and Lambda.
    pub async fn drift(&self, functions: &[String]) -> Result<Vec<Drift>, Error> {
        let all = if functions.is_empty() { self.store.functions().await? } else { functions.to_vec() };
        let mut rows = Vec::new();
        for function in all {
            rows.extend(self.drift_of(&function).await?);
        }
        Ok(rows)
    }

    async fn drift_of(&self, function: &str) -> Result<Vec<Drift>, Error> {
        let records = self.history(function, HISTORY).await?;
        let Some(scope) = records.first().map(Scope::reading) else {
            return Ok(Vec::new());
        };
        let known = Known::of(&records);
        let of_function = |target: &Target| target.function == function;
        let left: Vec<_> = known.left_at().filter(|(target, _)| of_function(target)).collect();
        let targets = left.iter().map(|(target, _)| (*target).clone()).collect();
        let found = self.at_each(targets, &scope, |clients, target| {
            Box::pin(async move { read::alias(&clients.lambda, &target).await })
        });
        let row = |(target, alias): (Target, Option<Alias>)| {
            let (_, at) = left.iter().find(|(it, _)| **it == target)?;
            let is_under_way = known.under_way() == Some(&at.deployment);
            Some(of_alias(target, at, alias.as_ref(), is_under_way))
        };
        let mut rows: Vec<_> = found.await?.into_iter().filter_map(row).collect();
        rows.sort_by(|one, other| one.target.cmp(&other.target));
        Ok(rows)
    }
}

pub(crate) fn of_alias(target: Target, at: &LeftAt, alias: Option<&Alias>, is_under_way: bool) -> Drift {
    let state = match alias {
        None => State::Gone,
        Some(_) if is_under_way => State::UnderWay,
        Some(alias) if !at.versions.contains(&alias.version) => State::Moved,
        Some(alias) if alias.second.is_some() => State::Weighted,
        Some(_) => State::None,
    };
    let found = alias.map_or_else(|| "-".to_owned(), ToString::to_string);
    Drift { target, deployment: at.deployment.clone(), recorded: at.versions.clone(), found, state }
}
