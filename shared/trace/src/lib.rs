//! Traces of single events, as AWS X-Ray keeps them: what a run did, in which phase and by which calls, and how long each took.
//!
//! A [`Recorder`] notes phases and calls while a run is at work, and makes segment documents of them in the end; a [`Daemon`] takes
//! those by UDP; a [`Tree`] draws them again. Nothing here knows AWS's clients or a clock.
//!
//! ```
//! use std::time::SystemTime;
//! use trace::{Beginning, Ending, Finish, Recorder, Tree, documents};
//!
//! let header = "Root=1-58406520-a006649127e371903a2de979;Parent=4c721bf33e3caf8f;Sampled=1";
//! let Beginning::At(origin) = Beginning::of(Some(header), None) else { panic!("not sampled") };
//! let recorder = Recorder::start("share-ami", origin, || SystemTime::UNIX_EPOCH);
//! let claim = recorder.open("claim");
//! claim.close(Ending::Well);
//! let sent = recorder.finish(Finish::default());
//! let tree = Tree::of(documents(&sent.join("\n")).expect("what was made can be read"));
//! assert_eq!(tree.to_string(), "trace 1-58406520-a006649127e371903a2de979\nshare-ami  0 ms\n└─ claim  0 ms\n");
//! ```

mod call;
mod daemon;
mod document;
mod header;
mod noted;
mod phase;
mod recorded;
mod recorder;
mod sent;
#[cfg(test)]
mod tests;
mod tree;

pub use call::{Answered, Call};
pub use daemon::Daemon;
pub use document::{Aws, Document, Http, Link, Response};
pub use header::{Beginning, Header, Origin};
pub use noted::{CALLS, Ending, STEPS};
pub use phase::{Phase, phase, step};
pub use recorded::documents;
pub use recorder::{CallId, Finish, Open, Recorder};
pub use sent::LARGEST;
pub use tree::{Branch, Tree};
