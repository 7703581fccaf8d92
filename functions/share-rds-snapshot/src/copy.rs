//! The copy of a snapshot that cannot be shared itself: what it is called, and how it is made.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html>

use std::collections::BTreeMap;
use std::fmt;

use aws::{Answer, is_taken};
use aws_sdk_rds::Client;
use aws_sdk_rds::types::Tag;
use reaction::{Doing, Error};
use sharing::{Kind, Resource};

/// The tag of our copies: the name of the snapshot that it is a copy of.
pub(crate) const COPY_OF: &str = "signalbox:copy-of";

/// What the name of a copy ends with.
const SUFFIX: &str = "-shared";

/// A copy to be made, in the account and region of its source and under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What is copied.
    pub source: Resource,
    /// The copy's name.
    pub target: String,
    /// The copy's tags.
    pub tags: BTreeMap<String, String>,
}

impl fmt::Display for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copy {} to {}", self.source, self.target)
    }
}

impl Copy {
    /// The copy of a snapshot with these tags.
    pub(crate) fn new(source: Resource, tags: &BTreeMap<String, String>) -> Self {
        let target = name(source.kind, &source.id);
        let ours = [(COPY_OF.to_owned(), source.id.clone())];
        // Only AWS may give those of its own.
        let others = tags.clone().into_iter().filter(|(key, _)| !key.starts_with("aws:"));
        Self { target, tags: others.chain(ours).collect(), source }
    }

    /// Makes the copy. One of that name that is there already is left alone: another run was faster.
    pub(crate) async fn make(&self, client: &Client) -> Result<(), Error> {
        // CopyTags does nothing where tags are given, so that the source's tags are among them.
        let tags = self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
        let (source, target) = (&self.source.id, &self.target);
        let doing = || format!("copying {source} to {target}");
        if self.source.kind == Kind::DbClusterSnapshot {
            let request = client.copy_db_cluster_snapshot().source_db_cluster_snapshot_identifier(source);
            let request = request.target_db_cluster_snapshot_identifier(target).set_tags(Some(tags));
            let answer = request.send().await;
            if answer.as_ref().is_err_and(is_taken) { Ok(()) } else { answer.or_error().doing(doing).map(drop) }
        } else {
            let request = client.copy_db_snapshot().source_db_snapshot_identifier(source);
            let answer = request.target_db_snapshot_identifier(target).set_tags(Some(tags)).send().await;
            if answer.as_ref().is_err_and(is_taken) { Ok(()) } else { answer.or_error().doing(doing).map(drop) }
        }
    }
}

/// What the copy of this snapshot is called: `rds:name-2026-11-02-05-30` becomes `name-2026-11-02-05-30-shared`. A name
/// that would be too long loses its middle, since its end tells one day's copy from another's.
pub(crate) fn name(kind: Kind, id: &str) -> String {
    /// `-2026-11-02-05-30`
    const DATE: usize = 17;
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html
    let longest = if kind == Kind::DbClusterSnapshot { 63 } else { 255 };
    let id = id.strip_prefix("rds:").unwrap_or(id).replace(':', "-");
    let room = longest - SUFFIX.len();
    if id.len() <= room {
        return format!("{id}{SUFFIX}");
    }
    let (start, date) = id.split_at(id.len() - DATE);
    format!("{}{date}{SUFFIX}", start[..room - DATE].trim_end_matches('-'))
}
