//! A git repository that real `git` made, and `git http-backend` behind a web server on loopback: both sides fetch from it alike.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::http::{Answer, Answers, Server, serve};

/// A bare repository in a folder of its own.
pub struct Repository {
    /// Where `NAME.git` is.
    root: PathBuf,
    number: u32,
}

/// A file of a commit.
pub struct File {
    /// Its path.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

const NAME: &str = "templates.git";

impl Repository {
    /// An empty one, in place of what is in the folder.
    pub fn make(root: &Path) -> Result<Self> {
        if root.exists() {
            fs::remove_dir_all(root).with_context(|| format!("removing {}", root.display()))?;
        }
        let made = Self { root: root.into(), number: 0 };
        fs::create_dir_all(made.path())?;
        made.git(&["init", "--quiet", "--bare", "--initial-branch=main", "."], |_| Ok(()))?;
        // What does not become smaller is not tried for long.
        let settings = [("uploadpack.allowFilter", "true"), ("core.compression", "1"), ("core.bigFileThreshold", "5m")];
        for (name, value) in settings {
            made.git(&["config", name, value], |_| Ok(()))?;
        }
        Ok(made)
    }

    /// Puts these files on top of what `main` has.
    pub fn commit(&mut self, files: &[File]) -> Result<()> {
        self.number += 1;
        let from = if self.number > 1 { "from refs/heads/main^0\n" } else { "" };
        let seconds = 1_790_000_000 + self.number;
        self.git(&["fast-import", "--quiet"], |to| {
            write!(to, "commit refs/heads/main\ncommitter A <a@example.com> {seconds} +0000\ndata 1\nx\n{from}")?;
            for File { path, content } in files {
                writeln!(to, "M 100644 inline {path}\ndata {}", content.len())?;
                to.write_all(content)?;
                to.write_all(b"\n")?;
            }
            Ok(())
        })
    }

    /// Packs it as a forge does.
    pub fn pack(&self) -> Result<()> {
        self.git(&["repack", "-a", "-d", "--quiet"], |_| Ok(()))
    }

    /// How many bytes it has on the disk.
    pub fn bytes(&self) -> Result<u64> {
        let packs = fs::read_dir(self.path().join("objects/pack"))?;
        packs.map(|it| Ok(it?.metadata()?.len())).sum()
    }

    fn path(&self) -> PathBuf {
        self.root.join(NAME)
    }

    fn git(&self, words: &[&str], input: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut command = std::process::Command::new("git");
        command
            .current_dir(self.path())
            .args(words)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        let mut child = command.stdin(Stdio::piped()).spawn().context("starting git")?;
        let mut to = BufWriter::new(child.stdin.take().context("git's input")?);
        input(&mut to)?;
        drop(to);
        let ended = child.wait()?;
        ensure!(ended.success(), "git {words:?} ended with {ended}");
        Ok(())
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        // Some have a gigabyte.
        _ = fs::remove_dir_all(&self.root);
    }
}

/// A server of a repository. Dropping it ends it.
pub struct GitServer {
    server: Server,
}

impl GitServer {
    /// Serves it on a port of its own.
    pub async fn start(repository: &Repository) -> Result<Self> {
        Ok(Self { server: serve(None, Backend { root: repository.root.clone() }).await? })
    }

    /// The repository's address.
    pub fn url(&self) -> String {
        format!("http://{}/{NAME}", self.server.address)
    }
}

#[derive(Clone)]
struct Backend {
    root: PathBuf,
}

impl Answers for Backend {
    async fn answer(&self, request: Request<Bytes>) -> Answer {
        self.run(&request).await.unwrap_or_else(|error| {
            let mut answer = Response::new(Full::from(format!("{error:#}")));
            *answer.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            answer
        })
    }
}

impl Backend {
    /// Asks git's CGI program. <https://git-scm.com/docs/git-http-backend>
    async fn run(&self, request: &Request<Bytes>) -> Result<Answer> {
        let (uri, body) = (request.uri(), request.body());
        let mut command = Command::new("git");
        command.arg("http-backend").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_PROJECT_ROOT", &self.root).env("GIT_HTTP_EXPORT_ALL", "1").env("REMOTE_ADDR", "127.0.0.1");
        command.env("REQUEST_METHOD", request.method().as_str()).env("PATH_INFO", uri.path());
        command.env("QUERY_STRING", uri.query().unwrap_or_default()).env("CONTENT_LENGTH", body.len().to_string());
        for (name, variable) in [
            ("content-type", "CONTENT_TYPE"),
            ("git-protocol", "GIT_PROTOCOL"),
            ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ] {
            if let Some(value) = request.headers().get(name) {
                command.env(variable, value.to_str()?);
            }
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        child.stdin.take().context("its input")?.write_all(body).await?;
        let said = Bytes::from(child.wait_with_output().await?.stdout);
        let end = said.windows(4).position(|it| it == b"\r\n\r\n").context("it said nothing")?;
        let mut answer = Response::builder();
        for line in std::str::from_utf8(&said[..end])?.lines() {
            let (name, value) = line.split_once(": ").context("a header")?;
            answer = match name {
                "Status" => answer.status(value.get(..3).context("a status")?.parse::<u16>()?),
                _ => answer.header(name, value),
            };
        }
        Ok(answer.body(Full::from(said.slice(end + 4..)))?)
    }
}

/// Files of a repository of templates, each about a kilobyte, in folders of a hundred.
pub fn templates(number: usize, commit: usize) -> Vec<File> {
    let template = |it: usize| {
        let mut content =
            format!("AWSTemplateFormatVersion: 2010-09-09\nDescription: Template {it}, commit {commit}\nResources:\n");
        for resource in 0..8 {
            let name = (it * 31 + resource * 7 + commit) % 9973;
            _ = writeln!(
                content,
                "  Topic{name}:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: topic-{it}-{name}"
            );
        }
        File { path: format!("stacks/{:03}/template-{it}.yaml", it / 100), content: content.into_bytes() }
    };
    (0..number).map(template).collect()
}

/// A file that no compression makes smaller.
pub fn noise(path: &str, seed: u64, length: usize) -> File {
    let mut state = seed | 1;
    let mut content = Vec::with_capacity(length + 8);
    while content.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (state ^ state >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
        content.extend_from_slice(&(mixed ^ mixed >> 29).to_be_bytes());
    }
    content.truncate(length);
    File { path: path.into(), content }
}
