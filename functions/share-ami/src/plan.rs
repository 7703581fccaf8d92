//! What is to be done about an image, given the facts. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use events::ec2::ImageId;
use reaction::{AccountId, Error, Plan, Region};
use sharing::{Difference, Manifest, Principal};

use crate::Subject;
use crate::facts::{Encryption, Facts, Image, ImageSnapshot, SnapshotId};

/// For so long after its event an image that EC2 does not know is late rather than gone: EC2 is eventually
/// consistent. Lambda tries again after one and after two minutes.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const VISIBLE_AFTER: Duration = Duration::from_mins(2);

/// Makes the image and its snapshots shared as they should be. One step, since its parts are ordered: nobody may see
/// an image whose snapshots are closed to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareImage {
    /// The image.
    pub image: ImageId,
    /// Where it lives.
    pub region: Region,
    /// Who gains and loses the permission to launch it.
    pub launch: Difference<Principal>,
    /// Who gains and loses the permission to make volumes of each snapshot.
    pub snapshots: BTreeMap<SnapshotId, Difference<AccountId>>,
}

impl fmt::Display for ShareImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "share {} in {}:", self.image, self.region)?;
        changes(f, &self.launch)?;
        for (id, difference) in &self.snapshots {
            write!(f, "; {id}:")?;
            changes(f, difference)?;
        }
        Ok(())
    }
}

fn changes<T: fmt::Display + Ord>(f: &mut fmt::Formatter<'_>, difference: &Difference<T>) -> fmt::Result {
    for who in &difference.add {
        write!(f, " +{who}")?;
    }
    for who in &difference.remove {
        write!(f, " -{who}")?;
    }
    Ok(())
}

pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<ShareImage>, Error> {
    let manifest = admitted(facts)?;
    let Some(image) = &facts.image else { return vanished(subject, facts) };
    let Subject { image: id, region, .. } = subject;
    if !image.is_ours {
        return Err(Error::refused(format!("{id} belongs to another account; only its owner can share it")));
    }
    let Some(desired) = manifest.image_principals(&image.name, region) else {
        return Ok(Plan::Ignore(format!("no entry of the manifest matches `{}` in {region}", image.name)));
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
    if let Some(snapshot) = image.snapshots.iter().find(|it| it.encryption == Encryption::AwsManaged) {
        return Err(Error::refused(format!(
            "{id} cannot be shared: {} is encrypted with the AWS-managed key aws/ebs, which no other account can use; \
             copy the image with a customer managed key (CopyImage --encrypted --kms-key-id)",
            snapshot.id
        )));
    }
    Ok(change(subject, image, &desired))
}

/// The manifest, where it can be read and names nobody whom it may not.
fn admitted(facts: &Facts) -> Result<&Manifest, Error> {
    let manifest = facts.manifest.as_ref().map_err(|mistake| Error::refused(format!("the manifest, {mistake}")))?;
    let outside = facts.allowed_accounts.as_ref().map(|allowed| manifest.outside(allowed)).unwrap_or_default();
    if outside.is_empty() {
        return Ok(manifest);
    }
    Err(Error::refused(format!(
        "the manifest names {}, which SIGNALBOX_ALLOWED_ACCOUNTS does not; nothing was changed",
        list(&outside)
    )))
}

fn vanished(subject: &Subject, facts: &Facts) -> Result<Plan<ShareImage>, Error> {
    let Subject { image, region, .. } = subject;
    let age = subject.time.and_then(|time| facts.now.duration_since(time).ok());
    if age.is_some_and(|age| age < VISIBLE_AFTER) {
        return Err(Error::failed(format!("EC2 in {region} does not know {image} yet; it is tried again")));
    }
    Ok(Plan::nothing(format!("EC2 in {region} does not know {image} any more; there is nothing to share")))
}

fn change(subject: &Subject, image: &Image, desired: &BTreeSet<Principal>) -> Plan<ShareImage> {
    // The owner may always launch it; to list them is harmless, and to grant it changes nothing.
    let desired = desired.iter().filter(|who| who.account() != Some(&subject.account)).cloned().collect();
    let launch = Difference::between(&desired, &image.launch);
    let accounts: BTreeSet<_> = desired.iter().filter_map(Principal::account).cloned().collect();
    let snapshots =
        image.snapshots.iter().map(|snapshot| (snapshot.id.clone(), snapshot_difference(snapshot, &accounts)));
    let snapshots: BTreeMap<_, _> = snapshots.filter(|(_, difference)| !difference.is_empty()).collect();
    let is_done = launch.is_empty() && snapshots.is_empty();
    let step = ShareImage { image: subject.image.clone(), region: subject.region.clone(), launch, snapshots };
    let steps = if is_done { Vec::new() } else { vec![step] };
    Plan::Change { steps, notes: notes(image, &desired), incomplete: Vec::new() }
}

fn snapshot_difference(snapshot: &ImageSnapshot, desired: &BTreeSet<AccountId>) -> Difference<AccountId> {
    let Difference { add, remove } = Difference::between(desired, &snapshot.accounts);
    Difference { add, remove: &remove - &snapshot.needed_elsewhere }
}

fn notes(image: &Image, desired: &BTreeSet<Principal>) -> Vec<String> {
    let public_image = image.is_public.then(|| "the image is public and stays so: everybody may launch it".into());
    let public_snapshots = image.snapshots.iter().filter(|snapshot| snapshot.is_public);
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
        Encryption::None | Encryption::AwsManaged => None,
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
