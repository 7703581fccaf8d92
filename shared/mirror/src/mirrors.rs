//! The configuration: which repositories are mirrored, from where, and how.

use std::collections::BTreeMap;
use std::fmt;

use place::{Arn, shortened};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::manifest::Rules;
use crate::{NoRepository, RefName, RepositoryName};

/// The bytes of a file at most, where the configuration does not say. A large file takes room on the disk
/// while it is uploaded.
pub const LARGEST: u64 = 64 * 1024 * 1024;

/// What S3 takes in one upload. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>
const MOST: u64 = 5 * 1024 * 1024 * 1024;

/// Every repository that is mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrors {
    /// By their names.
    pub repositories: BTreeMap<RepositoryName, Repository>,
}

/// A repository that is mirrored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Where it is.
    pub from: Source,
    /// The branch that owns the layout.
    pub branch: String,
    /// The branches that get a copy of each commit, and a pointer.
    pub copies: Vec<String>,
    /// The hosts from which files of Git LFS are fetched; none are, where it is empty.
    pub lfs: Vec<String>,
    /// The bytes of a file at most.
    pub largest: u64,
}

/// Where a repository is, and what opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Over SSH, by a deploy key.
    Ssh {
        /// `git@host:owner/repo.git`.
        address: String,
        /// The secret with the private key, or the object `s3://bucket/key` that KMS encrypted.
        key: String,
        /// The public keys of the host, as in `known_hosts` after its name.
        host_keys: Vec<String>,
    },
    /// Over https.
    Https {
        /// The repository's URL.
        url: String,
        /// The ARN of the secret with the token; none for what is open to everyone.
        token: Option<String>,
        /// The user that goes with the token.
        user: Option<String>,
        /// The certificates of the authorities to trust in place of the system's, in PEM: of a forge that has its own.
        certificates: Option<String>,
    },
    /// Through a connection of AWS `CodeConnections`.
    Connection {
        /// Its ARN.
        arn: String,
        /// The repository as the forge names it.
        repository: String,
    },
    /// In `CodeCommit`, by the repository's ARN.
    CodeCommit(String),
}

/// A mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Mistake {
    /// Where, such as `repositories.acme/templates.from`.
    pub place: String,
    /// What is wrong, and what was expected.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "each_once")]
    repositories: BTreeMap<String, Given>,
}

/// Reads an object whose fields differ; of two of one name JSON's readers take the last without a word.
fn each_once<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Given>, D::Error> {
    struct Once;
    impl<'de> Visitor<'de> for Once {
        type Value = BTreeMap<String, Given>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("repositories by their names")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut read = BTreeMap::new();
            while let Some((name, given)) = map.next_entry::<String, Given>()? {
                let shown = shortened(&name, 140);
                if read.insert(name, given).is_some() {
                    return Err(A::Error::custom(format!("the repository {shown} is listed twice")));
                }
            }
            Ok(read)
        }
    }
    from.deserialize_map(Once)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    from: From,
    branch: String,
    #[serde(default)]
    copies: Vec<String>,
    #[serde(default)]
    lfs: Vec<String>,
    #[serde(default = "largest")]
    largest: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct From {
    ssh: Option<String>,
    key: Option<String>,
    #[serde(default)]
    host_keys: Vec<String>,
    https: Option<String>,
    token: Option<String>,
    user: Option<String>,
    certificates: Option<String>,
    connection: Option<String>,
    repository: Option<String>,
    codecommit: Option<String>,
}

fn largest() -> u64 {
    LARGEST
}

impl Mirrors {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The first mistake, with its place and what was expected.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        if let Some(problem) = reaction::byte_order_mark(text) {
            return Err(mistake("the configuration", problem));
        }
        let file: File = serde_json::from_str(text)
            .map_err(|error| mistake("the configuration", shortened(&error.to_string(), 200)))?;
        let mut repositories = BTreeMap::new();
        for (name, given) in file.repositories {
            let place = format!("repositories.{}", shortened(&name, 140));
            let name: RepositoryName =
                name.parse().map_err(|problem: NoRepository| mistake("repositories", problem.to_string()))?;
            repositories.insert(name, read(&place, given)?);
        }
        apart(&repositories)?;
        Ok(Self { repositories })
    }
}

impl Repository {
    /// Every branch that is mirrored, the one of the layout first.
    pub fn branches(&self) -> impl Iterator<Item = &str> {
        let others = self.copies.iter().map(String::as_str).filter(|it| *it != self.branch);
        std::iter::once(self.branch.as_str()).chain(others)
    }

    /// What decides what a file becomes.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules { largest: self.largest, lfs: !self.lfs.is_empty() }
    }
}

fn mistake(place: &str, problem: impl Into<String>) -> Mistake {
    Mistake { place: place.to_owned(), problem: problem.into() }
}

/// Two layouts in one bucket must not lie within one another.
fn apart(repositories: &BTreeMap<RepositoryName, Repository>) -> Result<(), Mistake> {
    for inner in repositories.keys() {
        if let Some(outer) = repositories.keys().find(|outer| *outer != inner && inner.is_within(outer)) {
            let problem =
                format!("lies within {outer}, whose files have the same keys; mirror one of the two to another bucket");
            return Err(mistake(&format!("repositories.{inner}"), problem));
        }
    }
    Ok(())
}

fn read(place: &str, Given { from, branch, copies, lfs, largest }: Given) -> Result<Repository, Mistake> {
    for (field, branch) in [("branch", &branch)].into_iter().chain(copies.iter().map(|it| ("copies", it))) {
        let place = format!("{place}.{field}");
        RefName::of_branch(branch).map_err(|problem| mistake(&place, problem.to_string()))?;
        let is_id = |part: &str| matches!(part.len(), 40 | 64) && part.bytes().all(|it| it.is_ascii_hexdigit());
        if branch.split('/').any(|part| part.split('-').next().is_some_and(is_id)) {
            return Err(mistake(
                &place,
                "a part of the branch's name looks like a commit, so that copies would run into one another",
            ));
        }
        if branch.len() > 255 || branch.contains(char::is_control) {
            return Err(mistake(
                &place,
                "the branch's name cannot stand in a key; it has more than 255 bytes or a control character",
            ));
        }
    }
    if largest == 0 || largest > MOST {
        return Err(mistake(
            &format!("{place}.largest"),
            format!("{largest} is not 1 to {MOST} bytes, which S3 takes in one upload"),
        ));
    }
    if let Some(host) = lfs.iter().find(|it| !is_host(it)) {
        let host = shortened(host, 80);
        return Err(mistake(
            &format!("{place}.lfs"),
            format!("`{host}` is not the name of a host, such as media.example.com"),
        ));
    }
    let from = source(&format!("{place}.from"), from)?;
    Ok(Repository { from, branch, copies, lfs, largest })
}

fn is_host(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    host.len() <= 253 && host.split('.').all(is_part) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Exactly one way to the repository, with what belongs to it and nothing else.
fn source(place: &str, from: From) -> Result<Source, Mistake> {
    const EXPECTED: &str = "give one of `ssh` (with `key` and `host-keys`), `https` (with `token`, `user` and `certificates`), `connection` (with \
        `repository`) and `codecommit`, and nothing that belongs to another";
    let of_ssh = from.key.is_some() || !from.host_keys.is_empty();
    let of_https = from.token.is_some() || from.user.is_some() || from.certificates.is_some();
    let of_connection = from.repository.is_some();
    let read = match (&from.ssh, &from.https, &from.connection, &from.codecommit) {
        (Some(_), None, None, None) if !of_https && !of_connection => by_ssh(from),
        (None, Some(_), None, None) if !of_ssh && !of_connection => by_https(from),
        (None, None, Some(_), None) if !of_ssh && !of_https => by_connection(from),
        (None, None, None, Some(arn)) if !of_ssh && !of_https && !of_connection => by_codecommit(arn),
        _ => Err(EXPECTED),
    };
    read.map_err(|problem| mistake(place, problem))
}

fn by_ssh(from: From) -> Result<Source, &'static str> {
    let key = from.key.filter(|it| is_secret(it) || is_object(it));
    let key = key.ok_or("`key` is the ARN of the secret with the deploy key, or s3://bucket/key")?;
    if from.host_keys.is_empty() {
        return Err("`host-keys` lists the public keys of the host: a deploy key does not prove the server");
    }
    Ok(Source::Ssh { address: from.ssh.unwrap_or_default(), key, host_keys: from.host_keys })
}

fn by_https(From { https, token, user, certificates, .. }: From) -> Result<Source, &'static str> {
    if token.as_ref().is_some_and(|it| !is_secret(it)) {
        return Err("`token` is the ARN of a secret in Secrets Manager, and not the token itself");
    }
    if user.is_some() && token.is_none() {
        return Err("`user` goes with a `token`");
    }
    Ok(Source::Https { url: https.unwrap_or_default(), token, user, certificates })
}

fn by_connection(From { connection, repository, .. }: From) -> Result<Source, &'static str> {
    let repository = repository.ok_or("`repository` is the repository as the forge names it, OWNER/REPO")?;
    let arn = connection.unwrap_or_default();
    let is_connection =
        Arn::parse(&arn).is_some_and(|it| matches!(it.service, "codeconnections" | "codestar-connections"));
    if is_connection {
        Ok(Source::Connection { arn, repository })
    } else {
        Err("`connection` is the ARN of a connection")
    }
}

fn by_codecommit(arn: &str) -> Result<Source, &'static str> {
    let is_repository = Arn::parse(arn).is_some_and(|it| it.service == "codecommit" && !it.resource.is_empty());
    if is_repository {
        Ok(Source::CodeCommit(arn.to_owned()))
    } else {
        Err("`codecommit` is the ARN of a repository in CodeCommit")
    }
}

fn is_secret(text: &str) -> bool {
    Arn::parse(text).is_some_and(|it| it.service == "secretsmanager" && it.resource.starts_with("secret:"))
}

fn is_object(text: &str) -> bool {
    text.strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}
