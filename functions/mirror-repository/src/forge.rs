//! The way to a repository: its address, and what opens it, read anew for each run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_credential_types::provider::ProvideCredentials;
use git::{Access, Bounds, Checkout, Content, Conversation, DeployKey, Remote};
use mirror::{CommitId, LfsPointer, Repository, RepositoryName, Source};
use place::Region;
use reaction::{Error, Run};

use crate::MirrorRepository;
use crate::opener::{Early, Opener};

/// The user that goes with a token where the configuration names none. GitHub wants it of the tokens of apps, and takes it of all others.
const USER: &str = "x-access-token";

/// The way to a repository.
#[derive(Debug)]
pub(crate) struct Forge {
    remote: Remote,
    access: Access,
    folder: PathBuf,
    hosts: Vec<String>,
    largest: u64,
    branches: Vec<String>,
}

impl MirrorRepository {
    /// The way to this repository. What opens it may have been read before the list said what that is.
    pub(crate) async fn forge(
        &self,
        name: &RepositoryName,
        repository: &Repository,
        early: Option<Early>,
    ) -> Result<Forge, Error> {
        let (remote, access) = match &repository.from {
            Source::Ssh { address, key, host_keys } => {
                let remote = address.parse()?;
                let host_keys = host_keys.iter().map(|it| it.parse()).collect::<Result<_, _>>()?;
                let key = self.open(Opener::Key(key.clone()), early).await?;
                let key = DeployKey::parse(&key)?;
                (remote, Access::Ssh { key, host_keys })
            }
            Source::Https { url, token, user, certificates } => {
                let remote: Remote = url.parse()?;
                let remote = match certificates {
                    Some(pem) => remote.trusting(pem.as_bytes())?,
                    None => remote,
                };
                (remote, self.by_token(token.as_deref(), user.as_deref(), early).await?)
            }
            Source::Connection { arn, repository } => {
                let of_forge = repository.parse().map_err(Error::refused)?;
                let (remote, region) = Remote::connection(arn, &of_forge)?;
                let access = self.signed(&remote, &region).await?;
                (remote, access)
            }
            Source::CodeCommit(arn) => {
                let (remote, region) = Remote::codecommit(arn)?;
                let access = self.signed(&remote, &region).await?;
                (remote, access)
            }
        };
        let folder = self.folder.join(name.as_str().replace('/', "+"));
        let branches = repository.branches().map(String::from).collect();
        Ok(Forge { remote, access, folder, hosts: repository.lfs.clone(), largest: repository.largest, branches })
    }

    /// Access by the token in a secret, or by nothing.
    async fn by_token(&self, secret: Option<&str>, user: Option<&str>, early: Option<Early>) -> Result<Access, Error> {
        let Some(secret) = secret else { return Ok(Access::Open) };
        let token = self.open(Opener::Token(secret.to_owned()), early).await?;
        Ok(Access::Token { user: user.unwrap_or(USER).to_owned().into(), token })
    }

    /// Access by our own credentials. It lasts for 15 minutes, as long as an invocation at most.
    async fn signed(&self, remote: &Remote, region: &Region) -> Result<Access, Error> {
        let provider = self.sessions.config().credentials_provider();
        let provider =
            provider.ok_or_else(|| Error::refused(format!("there are no credentials to sign for {remote} with")))?;
        let credentials = provider.provide_credentials().await.map_err(Error::failed)?;
        git::signed(&remote.at, region, &credentials, self.sessions.now())
    }
}

impl Forge {
    /// The commits of the branches, and the conversation in which the forge tells them.
    pub(crate) async fn heads(&self) -> Result<(BTreeMap<String, CommitId>, Conversation), Error> {
        let told = git::heads(&self.remote, &self.access).await?;
        let heads = told.heads().iter().filter_map(|(name, commit)| Some((name.branch()?.to_owned(), commit.clone())));
        Ok((heads.collect(), told))
    }

    /// The commit that a branch has now. Where it cannot be fetched, it is tried once more without what other repositories keep on the
    /// disk, which an earlier invocation may have filled.
    pub(crate) async fn fetch(&self, branch: &str, begun: Option<Conversation>, run: &Run) -> Result<Checkout, Error> {
        let bounds = Bounds { largest: self.largest, ..Bounds::default() };
        // A branch has a folder of its own, since a folder serves one checkout at a time.
        let number = self.branches.iter().position(|it| it == branch).unwrap_or_default();
        let folder = self.folder.join(number.to_string());
        let first = match begun {
            Some(begun) => begun.fetch(branch, &folder, &bounds).await,
            None => git::fetch(&self.remote, &self.access, branch, &folder, &bounds).await,
        };
        match first {
            Err(error) if !error.is_refused() && self.make_room() && !run.deadline.left().is_zero() => {
                git::fetch(&self.remote, &self.access, branch, &folder, &bounds).await
            }
            first => first,
        }
    }

    /// Deletes what other repositories keep; whether there was something.
    fn make_room(&self) -> bool {
        let Some(folders) = self.folder.parent().and_then(|it| std::fs::read_dir(it).ok()) else { return false };
        let others = folders.flatten().map(|it| it.path()).filter(|it| *it != self.folder);
        others.filter(|it| std::fs::remove_dir_all(it).is_ok()).count() > 0
    }

    /// A file of Git LFS.
    pub(crate) async fn fetch_lfs(&self, pointer: &LfsPointer, folder: &Path) -> Result<Content, Error> {
        let asked = git::lfs::Pointer { oid: pointer.oid.clone(), size: pointer.size };
        git::lfs::fetch(&self.remote, &self.access, &self.hosts, &asked, self.largest, folder).await
    }
}
