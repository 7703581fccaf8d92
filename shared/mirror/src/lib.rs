//! Mirrors of git repositories: the names of repositories, and the messages that ask for a copy. Pure: functions read
//! requests and queues, and carry out what is decided here.
//!
//! ```
//! let message = r#"{"repository": "acme/templates", "ref": "refs/heads/main", "commit": null, "delivery": "72d3162e", "forge": "github"}"#;
//! let push: mirror::Push = serde_json::from_str(message).expect("a message");
//! assert_eq!((push.repository.as_str(), push.reference.branch()), ("acme/templates", Some("main")));
//! assert!(".signalbox/templates".parse::<mirror::RepositoryName>().is_err());
//! ```

mod content_type;
mod copies;
mod entry;
mod keys;
mod layout;
mod manifest;
mod message;
mod mirrors;
mod name;
mod reference;
mod steps;
#[cfg(test)]
mod tests;
mod tree;
mod verify;

pub use content_type::{Look, content_type};
pub use copies::{Copied, Turn, plan_copy, plan_overdue};
pub use entry::{BlobId, Entry, Mode, NoBlob};
pub use keys::{Keys, LONGEST_KEY, NoKey};
pub use layout::{Layout, plan_layout};
pub use manifest::{CopyManifest, FORMAT, Journal, Left, Manifest, Pointer, Record, Rules, Stored, Why};
pub use message::{Forge, Push};
pub use mirrors::{LARGEST, Mirrors, Mistake, Repository, Source};
pub use name::{LONGEST_NAME, NoRepository, RESERVED, RepositoryName};
pub use reference::{CommitId, NoCommit, NoReference, RefName};
pub use steps::{BATCH, Content, Step, Upload, phase};
pub use tree::{Head, LfsPointer, POINTER_BYTES};
pub use verify::{Drift, Object, verify, verify_copy};
