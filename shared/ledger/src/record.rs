//! The ledger's item.

use std::time::Duration;

use reaction::{Owner, Report};
use serde::{Deserialize, Serialize};

/// How much of an item a report may fill. An item holds 400 KB, its other attributes and their names included.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const REPORT_BYTES: usize = 300_000;

/// Where an occurrence stands, as Powertools names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Somebody is at work on it, until `in_progress_expiration`.
    InProgress,
    /// It is done.
    Completed,
    /// A status of Powertools' that we never write.
    Expired,
}

/// An item of the table, beside its `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where the occurrence stands.
    pub status: Status,
    /// When the record may go, in seconds since the epoch: the table's TTL attribute.
    pub expiration: u64,
    /// When the holder's lease lapses, in milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_progress_expiration: Option<u64>,
    /// The report, as JSON.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub data: Option<String>,
    /// Powertools' hash of the payload; we never write it, since the key already says what was handled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub validation: Option<String>,
    /// Who claimed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// The report's outcome; `refused` on a record that a later delivery may claim.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<String>,
}

impl Record {
    pub(crate) fn in_progress(owner: &Owner, expires: Duration, lapses: Duration) -> Self {
        Self {
            status: Status::InProgress,
            expiration: expires.as_secs(),
            in_progress_expiration: u64::try_from(lapses.as_millis()).ok(),
            data: None,
            validation: None,
            owner: Some(owner.0.clone()),
            outcome: None,
        }
    }
}

/// The report as JSON that fits into an item.
pub(crate) fn capped(report: &Report) -> String {
    serde_json::to_string(&report.within(REPORT_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{REPORT_BYTES, capped};
    use expect_test::expect;
    use reaction::{Outcome, Report, StepReport};

    fn report(steps: usize, text: &str) -> Report {
        let step = StepReport { step: text.into(), error: None };
        Report { steps: vec![step; steps], ..Report::new("share-ami", Outcome::Applied, None) }
    }

    #[test]
    fn a_small_report_is_kept_whole() {
        expect![[r#"{"function":"share-ami","key":null,"outcome":"applied","reason":null,"notes":[],"steps":[{"step":"Share","error":null}]}"#]]
            .assert_eq(&capped(&report(1, "Share")));
    }

    #[test]
    fn a_report_larger_than_an_item_says_what_it_left_out() {
        let kept = capped(&report(10_000, &"x".repeat(100)));
        assert!(kept.len() <= REPORT_BYTES);
        let kept: Report = serde_json::from_str(&kept).unwrap();
        assert_eq!(
            kept.notes,
            [format!("{} of 10000 steps are not kept here; the log has them all", 10_000 - kept.steps.len())]
        );
    }

    #[test]
    fn a_reason_larger_than_an_item_is_cut() {
        let report = Report { reason: Some("ä".repeat(400_000)), ..report(0, "") };
        assert!(capped(&report).len() <= REPORT_BYTES);
    }
}
