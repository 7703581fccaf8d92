//! The way back from a recorded deployment: each alias that is where a recorded deployment brought it moves to the version from before.

use std::collections::BTreeMap;

use futures_util::future::{join, try_join3};
use reaction::Error;

use crate::deployment::{Deployment, Request};
use crate::driver::Delivery;
use crate::known::Known;
use crate::record::{Kind, Phase, Progress, Record, Status};
use crate::seen::{Alias, Provisioned, Seen, Version};
use crate::session::Scope;
use crate::{OnFailure, Target, Traffic, read};

/// What Lambda shows of a target on the way back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The alias; `None` where it is not there any more.
    pub(crate) alias: Option<Alias>,
    /// The version to which it goes; `None` where that is not there any more.
    pub(crate) version: Option<Version>,
    /// What is provisioned.
    pub(crate) provisioned: Vec<Provisioned>,
}

impl Delivery {
    /// Takes the record of a deployment back, together with what later deployments did to the same aliases. An alias that another hand
    /// moved is left alone, and so is one whose version is gone or which cannot be read: the new record says so, and the others go back.
    /// Nothing is changed yet.
    ///
    /// # Errors
    /// As of the calls of Lambda and DynamoDB.
    pub async fn way_back(&self, record: &Record, request: Request) -> Result<Deployment, Error> {
        let touched: Vec<_> = record.touched().map(|(target, _)| target.clone()).collect();
        let (scope, of) = (Scope::of(&record.without_code()), &record.targets);
        let found = self.tried_at_each(touched, &scope, |clients, target| {
            Box::pin(async move {
                let (lambda, number) = (&clients.lambda, of.get(&target).map_or("", |it| it.before.as_str()));
                let (alias, version, provisioned) = try_join3(
                    read::alias(lambda, &target),
                    read::version(lambda, &target, number),
                    read::provisioned(lambda, &target),
                )
                .await?;
                Ok(Found { alias, version, provisioned })
            })
        });
        let (histories, found) = join(self.histories(record), found).await;
        // Where no target at all can be read, nothing can be said of any.
        if !found.is_empty() && found.iter().all(|(_, it)| it.is_err()) {
            let worst = Error::worst(found.into_iter().filter_map(|(_, it)| it.err()));
            return Err(worst.unwrap_or_else(|| Error::failed("no target could be read")));
        }
        Ok(back(record, &Known::of(&histories?), found, request, self.now()))
    }

    /// Turns a deployment that has not ended: what it moved is moved back, in its own record. A run that still works on it ends at its
    /// next write.
    ///
    /// # Errors
    /// `Failed` where another run wrote the record meanwhile; `Refused` where another deployment took one of its functions.
    pub async fn turn_back(&self, it: &mut Deployment, who: &str) -> Result<(), Error> {
        if it.record.status == Status::Running {
            it.record.status = Status::RollingBack;
            it.record.reason = Some(format!("{who} asked for the way back"));
        }
        self.save(it, None).await
    }

    /// The records of the record's functions, the newest first.
    async fn histories(&self, record: &Record) -> Result<Vec<Record>, Error> {
        let mut all = Vec::new();
        for function in record.goods.keys() {
            all.extend(self.history(function, HISTORY).await?);
        }
        Ok(all)
    }
}

/// How many deployments of a function are looked through, at most.
pub(crate) const HISTORY: i32 = 200;

impl Record {
    /// The targets whose aliases the deployment moved, or found where it was to bring them.
    pub(crate) fn touched(&self) -> impl Iterator<Item = (&Target, &Progress)> {
        let is_untouched = |phase| matches!(phase, Phase::Waiting | Phase::LeftAlone);
        self.targets.iter().filter(move |(_, it)| !is_untouched(it.phase) && !it.before.is_empty())
    }

    /// The same functions with no code, hooks or alarms: what moves aliases needs no more.
    pub(crate) fn without_code(&self) -> Self {
        let mut record = self.clone();
        for goods in record.goods.values_mut() {
            (goods.sha256, goods.before, goods.after) = (None, None, None);
            goods.places.clear();
            goods.alarms.clear();
        }
        (record.traffic, record.bake) = (Traffic::AllAtOnce, 0);
        record
    }
}

/// The deployment that moves the aliases back.
pub(crate) fn back(
    record: &Record,
    known: &Known,
    found: Vec<(Target, Result<Found, Error>)>,
    request: Request,
    now: u64,
) -> Deployment {
    let (mut targets, mut views) = (BTreeMap::new(), BTreeMap::new());
    for (target, found) in found {
        let Some(before) = record.targets.get(&target).map(|it| it.before.clone()) else { continue };
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                targets.insert(target, left_alone(format!("it could not be read: {error}"), now));
                continue;
            }
        };
        targets.insert(target.clone(), of_target(known, &target, before.clone(), &found, now));
        let Found { alias, version, provisioned } = found;
        let versions = BTreeMap::from([(before, version)]);
        views.insert(target, Seen { alias, versions, provisioned: Some(provisioned), ..Seen::default() });
    }
    let goods = record.without_code().goods;
    let is_part = |name: &String| targets.keys().any(|it: &Target| it.function == *name);
    let record = Record {
        kind: Kind::Rollback(record.deployment.clone()),
        on_failure: OnFailure::Stop,
        goods: goods.into_iter().filter(|(name, _)| is_part(name)).collect(),
        waves: vec![targets.keys().cloned().collect()],
        targets,
        ..Record::new(request, now)
    };
    Deployment { views, ..Deployment::of(record) }
}

fn left_alone(why: String, now: u64) -> Progress {
    let mut progress = Progress::new("");
    progress.enter(Phase::LeftAlone, now);
    Progress { reason: Some(why), ..progress }
}

pub(crate) fn of_target(known: &Known, target: &Target, to: String, found: &Found, now: u64) -> Progress {
    let left_alone = |why| left_alone(why, now);
    let Some(alias) = &found.alias else {
        return left_alone(format!("the alias {} is not there any more", target.alias));
    };
    if alias.is_at(&to) {
        return Progress { phase: Phase::Unchanged, ..Progress::new(to) };
    }
    if found.version.is_none() {
        return left_alone(format!("version {to} is not there any more"));
    }
    let second = alias.second.as_ref().map(|(version, _)| version);
    let mut versions = [Some(&alias.version), second].into_iter().flatten();
    if let Some(version) = versions.clone().find(|it| !known.has(target, it)) {
        return left_alone(format!("another hand moved the alias to version {version}, which no record names"));
    }
    if let Some(second) = second.filter(|it| **it != to && alias.version != to) {
        let first = &alias.version;
        return left_alone(format!(
            "the alias is between versions {first} and {second}; roll back the deployment that shifted it first"
        ));
    }
    let from = versions.find(|it| **it != to).unwrap_or(&alias.version);
    Progress { after: Some(to), ..Progress::new(from.clone()) }
}
