//! Lines about requests that were not admitted: one for each reason and minute. Anyone can send requests, and the log is paid by its size.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use place::{plain, shortened};
use reaction::{Outcome, Rejection, Report};

/// How long a reason is not written again.
const QUIET: Duration = Duration::from_mins(1);

/// So many reasons are told apart. A function has a few for each path that it knows; more can only be chosen by a sender.
const REASONS: usize = 100;

/// What was written of each reason, and how often it came since.
#[derive(Debug, Default)]
pub(crate) struct Rejections {
    by_reason: BTreeMap<String, Told>,
}

#[derive(Debug)]
struct Told {
    at: SystemTime,
    since: u64,
}

impl Rejections {
    /// The report of a rejection at this time, which counts those that came without one; none where this reason was told a moment ago.
    pub(crate) fn report(&mut self, function: &str, rejection: &Rejection, now: SystemTime) -> Option<Report> {
        let is_known = self.by_reason.contains_key(&rejection.why);
        let reason = if is_known || self.by_reason.len() < REASONS { rejection.why.as_str() } else { "other reasons" };
        let count = self.count(reason, now)?;
        let said = plain(&shortened(&rejection.said, 120));
        let before = if count > 1 { format!("; {} more since the last line", count - 1) } else { String::new() };
        let why = format!("a request was not admitted: {} (it said `{said}`{before})", rejection.why);
        let counts = [("requests".into(), [("rejected".into(), count)].into())].into();
        Some(Report { counts, ..Report::new(function, Outcome::Ignored, Some(why)) })
    }

    /// Whether to write of a request that could not be judged, for this reason.
    pub(crate) fn is_due(&mut self, reason: &str, now: SystemTime) -> bool {
        let is_known = self.by_reason.contains_key(reason) || self.by_reason.len() < REASONS;
        self.count(if is_known { reason } else { "other reasons" }, now).is_some()
    }

    /// How many there are to tell of, if it is time to.
    fn count(&mut self, reason: &str, now: SystemTime) -> Option<u64> {
        let Some(told) = self.by_reason.get_mut(reason) else {
            self.by_reason.insert(reason.into(), Told { at: now, since: 0 });
            return Some(1);
        };
        told.since += 1;
        // A clock that was set back must not keep a reason quiet for long.
        if now.duration_since(told.at).is_ok_and(|it| it < QUIET) {
            return None;
        }
        let count = told.since;
        *told = Told { at: now, since: 0 };
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use reaction::Rejection;

    use super::Rejections;

    fn rejection(why: &str) -> Rejection {
        Rejection { why: why.into(), said: format!("/{}", "x".repeat(300)) }
    }

    #[test]
    fn a_burst_has_one_line_a_minute_which_counts_it() {
        let mut rejections = Rejections::default();
        let mut at = |second, why: &str| {
            let report = rejections.report("trial", &rejection(why), UNIX_EPOCH + Duration::from_secs(second))?;
            let line = report.reason.unwrap();
            assert!(line.contains(why) && line.len() < 300, "{line}");
            Some(report.counts["requests"]["rejected"])
        };
        assert_eq!(at(0, "the path is unknown"), Some(1));
        let quiet: Vec<_> = (1..=59).filter_map(|second| at(second, "the path is unknown")).collect();
        assert_eq!(quiet, [0; 0]);
        assert_eq!(at(30, "the signature is wrong"), Some(1), "another reason has a line of its own");
        assert_eq!(at(60, "the path is unknown"), Some(60));
        assert_eq!(at(61, "the path is unknown"), None);
        assert_eq!(at(1, "the path is unknown"), Some(2), "a clock that was set back");
    }

    #[test]
    fn reasons_without_end_take_no_memory_without_end() {
        let mut rejections = Rejections::default();
        let lines =
            (0..1_000).filter_map(|it| rejections.report("trial", &rejection(&format!("reason {it}")), UNIX_EPOCH));
        assert_eq!(lines.count(), 101);
        assert_eq!(rejections.by_reason.len(), 101);
    }
}
