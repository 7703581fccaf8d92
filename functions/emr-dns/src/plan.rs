//! What follows from the event of one cluster.

use naming::{
    Batch, Cluster, Decision, Deed, Fate, Holder, Mark, Name, Rules, Site, Step, Verdict, Zone, decide, name_of, wait,
    zone_of,
};
use reaction::{Doing, Error, Plan};

use crate::facts::{Kin, Look, Other};

/// What follows from what was seen of one cluster.
pub(crate) fn plan(rules: Rules, look: &Look) -> Result<Plan<Step>, Error> {
    let cluster = &look.cluster;
    let Some(tag) = &cluster.tag else {
        return Ok(Plan::Ignore(format!("cluster {} has no tag `{}`", cluster.id, rules.settings.tag)));
    };
    let name = match name_of(rules, cluster, tag) {
        // It was refused while the cluster lived; there is nothing to be taken away.
        Err(error) if cluster.state.has_ended() => return Ok(Plan::nothing(error.to_string())),
        name => name?,
    };
    if !cluster.state.has_ended() {
        rules.permit(&name, &cluster.place.account).doing(|| format!("cluster {}", cluster.id))?;
    }
    if let Some(why) = wait(cluster) {
        return Ok(Plan::nothing(why));
    }
    let Some(zone) = zone_of(rules, &name, cluster, look.vpc.as_ref())? else {
        let why = format!("{} has no subnet (any more): a sweep takes its records away", cluster.id);
        return Ok(Plan::nothing(why));
    };
    let Some(site) = &look.site else { return Err(Error::failed(format!("{} was not read", zone.id))) };
    if let Some(why) = left_to_a_sweep(rules, look, &name, site) {
        return Err(Error::refused(why));
    }
    conclude(cluster, keep_for_kin(rules, look, decide_of(rules, look, zone, &name, site)))
}

/// Whether a cluster lives, asks for the name and may have it.
fn asks(rules: Rules, it: &Cluster, name: &Name) -> bool {
    let asked = it.tag.as_ref().and_then(|tag| tag.parse::<Name>().ok());
    !it.state.has_ended() && asked.as_ref() == Some(name) && rules.permit(name, &it.place.account).is_ok()
}

/// How it is with the cluster that the name is marked for.
fn fate_of(rules: Rules, look: &Look, name: &Name, mark: &Mark) -> Fate {
    match &look.other {
        _ if mark.cluster == look.cluster.id => Fate::of(&look.cluster, name),
        // What an event says of one cluster is no reason to take another one's record away.
        Other::NotAsked => Fate::Lives,
        _ if rules.permit(name, &mark.place.account).is_err() => Fate::Elsewhere,
        Other::Gone => Fate::Ended,
        Other::Known(other) => Fate::of(other, name),
    }
}

/// Why an event does not give the name to its cluster, if so: it is of another account, of which an event does not see
/// all clusters. One of those may live and ask for the name.
fn left_to_a_sweep(rules: Rules, look: &Look, name: &Name, site: &Site) -> Option<String> {
    let cluster = &look.cluster;
    let Holder::Ours(held) = Holder::of(site, &rules.settings.owner, rules.accounts) else { return None };
    let Mark { cluster: owner, place, .. } = &held.mark;
    let has_another_owner = place.account != cluster.place.account && rules.permit(name, &place.account).is_ok();
    if cluster.state.has_ended() || !has_another_owner || fate_of(rules, look, name, &held.mark) == Fate::Lives {
        return None;
    }
    Some(format!(
        "{name} is not given to {} of account {} yet: {owner} of account {} had it, and another cluster of that account may \
         ask for it; the next sweep knows all of them and decides; invoke one, or wait for it",
        cluster.id, cluster.place.account, place.account
    ))
}

/// Leaves the name of a cluster that has ended where another one of its account asks for it: an account that comes in
/// between would take what is free. A sweep gives it to that one.
fn keep_for_kin(rules: Rules, look: &Look, decision: Decision) -> Decision {
    let Verdict::Change(change) = &decision.verdict else { return decision };
    let why = match &look.kin {
        Kin::TooMany(count) => {
            Some(format!("account {} has {count} other clusters: a sweep decides", look.cluster.place.account))
        }
        Kin::Known(kin) => kin
            .iter()
            .find(|it| asks(rules, it, &decision.name))
            .map(|it| format!("{} ({}) of the same account asks for it, too: a sweep decides", it.id, it.state)),
        Kin::NotAsked => None,
    };
    match why {
        Some(why) if change.deed == Deed::Delete => {
            let verdict = Verdict::Keep(Some(format!("{} is not deleted: {why}", decision.name)));
            Decision { verdict, ..decision }
        }
        _ => decision,
    }
}

fn decide_of(rules: Rules, look: &Look, zone: &Zone, name: &Name, site: &Site) -> Decision {
    let cluster = &look.cluster;
    let other = if let Other::Known(other) = &look.other { Some(other.as_ref()) } else { None };
    let claims: Vec<_> = [Some(cluster), other].into_iter().flatten().filter(|it| asks(rules, it, name)).collect();
    decide(rules, &zone.id, name, site, &claims, |mark| fate_of(rules, look, name, mark))
}

fn conclude(cluster: &Cluster, decision: Decision) -> Result<Plan<Step>, Error> {
    if let Some(turned_away) = decision.turned_away.into_iter().find(|it| it.cluster.id == cluster.id) {
        return Err(Error::refused(turned_away.why));
    }
    let mut notes = decision.notes;
    let steps = match decision.verdict {
        Verdict::Refuse(why) => return Err(Error::refused(why)),
        Verdict::Change(change) => Batch::of(&decision.zone, vec![*change]).into_iter().map(Step::Change).collect(),
        Verdict::Keep(why) => {
            notes.extend(why);
            Vec::new()
        }
        Verdict::Spare(why) => {
            notes.push(format!("{} {why}", decision.name));
            Vec::new()
        }
    };
    Ok(Plan::of(steps).with_notes(notes))
}
