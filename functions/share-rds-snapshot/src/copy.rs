//! The copy of a snapshot that cannot be shared itself, and how it is made.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html>

use std::collections::BTreeMap;
use std::fmt;

use aws::{Answer, is_taken};
use aws_sdk_rds::Client;
use aws_sdk_rds::types::Tag;
use reaction::{Doing, Error};
use sharing::{COPY_OF, Kind, Resource, copy_name, source_in_tag};

use crate::facts::Namesake;

/// A copy to be made, in the account and region of its source and under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What is copied.
    pub source: Resource,
    /// The database that it is a snapshot of.
    pub database: String,
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
    /// The copy of a snapshot of this database with these tags.
    pub(crate) fn new(source: Resource, database: &str, tags: &BTreeMap<String, String>) -> Self {
        let target = copy_name(source.kind, &source.id);
        let ours = [(COPY_OF.to_owned(), source_in_tag(&source.id).to_owned())];
        // Only AWS may give those of its own.
        let others = tags.clone().into_iter().filter(|(key, _)| !key.starts_with("aws:"));
        Self { target, database: database.into(), tags: others.chain(ours).collect(), source }
    }

    /// Asks RDS for the copy; whether there is none of that name yet.
    pub(crate) async fn make(&self, client: &Client) -> Result<bool, Error> {
        // CopyTags does nothing where tags are given, so that the source's tags are among them.
        let tags = self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
        let (source, target) = (&self.source.id, &self.target);
        let doing = || format!("copying {source} to {target}");
        if self.source.kind == Kind::DbClusterSnapshot {
            let request = client.copy_db_cluster_snapshot().source_db_cluster_snapshot_identifier(source);
            let request = request.target_db_cluster_snapshot_identifier(target).set_tags(Some(tags));
            let answer = request.send().await;
            if answer.as_ref().is_err_and(is_taken) { Ok(false) } else { answer.or_error().doing(doing).map(|_| true) }
        } else {
            let request = client.copy_db_snapshot().source_db_snapshot_identifier(source);
            let answer = request.target_db_snapshot_identifier(target).set_tags(Some(tags)).send().await;
            if answer.as_ref().is_err_and(is_taken) { Ok(false) } else { answer.or_error().doing(doing).map(|_| true) }
        }
    }

    /// Why what stands under the copy's name is not Signalbox's copy of that snapshot, if so.
    pub(crate) fn refuse(&self, namesake: &Namesake) -> Result<(), Error> {
        let (id, target) = (&self.source.id, &self.target);
        let is_of_it = |source: &String| source_in_tag(source) == source_in_tag(id);
        let what = match &namesake.copy_of {
            Some(source) if is_of_it(source) && namesake.database == self.database => return Ok(()),
            Some(source) if is_of_it(source) => {
                format!("is of the database {} and not of {}", namesake.database, self.database)
            }
            _ => format!("is no copy of it (by its tag {COPY_OF})"),
        };
        Err(Error::refused(format!(
            "{id} cannot be copied: there is a snapshot {target} that {what}; find out who made that one, and rename or delete it"
        )))
    }
}
