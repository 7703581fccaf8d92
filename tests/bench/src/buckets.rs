//! The token buckets of EC2, EMR and Organizations as AWS documents them: so many calls of an API at once, and so many a second
//! after that. The pages are those that `shared/aws/src/pace.rs` names; the figures stand here a second time, because a server that
//! took them from there would agree with a mistake.
//!
//! Some documented rates are fractions of a call a second, so a bucket is filled steadily here, and not once a second.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::clock;

/// An API's bucket: what it holds, and what it gains in a second.
const RATES: [(&str, f64, f64); 7] = [
    ("DescribeCluster", 10.0, 1.0),
    ("DescribeImageAttribute", 100.0, 20.0),
    ("DescribeImages", 100.0, 20.0),
    ("ListAccounts", 12.0, 8.0),
    ("ListClusters", 10.0, 0.5),
    ("ListTagsForResource", 15.0, 10.0),
    ("ModifyImageAttribute", 100.0, 5.0),
];

/// The buckets of one account and region.
#[derive(Default)]
pub struct Buckets {
    buckets: Mutex<HashMap<&'static str, Bucket>>,
    refused: AtomicU32,
}

struct Bucket {
    most: f64,
    rate: f64,
    tokens: f64,
    at: Instant,
}

impl Buckets {
    /// Full ones.
    pub fn documented() -> Self {
        let at = clock::now();
        let bucket = |(api, most, rate)| (api, Bucket { most, rate, tokens: most, at });
        Self { buckets: Mutex::new(RATES.into_iter().map(bucket).collect()), refused: AtomicU32::default() }
    }

    /// Takes a token for a call, where there is one or where the API has no bucket.
    pub fn take(&self, api: &str) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = buckets.get_mut(api) else { return true };
        let now = clock::now();
        let gained = (now - bucket.at).as_secs_f64() * bucket.rate;
        bucket.tokens = (bucket.tokens + gained).min(bucket.most);
        bucket.at = now;
        let is_there = bucket.tokens >= 1.0;
        if is_there {
            bucket.tokens -= 1.0;
        } else {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        is_there
    }

    /// How many calls found no token since this was last asked.
    pub fn take_refused(&self) -> u32 {
        self.refused.swap(0, Ordering::Relaxed)
    }
}

/// How long, in milliseconds, so many calls of an API take at least.
pub fn floor_ms(api: &str, calls: f64) -> f64 {
    let rate = RATES.iter().find(|(name, ..)| *name == api);
    rate.map_or(0.0, |(_, most, rate)| (calls - most).max(0.0) / rate * 1e3)
}

#[cfg(test)]
mod tests {
    use super::{Buckets, floor_ms};

    #[test]
    fn a_full_bucket_gives_what_it_holds_and_an_api_without_one_anything() {
        let buckets = Buckets::documented();
        assert_eq!((0..150).filter(|_| buckets.take("ModifyImageAttribute")).count(), 100);
        assert_eq!((buckets.take_refused(), buckets.take_refused()), (50, 0));
        assert!((0..150).all(|_| buckets.take("GetObject")));
        assert!((0..150).all(|_| Buckets::default().take("ModifyImageAttribute")));
    }

    #[test]
    fn the_floor_is_what_the_burst_leaves_over() {
        let floor = |api, calls| format!("{:.0}", floor_ms(api, calls));
        assert_eq!(floor("ModifyImageAttribute", 150.0), "10000");
        assert_eq!(floor("DescribeImageAttribute", 150.0), "2500");
        assert_eq!(floor("ModifyImageAttribute", 99.0), "0");
        assert_eq!(
            (floor("DescribeCluster", 30.0), floor("ListTagsForResource", 100.0)),
            ("20000".into(), "8500".into())
        );
    }
}
