//! What is to be done about a database snapshot, given the facts. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use reaction::{Error, Plan};
use sharing::{Change, Kind, Manifest, Principal, Share, Wanted};
use sharing_aws::{AWS_OWNED_KEY, Encryption, KeyGaps, over_quota};

use crate::copy::{COPY_OF, Copy};
use crate::facts::{Facts, Namesake, Snapshot};
use crate::{Step, Subject};

/// For so long after its event a snapshot that RDS does not know is late rather than gone. Lambda tries again after one
/// and after two minutes.
const VISIBLE_AFTER: Duration = Duration::from_mins(2);

pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    let manifest = facts.desired.admitted()?;
    let Subject { kind, region, .. } = subject;
    let id = subject.snapshot.as_str();
    let Some(snapshot) = &facts.snapshot else { return vanished(subject, facts) };
    if let Some(product) = other_product(&snapshot.engine) {
        return Ok(Plan::Ignore(format!("`{id}` is a snapshot of {product}, which only shares RDS's events")));
    }
    let candidate = subject.candidate(id, &snapshot.tags);
    let Some(Wanted { principals, .. }) = manifest.wanted(&candidate, facts.now)? else {
        let (matches, why) = if manifest.is_withheld(&candidate) {
            ("means", ", whose owner or tags are not those that entries with its name ask for")
        } else {
            ("matches", "")
        };
        return Ok(Plan::Ignore(format!(
            "no entry of the manifest's section `{kind}` {matches} `{id}` in {region}{why}"
        )));
    };
    if !snapshot.is_manual && !facts.copies_automated {
        return Ok(Plan::Ignore(format!(
            "`{id}` is a snapshot of RDS's own, which cannot be shared; copy it, or set SIGNALBOX_COPY_AUTOMATED to true \
             and such snapshots are copied, and the copies shared"
        )));
    }
    match snapshot.status.as_str() {
        "available" => {}
        status @ ("deleting" | "deleted" | "failed") => {
            return Ok(Plan::nothing(format!("{id} is {status} by now; there is nothing to share")));
        }
        // Whatever else it is, it may yet become available, and no second event would come.
        status => return Err(Error::failed(format!("RDS in {region} still calls {id} {status}; it is tried again"))),
    }
    if let Some(why) = unshareable(*kind, snapshot) {
        return Err(Error::refused(format!("{id} cannot be shared: {why}")));
    }
    if let Some(refusal) = over_quota(&principals) {
        return Err(refusal.context(format!("{id} cannot be shared")));
    }
    if snapshot.head.is_busy(facts.now) {
        return Err(Error::failed(format!("another run is at work on {id} in {region}; it is tried again")));
    }
    let plan = if snapshot.is_manual {
        share(subject, snapshot, principals, &manifest)
    } else {
        copy(subject, facts, snapshot, &principals)?
    };
    Ok(plan.with_notes(facts.desired.notes()))
}

/// Why RDS does not share the snapshot, nor a copy of it, if so.
fn unshareable(kind: Kind, snapshot: &Snapshot) -> Option<String> {
    match &snapshot.encryption {
        Encryption::AwsManaged => {
            let api = if kind == Kind::DbClusterSnapshot { "CopyDBClusterSnapshot" } else { "CopyDBSnapshot" };
            Some(format!(
                "it is encrypted with the AWS-managed key aws/rds, which no other account can use; copy it with a customer \
                 managed key ({api} with KmsKeyId), and the copy is shared"
            ))
        }
        Encryption::Unusable(why) => Some(why.clone()),
        Encryption::None | Encryption::AwsOwned | Encryption::Customer(_) => snapshot.options.obstacle(),
    }
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

fn vanished(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    let (id, region) = (subject.snapshot.as_str(), &subject.region);
    let age = subject.time.and_then(|time| facts.now.duration_since(time).ok());
    if age.is_some_and(|age| age < VISIBLE_AFTER) {
        return Err(Error::failed(format!("RDS in {region} does not know {id} yet; it is tried again")));
    }
    Ok(Plan::nothing(format!("RDS in {region} does not know {id} any more; there is nothing to share")))
}

fn share(subject: &Subject, snapshot: &Snapshot, after: BTreeSet<Principal>, manifest: &Manifest) -> Plan<Step> {
    let change = Change {
        resource: subject.resource(),
        name: subject.snapshot.as_str().into(),
        before: snapshot.holders.principals.clone(),
        after,
        why: "an entry of the manifest matches the snapshot's name".into(),
        head: snapshot.head.clone(),
    };
    let notes = notes(subject, snapshot, &change.after);
    let step = Share { changes: vec![change], manifest: manifest.version().into() };
    let steps = if step.is_empty() { Vec::new() } else { vec![Step::Share(step)] };
    Plan::Change { steps, notes, incomplete: Vec::new() }
}

fn notes(subject: &Subject, snapshot: &Snapshot, after: &BTreeSet<Principal>) -> Vec<String> {
    let id = subject.snapshot.as_str();
    let public = snapshot.holders.is_public;
    let public = public.then(|| format!("{id} is public and stays so: everybody may copy and restore it"));
    let key = match &snapshot.encryption {
        Encryption::Customer(key) if !after.is_empty() => Some(key),
        _ => None,
    };
    let gaps = key.and_then(|key| match &snapshot.gaps {
        KeyGaps::Unknown => Some(format!(
            "whoever copies or restores {id} also needs its key {key} (kms:Decrypt, kms:CreateGrant, ..); whom it admits \
             could not be read"
        )),
        KeyGaps::Known(shut_out) if shut_out.is_empty() => None,
        KeyGaps::Known(shut_out) => {
            let shut_out: Vec<_> = shut_out.iter().map(ToString::to_string).collect();
            Some(format!(
                "policy and grants of the key {key} do not admit {}, who can copy or restore {id} only when they do \
                 (kms:Decrypt, kms:CreateGrant, ..)",
                shut_out.join(", ")
            ))
        }
    });
    let owned = snapshot.encryption == Encryption::AwsOwned && !after.is_empty();
    let owned = owned.then(|| AWS_OWNED_KEY.replace("SNAPSHOT", id));
    public.into_iter().chain(gaps).chain(owned).chain(snapshot.options.note()).collect()
}

fn copy(
    subject: &Subject,
    facts: &Facts,
    snapshot: &Snapshot,
    wanted: &BTreeSet<Principal>,
) -> Result<Plan<Step>, Error> {
    let kind = &subject.kind;
    let id = subject.snapshot.as_str();
    let copy = Copy::new(subject.resource(), &snapshot.tags);
    let target = &copy.target;
    if wanted.is_empty() {
        return Ok(Plan::nothing(format!("the manifest shares {id} with nobody; it needs no copy")));
    }
    match &snapshot.copy {
        None => {}
        Some(Namesake { copy_of: Some(source) }) if source == id => {
            return Ok(Plan::nothing(format!("{target} is there already, our copy of {id}")));
        }
        Some(_) => {
            return Err(Error::refused(format!(
                "{id} cannot be copied: there is a snapshot {target} that is no copy of it (by its tag {COPY_OF}); \
                 rename or delete that one"
            )));
        }
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
    Ok(Plan::Change { steps: vec![Step::Copy(copy)], notes: unheard.into_iter().collect(), incomplete: Vec::new() })
}
