//! The states of images and snapshots, as far as they decide whether a resource can be shared.

use crate::Kind;

/// Whether a resource can be shared in the state in which AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It can.
    #[default]
    Ready,
    /// It is an image that is disabled: no account can launch it, and it needs its snapshots when it is enabled again.
    Disabled,
    /// It may become ready by itself; the state as AWS spells it.
    Pending(String),
    /// It never will; the state as AWS spells it.
    Over(String),
}

impl State {
    /// The state of a resource of this kind, of which AWS says `text`.
    #[must_use]
    pub fn of(kind: Kind, text: &str) -> Self {
        match (kind, text) {
            (Kind::Key | Kind::Repository | Kind::Bucket | Kind::ManagedPolicy, _)
            | (Kind::Image | Kind::DbSnapshot | Kind::DbClusterSnapshot, "available")
            | (Kind::Snapshot, "completed") => Self::Ready,
            (Kind::Image, "disabled") => Self::Disabled,
            // EC2 is eventually consistent, and sends no second event.
            (Kind::Image, "pending" | "transient") => Self::Pending(text.into()),
            (Kind::Image, _)
            | (Kind::Snapshot, "error")
            | (Kind::DbSnapshot | Kind::DbClusterSnapshot, "deleting" | "deleted" | "failed") => {
                Self::Over(text.into())
            }
            // Whatever else a snapshot is, it may yet become ready, and AWS sends no second event.
            (Kind::Snapshot | Kind::DbSnapshot | Kind::DbClusterSnapshot, _) => Self::Pending(text.into()),
        }
    }
}
