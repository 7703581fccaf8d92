//! Names, targets and clusters at a glance: what `signalbox dns` shows.

use std::fmt;

use events::emr::ClusterId;
use naming::{Change, Cluster, Decision, Deed, Holder, Rules, Verdict, normalised};
use serde::Serialize;

use crate::facts::{Facts, Survey};
use crate::plan::{Decisions, decide_all};

/// One name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The name, or the text of a cluster's tag that is none.
    pub name: String,
    /// Where it leads to now.
    pub target: Option<String>,
    /// The cluster that has it, or else the one that asks for it.
    pub cluster: Option<String>,
    /// What that cluster is doing, as EMR says, or `ended` (also where EMR knows it no more); `None` where it was not read.
    pub state: Option<String>,
    /// Who has the name: `SIGNALBOX_OWNER`, or `somebody else`, of whom `why` tells more.
    pub owner: Option<String>,
    /// The zone's id.
    pub zone: Option<String>,
    /// What is wrong with it.
    pub drift: Drift,
    /// What else is to be said: where it is to lead to, or why a sweep does nothing about it.
    pub why: Option<String>,
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    /// Nothing.
    None,
    /// There is no record, and a sweep makes it.
    Missing,
    /// The record leads elsewhere, and a sweep sets it right.
    Stale,
    /// The record is no cluster's any more, and a sweep takes it away.
    Dangling,
    /// Nothing yet: there is no primary node, or the cluster is ending.
    Waiting,
    /// Nothing: it is somebody else's, and no cluster could have it now.
    Foreign,
    /// A cluster cannot have what it asks for.
    Refused,
    /// No cluster asks for it, and a sweep leaves it there.
    Kept,
}

/// The word that JSON has, too.
impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Dangling => "dangling",
            Self::Waiting => "waiting",
            Self::Foreign => "foreign",
            Self::Refused => "refused",
            Self::Kept => "kept",
        })
    }
}

impl Row {
    /// Whether somebody or a sweep has to set it right.
    #[must_use]
    pub fn has_drifted(&self) -> bool {
        !matches!(self.drift, Drift::None | Drift::Waiting | Drift::Foreign)
    }
}

/// Everything at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// The names, sorted by zone and name; and after them the clusters that cannot have what they ask for.
    pub names: Vec<Row>,
    /// What could not be read.
    pub incomplete: Vec<String>,
    /// Why a sweep would refuse all of it unless it is forced, if so.
    pub interlock: Option<String>,
}

impl Table {
    /// What these facts say.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let (rules, survey) = (facts.rules(), &facts.seen);
        let Decisions { mut names, refused } = decide_all(rules, survey);
        let interlock =
            crate::interlocks::check(rules.account, survey, &mut names).err().map(|error| error.to_string());
        let turned_away = names.iter().flat_map(|it| &it.turned_away).map(|it| cannot(&it.cluster, it.why.clone()));
        let refused = refused.iter().map(|(cluster, why)| cannot(cluster, why.to_string()));
        let cannot: Vec<_> = turned_away.chain(refused).collect();
        let names = names.iter().map(|decision| row(rules, survey, decision)).chain(cannot).collect();
        Self { names, incomplete: survey.unread.clone(), interlock }
    }
}

/// A cluster that cannot have what it asks for.
fn cannot(cluster: &Cluster, why: String) -> Row {
    Row {
        name: cluster.tag.clone().unwrap_or_default(),
        target: None,
        cluster: Some(cluster.id.to_string()),
        state: Some(cluster.state.to_string()),
        owner: None,
        zone: None,
        drift: Drift::Refused,
        why: Some(why),
    }
}

fn row(rules: Rules, survey: &Survey, decision: &Decision) -> Row {
    let asking = decision.winner.as_ref().or(decision.asking.first().map(|(id, _)| id));
    let (owner, cluster) = match &decision.holder {
        Holder::Nobody => (None, asking),
        Holder::Ours(held) => (Some(rules.settings.owner.clone()), Some(&held.mark.cluster)),
        Holder::Other(_) => (Some("somebody else".into()), asking),
    };
    let site = survey.zones.get(&decision.zone).map(|records| records.site(&decision.name));
    let values: Vec<_> = site.into_iter().flat_map(|site| site.at).flat_map(|set| set.values).collect();
    let target = (!values.is_empty()).then(|| values.join(", "));
    let living = survey.clusters.iter().map(|(it, _)| it).find(|it| Some(&it.id) == cluster);
    let has_ended = cluster.is_some_and(|id| survey.ended.contains(id));
    let state = living.map(|it| it.state.to_string()).or_else(|| has_ended.then(|| "ended".into()));
    let (drift, why) = drift(decision, target.as_deref(), has_ended);
    let why: Vec<_> = why.into_iter().chain(decision.notes.clone()).collect();
    Row {
        name: decision.name.to_string(),
        target,
        cluster: cluster.map(ToString::to_string),
        state,
        owner,
        zone: Some(decision.zone.to_string()),
        drift,
        why: (!why.is_empty()).then(|| why.join("; ")),
    }
}

/// What is wrong with a name that leads to this target, and what else is to be said.
fn drift(decision: &Decision, target: Option<&str>, has_ended: bool) -> (Drift, Option<String>) {
    let is_asking = |id: &ClusterId| decision.asking.iter().any(|(asking, _)| asking == id);
    match (&decision.verdict, &decision.holder) {
        (Verdict::Change(change), holder) => match change.deed {
            Deed::Create => (Drift::Missing, becoming(change, None, None)),
            Deed::Update => {
                let held = if let Holder::Ours(held) = holder { Some(&held.mark.cluster) } else { None };
                (Drift::Stale, becoming(change, target, held))
            }
            Deed::Delete => (
                Drift::Dangling,
                (!has_ended).then(|| "its cluster asks for another name, or for none, or may not have it".into()),
            ),
        },
        (Verdict::Spare(why), _) => (Drift::Kept, Some(format!("{} {why}", decision.name))),
        (Verdict::Refuse(why), _) => (Drift::Refused, Some(why.clone())),
        (Verdict::Keep(why), Holder::Other(_)) => (Drift::Foreign, why.clone()),
        (Verdict::Keep(_), _) if decision.winner.is_some() => (Drift::None, None),
        (Verdict::Keep(why), Holder::Ours(held)) if !is_asking(&held.mark.cluster) => (Drift::Kept, why.clone()),
        (Verdict::Keep(_), _) => (Drift::Waiting, None),
    }
}

/// What a change makes of the name: where it leads to, and for which cluster, each where that is not so already.
fn becoming(change: &Change, target: Option<&str>, holder: Option<&ClusterId>) -> Option<String> {
    let wanted = change.target.as_deref()?;
    let cluster = holder.filter(|id| **id != change.cluster).map(|_| format!(" of {}", change.cluster));
    let leads_there = target.is_some_and(|target| normalised(target) == normalised(wanted));
    if leads_there && cluster.is_none() {
        let ttl = change.create.first()?.ttl;
        return Some(format!("its time to live is to be {ttl}"));
    }
    Some(format!("to be {wanted}{}", cluster.unwrap_or_default()))
}
