//! Faults that a test orders, and the book that says which request meets one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::calls::Call;
use crate::fault_kind::FaultKind;

/// A fault that some requests of one account meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The account whose requests are meant, so that tests side by side do not meet each other's faults.
    pub account: String,
    /// Only requests to this region, by its name in the credential scope.
    #[serde(default)]
    pub region: Option<String>,
    /// Only requests to this service, by its name in the credential scope (`ec2`, `dynamodb`, ...).
    #[serde(default)]
    pub service: Option<String>,
    /// Only this operation, by its API name (`ModifyImageAttribute`, ...).
    #[serde(default)]
    pub operation: Option<String>,
    /// Only requests whose body contains this text, as sent or with form encoding undone.
    #[serde(default)]
    pub contains: Option<String>,
    /// The first request that meets the fault, counted from 1 among those that match since the injection.
    #[serde(default = "one")]
    pub nth: usize,
    /// How many matching requests in a row meet it.
    #[serde(default = "one")]
    pub times: usize,
    /// What happens to them.
    pub kind: FaultKind,
}

/// Who waits, by account, for a request that meets [`FaultKind::Timeout`].
#[derive(Debug, Default)]
pub(crate) struct Silences(Mutex<HashMap<String, Arc<Notify>>>);

impl Silences {
    /// What is notified when a request of this account is left without an answer.
    pub(crate) fn of(&self, account: &str) -> Arc<Notify> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(account.to_owned()).or_default())
    }
}

impl Fault {
    /// A fault for the next request of `account`, whichever it is; narrow it by struct update.
    #[must_use]
    pub fn new(account: &str, kind: FaultKind) -> Self {
        let account = account.to_owned();
        Self { account, region: None, service: None, operation: None, contains: None, nth: 1, times: 1, kind }
    }

    fn is_for(&self, call: &Call, body: &[u8]) -> bool {
        let is = |wanted: &Option<String>, actual: &str| wanted.as_deref().is_none_or(|it| it == actual);
        self.account == call.account
            && is(&self.region, &call.region)
            && is(&self.service, &call.service)
            && is(&self.operation, &call.operation)
            && self.contains.as_deref().is_none_or(|text| has_text(body, text))
    }
}

fn one() -> usize {
    1
}

fn has_text(body: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(body).contains(text) || form_urlencoded::parse(body).any(|(_, value)| value.contains(text))
}

/// A fault that was ordered.
#[derive(Debug)]
struct Ordered {
    fault: Fault,
    /// How many requests matched it so far.
    seen: usize,
    /// How many tokens are missing in the bucket of a quota, and since when it was not filled.
    missing: f64,
    filled: Instant,
}

/// The faults that were ordered.
#[derive(Debug, Default)]
pub(crate) struct FaultBook(Mutex<Vec<Ordered>>);

impl Ordered {
    /// What happens to the next request that matches.
    fn meet(&mut self, now: Instant) -> Option<FaultKind> {
        if let FaultKind::Quota { burst, per_minute } = self.fault.kind {
            let gained = now.duration_since(self.filled).as_secs_f64() * f64::from(per_minute) / 60.0;
            (self.missing, self.filled) = ((self.missing - gained).max(0.0), now);
            if self.missing + 1.0 <= f64::from(burst) {
                self.missing += 1.0;
                return None;
            }
            self.seen += 1;
            return (self.seen <= self.fault.times).then_some(FaultKind::Throttle);
        }
        self.seen += 1;
        let turn = self.fault.nth..self.fault.nth.saturating_add(self.fault.times);
        turn.contains(&self.seen).then(|| self.fault.kind.clone())
    }
}

impl FaultBook {
    /// Adds a fault; its count starts now.
    pub(crate) fn inject(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Ordered {
            fault,
            seen: 0,
            missing: 0.0,
            filled: now(),
        });
    }

    /// Forgets the faults of one account.
    pub(crate) fn clear(&self, account: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|it| it.fault.account != account);
    }

    /// Counts a request against every fault it matches; the first whose turn it is decides.
    pub(crate) fn meet(&self, call: &Call, body: &[u8]) -> Option<FaultKind> {
        let mut met = None;
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ordered in faults.iter_mut().filter(|it| it.fault.is_for(call, body)) {
            let next = ordered.meet(now());
            met = met.or(next);
        }
        met
    }
}

#[expect(clippy::disallowed_methods, reason = "a quota of AWS is one of time, whatever clock a test has")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(account: &str, operation: &str) -> Call {
        Call { account: account.into(), service: "ec2".into(), operation: operation.into(), ..Call::default() }
    }

    #[test]
    fn the_nth_matching_request_meets_the_fault_as_often_as_ordered() {
        let book = FaultBook::default();
        let operation = Some("DescribeImages".to_owned());
        book.inject(Fault { operation, nth: 2, times: 2, ..Fault::new("1", FaultKind::Throttle) });
        let meet = |account, operation| book.meet(&call(account, operation), b"").is_some();
        assert!(!meet("1", "DescribeImages"));
        assert!(!meet("1", "ModifyImageAttribute"));
        assert!(!meet("2", "DescribeImages"));
        assert_eq!([(); 4].map(|()| meet("1", "DescribeImages")), [true, true, false, false]);
    }

    #[test]
    fn a_quota_takes_a_burst_and_then_what_it_gains() {
        let kind = FaultKind::Quota { burst: 2, per_minute: 30 };
        let fault = Fault { times: usize::MAX, ..Fault::new("1", kind) };
        let start = now();
        let mut ordered = Ordered { fault, seen: 0, missing: 0.0, filled: start };
        let mut meets = |seconds| ordered.meet(start + std::time::Duration::from_secs(seconds)).is_some();
        assert_eq!(
            [0, 0, 0, 1, 2, 2, 60, 60, 60].map(&mut meets),
            [false, false, true, true, false, true, false, false, true]
        );
    }

    #[test]
    fn a_text_in_the_body_narrows_it_and_clearing_is_by_account() {
        let book = FaultBook::default();
        let contains = Some("arn:aws:x".to_owned());
        book.inject(Fault { contains, times: 9, ..Fault::new("1", FaultKind::Reset) });
        assert_eq!(book.meet(&call("1", "x"), b"A=other"), None);
        assert_eq!(book.meet(&call("1", "x"), b"A=arn%3Aaws%3Ax&B=c"), Some(FaultKind::Reset));
        book.clear("2");
        assert_eq!(book.meet(&call("1", "x"), b"{\"a\":\"arn:aws:x\"}"), Some(FaultKind::Reset));
        book.clear("1");
        assert_eq!(book.meet(&call("1", "x"), b"arn:aws:x"), None);
    }
}
