//! What follows from a look at everything.

use std::collections::{BTreeMap, BTreeSet};

use events::emr::ClusterId;
use naming::{
    Batch, Change, Cluster, Decision, Deed, Fate, Holder, Mark, Name, Rules, Step, Verdict, Vpc, ZoneId, decide,
    name_of, zone_of,
};
use place::AccountId;
use reaction::{Counts, Doing, Error, Plan};

use crate::facts::{Facts, Survey};
use crate::interlocks;

/// What was decided.
#[derive(Debug)]
pub(crate) struct Decisions {
    /// About each name that we have or that a cluster asks for, by zone and name.
    pub(crate) names: Vec<Decision>,
    /// Clusters that cannot have what they ask for, and why.
    pub(crate) refused: Vec<(Cluster, Error)>,
}

type Claims<'a> = BTreeMap<(ZoneId, Name), Vec<&'a Cluster>>;

/// What follows from these facts.
///
/// # Errors
/// `Refused` as a whole where too many names would go.
pub fn plan(facts: &Facts) -> Result<Plan<Step>, Error> {
    let (rules, survey) = (facts.rules(), &facts.seen);
    let Decisions { mut names, refused } = decide_all(rules, survey);
    let held_back = interlocks::check(rules.account, survey, &mut names)?;
    let counts = counts(&names, &refused, survey);
    let notes: Vec<_> = names.iter().flat_map(|it| it.notes.clone()).chain(spared(&names)).collect();
    let mut changes = BTreeMap::<ZoneId, Vec<Change>>::new();
    let cannot = |what: String, why: String| Step::CannotName { what, why };
    let mut refusals: Vec<_> = refused.iter().map(|(it, why)| cannot(it.to_string(), why.to_string())).collect();
    refusals.extend(
        held_back.into_iter().map(|(account, why)| cannot(format!("clusters of account {account} as they are"), why)),
    );
    for Decision { name, zone, verdict, turned_away, .. } in names {
        refusals.extend(turned_away.into_iter().map(|it| cannot(it.cluster.to_string(), it.why)));
        match verdict {
            Verdict::Change(change) => changes.entry(zone).or_default().push(*change),
            Verdict::Refuse(why) => refusals.push(cannot(name.to_string(), why)),
            Verdict::Keep(_) | Verdict::Spare(_) => {}
        }
    }
    let batches = changes.into_iter().flat_map(|(zone, changes)| Batch::of(&zone, changes));
    let steps = batches.map(Step::Change).chain(refusals).collect();
    Ok(Plan::of(steps).with_notes(notes).with_incomplete(survey.unread.iter().cloned()).with_counts(counts))
}

/// Which names should be changed and are not, by the reason.
fn spared(names: &[Decision]) -> Vec<String> {
    const LISTED: usize = 10;
    let mut spared = BTreeMap::<&str, Vec<&str>>::new();
    for Decision { name, verdict, .. } in names {
        if let Verdict::Spare(why) = verdict {
            spared.entry(why).or_default().push(name.as_str());
        }
    }
    let note = |(why, names): (&str, Vec<&str>)| {
        let listed = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{listed}{more} {why}")
    };
    spared.into_iter().map(note).collect()
}

/// Decides about everything that was read.
pub(crate) fn decide_all(rules: Rules, survey: &Survey) -> Decisions {
    let (claims, refused, known) = claims(rules, survey);
    let marked = survey.zones.iter().flat_map(|(zone, records)| records.marked().map(|it| (zone.clone(), it)));
    let names: BTreeSet<_> = marked.chain(claims.keys().cloned()).collect();
    let decide_one = |key: (ZoneId, Name)| {
        let claims = claims.get(&key).map(Vec::as_slice).unwrap_or_default();
        let (zone, name) = &key;
        let fate = |Mark { cluster: id, place, .. }: &Mark| {
            if survey.ended.contains(id) {
                return Fate::Ended;
            }
            let asks_here = claims.iter().any(|it| it.id == *id);
            if rules.permit(name, &place.account).is_err() || known.contains(id) && !asks_here {
                return Fate::Elsewhere;
            }
            let seen = survey.clusters.iter().find(|(cluster, _)| cluster.id == *id);
            seen.map_or(Fate::Lives, |(cluster, _)| Fate::of(cluster, name))
        };
        let site = survey.zones.get(zone)?.site(name);
        let decision = decide(rules, zone, name, &site, claims, fate);
        let is_known = |id: &ClusterId| {
            survey.ended.contains(id) || known.contains(id) || refused.iter().any(|(cluster, _)| cluster.id == *id)
        };
        Some(spare(rules, survey, decision, is_known))
    };
    Decisions { names: names.into_iter().filter_map(decide_one).collect(), refused }
}

/// No name is deleted whose account could not be read completely: what the sweep did not see may be what the record is for. What
/// another account could not be asked is no reason to keep it, since between accounts the owner alone has a name. And no name is
/// taken from a cluster of which it is not known what it asks for.
fn spare(rules: Rules, survey: &Survey, decision: Decision, is_known: impl Fn(&ClusterId) -> bool) -> Decision {
    let Verdict::Change(change) = &decision.verdict else { return decision };
    let had = change.was.as_ref().map(|(_, cluster)| cluster).filter(|id| **id != change.cluster);
    let why = match had {
        None if change.deed == Deed::Delete && !is_read(survey, &decision.holder) => {
            "would be deleted, but not everything could be read".into()
        }
        Some(had) if !is_known(had) => {
            format!("would be given to {}, but nobody knows whether {had} still asks for it", change.cluster)
        }
        Some(_) if !survey.unread.is_empty() && leaves_its_account(rules, survey, &decision, &change.cluster) => {
            format!("would be given to {} of another account, but not everything could be read", change.cluster)
        }
        _ => return decision,
    };
    Decision { verdict: Verdict::Spare(why), ..decision }
}

/// Whether everything was read of the account that has the name, or simply everything.
fn is_read(survey: &Survey, holder: &Holder) -> bool {
    let is_complete = |account: &AccountId| survey.complete.contains(account);
    survey.unread.is_empty() || matches!(holder, Holder::Ours(held) if is_complete(&held.mark.place.account))
}

/// Whether the name goes to a cluster of another account than it was in, which may have it still.
fn leaves_its_account(rules: Rules, survey: &Survey, decision: &Decision, winner: &ClusterId) -> bool {
    let Holder::Ours(held) = &decision.holder else { return false };
    let account = &held.mark.place.account;
    let is_kin = survey.clusters.iter().any(|(it, _)| it.id == *winner && it.place.account == *account);
    !is_kin && rules.permit(&decision.name, account).is_ok()
}

/// Who asks for which name in which zone, who cannot have what they ask for, and of whom it is known that they ask for no
/// other name than that, if any.
fn claims<'a>(rules: Rules, survey: &'a Survey) -> (Claims<'a>, Vec<(Cluster, Error)>, BTreeSet<ClusterId>) {
    let (mut claims, mut refused, mut known) = (Claims::new(), Vec::new(), BTreeSet::new());
    for (cluster, vpc) in &survey.clusters {
        let Some(tag) = &cluster.tag else {
            known.insert(cluster.id.clone());
            continue;
        };
        match claim(rules, cluster, tag, vpc.as_ref()) {
            Ok(Some(claimed)) => {
                known.insert(cluster.id.clone());
                claims.entry(claimed).or_default().push(cluster);
            }
            Ok(None) => {}
            Err(error) => refused.push((cluster.clone(), error)),
        }
    }
    (claims, refused, known)
}

/// What a cluster asks for; `None` where its VPC is not known.
fn claim(rules: Rules, cluster: &Cluster, tag: &str, vpc: Option<&Vpc>) -> Result<Option<(ZoneId, Name)>, Error> {
    let name = name_of(rules, cluster, tag)?;
    rules.permit(&name, &cluster.place.account).doing(|| format!("cluster {}", cluster.id))?;
    let zone = zone_of(rules, &name, cluster, vpc)?;
    Ok(zone.map(|zone| (zone.id.clone(), name)))
}

/// By what became of them: how many names are `created`, `updated`, `deleted` and `unchanged`; `refused` (somebody else's
/// among them); and how many things could not be read (`incomplete`). None is a number too.
pub(crate) fn counts(names: &[Decision], refused: &[(Cluster, Error)], survey: &Survey) -> Counts {
    let mut counts: BTreeMap<String, u64> =
        ["created", "updated", "deleted", "unchanged", "refused", "incomplete"].map(|it| (it.to_owned(), 0)).into();
    let mut count = |what: &str, number: usize| {
        *counts.entry(what.to_owned()).or_default() += u64::try_from(number).unwrap_or(u64::MAX);
    };
    for decision in names {
        let what = match &decision.verdict {
            Verdict::Change(change) => match change.deed {
                Deed::Create => "created",
                Deed::Update => "updated",
                Deed::Delete => "deleted",
            },
            Verdict::Keep(_) | Verdict::Spare(_) => "unchanged",
            Verdict::Refuse(_) => "refused",
        };
        count(what, 1);
        count("refused", decision.turned_away.len());
    }
    count("refused", refused.len());
    count("incomplete", survey.unread.len());
    Counts::from([("dns".into(), counts)])
}
