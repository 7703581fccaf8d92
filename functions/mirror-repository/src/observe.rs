//! Reads the facts: the heads at the forge, what the bucket has, and, of what differs, the commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::{join, try_join};
use futures_util::{StreamExt, stream};
use git::Conversation;
use mirror::{
    CommitId, CopyManifest, Head, Journal, Keys, LfsPointer, Manifest, Mirrors, Mode, POINTER_BYTES, Pointer, Push,
    RefName, Repository, RepositoryName, Source, Stored, Turn,
};
use reaction::{Doing, Error, Run};

use crate::MirrorRepository;
use crate::facts::{Facts, Fetched, OfCopy, OfLayout, OfRepository};
use crate::forge::Forge;
use crate::opener::Early;
use crate::subject::{Asked, Subject};
use crate::work::Work;

/// How many of Signalbox's own objects are read at a time.
const READ_AT_ONCE: usize = 8;

/// What the bucket has of a repository.
struct Bucketed {
    manifest: Option<Stored<Manifest>>,
    journal: Option<Stored<Journal>>,
    pointers: BTreeMap<String, Option<Stored<Pointer>>>,
}

impl MirrorRepository {
    pub(crate) async fn read_facts(&self, subject: &Subject, run: &Run) -> Result<Facts, Error> {
        let early = async {
            match subject {
                Subject::Mirror(asked) => self.open_early(asked).await,
                Subject::Sweep | Subject::CodeCommit(_) => None,
            }
        };
        let (mirrors, early) = join(self.read_mirrors(), early).await;
        let mirrors = mirrors?;
        match subject {
            Subject::Mirror(asked) => self.read_repository(&mirrors, asked, early, run).await,
            Subject::Sweep => messages(&mirrors, run, |_| true),
            Subject::CodeCommit(place) => {
                let is_it =
                    |it: &Repository| matches!(&it.from, Source::CodeCommit(arn) if arn.ends_with(place.as_str()));
                if mirrors.repositories.values().any(is_it) {
                    return messages(&mirrors, run, is_it);
                }
                Ok(Facts::Elsewhere(format!("{place} is not in the list of mirrored repositories")))
            }
        }
    }

    /// The list of mirrored repositories, as it is now.
    ///
    /// # Errors
    /// `Refused` where it has a mistake; as of reading it.
    pub async fn read_mirrors(&self) -> Result<Mirrors, Error> {
        let text = self.repositories.read(&self.sessions.home()?.account).await?;
        Mirrors::parse(&text).map_err(Error::refused).doing(|| format!("reading {}", self.repositories.location()))
    }

    async fn read_repository(
        &self,
        mirrors: &Mirrors,
        asked: &Asked,
        early: Option<Early>,
        run: &Run,
    ) -> Result<Facts, Error> {
        let name = &asked.repository;
        let repository = configured(mirrors, name)?;
        if let Some(reference) = asked.reference.as_ref().filter(|it| !is_mirrored(repository, it)) {
            return Ok(Facts::Elsewhere(format!("{reference} of {name} is not mirrored")));
        }
        // What the last run fetched is held until here, and its folder with it.
        self.end();
        let forge = self.forge(name, repository, early).await.doing(|| format!("opening {name}"))?;
        self.remember(asked, repository);
        let ((heads, told), bucketed) = try_join(forge.heads(), self.read_bucket(name, repository)).await?;
        let of_layout = heads.get(&repository.branch).ok_or_else(|| self.no_branch(name, &repository.branch))?;
        let mut fetching = Fetching { forge: &forge, run, begun: Some(told), fetched: BTreeMap::new() };
        let layout = fetching.layout(repository, of_layout, &bucketed).await?;
        let copies = self.read_copies(name, repository, &heads, &bucketed.pointers, &mut fetching).await?;
        let Fetching { fetched, .. } = fetching;
        let overdue = self.read_overdue(name, &heads, &bucketed.pointers).await?;
        let pointers =
            bucketed.pointers.iter().filter_map(|(branch, it)| Some((branch.clone(), it.as_ref()?.etag.clone())));
        self.begin(Work::new(name.clone(), forge, fetched, bucketed.journal.clone(), pointers.collect()));
        let layout = layout.map(|head| OfLayout { head, manifest: bucketed.manifest, journal: bucketed.journal });
        let absent = repository.branches().filter(|it| !heads.contains_key(*it)).map(String::from).collect();
        Ok(Facts::Repository(Box::new(OfRepository {
            name: name.clone(),
            branch: repository.branch.clone(),
            rules: repository.rules(),
            layout,
            copies,
            overdue,
            absent,
            has_pointer: !repository.copies.is_empty(),
            limits: self.settings.limits,
        })))
    }

    fn no_branch(&self, name: &RepositoryName, branch: &str) -> Error {
        Error::refused(format!(
            "{name} has no branch {branch}, which owns the layout; nothing was changed; correct `branch` in {}",
            self.repositories.location()
        ))
    }

    async fn read_bucket(&self, name: &RepositoryName, repository: &Repository) -> Result<Bucketed, Error> {
        let keys = Keys(name);
        let pointers: Vec<_> = repository.copies.iter().map(|branch| self.read_pointer(name, branch)).collect();
        let pointers = async {
            let read: Vec<_> = stream::iter(pointers).buffered(READ_AT_ONCE).collect().await;
            read.into_iter().collect::<Result<BTreeMap<_, _>, _>>()
        };
        let (manifest, journal) = (keys.manifest(), keys.journal());
        let (manifest, journal, pointers) =
            tokio::try_join!(self.bucket.read::<Manifest>(&manifest), self.bucket.read::<Journal>(&journal), pointers)?;
        let formats = [manifest.as_ref().map(|it| it.it.format), journal.as_ref().map(|it| it.it.format)];
        if let Some(format) = formats.into_iter().flatten().find(|it| *it != mirror::FORMAT) {
            return Err(Error::refused(format!(
                "the manifest or the journal of {name} has format {format}, and this version of Signalbox reads {}; deploy the later one",
                mirror::FORMAT
            )));
        }
        Ok(Bucketed { manifest, journal, pointers })
    }

    async fn read_copies(
        &self,
        name: &RepositoryName,
        repository: &Repository,
        heads: &BTreeMap<String, CommitId>,
        pointers: &BTreeMap<String, Option<Stored<Pointer>>>,
        fetching: &mut Fetching<'_>,
    ) -> Result<Vec<OfCopy>, Error> {
        let mut copies = Vec::new();
        for branch in &repository.copies {
            let pointer = pointers.get(branch).cloned().flatten();
            let Some(commit) = heads.get(branch) else { continue };
            if pointer.as_ref().is_some_and(|it| it.it.commit == *commit) {
                continue;
            }
            let head = fetching.head(branch).await?;
            // The branch may have moved between the two answers of the forge.
            let turn =
                Turn::of(name, branch, &head.commit, pointer.as_ref().map(|it| &it.it), self.settings.kept_copies);
            let objects = self.bucket.list(&turn.prefix).await?;
            let present: BTreeMap<_, _> = objects.into_iter().map(|(path, it)| (path, it.size)).collect();
            let known = turn.expired.iter().chain((!present.is_empty()).then_some(&turn.prefix));
            let manifests = self.read_copy_manifests(known).await?;
            copies.push(OfCopy { branch: branch.clone(), head, pointer, turn, present, manifests });
        }
        Ok(copies)
    }

    /// The former copies that a run before was about to delete and that are still there, where the pointer is right.
    async fn read_overdue(
        &self,
        name: &RepositoryName,
        heads: &BTreeMap<String, CommitId>,
        pointers: &BTreeMap<String, Option<Stored<Pointer>>>,
    ) -> Result<BTreeMap<String, BTreeMap<String, Stored<CopyManifest>>>, Error> {
        let mut overdue = BTreeMap::new();
        for (branch, pointer) in pointers {
            let Some(Stored { it: pointer, .. }) = pointer else { continue };
            if heads.get(branch) != Some(&pointer.commit) {
                continue;
            }
            let turn = Turn::of(name, branch, &pointer.commit, Some(pointer), usize::MAX);
            let manifests = self.read_copy_manifests(turn.expired.iter()).await?;
            overdue.insert(branch.clone(), manifests);
        }
        Ok(overdue)
    }

    /// What copies with these prefixes consist of, as far as that is listed.
    async fn read_copy_manifests(
        &self,
        prefixes: impl Iterator<Item = &String>,
    ) -> Result<BTreeMap<String, Stored<CopyManifest>>, Error> {
        let reads = prefixes.map(async |prefix| {
            let read = self.bucket.read::<CopyManifest>(&Keys::copy_manifest(prefix)).await?;
            Ok::<_, Error>(read.map(|it| (prefix.clone(), it)))
        });
        let read: Vec<_> = stream::iter(reads.collect::<Vec<_>>()).buffered(READ_AT_ONCE).collect().await;
        read.into_iter().filter_map(Result::transpose).collect()
    }

    async fn read_pointer(
        &self,
        name: &RepositoryName,
        branch: &str,
    ) -> Result<(String, Option<Stored<Pointer>>), Error> {
        let pointer = self.bucket.read(&Keys(name).pointer(branch)).await?;
        Ok((branch.to_owned(), pointer))
    }
}

/// A message for each of these repositories, in whose group it is asked for its branches: one whose forge is down, or whose secret is
/// gone, fails in its own message, and comes again by itself.
fn messages(mirrors: &Mirrors, run: &Run, is_asked: impl Fn(&Repository) -> bool) -> Result<Facts, Error> {
    let asked = mirrors.repositories.iter().filter(|(_, it)| is_asked(it));
    let messages = asked.map(|(name, repository)| {
        let reference = RefName::of_branch(&repository.branch).map_err(Error::refused)?;
        // SQS drops a message that a repeated sweep sends again. Another sweep has another occurrence.
        let delivery = run.occurrence.clone();
        Ok(Push { repository: name.clone(), reference, commit: None, delivery, forge: None })
    });
    Ok(Facts::Dispatch(messages.collect::<Result<_, Error>>()?))
}

/// The repository of this name.
pub(crate) fn configured<'a>(mirrors: &'a Mirrors, name: &RepositoryName) -> Result<&'a Repository, Error> {
    mirrors.repositories.get(name).ok_or_else(|| {
        Error::refused(format!("{name} is not in the list of mirrored repositories; add it there, or end its webhook"))
    })
}

fn is_mirrored(repository: &Repository, reference: &RefName) -> bool {
    reference.branch().is_some_and(|branch| repository.branches().any(|it| it == branch))
}

/// What is fetched of the forge.
struct Fetching<'a> {
    forge: &'a Forge,
    run: &'a Run,
    /// The conversation in which the forge has told its branches: the first branch that is fetched goes on with it.
    begun: Option<Conversation>,
    fetched: BTreeMap<String, Fetched>,
}

impl Fetching<'_> {
    /// The head of the layout's branch, where the layout is not as it is.
    async fn layout(
        &mut self,
        repository: &Repository,
        head: &CommitId,
        bucketed: &Bucketed,
    ) -> Result<Option<Arc<Head>>, Error> {
        let is_current =
            bucketed.manifest.as_ref().is_some_and(|it| it.it.is_of(&repository.branch, head, &repository.rules()));
        if is_current && bucketed.journal.is_none() {
            return Ok(None);
        }
        self.head(&repository.branch).await.map(Some)
    }

    /// The head of a branch, fetched once for each branch.
    async fn head(&mut self, branch: &str) -> Result<Arc<Head>, Error> {
        if let Some(it) = self.fetched.get(branch) {
            return Ok(it.head.clone());
        }
        let checkout = Arc::new(self.forge.fetch(branch, self.begun.take(), self.run).await?);
        let head = Arc::new(head_of(&checkout)?);
        self.fetched.insert(branch.to_owned(), Fetched { head: head.clone(), checkout });
        Ok(head)
    }
}

/// Everything of a commit. Whether a file is a pointer of LFS shows in its content; only where `.gitattributes` speak of LFS is that
/// looked at.
pub(crate) fn head_of(checkout: &git::Checkout) -> Result<Head, Error> {
    let entries = checkout.entries()?;
    let is_file = |mode: Mode| matches!(mode, Mode::File | Mode::Executable);
    let mut speaks_of_lfs = false;
    for entry in entries.iter().filter(|it| is_file(it.mode) && it.path.ends_with(b".gitattributes")) {
        let text = checkout.read(&entry.blob)?;
        speaks_of_lfs |= text.windows(4).any(|it| it == b"=lfs");
    }
    let mut pointers = BTreeMap::new();
    if speaks_of_lfs {
        let small = entries.iter().filter(|it| is_file(it.mode) && it.size.is_some_and(|size| size <= POINTER_BYTES));
        for entry in small {
            if let Some(git::lfs::Pointer { oid, size }) = git::lfs::pointer(&checkout.read(&entry.blob)?) {
                pointers.insert(entry.blob, LfsPointer { oid, size });
            }
        }
    }
    Ok(Head { commit: checkout.commit(), entries, pointers })
}
