//! Real repositories, made by `git`, and real servers of them on loopback: OpenSSH's `sshd`, and `git http-backend` behind a
//! web server that stands for the forge's. The truth about a commit is what `git` says of it.

pub mod forge;
pub mod sshd;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use git::{BlobId, Entry, Mode};

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A folder that goes with the test.
pub struct Folder(PathBuf);

impl Folder {
    /// A new one, which is empty.
    pub fn make() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("signalbox-git-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that fails leaves what it leaves.
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A path of a commit to be made.
#[derive(Clone, Debug)]
pub struct File {
    /// `100644`, `100755`, `120000` or `160000`.
    pub mode: &'static str,
    /// The path, in any bytes.
    pub path: Vec<u8>,
    /// The content; of a submodule the id of its commit.
    pub content: Vec<u8>,
}

/// A plain file.
pub fn file(path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> File {
    with_mode("100644", path, content)
}

/// A path of another mode.
pub fn with_mode(mode: &'static str, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> File {
    File { mode, path: path.as_ref().into(), content: content.as_ref().into() }
}

/// A bare repository that real `git` made.
pub struct Repository {
    root: Folder,
    name: String,
}

impl Repository {
    /// An empty repository, whose servers call it `NAME.git`.
    pub fn make(name: &str) -> Self {
        Self::init(name, "sha1")
    }

    /// The same with ids of SHA-256.
    pub fn make_sha256(name: &str) -> Self {
        Self::init(name, "sha256")
    }

    fn init(name: &str, format: &str) -> Self {
        let made = Self { root: Folder::make(), name: name.into() };
        let path = made.path();
        std::fs::create_dir_all(&path).unwrap();
        made.git(
            &["init", "--quiet", "--bare", "--initial-branch=main", &format!("--object-format={format}"), "."],
            b"",
        );
        made.git(&["config", "uploadpack.allowFilter", "true"], b"");
        made
    }

    /// The folder of the repository.
    pub fn path(&self) -> PathBuf {
        self.root.path().join(format!("{}.git", self.name))
    }

    /// The folder above it, which a server serves.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Runs `git` in the repository: what it writes.
    pub fn git(&self, words: &[&str], input: &[u8]) -> Vec<u8> {
        run_git(&self.path(), words, input)
    }

    /// Runs `git` in the repository: the line that it writes.
    pub fn line(&self, words: &[&str]) -> String {
        String::from_utf8(self.git(words, b"")).unwrap().trim_end().to_owned()
    }

    /// Makes a commit on top of a branch that has exactly these files: its id.
    pub fn commit(&self, branch: &str, files: &[File]) -> String {
        let has = !self.git(&["for-each-ref", &format!("refs/heads/{branch}")], b"").is_empty();
        let from = if has { format!("from refs/heads/{branch}^0\n") } else { String::new() };
        self.import(branch, &from, files)
    }

    /// Makes a commit without a parent that has exactly these files, and moves the branch to it.
    pub fn replace(&self, branch: &str, files: &[File]) -> String {
        self.git(&["update-ref", "-d", &format!("refs/heads/{branch}")], b"");
        self.import(branch, "", files)
    }

    fn import(&self, branch: &str, from: &str, files: &[File]) -> String {
        let mut stream = Vec::new();
        for (number, it) in files.iter().enumerate().filter(|(_, it)| it.mode != "160000") {
            write!(stream, "blob\nmark :{}\ndata {}\n", number + 1, it.content.len()).unwrap();
            stream.extend_from_slice(&it.content);
            stream.push(b'\n');
        }
        let seconds = 1_790_000_000 + FOLDERS.fetch_add(1, Ordering::Relaxed);
        write!(stream, "commit refs/heads/{branch}\ncommitter A <a@example.com> {seconds} +0000\ndata 1\nx\n").unwrap();
        writeln!(stream, "{from}deleteall").unwrap();
        for (number, it) in files.iter().enumerate() {
            let id = match it.mode {
                "160000" => String::from_utf8(it.content.clone()).unwrap(),
                _ => format!(":{}", number + 1),
            };
            write!(stream, "M {} {id} \"", it.mode).unwrap();
            it.path.iter().for_each(|it| write!(stream, "\\{it:03o}").unwrap());
            stream.extend_from_slice(b"\"\n");
        }
        self.git(&["fast-import", "--quiet", "--force", "--date-format=raw"], &stream);
        self.line(&["rev-parse", &format!("refs/heads/{branch}")])
    }

    /// Puts an object into the repository, well-formed or not: its id.
    pub fn plant(&self, kind: &str, content: &[u8]) -> String {
        let made = self.git(&["hash-object", "-w", "-t", kind, "--literally", "--stdin"], content);
        String::from_utf8(made).unwrap().trim_end().to_owned()
    }

    /// Puts a tree of these modes, names and ids into the repository, in this order: its id.
    pub fn plant_tree(&self, entries: &[(&str, &str, &str)]) -> String {
        let byte = |id: &str, at: usize| u8::from_str_radix(&id[at..at + 2], 16).unwrap();
        let mut content = Vec::new();
        for (mode, name, id) in entries {
            content.extend([mode.as_bytes(), b" ", name.as_bytes(), b"\0"].concat());
            content.extend((0..id.len()).step_by(2).map(|at| byte(id, at)));
        }
        self.plant("tree", &content)
    }

    /// Lets a branch point to a commit of that tree.
    pub fn commit_tree(&self, branch: &str, tree: &str) {
        let commit = self.line(&["-c", "user.name=a", "-c", "user.email=a@b", "commit-tree", "-m", "x", tree]);
        self.git(&["update-ref", &format!("refs/heads/{branch}"), &commit], b"");
    }

    /// What `git ls-tree -r -l` says of a commit.
    pub fn entries(&self, commit: &str) -> Vec<Entry> {
        let listed = self.git(&["ls-tree", "-r", "-l", "-z", commit], b"");
        listed.split(|it| *it == 0).filter(|it| !it.is_empty()).map(entry).collect()
    }

    /// What `git cat-file` says of a content.
    pub fn content(&self, blob: &BlobId) -> Vec<u8> {
        self.git(&["cat-file", "blob", &blob.to_string()], b"")
    }
}

/// Runs `git` in a folder, without settings: what it writes.
pub fn run_git(folder: &Path, words: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(words);
    without_settings(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let input = input.to_owned();
    // It may write while it reads.
    let writer = std::thread::spawn(move || to.write_all(&input));
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(done.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

/// `git` without the settings of the machine and its user.
pub fn without_settings(command: &mut Command) -> &mut Command {
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("LC_ALL", "C")
}

/// A record of `git ls-tree -l -z`: `MODE TYPE ID SIZE<TAB>PATH`.
fn entry(record: &[u8]) -> Entry {
    let tab = record.iter().position(|it| *it == b'\t').unwrap();
    let head = std::str::from_utf8(&record[..tab]).unwrap();
    let words: Vec<_> = head.split_whitespace().collect();
    let mode = match words[0] {
        "100644" => Mode::File,
        "100755" => Mode::Executable,
        "120000" => Mode::Symlink,
        "160000" => Mode::Submodule,
        other => panic!("{other}"),
    };
    Entry { path: record[tab + 1..].into(), mode, blob: words[2].parse().unwrap(), size: words[3].parse().ok() }
}
