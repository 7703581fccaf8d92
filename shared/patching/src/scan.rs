//! The last patching operation of an instance: when it was, and what it found.

use std::collections::BTreeSet;

use aws_sdk_ssm::types::{InstancePatchState, PatchComplianceData};
use serde::{Deserialize, Serialize};

use crate::InstanceId;

/// One scan or installation, as Systems Manager keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The instance.
    pub instance: InstanceId,
    /// When it ended, in seconds since 1970: scans are ordered by this, in whichever order events come.
    pub at: u64,
    /// `Scan` or `Install`.
    pub operation: String,
    /// The baseline.
    pub baseline: String,
    /// The patch group.
    pub group: Option<String>,
    /// The snapshot of the baseline that it used.
    pub snapshot: Option<String>,
    /// How many patches of each kind.
    pub counts: Counts,
    /// When patches were last installed without a reboot.
    pub without_reboot: Option<u64>,
    /// Critical and Security patches that are missing, and patches that could not be installed, each in words; `None` while they were
    /// not read.
    pub problems: Option<BTreeSet<String>>,
}

/// How many patches of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Installed, by the baseline or otherwise.
    pub installed: u32,
    /// Approved and not installed.
    pub missing: u32,
    /// Approved, and the installation failed.
    pub failed: u32,
    /// Installed, and in effect after a reboot only.
    pub pending_reboot: u32,
    /// Installed, and rejected since.
    pub rejected: u32,
    /// That the baseline calls critical, and that are not in effect.
    pub critical: u32,
    /// That an advisory calls a security patch, and that are not in effect.
    pub security: u32,
    /// Others that are not in effect.
    pub other: u32,
}

impl Counts {
    /// Whether nothing is left to do. What no count is for, counts as nothing wrong: each kind of wrong has one.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        let Self { missing, failed, pending_reboot, rejected, critical, security, other, .. } = self;
        [missing, failed, pending_reboot, rejected, critical, security, other].into_iter().all(|it| *it == 0)
    }

    /// How many patches are missing, failed, or wait for a reboot.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.missing + self.failed + self.pending_reboot + self.rejected
    }
}

impl Scan {
    /// Reads a state; `None` where it has no instance or no time, and so says nothing.
    pub(crate) fn of(state: &InstancePatchState) -> Option<Self> {
        let at = u64::try_from(state.operation_end_time.secs()).ok().filter(|it| *it > 0)?;
        let count = |it: Option<i32>| u32::try_from(it.unwrap_or_default()).unwrap_or_default();
        let text = |it: &str| (!it.is_empty()).then(|| it.to_owned());
        let counts = Counts {
            installed: count(Some(state.installed_count)) + count(Some(state.installed_other_count)),
            missing: count(Some(state.missing_count)),
            failed: count(Some(state.failed_count)),
            pending_reboot: count(state.installed_pending_reboot_count),
            rejected: count(state.installed_rejected_count),
            critical: count(state.critical_non_compliant_count),
            security: count(state.security_non_compliant_count),
            other: count(state.other_non_compliant_count),
        };
        Some(Self {
            instance: state.instance_id.parse().ok()?,
            at,
            operation: state.operation.as_str().to_owned(),
            baseline: state.baseline_id.clone(),
            group: text(&state.patch_group),
            snapshot: state.snapshot_id.as_deref().and_then(text),
            counts,
            without_reboot: state.last_no_reboot_install_operation_time.and_then(|it| u64::try_from(it.secs()).ok()),
            problems: (counts.missing == 0 && counts.failed == 0).then(BTreeSet::new),
        })
    }
}

/// What is wrong with a patch, in words; `None` where it is not worth a report.
///
/// The API's model writes a state `MISSING`, and its answers `Missing`.
pub(crate) fn problem(patch: &PatchComplianceData) -> Option<String> {
    let state = patch.state.as_str().replace('_', "").to_ascii_lowercase();
    let (is_critical, is_security) = (
        patch.severity.eq_ignore_ascii_case("critical"),
        patch.classification.to_ascii_lowercase().contains("security"),
    );
    let of = match (is_critical, is_security) {
        (true, true) => "Critical, Security",
        (true, false) => "Critical",
        (false, true) => "Security",
        (false, false) => "other",
    };
    let name = if patch.kb_id.is_empty() { &patch.title } else { &patch.kb_id };
    match state.as_str() {
        "failed" => Some(format!("{name} could not be installed ({of})")),
        "missing" if is_critical || is_security => Some(format!("{name} is missing ({of})")),
        _ => None,
    }
}
