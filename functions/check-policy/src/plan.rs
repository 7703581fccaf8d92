//! What follows from the facts: the policy is made, or a new version of it, or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jobs::Job;
use reaction::{Finding, Plan, Severity};
use sharing::{Change, Resource, Share};

use crate::facts::{Content, Facts, OWNER, Present, Verdict, Wanted};

/// How many versions of a policy there may be.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const VERSIONS: usize = 5;

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The policy gets its document.
    Put(Put),
    /// The policy gets these tags, beside those that it has.
    Tag {
        /// The policy.
        wanted: Resource,
        /// The tags.
        tags: BTreeMap<String, String>,
    },
}

/// How a policy gets its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The policy.
    pub wanted: Box<Wanted>,
    /// How.
    pub how: How,
    /// The change, as it is recorded.
    pub share: Share,
}

/// How a policy gets its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It is made.
    Create,
    /// A new version becomes the default, once there is room for it.
    Renew {
        /// The oldest version, which is deleted to make room.
        room: Option<String>,
    },
    /// A version that is there has the document, and becomes the default.
    Adopt(String),
    /// It has it, and only the record of an interrupted run is open.
    Settle,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(Put { wanted, how, .. }) => {
                let (arn, size) = (wanted.resource.arn(), wanted.document.chars().count());
                match how {
                    How::Create => write!(f, "make {arn} ({size} characters)"),
                    How::Renew { room: None } => {
                        write!(f, "make a new version the default of {arn} ({size} characters)")
                    }
                    How::Renew { room: Some(oldest) } => {
                        write!(f, "delete {oldest} of {arn}, and make a new version the default ({size} characters)")
                    }
                    How::Adopt(version) => {
                        write!(f, "make {version} the default of {arn}, which has the document already")
                    }
                    How::Settle => write!(f, "close the record of {arn}"),
                }
            }
            Self::Tag { wanted, tags } => {
                let tags = tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
                write!(f, "tag {}: {}", wanted.arn(), tags.join(", "))
            }
        }
    }
}

/// Computes what is to be done.
pub(crate) fn plan(job: &Job, facts: &Facts) -> Plan<Step> {
    let Facts { verdict: Verdict { findings, told, second }, wanted } = facts;
    let (steps, more) = match wanted {
        None => (Vec::new(), Vec::new()),
        Some(wanted) => match stranger(wanted) {
            Some(finding) => (Vec::new(), vec![finding]),
            None => (steps(job, wanted), Vec::new()),
        },
    };
    let mut notes = vec![format!("{told}; {second}")];
    if let Some(wanted) = wanted.as_ref().filter(|_| more.is_empty()) {
        notes.insert(0, format!("the policy is {}", wanted.resource.arn()));
        notes.extend(fixed(wanted));
    }
    Plan::of(steps).with_notes(notes).with_findings(findings.clone()).with_findings(more)
}

/// Why the policy that is there is not ours, if so.
fn stranger(Wanted { resource, present, head, .. }: &Wanted) -> Option<Finding> {
    let why = match present {
        Some(present) if !present.is_ours() => format!("has not the tag {OWNER}"),
        Some(_) if head.seq == 0 => "has no record".to_owned(),
        _ => return None,
    };
    Some(Finding {
        path: "metadata.json:/PolicyName".into(),
        severity: Severity::Error,
        rule: "owner".into(),
        message: format!("{} is there, and Signalbox did not make it: it {why}", resource.arn()),
        remedy: "choose another PolicyName, or delete that policy".into(),
    })
}

fn steps(job: &Job, wanted: &Wanted) -> Vec<Step> {
    let content = Content::of(&wanted.document);
    let how = match &wanted.present {
        None => How::Create,
        Some(present) if present.content == content => How::Settle,
        Some(present) => renewal(present, &content),
    };
    let change = change(job, wanted, &content);
    let put = (how != How::Settle || change.head.pending.is_some()).then(|| {
        let share = Share { changes: vec![change], manifest: wanted.sent.clone() };
        Step::Put(Put { wanted: Box::new(wanted.clone()), how, share })
    });
    let tag = wanted.present.as_ref().and_then(|present| {
        let tags = wanted.metadata.tags.iter().filter(|(key, value)| present.tags.get(*key) != Some(*value));
        let tags: BTreeMap<_, _> = tags.map(|(key, value)| (key.clone(), value.clone())).collect();
        (!tags.is_empty()).then(|| Step::Tag { wanted: wanted.resource.clone(), tags })
    });
    put.into_iter().chain(tag).collect()
}

/// How a policy that is there gets its document. A version that an interrupted run left behind is taken up.
fn renewal(present: &Present, content: &Content) -> How {
    if let Some((version, _)) = present.others.iter().rev().find(|(_, says)| says == content) {
        return How::Adopt(version.clone());
    }
    let is_full = present.others.len() + 1 >= VERSIONS;
    How::Renew { room: present.others.first().filter(|_| is_full).map(|(oldest, _)| oldest.clone()) }
}

/// The change as it is recorded: what the policy says stands where, of a share, stands who can use it.
fn change(job: &Job, wanted: &Wanted, content: &Content) -> Change {
    let Wanted { resource, present, head, .. } = wanted;
    let before = present.as_ref().map_or_else(BTreeSet::new, |it| it.content.recorded());
    // Where an interrupted run has changed the default, the one before is not known any more: its intent names it.
    let is_interrupted = head.pending.as_ref().is_some_and(|it| !it.add.is_disjoint(&before));
    let name = present.as_ref().filter(|_| !is_interrupted).map(|it| it.default.clone()).unwrap_or_default();
    Change {
        resource: resource.clone(),
        name,
        before,
        after: content.recorded(),
        why: format!("job {} of account {}", job.id, job.account),
        head: head.clone(),
    }
}

/// What cannot be as it was asked for.
fn fixed(wanted: &Wanted) -> Option<String> {
    let present = wanted.present.as_ref()?;
    (present.description != wanted.metadata.description)
        .then(|| "IAM never changes a description: the policy keeps the one that it was made with".to_owned())
}
