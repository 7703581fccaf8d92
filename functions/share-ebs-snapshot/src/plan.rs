//! What is to be done about EBS snapshots, given the facts. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use events::ebs::SnapshotId;
use place::Region;
use reaction::{Error, Plan};
use sharing::{Change, Principal, Share, Wanted};
use sharing_aws::Encryption;

use crate::facts::{Facts, Snapshot};
use crate::{Step, Subject};

/// For so long after its event a snapshot that EC2 does not know is late rather than gone: EC2 is eventually
/// consistent. Lambda tries again after one and after two minutes.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const VISIBLE_AFTER: Duration = Duration::from_mins(2);

/// Several snapshots do not stand or fall together: one that cannot be shared is left, and the others are shared.
pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    Ok(plan_all(subject, facts)?.with_notes(facts.desired.notes()))
}

fn plan_all(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    facts.desired.admitted()?;
    if let (1, Some(id)) = (subject.snapshots.len(), subject.snapshots.first()) {
        return plan_one(subject, facts, id);
    }
    let (mut ignored, mut steps, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for id in &subject.snapshots {
        match plan_one(subject, facts, id) {
            Ok(Plan::Ignore(why)) => ignored.push(why),
            Ok(Plan::Change { steps: more, notes: said, .. }) => {
                steps.extend(more);
                notes.extend(said);
            }
            Err(error) => {
                let (id, is_refused) = (id.clone(), error.is_refused());
                steps.push(Step::Leave { id, why: error.to_string(), is_refused });
            }
        }
    }
    if ignored.len() == subject.snapshots.len() {
        return Ok(Plan::Ignore(ignored.join("; ")));
    }
    notes.extend(ignored);
    Ok(Plan::Change { steps, notes, incomplete: Vec::new() })
}

fn plan_one(subject: &Subject, facts: &Facts, snapshot_id: &SnapshotId) -> Result<Plan<Step>, Error> {
    let region = &subject.region;
    let id = snapshot_id.as_str();
    let Some(snapshot) = facts.snapshots.get(snapshot_id) else { return vanished(subject, facts, id) };
    if !snapshot.is_ours {
        return Err(Error::refused(format!("{id} belongs to another account; only its owner can share it")));
    }
    // Nobody waits for a tag: the event comes when the snapshot is complete, minutes after it was begun, and what is
    // tagged later still, the sweep finds. Waiting would fail two times for each snapshot of an image, which has none.
    let (manifest, candidate) = (facts.desired.admitted()?, subject.candidate(snapshot));
    let Some(Wanted { principals, .. }) = manifest.wanted(&candidate, facts.now)? else {
        return Ok(Plan::Ignore(why_ignored(snapshot, id, region, manifest.is_withheld(&candidate))));
    };
    match snapshot.state.as_str() {
        "completed" => {}
        "error" => return Ok(Plan::nothing(format!("{id} could not be made; there is nothing to share"))),
        // EC2 is eventually consistent, and no second event would come.
        state => return Err(Error::failed(format!("EC2 in {region} still calls {id} {state}; it is tried again"))),
    }
    match &snapshot.encryption {
        Encryption::AwsManaged => {
            return Err(Error::refused(format!(
                "{id} cannot be shared: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; \
                 copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)"
            )));
        }
        Encryption::Unusable(why) => return Err(Error::refused(format!("{id} cannot be shared: {why}"))),
        Encryption::None | Encryption::AwsOwned | Encryption::Customer(_) => {}
    }
    if snapshot.head.is_busy(facts.now) {
        return Err(Error::failed(format!("another run is at work on {id} in {region}; it is tried again")));
    }
    Ok(share(subject, facts, snapshot_id, snapshot, &principals))
}

/// Why no entry shares the snapshot; `is_withheld` where one has its name and asks for another owner or tag.
fn why_ignored(snapshot: &Snapshot, id: &str, region: &Region, is_withheld: bool) -> String {
    match &snapshot.name {
        _ if is_withheld => format!(
            "no entry of the manifest's section `ebs` means {id} in {region}, whose owner or tags are not those that entries \
             with its name ask for"
        ),
        None => format!("{id} has no tag `Name` by which the manifest could name it"),
        Some(name) => {
            format!("no entry of the manifest's section `ebs` matches `{name}` in {region}, the name of {id}")
        }
    }
}

fn vanished(subject: &Subject, facts: &Facts, id: &str) -> Result<Plan<Step>, Error> {
    let region = &subject.region;
    let age = subject.time.and_then(|time| facts.now.duration_since(time).ok());
    if age.is_some_and(|age| age < VISIBLE_AFTER) {
        return Err(Error::failed(format!("EC2 in {region} does not know {id} yet; it is tried again")));
    }
    Ok(Plan::nothing(format!("EC2 in {region} does not know {id} any more; there is nothing to share")))
}

fn share(
    subject: &Subject,
    facts: &Facts,
    id: &SnapshotId,
    snapshot: &Snapshot,
    wanted: &BTreeSet<Principal>,
) -> Plan<Step> {
    let before = &snapshot.volumes.principals;
    let kept = &(before & &snapshot.needed) - wanted;
    let change = Change {
        resource: subject.resource(id),
        name: snapshot.name.clone().unwrap_or_default(),
        before: before.clone(),
        after: wanted | &kept,
        why: "an entry of the manifest matches the snapshot's name".into(),
        head: snapshot.head.clone(),
    };
    let version = facts.desired.manifest.as_ref().map(|it| it.version().to_owned()).unwrap_or_default();
    let step = Share { changes: vec![change], manifest: version };
    let steps = if step.is_empty() { Vec::new() } else { vec![Step::Share(step)] };
    Plan::Change { steps, notes: notes(id.as_str(), snapshot, wanted, &kept), incomplete: Vec::new() }
}

fn notes(id: &str, snapshot: &Snapshot, wanted: &BTreeSet<Principal>, kept: &BTreeSet<Principal>) -> Vec<String> {
    let public = snapshot.volumes.is_public;
    let public = public.then(|| format!("{id} is public and stays so: everybody may copy it"));
    let kept = (!kept.is_empty()).then(|| {
        let kept: Vec<_> = kept.iter().map(ToString::to_string).collect();
        format!("{} keep {id}: an image of ours that they may launch stands on it", kept.join(", "))
    });
    let key = match &snapshot.encryption {
        Encryption::Customer(key) if !wanted.is_empty() => {
            Some(format!("whoever uses {id} also needs its key {key} (kms:Decrypt, kms:CreateGrant, ..)"))
        }
        _ => None,
    };
    public.into_iter().chain(kept).chain(key).collect()
}
