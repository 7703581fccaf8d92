//! What is to be done about EBS snapshots, given the facts. Pure: who shall have each of them, [`sharing::decide`] says.

use events::ebs::SnapshotId;
use reaction::{Error, Plan};
use sharing::{
    CannotShare, Current, Decision, Entries, Kind, Needs, Note, Obstacle, Proposed, Resource, State, Step, decide,
};

use crate::Subject;
use crate::facts::{Facts, Snapshot};

/// Several snapshots do not stand or fall together: one that cannot be shared is left, and the others are shared.
pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    Ok(plan_all(subject, facts)?.with_notes(facts.desired.notes()))
}

fn plan_all(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    let version = facts.desired.admitted()?.version().to_owned();
    if let (1, Some(id)) = (subject.snapshots.len(), subject.snapshots.first()) {
        return propose(subject, facts, id)?.plan(&version);
    }
    let (mut ignored, mut steps, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for id in &subject.snapshots {
        match propose(subject, facts, id).map(|it| it.plan_among_others(&version)) {
            Ok(Plan::Ignore(why)) => ignored.push(why),
            Ok(Plan::Change { steps: more, notes: said, .. }) => {
                steps.extend(more);
                notes.extend(said);
            }
            Err(error) => {
                let (resource, is_refused) = (subject.resource(id), error.is_refused());
                steps.push(Step::CannotShare(CannotShare { resource, why: error.to_string(), is_refused }));
            }
        }
    }
    if ignored.len() == subject.snapshots.len() {
        return Ok(Plan::Ignore(ignored.join("; ")));
    }
    notes.extend(ignored);
    Ok(Plan::Change { steps, notes, incomplete: Vec::new() })
}

/// What is to be done about one snapshot.
fn propose(subject: &Subject, facts: &Facts, id: &SnapshotId) -> Result<Proposed, Error> {
    let resource = subject.resource(id);
    let Some(snapshot) = facts.snapshots.get(id) else {
        let absent = Obstacle::of_absence(resource.clone(), subject.time, facts.now);
        return Ok(Proposed::nothing(resource, absent));
    };
    // Signalbox does not wait for a tag: the event comes when the snapshot is complete, minutes after it was begun, and what is
    // tagged later still, the sweep finds. Waiting would fail two times for each snapshot of an image, which has none.
    let entries = facts.desired.admitted()?.entries([subject.candidate(snapshot)], facts.now)?;
    let flaw = Obstacle::of_encryption(Kind::Snapshot, None, &snapshot.encryption);
    let current = Current {
        is_foreign: !snapshot.is_ours,
        state: &State::of(Kind::Snapshot, &snapshot.state),
        flaw: flaw.as_ref(),
        ..Current::new(&resource, &snapshot.volumes.principals, &snapshot.head)
    };
    // An image's own event gives its accounts the snapshot; this one lets them keep it.
    let needs = Needs::default().keeping(&snapshot.needed);
    let decision = decide(&current, &entries, &needs, facts.now);
    let change = decision.change(&current, snapshot.name.clone().unwrap_or_default());
    let notes = notes(&resource, snapshot, &entries, &decision);
    Ok(Proposed { changes: vec![change], obstacle: decision.obstacle, notes, resource })
}

fn notes(resource: &Resource, snapshot: &Snapshot, entries: &Entries, decision: &Decision) -> Vec<String> {
    let Some(wanted) = entries.wanted() else { return Vec::new() };
    let public = snapshot.volumes.is_public.then(|| Note::Public.about(resource));
    let kept = &decision.after - &wanted.principals;
    let kept = (!kept.is_empty()).then(|| {
        let kept: Vec<_> = kept.iter().map(ToString::to_string).collect();
        format!("{} keep {}: an image of ours that they may launch stands on it", kept.join(", "), resource.id)
    });
    let key = Note::of_encryption(&snapshot.encryption).filter(|_| !wanted.principals.is_empty());
    public.into_iter().chain(kept).chain(key.map(|note| note.about(resource))).collect()
}
