//! One deployment while a run works on it: its record, what AWS shows of its targets, and its code until that was put.

use std::collections::BTreeMap;
use std::time::SystemTime;

use reaction::Finding;

use crate::code::Code;
use crate::order::{Function, OnFailure, Order, Traffic};
use crate::preflight::{Facts, findings};
use crate::record::{Goods, Kind, Phase, Progress, Record, Status};
use crate::seen::Seen;
use crate::waves::Units;
use crate::{Settings, Target};

/// A deployment that a run works on.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its record.
    pub record: Record,
    /// The code of each function; none where it was put by an earlier run.
    pub(crate) codes: BTreeMap<String, Code>,
    /// What AWS shows.
    pub(crate) views: BTreeMap<Target, Seen>,
    /// The record as it was last written by this run, and when.
    pub(crate) saved: Option<(Record, u64)>,
    /// Since when nothing can be done but wait: before the record of the round was written.
    pub waits_since: Option<SystemTime>,
}

/// Who asks for a deployment, and by which code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The deployment's id.
    pub deployment: String,
    /// Who asks for it.
    pub who: String,
    /// Where its code comes from, in words.
    pub source: String,
}

impl Deployment {
    /// The deployment of a record, as a run takes it up.
    #[must_use]
    pub(crate) fn of(record: Record) -> Self {
        Self { record, codes: BTreeMap::new(), views: BTreeMap::new(), saved: None, waits_since: None }
    }

    /// What an order asks for, before anything was read at its targets. The codes are those of the order's functions.
    ///
    /// # Errors
    /// Findings about its waves.
    pub(crate) fn draft(
        order: &Order,
        codes: Vec<Code>,
        request: Request,
        (units, now): (&Units, u64),
    ) -> Result<Self, Vec<Finding>> {
        let waves = order.divide(units)?;
        let goods_of = |(function, code): (&Function, &Code)| (function.name.clone(), goods(function, code));
        let goods = order.functions.iter().zip(&codes).map(goods_of).collect();
        let targets = waves.iter().flatten().map(|target| (target.clone(), Progress::new(""))).collect();
        let record = Record {
            kind: Kind::Delivery,
            goods,
            traffic: order.traffic,
            bake: order.bake,
            on_failure: order.on_failure,
            waves,
            targets,
            ..Record::new(request, now)
        };
        let codes = order.functions.iter().map(|it| it.name.clone()).zip(codes).collect();
        Ok(Self { codes, ..Self::of(record) })
    }

    /// Takes over what was read at the targets; what forbids the deployment is said.
    pub(crate) fn take(&mut self, order: &Order, facts: &Facts, settings: &Settings) -> Vec<Finding> {
        for (target, found) in facts {
            let (Some(progress), Ok(found)) = (self.record.targets.get_mut(target), found) else { continue };
            let wanted = self.record.goods.get(&target.function).and_then(|it| it.sha256.as_ref());
            let is_there =
                wanted == Some(&found.latest.sha256) && found.version.as_ref().map(|it| &it.sha256) == wanted;
            progress.before.clone_from(&found.alias.version);
            progress.red.clone_from(&found.alarms.red);
            if is_there {
                progress.phase = Phase::Unchanged;
            }
            let seen = Seen {
                latest: Some(found.latest.clone()),
                alias: Some(found.alias.clone()),
                provisioned: Some(found.provisioned.clone()),
                ..Seen::default()
            };
            self.views.insert(target.clone(), seen);
        }
        findings(order, facts, settings)
    }

    /// Whether every target has the code already.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.record.targets.values().all(|it| it.phase == Phase::Unchanged)
    }

    /// The targets at which something is to be changed.
    pub fn to_change(&self) -> impl Iterator<Item = &Target> {
        self.record.targets.iter().filter(|(_, it)| it.phase != Phase::Unchanged).map(|(target, _)| target)
    }
}

impl Record {
    /// A record in which nothing stands yet.
    pub(crate) fn new(Request { deployment, who, source }: Request, now: u64) -> Self {
        Self {
            deployment,
            kind: Kind::Delivery,
            who,
            source,
            status: Status::Running,
            reason: None,
            started: now,
            ended: None,
            wave: 0,
            round: 0,
            goods: BTreeMap::new(),
            traffic: Traffic::AllAtOnce,
            bake: 0,
            on_failure: OnFailure::Stop,
            waves: Vec::new(),
            targets: BTreeMap::new(),
        }
    }
}

fn goods(function: &Function, code: &Code) -> Goods {
    Goods {
        sha256: Some(code.sha256()),
        places: BTreeMap::new(),
        alarms: function.alarms.clone(),
        before: function.before.clone(),
        after: function.after.clone(),
    }
}
