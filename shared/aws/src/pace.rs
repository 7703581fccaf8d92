//! Keeping just below AWS's rates: a bucket of tokens per API of one account and region.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::sleep;

type Bucket = RateLimiter<NotKeyed, InMemoryState, MonotonicClock>;

/// How fast an API may be called: how many calls at once, and how many a second after that. Just below what AWS
/// documents, since the server's bucket may have been drawn from by others.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>
const RATES: [(&str, u32, f64); 6] = [
    ("DescribeImageAttribute", 95, 19.0),
    ("DescribeImages", 95, 19.0),
    ("DescribeSnapshotAttribute", 95, 19.0),
    ("DescribeSnapshots", 95, 19.0),
    ("ModifyImageAttribute", 95, 4.8),
    ("ModifySnapshotAttribute", 95, 4.8),
];

/// The buckets of one account and region, shared by all who call there.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<HashMap<&'static str, Bucket>>);

impl Pace {
    /// No buckets: for those who make a few calls.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Full buckets at AWS's documented rates.
    #[must_use]
    pub fn documented() -> Self {
        let bucket = |(api, burst, rate): (&'static str, u32, f64)| {
            let quota = Quota::with_period(Duration::from_secs_f64(1.0 / rate))?.allow_burst(NonZeroU32::new(burst)?);
            Some((api, RateLimiter::direct_with_clock(quota, MonotonicClock)))
        };
        Self(Arc::new(RATES.into_iter().filter_map(bucket).collect()))
    }

    /// Waits until this API may be called. One without a documented rate may be called at once.
    pub async fn wait(&self, api: &str) {
        let Some(bucket) = self.0.get(api) else { return };
        while let Err(early) = bucket.check() {
            sleep(early.wait_time_from(MonotonicClock.now())).await;
        }
    }
}
