//! The way back from a recorded deployment: each alias that is where a recorded deployment brought it moves to the version from before.

use std::collections::BTreeMap;

use reaction::Error;

use crate::deployment::{Deployment, Request};
use crate::driver::Delivery;
use crate::known::Known;
use crate::record::{Kind, Phase, Progress, Record};
use crate::seen::{Alias, Seen};
use crate::session::Scope;
use crate::{OnFailure, Target, Traffic, read};

/// What Lambda shows of a target on the way back: its alias, and whether the version to which it goes is still there.
type Found = (Option<Alias>, bool);

impl Delivery {
    /// Takes the record of a deployment back, together with what later deployments did to the same aliases. An alias that another hand
    /// moved is left alone, and so is one whose version is gone: the new record says so.
    ///
    /// # Errors
    /// `Refused` while a deployment of one of its functions is under way; as of the calls of Lambda and DynamoDB.
    pub async fn way_back(&self, record: &Record, request: Request) -> Result<Deployment, Error> {
        let known = Known::of(&self.histories(record).await?);
        if let Some(other) = known.under_way() {
            return Err(Error::refused(format!(
                "deployment {other} is under way; wait until it has ended, or carry it on with `signalbox deploy run --resume {other}`"
            )));
        }
        let moved: Vec<_> = record.moved().map(|(target, _)| target.clone()).collect();
        let (scope, of) = (Scope::of(&record.without_code()), &record.targets);
        let found = self.at_each(moved, &scope, |clients, target| {
            Box::pin(async move {
                let number = of.get(&target).map_or("", |it| it.before.as_str());
                let alias = read::alias(&clients.lambda, &target).await?;
                Ok((alias, read::version(&clients.lambda, &target, number).await?.is_some()))
            })
        });
        Ok(back(record, &known, found.await?, request, self.now()))
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
    /// The targets whose aliases the deployment may have moved.
    fn moved(&self) -> impl Iterator<Item = (&Target, &Progress)> {
        let is_settled = |phase| matches!(phase, Phase::Waiting | Phase::Unchanged | Phase::LeftAlone);
        self.targets.iter().filter(move |(_, it)| !is_settled(it.phase) && !it.before.is_empty())
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
    found: Vec<(Target, Found)>,
    request: Request,
    now: u64,
) -> Deployment {
    let (mut targets, mut views) = (BTreeMap::new(), BTreeMap::new());
    for (target, (alias, is_there)) in found {
        let Some(before) = record.targets.get(&target).map(|it| it.before.clone()) else { continue };
        targets.insert(target.clone(), of_target(known, &target, before, alias.as_ref(), is_there, now));
        views.insert(target, Seen { alias, ..Seen::default() });
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

pub(crate) fn of_target(
    known: &Known,
    target: &Target,
    to: String,
    alias: Option<&Alias>,
    is_there: bool,
    now: u64,
) -> Progress {
    let left_alone = |why: String| {
        let mut progress = Progress::new("");
        progress.enter(Phase::LeftAlone, now);
        Progress { reason: Some(why), ..progress }
    };
    let Some(alias) = alias else { return left_alone(format!("the alias {} is not there any more", target.alias)) };
    if alias.is_at(&to) {
        return Progress { phase: Phase::Unchanged, ..Progress::new(to) };
    }
    if !is_there {
        return left_alone(format!("version {to} is not there any more"));
    }
    let versions = [Some(&alias.version), alias.second.as_ref().map(|(version, _)| version)];
    let stranger = versions.into_iter().flatten().find(|it| !known.has(target, it));
    if let Some(version) = stranger {
        return left_alone(format!("another hand moved the alias to version {version}, which no record names"));
    }
    let from = versions.into_iter().flatten().find(|it| **it != to).unwrap_or(&alias.version);
    Progress { after: Some(to), ..Progress::new(from.clone()) }
}
