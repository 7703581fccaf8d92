//! Reads a git repository at its forge, without a `git` or `ssh` program: the commit that a branch points to now, without
//! its history, into a bare repository that is kept in a folder; and from there what the commit lists, and its contents.
//!
//! By SSH with a deploy key and pinned host keys, by https with a token, or through `CodeConnections` and `CodeCommit` with a
//! password that AWS credentials sign.
//!
//! ```
//! let remote: git::Remote = "git@forge.example:acme/templates.git".parse().expect("an address");
//! assert_eq!(remote.to_string(), "git@forge.example:acme/templates.git");
//! assert!("http://forge.example/acme/templates.git".parse::<git::Remote>().is_err());
//! ```

mod access;
mod address;
mod answers;
mod bounds;
mod checkout;
mod dns;
mod fetch;
mod heads;
pub mod lfs;
mod pack;
mod remote;
mod session;
mod signed;
mod ssh;
mod store;
mod watch;
mod web;

pub use access::{Access, DeployKey, HostKey};
pub use address::{Address, SshAddress, WebAddress};
pub use bounds::{Bounds, Patience};
pub use checkout::Checkout;
pub use fetch::fetch;
pub use heads::{Conversation, heads};
pub use mirror::{BlobId, CommitId, Entry, Mode, RefName};
pub use pack::{Content, Spooled};
pub use reaction::Error;
pub use remote::Remote;
pub use signed::signed;
