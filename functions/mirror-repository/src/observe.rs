//! Reads the facts: the heads at the forge, what the bucket has, and, of what differs, the commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, future::try_join, stream};
use mirror::{
    CommitId, Head, Journal, Keys, LfsPointer, Manifest, Mirrors, Mode, POINTER_BYTES, Pointer, Push, RefName,
    Repository, RepositoryName, Source, Stored,
};
use reaction::{Doing, Error, Run};

use crate::MirrorRepository;
use crate::facts::{Facts, Fetched, OfCopy, OfLayout, OfRepository};
use crate::forge::Forge;
use crate::subject::{Asked, Subject};
use crate::work::Work;

/// How many repositories a sweep asks at a time.
const ASKED_AT_ONCE: usize = 8;

/// What the bucket has of a repository.
struct Bucketed {
    manifest: Option<Stored<Manifest>>,
    journal: Option<Stored<Journal>>,
    pointers: BTreeMap<String, Option<Stored<Pointer>>>,
}

impl MirrorRepository {
    pub(crate) async fn read_facts(&self, subject: &Subject, run: &Run) -> Result<Facts, Error> {
        let mirrors = self.read_mirrors().await?;
        match subject {
            Subject::Mirror(asked) => self.read_repository(&mirrors, asked, run).await,
            Subject::Sweep => Ok(self.ask(&mirrors, |_| true).await),
            Subject::CodeCommit(place) => {
                let is_it =
                    |it: &Repository| matches!(&it.from, Source::CodeCommit(arn) if arn.ends_with(place.as_str()));
                if mirrors.repositories.values().any(is_it) {
                    return Ok(self.ask(&mirrors, is_it).await);
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

    async fn read_repository(&self, mirrors: &Mirrors, asked: &Asked, run: &Run) -> Result<Facts, Error> {
        let name = &asked.repository;
        let repository = configured(mirrors, name)?;
        if let Some(reference) = &asked.reference {
            let is_mirrored = reference.branch().is_some_and(|branch| repository.branches().any(|it| it == branch));
            if !is_mirrored {
                return Ok(Facts::Elsewhere(format!("{reference} of {name} is not mirrored")));
            }
        }
        // What the last run fetched is held until here, and its folder with it.
        self.end();
        let forge = self.forge(name, repository).await.doing(|| format!("opening {name}"))?;
        let (heads, bucketed) = try_join(forge.heads(), self.read_bucket(name, repository)).await?;
        let head = |branch: &str| heads.get(branch).cloned();
        let Some(of_layout) = head(&repository.branch) else {
            return Err(Error::refused(format!(
                "{name} has no branch {}, which owns the layout; nothing was changed; correct `branch` in {}",
                repository.branch,
                self.repositories.location()
            )));
        };
        let mut fetched = BTreeMap::new();
        let layout = self.read_layout(repository, &forge, &of_layout, &bucketed, &mut fetched, run).await?;
        let copies = self.read_copies(name, repository, &forge, &heads, &bucketed.pointers, &mut fetched, run).await?;
        self.begin(Work::new(name.clone(), forge, fetched, bucketed.journal.clone()));
        let layout = layout.map(|head| OfLayout { head, manifest: bucketed.manifest, journal: bucketed.journal });
        let absent = repository.branches().filter(|it| !heads.contains_key(*it)).map(String::from).collect();
        Ok(Facts::Repository(Box::new(OfRepository {
            name: name.clone(),
            branch: repository.branch.clone(),
            rules: repository.rules(),
            layout,
            copies,
            absent,
            has_pointer: !repository.copies.is_empty(),
            limits: self.settings.limits,
        })))
    }

    async fn read_bucket(&self, name: &RepositoryName, repository: &Repository) -> Result<Bucketed, Error> {
        let keys = Keys(name);
        let pointers: Vec<_> = repository.copies.iter().map(|branch| self.read_pointer(name, branch)).collect();
        let pointers = async {
            let read: Vec<_> = stream::iter(pointers).buffered(ASKED_AT_ONCE).collect().await;
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

    /// The head of the layout's branch, where the layout is not as it is.
    async fn read_layout(
        &self,
        repository: &Repository,
        forge: &Forge,
        head: &CommitId,
        bucketed: &Bucketed,
        fetched: &mut BTreeMap<String, Fetched>,
        run: &Run,
    ) -> Result<Option<Arc<Head>>, Error> {
        let is_current =
            bucketed.manifest.as_ref().is_some_and(|it| it.it.is_of(&repository.branch, head, &repository.rules()));
        if is_current && bucketed.journal.is_none() {
            return Ok(None);
        }
        Ok(Some(fetch(forge, &repository.branch, fetched, run).await?))
    }

    #[expect(clippy::too_many_arguments, reason = "each is one thing that was read")]
    async fn read_copies(
        &self,
        name: &RepositoryName,
        repository: &Repository,
        forge: &Forge,
        heads: &BTreeMap<String, CommitId>,
        pointers: &BTreeMap<String, Option<Stored<Pointer>>>,
        fetched: &mut BTreeMap<String, Fetched>,
        run: &Run,
    ) -> Result<Vec<OfCopy>, Error> {
        let mut copies = Vec::new();
        for branch in &repository.copies {
            let pointer = pointers.get(branch).cloned().flatten();
            let Some(commit) = heads.get(branch) else { continue };
            if pointer.as_ref().is_some_and(|it| it.it.commit == *commit) {
                continue;
            }
            let head = fetch(forge, branch, fetched, run).await?;
            // The branch may have moved between the two answers of the forge.
            let objects = self.bucket.list(&Keys(name).copy(branch, &head.commit)).await?;
            let present = objects.into_iter().map(|(path, it)| (path, it.size)).collect();
            copies.push(OfCopy { branch: branch.clone(), head, pointer, present });
        }
        Ok(copies)
    }

    /// Which of these repositories are behind.
    async fn ask(&self, mirrors: &Mirrors, is_asked: impl Fn(&Repository) -> bool) -> Facts {
        let asked = mirrors.repositories.iter().filter(|(_, it)| is_asked(it));
        let asked: Vec<_> = asked.map(|(name, repository)| self.message_for(name, repository)).collect();
        let answers: Vec<_> = stream::iter(asked).buffered(ASKED_AT_ONCE).collect().await;
        let (mut behind, mut current, mut unread) = (Vec::new(), 0, Vec::new());
        for answer in answers {
            match answer {
                Ok(Some(push)) => behind.push(push),
                Ok(None) => current += 1,
                Err(error) => unread.push(error.to_string()),
            }
        }
        Facts::Dispatch { behind, current, unread }
    }

    async fn read_pointer(
        &self,
        name: &RepositoryName,
        branch: &str,
    ) -> Result<(String, Option<Stored<Pointer>>), Error> {
        let pointer = self.bucket.read(&Keys(name).pointer(branch)).await?;
        Ok((branch.to_owned(), pointer))
    }

    /// The message that asks for a copy, where the repository is behind.
    async fn message_for(&self, name: &RepositoryName, repository: &Repository) -> Result<Option<Push>, Error> {
        self.behind(name, repository).await.doing(|| format!("asking whether {name} is behind"))
    }

    async fn behind(&self, name: &RepositoryName, repository: &Repository) -> Result<Option<Push>, Error> {
        let keys = Keys(name);
        let forge = self.forge(name, repository).await?;
        let (manifest, journal) = (keys.manifest(), keys.journal());
        let states = async { tokio::try_join!(self.bucket.state_of(&manifest), self.bucket.state_of(&journal)) };
        let (heads, (state, journal)) = try_join(forge.heads(), states).await?;
        let push = |branch: &str, commit: &CommitId| -> Result<Option<Push>, Error> {
            let reference = RefName::of_branch(branch).map_err(Error::refused)?;
            let delivery = format!("sweep {commit}");
            Ok(Some(Push { repository: name.clone(), reference, commit: Some(commit.clone()), delivery, forge: None }))
        };
        let branch = &repository.branch;
        let Some(head) = heads.get(branch) else {
            return Err(Error::refused(format!("it has no branch {branch}, which owns the layout")));
        };
        let wanted = mirror::state(branch, head, &repository.rules());
        if state.as_ref() != Some(&wanted) || journal.is_some() {
            return push(branch, head);
        }
        for branch in &repository.copies {
            let Some(head) = heads.get(branch) else { continue };
            let pointer = self.bucket.read::<Pointer>(&keys.pointer(branch)).await?;
            if pointer.is_none_or(|it| it.it.commit != *head) {
                return push(branch, head);
            }
        }
        Ok(None)
    }
}

/// The repository of this name.
pub(crate) fn configured<'a>(mirrors: &'a Mirrors, name: &RepositoryName) -> Result<&'a Repository, Error> {
    mirrors.repositories.get(name).ok_or_else(|| {
        Error::refused(format!("{name} is not in the list of mirrored repositories; add it there, or end its webhook"))
    })
}

/// The head of a branch, fetched once for each branch.
async fn fetch(
    forge: &Forge,
    branch: &str,
    fetched: &mut BTreeMap<String, Fetched>,
    run: &Run,
) -> Result<Arc<Head>, Error> {
    if let Some(it) = fetched.get(branch) {
        return Ok(it.head.clone());
    }
    let checkout = Arc::new(forge.fetch(branch, run).await?);
    let head = Arc::new(head_of(&checkout)?);
    fetched.insert(branch.to_owned(), Fetched { head: head.clone(), checkout });
    Ok(head)
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
