//! The runs whose every call meets each fault.

use super::{GIVEN, Given, NODE, Node};
use crate::promises::every_call::Run;

/// A scan, and a sweep of two instances, of which one is not managed.
pub fn runs() -> Vec<Run<Given>> {
    const FOREIGN: Node = Node { id: "i-0123456789abcdef1", managed_for_days: None, scan: None, ..NODE };
    vec![
        Run { given: GIVEN, sample: "an-instance-misses-patches", calls: 6 },
        Run { given: Given { instances: &[super::OPEN, FOREIGN], ..GIVEN }, sample: "it-is-time-to-sweep", calls: 16 },
    ]
}
