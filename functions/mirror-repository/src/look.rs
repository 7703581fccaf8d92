//! What an operator sees of the mirrored repositories: how far each is, and where its bucket differs from its branch.

use std::fmt;
use std::path::PathBuf;

use aws::Location;
use futures_util::{StreamExt, stream};
use mirror::{
    CommitId, Drift, Head, Journal, Keys, Left, Manifest, Pointer, Repository, RepositoryName, Stored, verify,
    verify_copy,
};
use place::plain;
use reaction::{Doing, Error, Run};
use serde::Serialize;

use crate::MirrorRepository;
use crate::observe::{configured, head_of};

/// How many repositories are looked at at a time.
const AT_ONCE: usize = 8;

/// A branch of a mirrored repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The repository.
    pub repository: RepositoryName,
    /// The branch.
    pub branch: String,
    /// `layout` or `copy`.
    pub what: &'static str,
    /// The commit that is mirrored.
    pub mirrored: Option<CommitId>,
    /// The commit that the branch has now.
    pub head: Option<CommitId>,
    /// `current`, `behind`, `broken-off` where a run did not end, `absent` where the forge has no such branch, or why it is not known.
    pub state: String,
}

/// How a bucket differs from a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The repository.
    pub repository: RepositoryName,
    /// The commit that the branch of the layout has.
    pub head: CommitId,
    /// How many objects of the layout were compared.
    pub objects: usize,
    /// Where the layout differs.
    pub drift: Vec<Drift>,
    /// Where the copies to which pointers lead differ, by branch.
    pub copies: Vec<(String, Vec<Drift>)>,
    /// What of the commit is not in the layout as git has it.
    pub left: Vec<Left>,
    /// What is to be known beside.
    pub notes: Vec<String>,
}

impl MirrorRepository {
    /// How far every repository is.
    ///
    /// # Errors
    /// As of [`MirrorRepository::read_mirrors`]; what is not known of one repository stands in its row.
    pub async fn list(&self) -> Result<Vec<Row>, Error> {
        let mirrors = self.read_mirrors().await?;
        let rows: Vec<_> = mirrors.repositories.iter().map(|(name, repository)| self.rows(name, repository)).collect();
        Ok(stream::iter(rows).buffered(AT_ONCE).collect::<Vec<_>>().await.concat())
    }

    async fn rows(&self, name: &RepositoryName, repository: &Repository) -> Vec<Row> {
        let read = async {
            let keys = Keys(name);
            let (manifest, journal) = (keys.manifest(), keys.journal());
            let forge = self.forge(name, repository, None).await?;
            let read =
                tokio::try_join!(forge.heads(), self.bucket.read::<Manifest>(&manifest), self.bucket.etag_of(&journal));
            let ((heads, _), manifest, journal) = read?;
            let mut rows = vec![row(name, &repository.branch, "layout", manifest.map(|it| it.it.commit), &heads)];
            if journal.is_some() {
                "broken-off".clone_into(&mut rows[0].state);
            }
            for branch in &repository.copies {
                let pointer = self.bucket.read::<Pointer>(&keys.pointer(branch)).await?;
                rows.push(row(name, branch, "copy", pointer.map(|it| it.it.commit), &heads));
            }
            Ok::<_, Error>(rows)
        };
        read.await.unwrap_or_else(|error| {
            let unknown = row(name, &repository.branch, "layout", None, &std::collections::BTreeMap::new());
            vec![Row { state: error.to_string(), ..unknown }]
        })
    }

    /// Compares a repository's bucket with its branches. Only what the bucket lists is read, and no object of the repository.
    ///
    /// # Errors
    /// `Refused` where the repository is not configured or its branch is gone; as of the forge and of S3.
    pub async fn verify(&self, name: &RepositoryName, run: &Run) -> Result<Verified, Error> {
        let mirrors = self.read_mirrors().await?;
        let repository = configured(&mirrors, name)?;
        self.end();
        let forge = self.forge(name, repository, None).await?;
        let keys = Keys(name);
        let (manifest, journal) = (keys.manifest(), keys.journal());
        let (manifest, journal) =
            tokio::try_join!(self.bucket.read::<Manifest>(&manifest), self.bucket.read::<Journal>(&journal))?;
        let head = head_of(&forge.fetch(&repository.branch, None, run).await?)?;
        let layout = keys.layout();
        let objects = self.bucket.list(&layout).await?;
        let rules = repository.rules();
        let drift = verify(name, &head, &rules, manifest.as_ref().map(|it| &it.it), &objects);
        let mut copies = Vec::new();
        for branch in &repository.copies {
            let pointer = self.bucket.read::<Pointer>(&keys.pointer(branch)).await?;
            let of_head = if *branch == repository.branch {
                head.clone()
            } else {
                head_of(&forge.fetch(branch, None, run).await?)?
            };
            copies.push((branch.clone(), self.verify_copy(repository, &of_head, pointer).await?));
        }
        let journal =
            journal.map(|it| format!("a run at commit {} was broken off; the next run ends it", it.it.commit));
        let no_manifest =
            manifest.is_none().then(|| "there is no manifest: nothing says which objects are Signalbox's".to_owned());
        Ok(Verified {
            repository: name.clone(),
            head: head.commit,
            objects: objects.len(),
            drift,
            copies,
            left: manifest.map(|it| it.it.left).unwrap_or_default(),
            notes: journal.into_iter().chain(no_manifest).collect(),
        })
    }

    async fn verify_copy(
        &self,
        repository: &Repository,
        head: &Head,
        pointer: Option<Stored<Pointer>>,
    ) -> Result<Vec<Drift>, Error> {
        let Some(Stored { it: pointer, .. }) = pointer else {
            return Ok(vec![Drift::Missing { path: "pointer.json".into() }]);
        };
        if pointer.commit != head.commit {
            let path = format!("pointer.json (it leads to commit {}, and the head is {})", pointer.commit, head.commit);
            return Ok(vec![Drift::Overwritten { path }]);
        }
        let objects = self.bucket.list(&pointer.prefix).await.doing(|| format!("copy of {}", pointer.commit))?;
        Ok(verify_copy(&pointer.prefix, head, &repository.rules(), &objects))
    }

    /// Where the list of mirrored repositories lies.
    #[must_use]
    pub fn location(&self) -> &Location {
        self.repositories.location()
    }

    /// Where commits are kept between two runs.
    #[must_use]
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }
}

fn row(
    name: &RepositoryName,
    branch: &str,
    what: &'static str,
    mirrored: Option<CommitId>,
    heads: &std::collections::BTreeMap<String, CommitId>,
) -> Row {
    let head = heads.get(branch).cloned();
    let state = match (&mirrored, &head) {
        (_, None) => "absent",
        (Some(mirrored), Some(head)) if mirrored == head => "current",
        _ => "behind",
    };
    Row { repository: name.clone(), branch: branch.to_owned(), what, mirrored, head, state: state.to_owned() }
}

impl Verified {
    /// Whether the bucket is as the branches are.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.drift.is_empty() && self.copies.iter().all(|(_, drift)| drift.is_empty())
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for drift in &self.drift {
            writeln!(f, "{}", plain(&drift.to_string()))?;
        }
        for (branch, drift) in &self.copies {
            drift.iter().try_for_each(|it| writeln!(f, "copy of {}: {}", plain(branch), plain(&it.to_string())))?;
        }
        for Left { path, message, .. } in &self.left {
            writeln!(f, "not as git has it: {}: {}", plain(path), plain(message))?;
        }
        for note in &self.notes {
            writeln!(f, "note: {}", plain(note))?;
        }
        let equal = if self.is_equal() { "equal" } else { "different" };
        write!(f, "{}: {equal} at commit {}, {} objects compared", self.repository, self.head, self.objects)
    }
}
