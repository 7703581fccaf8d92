//! A maintenance window that patches, and at which instances it aims.

use std::collections::BTreeSet;

use aws_sdk_ssm::types::Target;

/// The document that patches.
pub(crate) const DOCUMENT: &str = "AWS-RunPatchBaseline";

/// The tags that name a patch group.
pub(crate) const TAGS: [&str; 2] = ["Patch Group", "PatchGroup"];

/// A window that is on and has a task that patches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// At what it aims; empty where it has no target.
    pub aims: Vec<Aim>,
}

/// At which instances a target aims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Those of these patch groups.
    Groups(BTreeSet<String>),
    /// Others, such as ids, other tags or a resource group.
    Others,
}

impl Aim {
    pub(crate) fn of(targets: &[Target]) -> Self {
        let [target] = targets else { return Self::Others };
        let tag = target.key().and_then(|it| it.strip_prefix("tag:")).unwrap_or_default();
        if TAGS.contains(&tag) { Self::Groups(target.values().iter().cloned().collect()) } else { Self::Others }
    }
}

/// Whether a task runs the document that patches, by its name or its ARN.
pub(crate) fn patches(task: &str) -> bool {
    task.rsplit('/').next().is_some_and(|it| it.starts_with(DOCUMENT))
}
