//! A stand-in for a forge's web server: TLS, Basic authorization, `git http-backend` for the repository, and Git LFS's batch
//! API. Everything of git that it says is real `git`'s. It records what it is asked, and misbehaves as it is told.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use futures_util::StreamExt;
use git::{Access, Remote};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::Command;

use super::{Repository, without_settings};
use crate::world::tls::{Encrypted, certified};

/// The user that goes with the token.
pub const USER: &str = "x-access-token";
/// The token, with what a header and an address must encode.
pub const TOKEN: &str = "ghs_s3cret:%/+token";

/// How it misbehaves.
#[derive(Clone, Debug)]
pub enum Mischief {
    /// It answers everything with this status and this header.
    Status(u16, Option<(&'static str, String)>),
    /// It ends the connection after so many bytes of a pack.
    Cut(usize),
    /// It sends so many bytes of a pack, and then nothing.
    Hang(usize),
    /// What the batch API says, whatever it was asked.
    Batch(Value),
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `GET /x.git/info/refs`
    pub line: String,
    /// The header of that name.
    pub authorization: Option<String>,
    /// `version=2`
    pub protocol: Option<String>,
}

/// The server. It ends with the test.
#[derive(Clone)]
pub struct Forge {
    state: Arc<Mutex<Inside>>,
    /// `https://localhost:PORT`
    pub base: String,
    /// The authority of its certificate, as PEM.
    pub authority: String,
    root: PathBuf,
}

#[derive(Default)]
struct Inside {
    asked: Vec<Asked>,
    is_private: bool,
    mischief: Option<Mischief>,
    stored: BTreeMap<String, Vec<u8>>,
    /// Where the batch API says that contents are; here where it is nothing else.
    storage: Option<String>,
}

impl Forge {
    /// Starts one that lets in only who has the token.
    pub async fn start(repository: &Repository) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (authority, acceptor) = certified("localhost");
        let state = Arc::new(Mutex::new(Inside { is_private: true, ..Inside::default() }));
        let forge = Self { state, base, authority, root: repository.root().to_owned() };
        let router = Router::new().fallback(answer).with_state(forge.clone());
        tokio::spawn(async move { axum::serve(Encrypted { listener, acceptor }, router).await });
        forge
    }

    /// A repository at this server.
    pub fn remote(&self, repository: &Repository) -> Remote {
        let name = repository.path().file_name().unwrap().to_str().unwrap().to_owned();
        let remote: Remote = format!("{}/{name}", self.base).parse().unwrap();
        remote.trusting(self.authority.as_bytes()).unwrap()
    }

    /// What lets a reader in.
    pub fn access() -> Access {
        Access::Token { user: USER.into(), token: TOKEN.into() }
    }

    /// Lets in everybody.
    pub fn publish(&self) {
        self.state.lock().unwrap().is_private = false;
    }

    /// Misbehaves from now on, or behaves.
    pub fn misbehave(&self, mischief: impl Into<Option<Mischief>>) {
        self.state.lock().unwrap().mischief = mischief.into();
    }

    /// What it was asked since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// Keeps a large file: its pointer.
    pub fn store(&self, content: &[u8]) -> String {
        let oid = Sha256::digest(content).iter().fold(String::new(), |text, it| text + &format!("{it:02x}"));
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", content.len());
        self.state.lock().unwrap().stored.insert(oid, content.into());
        pointer
    }

    /// Keeps another content under that name than the pointer tells.
    pub fn spoil(&self, oid: &str, content: &[u8]) {
        self.state.lock().unwrap().stored.insert(oid.into(), content.into());
    }

    /// Says that contents are there from now on.
    pub fn store_at(&self, base: &str) {
        self.state.lock().unwrap().storage = Some(base.into());
    }

    /// Keeps all that another one keeps.
    pub fn store_as(&self, other: &Self) {
        let stored = other.state.lock().unwrap().stored.clone();
        self.state.lock().unwrap().stored = stored;
    }
}

async fn answer(State(forge): State<Forge>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let text = |name: &str| head.headers.get(name).map(|it| it.to_str().unwrap().to_owned());
    let asked = Asked {
        line: format!("{} {path}", head.method),
        authorization: text("authorization"),
        protocol: text("git-protocol"),
    };
    let has_token = asked.authorization.as_deref() == Some(&basic(USER, TOKEN));
    let (mischief, is_private) = {
        let mut inside = forge.state.lock().unwrap();
        inside.asked.push(asked);
        (inside.mischief.clone(), inside.is_private)
    };
    if let Some(Mischief::Status(code, header)) = &mischief {
        let answer = Response::builder().status(*code);
        let answer = header.iter().fold(answer, |it, (name, value)| it.header(*name, value));
        return answer.body(Body::from("s3cret words")).unwrap();
    }
    if let Some(oid) = path.strip_prefix("/stored/") {
        return stored(&forge, oid, &head.headers, has_token || !is_private);
    }
    if is_private && !has_token {
        return Response::builder().status(401).header("www-authenticate", "Basic").body(Body::empty()).unwrap();
    }
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    if path.ends_with("/info/lfs/objects/batch") {
        return batch(&forge, &body, mischief);
    }
    let query = head.uri.query().unwrap_or_default().to_owned();
    backend(&forge, head.method.as_str(), (&path, &query), &head.headers, &body, mischief).await
}

/// The header of Basic authorization.
pub fn basic(user: &str, token: &str) -> String {
    format!("Basic {}", base64(format!("{user}:{token}").as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().chain([&0; 2]).take(3).fold(0_usize, |number, it| number << 8 | usize::from(*it));
        for at in 0..4 {
            let digit = DIGITS[number >> (18 - 6 * at) & 63];
            text.push(if at > three.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

/// A large file, for who has the token or the header that the batch API gave.
fn stored(forge: &Forge, oid: &str, headers: &HeaderMap, has_token: bool) -> Response<Body> {
    let is_let_in = has_token || headers.get("x-signed").is_some_and(|it| it == "for-this");
    let content = forge.state.lock().unwrap().stored.get(oid).cloned();
    match content {
        Some(content) if is_let_in => Response::new(Body::from(content)),
        Some(_) => Response::builder().status(403).body(Body::empty()).unwrap(),
        None => Response::builder().status(404).body(Body::empty()).unwrap(),
    }
}

fn batch(forge: &Forge, body: &[u8], mischief: Option<Mischief>) -> Response<Body> {
    let question: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(question["operation"], "download");
    let inside = forge.state.lock().unwrap();
    let base = inside.storage.clone().unwrap_or_else(|| forge.base.clone());
    let objects = question["objects"].as_array().unwrap().iter().map(|it| {
        let oid = it["oid"].as_str().unwrap();
        if !inside.stored.contains_key(oid) {
            return json!({"oid": oid, "size": it["size"], "error": {"code": 404, "message": "Object does not exist"}});
        }
        let download = json!({"href": format!("{base}/stored/{oid}"), "header": {"X-Signed": "for-this"}});
        json!({"oid": oid, "size": it["size"], "actions": {"download": download}})
    });
    let answer = json!({"transfer": "basic", "objects": objects.collect::<Vec<_>>()});
    let answer = if let Some(Mischief::Batch(answer)) = mischief { answer } else { answer };
    let answer =
        Response::builder().header("content-type", "application/vnd.git-lfs+json").body(answer.to_string().into());
    answer.unwrap()
}

/// Real git's CGI program.
async fn backend(
    forge: &Forge,
    method: &str,
    (path, query): (&str, &str),
    headers: &HeaderMap,
    body: &Bytes,
    mischief: Option<Mischief>,
) -> Response<Body> {
    let mut command = std::process::Command::new("git");
    without_settings(&mut command).arg("http-backend").env("GIT_PROJECT_ROOT", &forge.root);
    command.env("GIT_HTTP_EXPORT_ALL", "1").env("REQUEST_METHOD", method).env("PATH_INFO", path);
    command.env("QUERY_STRING", query).env("REMOTE_ADDR", "127.0.0.1").env("CONTENT_LENGTH", body.len().to_string());
    for (name, variable) in [("content-type", "CONTENT_TYPE"), ("git-protocol", "GIT_PROTOCOL")] {
        if let Some(value) = headers.get(name) {
            command.env(variable, value.to_str().unwrap());
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = Command::from(command).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body).await.unwrap();
    let said = child.wait_with_output().await.unwrap().stdout;
    let end = said.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let mut answer = Response::builder().status(StatusCode::OK);
    for line in std::str::from_utf8(&said[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        answer = match name {
            "Status" => answer.status(value[..3].parse::<u16>().unwrap()),
            _ => answer.header(name, value),
        };
    }
    answer.body(spoiled(said[end + 4..].to_vec(), method, mischief.as_ref())).unwrap()
}

/// The body, as a server sends it that fails while it sends a pack.
fn spoiled(mut body: Vec<u8>, method: &str, mischief: Option<&Mischief>) -> Body {
    let has_pack = method == "POST" && body.windows(4).any(|it| it == b"PACK");
    match mischief {
        Some(Mischief::Cut(at)) if has_pack => {
            body.truncate(*at);
            let end = futures_util::stream::iter([Ok(Bytes::from(body)), Err(std::io::Error::other("cut"))]);
            Body::from_stream(end)
        }
        Some(Mischief::Hang(at)) if has_pack => {
            body.truncate(*at);
            let first = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
            Body::from_stream(first.chain(futures_util::stream::pending()))
        }
        _ => Body::from(body),
    }
}
