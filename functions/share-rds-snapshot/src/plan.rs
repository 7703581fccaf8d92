//! What is to be done about a database snapshot, given the facts. Pure: who shall have it, [`sharing::decide`] says.

use std::collections::BTreeSet;

use reaction::{Error, Plan};
use sharing::{
    Current, Encryption, Entries, Kind, Needs, Note, Obstacle, Principal, Proposed, Resource, State, Wanted, decide,
};

use crate::copy::Copy;
use crate::facts::{Facts, Snapshot};
use crate::{Step, Subject};

pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    let manifest = facts.desired.admitted()?;
    let (resource, id) = (subject.resource(), subject.snapshot.as_str());
    let Some(snapshot) = &facts.snapshot else {
        let absent = Obstacle::of_absence(resource.clone(), subject.time, facts.now);
        return shared(Proposed::nothing(resource, absent), manifest.version());
    };
    if let Some(product) = other_product(&snapshot.engine) {
        return Ok(Plan::Ignore(format!("`{id}` is a snapshot of {product}, which only shares RDS's events")));
    }
    let entries = manifest.entries([subject.candidate(id, &snapshot.tags)], facts.now)?;
    if !snapshot.is_manual && !facts.copies_automated && entries.wanted().is_some() {
        return Ok(Plan::Ignore(format!(
            "`{id}` is a snapshot of RDS's own, which cannot be shared; copy it, or set SIGNALBOX_COPY_AUTOMATED to true \
             and such snapshots are copied, and the copies shared"
        )));
    }
    let flaw = Obstacle::of_name(&resource, &snapshot.tags).filter(|_| snapshot.is_manual);
    let flaw = flaw.or_else(|| Obstacle::of_encryption(subject.kind, None, &snapshot.encryption));
    let flaw = flaw.or_else(|| Obstacle::of_options(&snapshot.options));
    let current = Current {
        state: &State::of(subject.kind, &snapshot.status),
        flaw: flaw.as_ref(),
        ..Current::new(&resource, &snapshot.holders.principals, &snapshot.head)
    };
    let decision = decide(&current, &entries, &Needs::default(), facts.now);
    if let (None, Entries::Want(Wanted { principals, .. }), false) = (&decision.obstacle, &entries, snapshot.is_manual)
    {
        return Ok(copy(subject, facts, snapshot, principals)?.with_notes(facts.desired.notes()));
    }
    let (changes, notes) = (vec![decision.change(&current, id)], notes(&resource, snapshot, &entries));
    let plan = shared(Proposed { changes, obstacle: decision.obstacle, notes, resource }, manifest.version())?;
    Ok(plan.with_notes(facts.desired.notes()))
}

fn shared(proposed: Proposed, manifest: &str) -> Result<Plan<Step>, Error> {
    Ok(proposed.plan(manifest)?.map(Step::Share))
}

/// Neptune and DocumentDB keep their snapshots among those of RDS, and send the same events.
/// <https://docs.aws.amazon.com/neptune/latest/userguide/event-lists.html>
fn other_product(engine: &str) -> Option<&'static str> {
    match engine {
        "neptune" => Some("Neptune"),
        "docdb" => Some("DocumentDB"),
        _ => None,
    }
}

fn notes(resource: &Resource, snapshot: &Snapshot, entries: &Entries) -> Vec<String> {
    let public = snapshot.holders.is_public.then_some(Note::Public);
    let is_wanted = entries.wanted().is_some_and(|wanted| !wanted.principals.is_empty());
    let key = match &snapshot.encryption {
        Encryption::Customer(key) => Note::of_gaps(key, &snapshot.gaps),
        other => Note::of_encryption(other),
    };
    let notes = public.into_iter().chain(key.filter(|_| is_wanted)).chain(Note::of_options(&snapshot.options));
    notes.map(|note| note.about(resource)).collect()
}

fn copy(
    subject: &Subject,
    facts: &Facts,
    snapshot: &Snapshot,
    wanted: &BTreeSet<Principal>,
) -> Result<Plan<Step>, Error> {
    let kind = &subject.kind;
    let id = subject.snapshot.as_str();
    let copy = Copy::new(subject.resource(), &snapshot.database, &snapshot.tags);
    let target = &copy.target;
    if wanted.is_empty() {
        return Ok(Plan::nothing(format!("the manifest shares {id} with nobody; it needs no copy")));
    }
    if let Some(namesake) = &snapshot.copy {
        copy.refuse(namesake)?;
        return Ok(Plan::nothing(format!("{target} is there already, our copy of {id}")));
    }
    if facts.desired.wanted(&subject.candidate(target, &copy.tags), facts.now)?.is_none() {
        return Err(Error::refused(format!(
            "{id} cannot be copied so that the copy is shared: no entry matches the copy's name {target}; \
             add one that does, such as its beginning"
        )));
    }
    let unheard = (*kind == Kind::DbClusterSnapshot).then(|| {
        format!("AWS documents no event for the finished copy of a cluster snapshot: where none comes, the sweep shares {target}")
    });
    Ok(Plan::of(vec![Step::Copy(copy)]).with_notes(unheard))
}
