//! What a commit's tree lists: each file with its mode, the id of its content, and its size.

use std::fmt;
use std::str::FromStr;

use place::shortened;
use serde::{Deserialize, Serialize};

/// The id of a file's content: the SHA-1 of `blob LENGTH`, a zero byte and the content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobId([u8; 20]);

/// Why a text is not the id of a content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the id of a file's content, which has 40 hexadecimal digits", shortened(.0, 80))]
pub struct NoBlob(String);

/// What a path of a tree is. Git has no other modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A file (100644, and 100664 in old repositories).
    File,
    /// A file that may be executed (100755).
    Executable,
    /// A symbolic link (120000). Its content is the path that it points to.
    Symlink,
    /// A commit of another repository (160000). It has no content here; its id is that of the commit.
    Submodule,
}

/// A path of a commit's tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The path from the top, in the bytes that git has. They need not be UTF-8.
    pub path: Vec<u8>,
    /// What it is.
    pub mode: Mode,
    /// The id of its content.
    pub blob: BlobId,
    /// The length of its content in bytes. `None` where the content is not here: that of a submodule, and that of a file
    /// that is larger than the fetch allowed (the forge did not send it, and git tells the size only with the content).
    pub size: Option<u64>,
}

impl BlobId {
    /// The id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The id's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl FromStr for BlobId {
    type Err = NoBlob;

    fn from_str(text: &str) -> Result<Self, NoBlob> {
        let no_blob = || NoBlob(text.into());
        if text.len() != 40 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(no_blob());
        }
        let mut bytes = [0; 20];
        for (byte, at) in bytes.iter_mut().zip((0..40).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| no_blob())?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for BlobId {
    type Error = NoBlob;

    fn try_from(text: String) -> Result<Self, NoBlob> {
        text.parse()
    }
}

impl From<BlobId> for String {
    fn from(id: BlobId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|it| write!(f, "{it:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::BlobId;

    /// The id of the empty content, which `git hash-object --stdin </dev/null` prints.
    const EMPTY: &str = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

    #[test]
    fn an_id_is_read_and_written_as_git_does_it() {
        let id: BlobId = EMPTY.parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.as_bytes()[..2].to_vec()), (EMPTY, vec![0xe6, 0x9d]));
        assert_eq!(EMPTY.to_uppercase().parse(), Ok(id));
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{EMPTY}\""));
    }

    #[test]
    fn another_text_is_not_an_id() {
        for text in ["", "e69de29", &format!("{EMPTY}0"), &EMPTY.replace('e', "+"), &EMPTY.replace("e6", "é")] {
            let error = text.parse::<BlobId>().unwrap_err().to_string();
            assert!(error.contains("40 hexadecimal digits"), "{text}: {error}");
        }
    }
}
