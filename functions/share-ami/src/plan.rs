//! What is to be done about an image and the snapshots that back it, given the facts. Pure: who shall have each of them,
//! [`sharing::decide`] says.

use std::collections::BTreeSet;

use reaction::{Error, Plan};
use sharing::{
    Change, Current, Decision, Encryption, Entries, Kind, Needs, Note, Obstacle, Proposed, Resource, State, Step,
    decide,
};

use crate::Subject;
use crate::facts::{Facts, Image, ImageSnapshot};

pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    let manifest = facts.desired.admitted()?;
    let version = manifest.version();
    let resource = subject.resource(Kind::Image, subject.image.as_str());
    let Some(image) = &facts.image else {
        let absent = Obstacle::of_absence(resource.clone(), subject.time, facts.now);
        return Proposed::nothing(resource, absent).plan(version);
    };
    let entries = manifest.entries([subject.candidate(&image.name, &image.tags)], facts.now)?;
    let flaw = image.snapshots.iter().find_map(|it| obstacle(Some(&it.id), &it.encryption));
    let current = Current {
        is_foreign: !image.is_ours,
        state: &State::of(Kind::Image, &image.state),
        flaw: flaw.as_ref(),
        ..Current::new(&resource, &image.launch.principals, &image.head)
    };
    let decision = decide(&current, &entries, &Needs::default(), facts.now);
    let mut needs = Needs::default();
    needs.add_image(&current, &entries);
    let backing = image.snapshots.iter().map(|it| decide_snapshot(subject, facts, image, it, &needs));
    let (mut changes, mut decisions) =
        (vec![decision.change(&current, &image.name)], vec![(resource.clone(), decision)]);
    for (change, decision) in backing {
        decisions.push((change.resource.clone(), decision));
        changes.extend(Some(change).filter(|change| !change.is_empty()));
    }
    let notes = notes(&resource, subject, image, &entries);
    let (about, obstacle) = first_obstacle(&decisions).map(|(it, why)| (it.clone(), why.clone())).unzip();
    let plan = Proposed { resource: about.unwrap_or(resource), changes, obstacle, notes }.plan(version)?;
    Ok(plan.with_notes(facts.desired.notes()))
}

/// Who shall have a snapshot that backs the image; what its own entries and other images need is among what it keeps.
fn decide_snapshot(
    subject: &Subject,
    facts: &Facts,
    image: &Image,
    snapshot: &ImageSnapshot,
    needs: &Needs,
) -> (Change, Decision) {
    let resource = subject.resource(Kind::Snapshot, &snapshot.id);
    let flaw = obstacle(None, &snapshot.encryption);
    let current =
        Current { flaw: flaw.as_ref(), ..Current::new(&resource, &snapshot.volumes.principals, &snapshot.head) };
    let own = Entries::None { name: String::new(), is_withheld: false };
    let decision = decide(&current, &own, &needs.clone().keeping(&snapshot.needed_elsewhere), facts.now);
    (decision.change(&current, &image.name), decision)
}

fn obstacle(snapshot: Option<&str>, encryption: &Encryption) -> Option<Obstacle> {
    let kind = if snapshot.is_some() { Kind::Image } else { Kind::Snapshot };
    Obstacle::of_encryption(kind, snapshot, encryption)
}

/// What keeps the image from being shared: that Signalbox never touches it; then another run, on the image or on a snapshot of
/// it; then what bars accounts from the image; then what bars them from a snapshot.
fn first_obstacle(decisions: &[(Resource, Decision)]) -> Option<(&Resource, &Obstacle)> {
    let said = || decisions.iter().filter_map(|(resource, it)| Some((resource, it.obstacle.as_ref()?)));
    let of_image = said().find(|(resource, obstacle)| resource.kind == Kind::Image && is_final(obstacle));
    let busy =
        || decisions.iter().find(|(_, it)| it.is_busy()).and_then(|(it, busy)| Some((it, busy.obstacle.as_ref()?)));
    of_image.or_else(busy).or_else(|| said().next())
}

/// Whether Signalbox does not touch the image, whatever its snapshots are.
fn is_final(obstacle: &Obstacle) -> bool {
    !matches!(obstacle, Obstacle::Busy(_)) && !obstacle.bars_gains_only()
}

fn notes(resource: &Resource, subject: &Subject, image: &Image, entries: &Entries) -> Vec<String> {
    let public_image = image.launch.is_public.then(|| Note::Public.about(resource));
    let public_snapshots = image.snapshots.iter().filter(|snapshot| snapshot.volumes.is_public);
    let public_snapshots = public_snapshots.map(|it| Note::Public.about(&subject.resource(Kind::Snapshot, &it.id)));
    let wanted = entries.wanted().map(|wanted| &wanted.principals).into_iter().flatten();
    let organizations: BTreeSet<_> = wanted.filter(|who| who.account().is_none()).map(ToString::to_string).collect();
    let organizations = (!organizations.is_empty() && !image.snapshots.is_empty()).then(|| {
        let organizations = organizations.into_iter().collect::<Vec<_>>().join(", ");
        format!("{organizations} may launch the image but not copy it: snapshots are shared with accounts only")
    });
    let keys = image.snapshots.iter().filter_map(|snapshot| Note::of_encryption(&snapshot.encryption));
    let keys = keys.collect::<BTreeSet<_>>().into_iter().map(|note| note.about(resource));
    public_image.into_iter().chain(public_snapshots).chain(organizations).chain(keys).collect()
}
