//! Keeping just below AWS's rates: a bucket of tokens per API of one account and region.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::future::pagination_stream::PaginationStream;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use reaction::Error;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::error::Answer;

/// What AWS documents: the APIs that draw from one bucket, how many calls it takes at once, and how many a second after
/// that. What is not listed has no documented rate (RDS, ECR, S3's policies), or one that nobody here comes near.
///
/// - <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>. Without a filter or pages,
///   `DescribeSnapshots` draws from a smaller bucket than other reads.
/// - <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>. It does not say whether the
///   APIs of one row share a bucket.
/// - <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>. These are counted by the second, so
///   nothing goes out at once.
const RATES: [(&[&str], u32, f64); 13] = [
    (&["DescribeImageAttribute"], 100, 20.0),
    (&["DescribeImages"], 100, 20.0),
    (&["DescribeSnapshotAttribute"], 100, 20.0),
    (&["DescribeSnapshots"], 50, 10.0),
    (&["ModifyImageAttribute"], 100, 5.0),
    (&["ModifySnapshotAttribute"], 100, 5.0),
    (&["DescribeOrganization"], 2, 1.0),
    (&["ListAccounts"], 12, 8.0),
    (&["ListAccountsForParent", "ListOrganizationalUnitsForParent"], 8, 5.0),
    (&["CreateGrant"], 1, 50.0),
    (&["ListGrants"], 1, 100.0),
    (&["PutKeyPolicy"], 1, 15.0),
    (&["RevokeGrant"], 1, 50.0),
];

/// One token in so many, and one at least, stays in the server's bucket, and the calls after the burst are slower by 1 %:
/// others may draw from it too, and its clock is not ours. More would cost a long sweep more than a refusal does.
const SPARED: u32 = 50;
const SLOWER: f64 = 0.99;

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

#[derive(Debug)]
struct Bucket {
    limiter: Limiter<MonotonicClock>,
    /// Whoever holds it is the next to get a token; the others stand in line, so that only one sleeps at a time.
    turn: Mutex<()>,
}

/// The buckets of one account and region, shared by all who call there. What the SDK tries again by itself draws nothing.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<HashMap<&'static str, Arc<Bucket>>>);

impl Pace {
    /// No buckets: for those who make a few calls.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Full buckets, just below AWS's documented rates.
    #[must_use]
    pub fn documented() -> Self {
        let buckets = RATES.iter().flat_map(|&(apis, burst, rate)| {
            let bucket = limiter(burst, rate, MonotonicClock).map(|limiter| Bucket { limiter, turn: Mutex::default() });
            let bucket = bucket.map(Arc::new);
            apis.iter().filter_map(move |&api| Some((api, bucket.clone()?)))
        });
        Self(Arc::new(buckets.collect()))
    }

    /// Waits until this API may be called, in the order of asking. One without a documented rate may be called at once.
    #[expect(clippy::disallowed_methods, reason = "a call too early would be refused, and then waited for even longer")]
    pub async fn wait(&self, api: &str) {
        let Some(bucket) = self.0.get(api) else { return };
        let _turn = bucket.turn.lock().await;
        while let Some(time) = early(&bucket.limiter) {
            sleep(time).await;
        }
    }

    /// Every page, each at this pace; `token` is what a page gives for the next one. As of [`all_pages`](crate::all_pages).
    ///
    /// # Errors
    /// What the page's error means: a list that was cut short is no list.
    pub async fn all_pages<T, E>(
        &self,
        api: &str,
        mut pages: PaginationStream<Result<T, E>>,
        token: fn(&T) -> Option<&str>,
    ) -> Result<Vec<T>, Error>
    where
        Result<T, E>: Answer<T>,
    {
        let mut all: Vec<T> = Vec::new();
        // The stream asks for a page when it is polled, and not before.
        while all.last().is_none_or(|page| token(page).is_some_and(|token| !token.is_empty())) {
            self.wait(api).await;
            let page = pages.next().await;
            // The SDK ends the stream where a page names itself as the next one.
            let page = page.ok_or_else(|| Error::failed(format!("the pages of {api} do not end")))?;
            all.push(page.or_error()?);
        }
        Ok(all)
    }
}

/// A full bucket, just below a documented one.
fn limiter<C: Clock>(burst: u32, rate: f64, clock: C) -> Option<Limiter<C>> {
    let burst = NonZeroU32::new((burst - burst.div_ceil(SPARED)).max(1))?;
    let quota = Quota::with_period(Duration::from_secs_f64(1.0 / (rate * SLOWER)))?;
    Some(RateLimiter::direct_with_clock(quota.allow_burst(burst), clock))
}

/// Takes a token, or says how long there will be none.
fn early<C: Clock>(limiter: &Limiter<C>) -> Option<Duration> {
    let refused = limiter.check().err()?;
    Some(refused.wait_time_from(limiter.clock().now()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use governor::clock::FakeRelativeClock;

    use super::*;

    /// How long so many calls of an API take, where a call takes no time.
    fn time_of(calls: u32, api: &str) -> Duration {
        let &(_, burst, rate) = RATES.iter().find(|(apis, ..)| apis.contains(&api)).unwrap();
        let clock = FakeRelativeClock::default();
        let limiter = limiter(burst, rate, clock.clone()).unwrap();
        for _ in 0..calls {
            while let Some(time) = early(&limiter) {
                clock.advance(time);
            }
        }
        clock.now().into()
    }

    #[test]
    fn a_burst_goes_out_at_once_and_the_rest_just_below_the_documented_rate() {
        assert_eq!(time_of(98, "ModifyImageAttribute"), Duration::ZERO);
        let changes = time_of(150, "ModifyImageAttribute").as_secs_f64();
        assert!((10.5..10.51).contains(&changes), "52 calls at 4.95 a second, not {changes} s");
        let reads = time_of(1000, "DescribeImageAttribute").as_secs_f64();
        assert!((45.5..45.6).contains(&reads), "902 calls at 19.8 a second, not {reads} s");
    }

    #[test]
    fn no_second_sees_more_calls_than_it_may_where_calls_are_counted_by_the_second() {
        let policies = time_of(16, "PutKeyPolicy");
        assert!(policies > Duration::from_secs(1), "the 16th call comes after a second, not {policies:?}");
    }

    /// How many calls a server refuses that adds tokens each `step`, and whose first step is as late as can be.
    fn refusals(calls: u32, &(_, burst, rate): &(&[&str], u32, f64), step: Duration) -> u32 {
        let clock = FakeRelativeClock::default();
        let limiter = limiter(burst, rate, clock.clone()).unwrap();
        let (mut tokens, mut filled, mut refusals) = (f64::from(burst), Duration::ZERO, 0);
        for _ in 0..calls {
            while let Some(time) = early(&limiter) {
                clock.advance(time);
            }
            while Duration::from(clock.now()) >= filled + step {
                filled += step;
                tokens = (tokens + rate * step.as_secs_f64()).min(burst.into());
            }
            if tokens >= 1.0 { tokens -= 1.0 } else { refusals += 1 }
        }
        refusals
    }

    #[test]
    fn nothing_is_refused_and_by_a_bucket_that_is_filled_once_a_second_only_in_the_first() {
        for row in RATES.iter().filter(|(_, burst, _)| *burst > 1) {
            assert_eq!(refusals(1000, row, Duration::from_millis(10)), 0, "{row:?}");
            let refused = f64::from(refusals(1000, row, Duration::from_secs(1)));
            assert!(refused <= row.2, "{row:?}: {refused}");
        }
    }

    #[test]
    fn each_api_has_one_bucket_and_those_of_a_row_share_it() {
        let apis: Vec<_> = RATES.iter().flat_map(|(apis, ..)| *apis).collect();
        assert_eq!(apis.iter().collect::<BTreeSet<_>>().len(), apis.len());
        let Pace(buckets) = Pace::documented();
        assert_eq!(buckets.len(), apis.len());
        assert!(Arc::ptr_eq(&buckets["ListAccountsForParent"], &buckets["ListOrganizationalUnitsForParent"]));
    }

    #[tokio::test]
    async fn an_api_without_a_documented_rate_never_waits() {
        for _ in 0..10_000 {
            Pace::documented().wait("DescribeDBSnapshots").await;
            Pace::unlimited().wait("ModifyImageAttribute").await;
        }
    }
}
