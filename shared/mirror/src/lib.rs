//! Mirrors of git repositories: the names of repositories, and the messages that ask for a copy. Pure: functions read
//! requests and queues, and carry out what is decided here.
//!
//! ```
//! let message = r#"{"repository": "acme/templates", "ref": "refs/heads/main", "commit": null, "delivery": "72d3162e", "forge": "github"}"#;
//! let push: mirror::Push = serde_json::from_str(message).expect("a message");
//! assert_eq!((push.repository.as_str(), push.reference.branch()), ("acme/templates", Some("main")));
//! assert!(".signalbox/templates".parse::<mirror::RepositoryName>().is_err());
//! ```

mod entry;
mod message;
mod name;
mod reference;

pub use entry::{BlobId, Entry, Mode, NoBlob};
pub use message::{Forge, Push};
pub use name::{LONGEST_NAME, NoRepository, RESERVED, RepositoryName};
pub use reference::{CommitId, NoCommit, NoReference, RefName};
