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
use reaction::settings::{Setting, Unset, Variables};
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::error::Answer;

/// What AWS documents: the APIs that draw from one bucket, how many calls it takes at once, and how many a second after
/// that. What is not listed has no documented rate (ECR, S3's policies), or one that Signalbox does not come near (KMS).
///
/// - <https://docs.aws.amazon.com/general/latest/gr/emr.html>, the defaults of Service Quotas. Beside them EMR has quotas for all
///   of its APIs together, which are higher.
/// - <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-api-throttling.html>: one bucket for the whole API.
/// - <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>. Only without a filter and without pages does
///   `DescribeSnapshots` draw from a smaller bucket than other reads.
/// - <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>. It does not say whether the
///   APIs of one row share a bucket. `ListTagsForResource` is not on that page: it is taken for one of the APIs beside it that
///   read one thing.
/// - <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>: five requests a second for each account,
///   whatever they ask. <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/throttling-api-requests.html> says ten, and 50
///   at once; the smaller ones hold where that has not come yet.
const BUCKETS: [(&[&str], u32, f64); 14] = [
    (&["DescribeImageAttribute"], 100, 20.0),
    (&["DescribeImages"], 100, 20.0),
    (&["DescribeSnapshotAttribute"], 100, 20.0),
    (&["DescribeSnapshots"], 100, 20.0),
    (&["ModifyImageAttribute"], 100, 5.0),
    (&["ModifySnapshotAttribute"], 100, 5.0),
    (&["DescribeOrganization"], 2, 1.0),
    (&["ListAccounts"], 12, 8.0),
    (&["ListTagsForResource"], 15, 10.0),
    (&["DescribeCluster"], 10, 1.0),
    (&["ListClusters"], 10, 0.5),
    (
        &[
            "DescribeDBClusterSnapshotAttributes",
            "DescribeDBClusterSnapshots",
            "DescribeDBSnapshotAttributes",
            "DescribeDBSnapshots",
            "DescribeOptionGroups",
            "ModifyDBClusterSnapshotAttribute",
            "ModifyDBSnapshotAttribute",
        ],
        300,
        12.0,
    ),
    (&["ListAccountsForParent", "ListOrganizationalUnitsForParent"], 8, 5.0),
    (&["ChangeResourceRecordSets", "ListHostedZones", "ListHostedZonesByVPC", "ListResourceRecordSets"], 5, 5.0),
];

/// What a bucket gains in this time, and one token at least, stays in it: the server's bucket gains nothing before our
/// first call arrives, and ours does from when that is sent. The calls after the burst are slower by 1 %, since others may
/// draw from it too. More would cost a long sweep more than a refusal does.
const ON_THE_WAY: f64 = 0.2;
const SLOWER: f64 = 0.99;

/// How long the calls of a burst are apart. It costs no time, for the bucket goes on gaining; and a burst then needs a
/// dozen connections and not a hundred, whose handshakes would keep all of it from the server until it is late for it.
const APART: Duration = Duration::from_millis(5);

type Limiter<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

#[derive(Debug)]
struct Bucket {
    limiters: [Limiter<MonotonicClock>; 2],
    /// Whoever holds it is the next to get a token; the others stand in line, so that only one sleeps at a time.
    turn: Mutex<()>,
}

/// How fast AWS is called: `SIGNALBOX_RATES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rates {
    /// Just below what AWS documents: `documented`, the default.
    Documented,
    /// As fast as AWS lets us: `unlimited`, for accounts whose limits were raised.
    Unlimited,
}

/// The setting of [`Rates::read`].
pub const RATES: Setting = Setting {
    variable: "SIGNALBOX_RATES",
    meaning: "how fast a sweep calls AWS: `documented`, or `unlimited` for accounts whose limits were raised; Organizations is always \
              called as documented",
    unset: Unset::Is("documented"),
    check: |variables| Rates::read(variables).map(drop),
};

impl Rates {
    /// Reads the setting.
    ///
    /// # Errors
    /// `Refused`, naming the variable, where it is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        match RATES.required(variables)?.as_str() {
            "documented" => Ok(Self::Documented),
            "unlimited" => Ok(Self::Unlimited),
            other => Err(RATES.malformed(format!("`{other}` is neither `documented` nor `unlimited`"))),
        }
    }
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
        let buckets = BUCKETS.iter().flat_map(|&(apis, burst, rate)| {
            let limiters = limiters(burst, rate, &MonotonicClock);
            let bucket = limiters.map(|limiters| Arc::new(Bucket { limiters, turn: Mutex::default() }));
            apis.iter().filter_map(move |&api| Some((api, bucket.clone()?)))
        });
        Self(Arc::new(buckets.collect()))
    }

    /// Waits until this API may be called, in the order of asking. One without a documented rate may be called at once.
    #[expect(clippy::disallowed_methods, reason = "a call too early would be refused, and then waited for even longer")]
    pub async fn wait(&self, api: &str) {
        let Some(bucket) = self.0.get(api) else { return };
        let _turn = bucket.turn.lock().await;
        for limiter in &bucket.limiters {
            while let Some(time) = early(limiter) {
                sleep(time).await;
            }
        }
    }

    /// Every page, each at this pace; `token` is what a page gives for the next one. As of [`all_pages`](crate::all_pages).
    ///
    /// # Errors
    /// What the page's error means: a list that was cut short is no list.
    pub async fn all_pages<T, E>(
        &self,
        api: &str,
        pages: PaginationStream<Result<T, E>>,
        token: fn(&T) -> Option<&str>,
    ) -> Result<Vec<T>, Error>
    where
        Result<T, E>: Answer<T>,
    {
        let mut all: Vec<T> = Vec::new();
        self.each_page(api, pages, token, |page| all.push(page)).await?;
        Ok(all)
    }

    /// The same for pages of which little is kept: each is taken before the next one comes.
    ///
    /// # Errors
    /// As of [`Self::all_pages`]. What was taken before is a part of no list.
    pub async fn each_page<T, E>(
        &self,
        api: &str,
        mut pages: PaginationStream<Result<T, E>>,
        token: fn(&T) -> Option<&str>,
        mut take: impl FnMut(T),
    ) -> Result<(), Error>
    where
        Result<T, E>: Answer<T>,
    {
        // The stream asks for a page when it is polled, and not before.
        loop {
            self.wait(api).await;
            let page = pages.next().await;
            // The SDK ends the stream where a page names itself as the next one.
            let page = page.ok_or_else(|| Error::failed(format!("the pages of {api} do not end")))?.or_error()?;
            let is_last = token(&page).is_none_or(str::is_empty);
            take(page);
            if is_last {
                return Ok(());
            }
        }
    }
}

/// A full bucket, just below a documented one, and what keeps its calls apart.
fn limiters<C: Clock + Clone>(burst: u32, rate: f64, clock: &C) -> Option<[Limiter<C>; 2]> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of tokens")]
    let spared = (rate * ON_THE_WAY).ceil() as u32;
    let burst = NonZeroU32::new(burst.saturating_sub(spared).max(1))?;
    let bucket = Quota::with_period(Duration::from_secs_f64(1.0 / (rate * SLOWER)))?.allow_burst(burst);
    let quotas = [bucket, Quota::with_period(APART)?];
    Some(quotas.map(|quota| RateLimiter::direct_with_clock(quota, clock.clone())))
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

    /// A bucket whose time passes only when somebody waits.
    struct Bucket(FakeRelativeClock, [Limiter<FakeRelativeClock>; 2]);

    impl Bucket {
        fn new(&(_, burst, rate): &(&[&str], u32, f64)) -> Self {
            let clock = FakeRelativeClock::default();
            let limiters = limiters(burst, rate, &clock).unwrap();
            Self(clock, limiters)
        }

        /// When the next call goes out.
        fn next(&self) -> Duration {
            let Self(clock, limiters) = self;
            for limiter in limiters {
                while let Some(time) = early(limiter) {
                    clock.advance(time);
                }
            }
            clock.now().into()
        }
    }

    /// When the last one of so many calls of an API goes out.
    fn last_of(calls: u32, api: &str) -> f64 {
        let bucket = Bucket::new(BUCKETS.iter().find(|(apis, ..)| apis.contains(&api)).unwrap());
        (0..calls).map(|_| bucket.next()).last().unwrap().as_secs_f64()
    }

    #[test]
    fn a_burst_goes_out_at_once_and_the_rest_just_below_the_documented_rate() {
        let burst = last_of(99, "ModifyImageAttribute");
        assert!((0.48..0.5).contains(&burst), "5 ms apart, not {burst} s");
        let changes = last_of(150, "ModifyImageAttribute");
        assert!((10.3..10.31).contains(&changes), "51 calls at 4.95 a second, not {changes} s");
        let reads = last_of(1000, "DescribeImageAttribute");
        assert!((45.6..45.7).contains(&reads), "904 calls at 19.8 a second, not {reads} s");
    }

    #[test]
    fn thirty_clusters_are_described_in_some_twenty_seconds_and_a_hundred_accounts_tell_their_tags_in_some_ten() {
        let clusters = last_of(30, "DescribeCluster");
        assert!((21.2..21.3).contains(&clusters), "9 at once, and 21 at 0.99 a second, not {clusters} s");
        let tags = last_of(100, "ListTagsForResource");
        assert!((8.7..8.9).contains(&tags), "13 at once, and 87 at 9.9 a second, not {tags} s");
        let pages = last_of(12, "ListClusters");
        assert!((6.0..6.1).contains(&pages), "of 600 clusters: 9 at once, and 3 at 0.495 a second, not {pages} s");
        let snapshots = last_of(1000, "DescribeDBSnapshotAttributes");
        assert!((59.0..59.3).contains(&snapshots), "297 at once, and 703 at 11.88 a second, not {snapshots} s");
    }

    /// How many calls a server refuses that adds tokens each `step`, and whose first step is as late as can be.
    fn refusals(calls: u32, row: &(&[&str], u32, f64), step: Duration) -> u32 {
        let &(_, burst, rate) = row;
        let bucket = Bucket::new(row);
        let (mut tokens, mut filled, mut refusals) = (f64::from(burst), Duration::ZERO, 0);
        for _ in 0..calls {
            let now = bucket.next();
            while now >= filled + step {
                filled += step;
                tokens = (tokens + rate * step.as_secs_f64()).min(burst.into());
            }
            if tokens >= 1.0 { tokens -= 1.0 } else { refusals += 1 }
        }
        refusals
    }

    #[test]
    fn nothing_is_refused_and_by_a_bucket_that_is_filled_once_a_second_only_in_the_first() {
        for row in BUCKETS.iter().filter(|(_, burst, _)| *burst > 1) {
            assert_eq!(refusals(1000, row, Duration::from_millis(10)), 0, "{row:?}");
            let refused = f64::from(refusals(1000, row, Duration::from_secs(1)));
            assert!(refused <= row.2, "{row:?}: {refused}");
        }
    }

    #[test]
    fn each_api_has_one_bucket_and_those_of_a_row_share_it() {
        let apis: Vec<_> = BUCKETS.iter().flat_map(|(apis, ..)| *apis).collect();
        assert_eq!(apis.iter().collect::<BTreeSet<_>>().len(), apis.len());
        let Pace(buckets) = Pace::documented();
        assert_eq!(buckets.len(), apis.len());
        assert!(Arc::ptr_eq(&buckets["ListAccountsForParent"], &buckets["ListOrganizationalUnitsForParent"]));
    }

    #[tokio::test]
    async fn an_api_without_a_documented_rate_never_waits() {
        for _ in 0..10_000 {
            Pace::documented().wait("GetRepositoryPolicy").await;
            Pace::unlimited().wait("ModifyImageAttribute").await;
        }
    }
}
