//! What there is before an event comes, in the words of the samples.

use crate::world::patching::{Patch, Told};

/// What a schedule sends.
pub const SWEEP: &str = r#"{"signalbox": "sweep"}"#;

/// The instance of most samples.
pub const WEB: &str = "i-0123456789abcdef0";

/// The window of most samples.
pub const WINDOW: &str = "mw-0123456789abcdef0";

/// What there is before the event comes.
#[derive(Clone, Copy)]
pub struct Given {
    /// The instances, as they are now.
    pub instances: &'static [Node],
    /// How they told of themselves before an earlier sweep, if there was one.
    pub before: &'static [Node],
    /// The patch groups that have a baseline.
    pub baselines: &'static [&'static str],
    /// The windows: id, name, document, and the group at which it aims.
    pub windows: &'static [(&'static str, &'static str, &'static str, Option<&'static str>)],
}

/// An instance.
#[derive(Clone, Copy)]
pub struct Node {
    /// Its id.
    pub id: &'static str,
    /// Its patch group.
    pub group: &'static str,
    /// Whether EC2 runs it: it stops one that does not, and knows none outside of EC2.
    pub runs: bool,
    /// Since how many days it is managed.
    pub managed_for_days: Option<u64>,
    /// Its last scan.
    pub scan: Option<Told>,
}

/// A patch that is missing.
pub const OPENSSL: Patch = ("openssl.x86_64", "Critical", "Security", "Missing");

/// Another one, of which nothing is reported.
pub const VIM: Patch = ("vim-minimal.x86_64", "Low", "Bugfix", "Missing");

/// A patch that could not be installed.
pub const KERNEL: Patch = ("kernel.x86_64", "Important", "Security", "Failed");

/// A scan of an hour ago that found nothing.
pub const CLEAN: Told = Told { hours: 1, operation: "Scan", patches: &[], pending: 0 };

/// A scan that found something.
pub const FOUND: Told = Told { patches: &[OPENSSL, VIM], ..CLEAN };

/// An instance with nothing to do.
pub const NODE: Node =
    Node { id: WEB, group: "Linux Servers", runs: true, managed_for_days: Some(30), scan: Some(CLEAN) };

/// An instance that misses two patches.
pub const OPEN: Node = Node { scan: Some(FOUND), ..NODE };

/// One instance that misses patches, in a group with a baseline, at which a window aims.
pub const GIVEN: Given = Given {
    instances: &[OPEN],
    before: &[],
    baselines: &["Linux Servers"],
    windows: &[(WINDOW, "install", "AWS-RunPatchBaseline", Some("Linux Servers"))],
};
