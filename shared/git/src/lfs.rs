//! Large files by Git LFS: a pointer stands in the repository, and the content is asked for at the forge.
//! <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>, `docs/api/batch.md`
//!
//! Where it is comes from the forge's own address. `.lfsconfig` is ignored: who can push could send the token elsewhere.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use reaction::Error;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, Url};
use ring::digest::{Context, SHA256};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;

use crate::access::Access;
use crate::address::{Address, WebAddress, is_loopback};
use crate::answers::judge;
use crate::dns::is_beyond;
use crate::pack::{Content, Spool};
use crate::remote::Remote;
use crate::watch::chain;

/// The first line of a pointer.
pub const VERSION: &str = "version https://git-lfs.github.com/spec/v1";

/// A pointer has fewer bytes than this.
pub const LONGEST_POINTER: usize = 1024;

const JSON: &str = "application/vnd.git-lfs+json";

/// How much of an answer of the batch API is read.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// What stands in the repository in place of a large file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The SHA-256 of the content, in 64 hexadecimal digits.
    pub oid: String,
    /// The length of the content in bytes.
    pub size: u64,
}

/// The pointer that a file is, if it is one: its keys in their order, with nothing else. One with extensions is not, since
/// its content would have to go through programs.
#[must_use]
pub fn pointer(content: &[u8]) -> Option<Pointer> {
    if content.len() >= LONGEST_POINTER {
        return None;
    }
    let text = std::str::from_utf8(content).ok()?;
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let (version, oid, size) = (lines.next()?, lines.next()?, lines.next()?);
    let oid = oid.strip_prefix("oid sha256:")?;
    let size = size.strip_prefix("size ")?;
    let is_hash = oid.len() == 64 && oid.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
    let is_whole =
        version == VERSION && is_hash && size.bytes().all(|it| it.is_ascii_digit()) && lines.next().is_none();
    is_whole.then(|| Some(Pointer { oid: oid.into(), size: size.parse().ok()? }))?
}

/// The answer of the batch API to a question about one file.
#[derive(Deserialize)]
struct Batch {
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    oid: String,
    actions: Option<Actions>,
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct Actions {
    download: Option<Action>,
}

#[derive(Deserialize)]
struct Action {
    href: String,
    #[serde(default)]
    header: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Problem {
    code: u16,
    #[serde(default)]
    message: String,
}

/// Fetches the content of a pointer from the forge, or from one of `hosts`, to which the forge may send us. It has the
/// pointer's size and hash. A large one is put into a file in `folder`.
///
/// # Errors
/// `Refused`, where the file is larger than `largest`, the forge does not have it, or sends us to another host. `Failed`,
/// where it may work later.
pub async fn fetch(
    remote: &Remote,
    access: &Access,
    hosts: &[String],
    pointer: &Pointer,
    largest: u64,
    folder: &Path,
) -> Result<Content, Error> {
    let asked = Asked { remote, access, hosts, pointer };
    let Pointer { size, .. } = pointer;
    if *size > largest {
        return Err(Error::refused(format!(
            "{}: it has {size} bytes, and {largest} are the bound; raise it",
            asked.doing()
        )));
    }
    let Address::Web(at) = &remote.at else {
        return Err(Error::refused(format!(
            "{}: large files are read by https; give the repository an https address and a token",
            asked.doing()
        )));
    };
    let action = asked.locate(at).await?;
    asked.load(at, &action, &Spool::new(folder)).await
}

/// What is asked for, and where.
struct Asked<'a> {
    remote: &'a Remote,
    access: &'a Access,
    hosts: &'a [String],
    pointer: &'a Pointer,
}

impl Asked<'_> {
    fn doing(&self) -> String {
        format!("reading the large file {} of {}", self.pointer.oid, self.remote)
    }

    /// Asks the forge where the content is.
    async fn locate(&self, at: &WebAddress) -> Result<Action, Error> {
        let path = at.url().path();
        let suffix = if has_git_suffix(path) { "" } else { ".git" };
        let mut url = at.url().clone();
        url.set_path(&format!("{path}{suffix}/info/lfs/objects/batch"));
        let Pointer { oid, size } = self.pointer;
        let question = json!({
            "operation": "download",
            "transfers": ["basic"],
            "hash_algo": "sha256",
            "objects": [{"oid": oid, "size": size}],
        });
        let request = self.remote.client()?.post(url).header(ACCEPT, JSON).header(CONTENT_TYPE, JSON);
        let request = self.with_token(request).body(question.to_string());
        let answer = self.read(self.send(request).await?, LONGEST_ANSWER).await?;
        let wrong = |what: &str| Error::failed(format!("{}: {what}; check that the forge has LFS", self.doing()));
        let batch: Batch =
            serde_json::from_slice(&answer).map_err(|_| wrong("the answer of the batch API is not its JSON"))?;
        let object = batch.objects.into_iter().find(|it| it.oid == *oid);
        let object = object.ok_or_else(|| wrong("the answer of the batch API does not name it"))?;
        if let Some(Problem { code, message }) = object.error {
            let said = place::shortened(&message, 200);
            let text = format!("{}: the forge says {code} `{said}`", self.doing());
            return Err(match code {
                500..=599 | 429 => Error::failed(format!("{text}; try again later")),
                _ => Error::refused(format!("{text}; push the file by `git lfs push --all`")),
            });
        }
        object.actions.and_then(|it| it.download).ok_or_else(|| wrong("the answer of the batch API has no download"))
    }

    async fn load(&self, at: &WebAddress, action: &Action, spool: &Spool) -> Result<Content, Error> {
        let url = self.allowed(at, &action.href)?;
        let is_of_forge = at.is_of_origin(&url);
        let mut request = self.remote.client()?.get(url);
        let mut has_own = false;
        for (name, value) in &action.header {
            let pair = (name.parse::<HeaderName>(), value.parse::<HeaderValue>());
            if let (Ok(name), Ok(mut value)) = pair
                && !matches!(name.as_str(), "host" | "content-length" | "transfer-encoding" | "connection" | "cookie")
            {
                has_own |= name == AUTHORIZATION;
                value.set_sensitive(true);
                request = request.header(name, value);
            }
        }
        if is_of_forge && !has_own {
            request = self.with_token(request);
        }
        self.take(self.send(request).await?, spool).await
    }

    /// Takes the content as it comes, and checks that it is the pointer's.
    async fn take(&self, mut response: Response, spool: &Spool) -> Result<Content, Error> {
        let Pointer { oid, size } = self.pointer;
        let kept = |error: std::io::Error| {
            Error::failed(format!("{}: keeping it: {error}; give the function more ephemeral storage", self.doing()))
        };
        let (mut sink, mut hash, mut length) = (spool.sink(*size).map_err(kept)?, Context::new(&SHA256), 0);
        while let Some(chunk) = self.patiently(response.chunk()).await? {
            length += chunk.len() as u64;
            if length > *size {
                return Err(Error::failed(format!("{}: the answer has more than {size} bytes", self.doing())));
            }
            hash.update(&chunk);
            sink.add(&chunk).map_err(kept)?;
        }
        let hash = place::hex(hash.finish().as_ref());
        if length != *size || hash != *oid {
            return Err(Error::failed(format!(
                "{}: the content has {length} bytes and the hash {hash}, which are not the pointer's; look at the forge's storage",
                self.doing()
            )));
        }
        sink.end().map_err(kept)
    }

    /// The address of the content, where it is one that we may follow.
    fn allowed(&self, at: &WebAddress, href: &str) -> Result<Url, Error> {
        let refused = |what: String| Err(Error::refused(format!("{}: {what}", self.doing())));
        let Ok(url) = Url::parse(href) else {
            return refused("the forge sends us to something that is not an address".into());
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let shown = place::shortened(&host, 100);
        let is_of_forge = at.is_of_origin(&url);
        if !is_of_forge && !self.hosts.iter().any(|it| it.eq_ignore_ascii_case(&host)) {
            return refused(format!(
                "the forge sends us to {shown}; add that host to `lfs` where it is the forge's storage"
            ));
        }
        if url.scheme() != "https" && !(at.is_loopback() && is_loopback(&url) && url.scheme() == "http") {
            return refused(format!("the forge sends us to {shown} without https"));
        }
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_near = is_loopback(&url) || address.is_ok_and(|it| !is_beyond(it));
        if is_near && !at.is_loopback() {
            return refused(format!("the forge sends us to {shown}, which is this machine or its link"));
        }
        Ok(url)
    }

    fn with_token(&self, request: RequestBuilder) -> RequestBuilder {
        match self.access {
            Access::Token { user, token } => request.basic_auth(user.expose_secret(), Some(token.expose_secret())),
            Access::Ssh { .. } | Access::Open => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = self.patiently(request.send()).await?;
        let has_token = matches!(self.access, Access::Token { .. });
        match judge(&self.doing(), response.status(), response.headers(), has_token) {
            Some(error) => Err(error),
            None => Ok(response),
        }
    }

    async fn read(&self, mut response: Response, most: usize) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        while let Some(chunk) = self.patiently(response.chunk()).await? {
            if content.len() + chunk.len() > most {
                return Err(Error::failed(format!("{}: the answer has more than {most} bytes", self.doing())));
            }
            content.extend_from_slice(&chunk);
        }
        Ok(content)
    }

    async fn patiently<T>(&self, doing: impl Future<Output = Result<T, reqwest::Error>>) -> Result<T, Error> {
        let silence = self.remote.patience.silence;
        let failed = |what: String| Error::failed(format!("{}: {what}; try again", self.doing()));
        match tokio::time::timeout(silence, doing).await {
            Ok(done) => done.map_err(|error| failed(chain(&error.without_url()))),
            Err(_) => Err(failed(format!("the server sent nothing for {} s", silence.as_secs()))),
        }
    }
}

fn has_git_suffix(path: &str) -> bool {
    path.len() > 4 && path.as_bytes()[path.len() - 4..].eq_ignore_ascii_case(b".git")
}
