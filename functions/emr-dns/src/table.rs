//! Names, targets and clusters at a glance: what `signalbox dns` shows.

use reaction::Error;
use serde::Serialize;

use crate::change::Deed;
use crate::decide::{Decision, Rules, Verdict};
use crate::facts::{Facts, Seen, Survey};
use crate::mark::Holder;
use crate::sweep::{Decisions, decide_all};

/// One name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The name, or the text of a cluster's tag that is none.
    pub name: String,
    /// Where it leads to now.
    pub target: Option<String>,
    /// The cluster that has it, or else the one that asks for it.
    pub cluster: Option<String>,
    /// What that cluster is doing; `None` where it has ended or was not read.
    pub state: Option<String>,
    /// Who has the name: `SIGNALBOX_OWNER`, or how it can be seen that it is somebody else.
    pub owner: Option<String>,
    /// The zone's id.
    pub zone: Option<String>,
    /// What a sweep would do about it, or why it would not: `none`, `missing`, `stale`, `dangling`, `waiting`, `refused: ..`,
    /// `kept: ..`.
    pub drift: String,
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
    ///
    /// # Errors
    /// `Failed` where they are about one cluster only.
    pub(crate) fn of(facts: &Facts) -> Result<Self, Error> {
        let Seen::All(survey) = &facts.seen else { return Err(Error::failed("one cluster is no survey")) };
        let rules = Rules { settings: &facts.settings, account: &facts.account };
        let Decisions { names, refused } = decide_all(rules, survey);
        let interlock = crate::interlocks::check(survey, &names).err().map(|error| error.to_string());
        let cannot = refused.iter().map(|(cluster, why)| Row {
            name: cluster.tag.clone().unwrap_or_default(),
            target: None,
            cluster: Some(cluster.id.to_string()),
            state: Some(cluster.state.to_string()),
            owner: None,
            zone: None,
            drift: format!("refused: {why}"),
        });
        let names = names.iter().map(|decision| row(rules, survey, decision)).chain(cannot).collect();
        Ok(Self { names, incomplete: survey.unread.clone(), interlock })
    }
}

fn row(rules: Rules, survey: &Survey, decision: &Decision) -> Row {
    let asking = decision.asking.first().map(|(id, _)| id);
    let (owner, cluster, target) = match &decision.holder {
        Holder::Nobody => (None, decision.winner.as_ref().or(asking), None),
        Holder::Ours(held) => {
            let target = held.target().map(String::from);
            (Some(rules.settings.owner.clone()), Some(&held.mark.cluster), target)
        }
        Holder::Other(who) => (Some(who.clone()), decision.winner.as_ref().or(asking), None),
    };
    let state =
        survey.clusters.iter().map(|(it, _)| it).find(|it| Some(&it.id) == cluster).map(|it| it.state.to_string());
    Row {
        name: decision.name.to_string(),
        target,
        cluster: cluster.map(ToString::to_string),
        state,
        owner,
        zone: Some(decision.zone.to_string()),
        drift: drift(decision),
    }
}

fn drift(decision: &Decision) -> String {
    match &decision.verdict {
        Verdict::Change(change) => match change.deed {
            Deed::Create => "missing".into(),
            Deed::Update => "stale".into(),
            Deed::Delete => "dangling".into(),
        },
        Verdict::Refuse(why) => format!("refused: {why}"),
        Verdict::Spare(why) => format!("kept: {} {why}", decision.name),
        Verdict::Keep(Some(why)) if decision.asking.is_empty() => format!("kept: {why}"),
        Verdict::Keep(_) if decision.winner.is_none() => "waiting".into(),
        Verdict::Keep(_) => "none".into(),
    }
}
