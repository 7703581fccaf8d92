//! What is to be done about an image, given the facts. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use reaction::{Error, Plan};
use sharing::{Change, Head, Kind, Manifest, Principal, Share, Wanted};
use sharing_aws::Encryption;

use crate::Subject;
use crate::facts::{Facts, Image, ImageSnapshot};

/// For so long after its event an image that EC2 does not know is late rather than gone: EC2 is eventually
/// consistent. Lambda tries again after one and after two minutes.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const VISIBLE_AFTER: Duration = Duration::from_mins(2);

pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Share>, Error> {
    let manifest = facts.desired.admitted()?;
    let Some(image) = &facts.image else { return vanished(subject, facts) };
    let Subject { image: id, region, .. } = subject;
    if !image.is_ours {
        return Err(Error::refused(format!("{id} belongs to another account; only its owner can share it")));
    }
    let candidate = subject.candidate(&image.name, &image.tags);
    let Some(Wanted { principals: desired, .. }) = manifest.wanted(&candidate, facts.now)? else {
        let (matches, why) = if manifest.is_withheld(&candidate) {
            ("means", ", whose owner or tags are not those that entries with its name ask for")
        } else {
            ("matches", "")
        };
        return Ok(Plan::Ignore(format!("no entry of the manifest {matches} `{}` in {region}{why}", image.name)));
    };
    match image.state.as_str() {
        "available" => {}
        "disabled" => {
            return Err(Error::refused(format!("{id} is disabled; enable it (EnableImage) and it is shared again")));
        }
        // EC2 is eventually consistent, and no second event would come.
        state @ ("pending" | "transient") => {
            return Err(Error::failed(format!("EC2 in {region} still calls {id} {state}; it is tried again")));
        }
        state => return Ok(Plan::nothing(format!("{id} is {state} by now; there is nothing to share"))),
    }
    if let Some(refusal) = image.snapshots.iter().find_map(|snapshot| unshareable(id.as_str(), snapshot)) {
        return Err(refusal);
    }
    let busy = image.snapshots.iter().map(|it| (it.id.as_str(), &it.head)).chain([(id.as_str(), &image.head)]);
    if let Some((id, _)) = busy.into_iter().find(|(_, head)| head.is_busy(facts.now)) {
        return Err(Error::failed(format!("another run is at work on {id} in {region}; it is tried again")));
    }
    Ok(change(subject, image, &desired, &manifest).with_notes(facts.desired.notes()))
}

/// Why the image cannot be shared for what encrypts this snapshot of it, if so.
fn unshareable(id: &str, ImageSnapshot { id: snapshot, encryption, .. }: &ImageSnapshot) -> Option<Error> {
    match encryption {
        Encryption::AwsManaged => Some(Error::refused(format!(
            "{id} cannot be shared: {snapshot} is encrypted with the AWS-managed key aws/ebs, which no other account can use; \
             copy the image with a customer managed key (CopyImage --encrypted --kms-key-id)"
        ))),
        Encryption::Unusable(why) => {
            Some(Error::refused(format!("{id} cannot be shared for its snapshot {snapshot}: {why}")))
        }
        Encryption::None | Encryption::AwsOwned | Encryption::Customer(_) => None,
    }
}

fn vanished(subject: &Subject, facts: &Facts) -> Result<Plan<Share>, Error> {
    let Subject { image, region, .. } = subject;
    let age = subject.time.and_then(|time| facts.now.duration_since(time).ok());
    if age.is_some_and(|age| age < VISIBLE_AFTER) {
        return Err(Error::failed(format!("EC2 in {region} does not know {image} yet; it is tried again")));
    }
    Ok(Plan::nothing(format!("EC2 in {region} does not know {image} any more; there is nothing to share")))
}

fn change(subject: &Subject, image: &Image, desired: &BTreeSet<Principal>, manifest: &Manifest) -> Plan<Share> {
    let change = |kind, id: &str, before: &BTreeSet<Principal>, after, head: &Head| Change {
        resource: subject.resource(kind, id),
        name: image.name.clone(),
        before: before.clone(),
        after,
        why: "an entry of the manifest matches the image's name".into(),
        head: head.clone(),
    };
    let launch = &image.launch.principals;
    let launch = change(Kind::Image, subject.image.as_str(), launch, desired.clone(), &image.head);
    let accounts: BTreeSet<_> = desired.iter().filter(|who| who.account().is_some()).cloned().collect();
    let snapshots = image.snapshots.iter().map(|snapshot| {
        let before = &snapshot.volumes.principals;
        let after = &accounts | &(before & &snapshot.needed_elsewhere);
        change(Kind::Snapshot, &snapshot.id, before, after, &snapshot.head)
    });
    let changes = [launch].into_iter().chain(snapshots.filter(|change| !change.is_empty())).collect();
    let step = Share { changes, manifest: manifest.version().into() };
    let steps = if step.is_empty() { Vec::new() } else { vec![step] };
    Plan::Change { steps, notes: notes(image, desired), incomplete: Vec::new() }
}

fn notes(image: &Image, desired: &BTreeSet<Principal>) -> Vec<String> {
    let public_image =
        image.launch.is_public.then(|| "the image is public and stays so: everybody may launch it".into());
    let public_snapshots = image.snapshots.iter().filter(|snapshot| snapshot.volumes.is_public);
    let public_snapshots =
        public_snapshots.map(|it| format!("{} is public and stays so: everybody may copy it", it.id));
    let organizations: BTreeSet<_> = desired.iter().filter(|who| who.account().is_none()).collect();
    let organizations = (!organizations.is_empty() && !image.snapshots.is_empty()).then(|| {
        format!(
            "{} may launch the image but not copy it: snapshots are shared with accounts only",
            list(&organizations)
        )
    });
    let keys = image.snapshots.iter().filter_map(|snapshot| match &snapshot.encryption {
        Encryption::Customer(key) => Some(key),
        _ => None,
    });
    let keys = keys
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|key| format!("whoever launches the image also needs its key {key} (kms:Decrypt, kms:CreateGrant, ..)"));
    public_image.into_iter().chain(public_snapshots).chain(organizations).chain(keys).collect()
}

fn list<T: fmt::Display>(items: &BTreeSet<T>) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
