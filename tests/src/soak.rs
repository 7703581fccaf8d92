//! The soak: mixed events for the functions that share, by the deployed functions of one account, with duplicates, others out of order,
//! events that cannot be read, and faults at AWS's calls. In the end AWS is as a model says that knows names alone.
//!
//! CI runs a small one. `make soak` runs 20,000 events; the environment variables `SIGNALBOX_SOAK_EVENTS` and `SIGNALBOX_SOAK_SEED` choose others.

mod account;
mod mix;
mod model;
mod told;

use futures_util::{StreamExt, stream};

use account::Account;
use mix::Mix;

/// How many events a soak in CI has: enough for each kind of trouble to come several times.
const FEW: usize = 300;

/// How many events are on their way at once.
const IN_FLIGHT: usize = 8;

/// What an operator asks for by the environment, or this.
#[expect(clippy::disallowed_methods, reason = "the options of a test")]
fn option(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok().filter(|it| !it.is_empty());
    given.map_or(otherwise, |it| it.parse().unwrap_or_else(|_| panic!("{name}={it} is no number")))
}

#[expect(clippy::disallowed_methods, reason = "a soak says how fast it was, and no test depends on that")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_events_leave_aws_as_a_model_says_and_none_is_lost() {
    let events = usize::try_from(option("SIGNALBOX_SOAK_EVENTS", FEW as u64)).unwrap();
    let seed = option("SIGNALBOX_SOAK_SEED", 19);
    println!("soak: {events} events; SIGNALBOX_SOAK_SEED={seed}");
    let account = Account::new(events).await;
    let mix = Mix::new(events, seed, &account.things);
    account.inject_faults(events, seed);
    let (began, deliveries) = (now(), &mix.deliveries);
    let quarter = deliveries.len() / 4;
    let deliver = async |part: &[mix::Delivery]| -> Vec<account::Delivered> {
        stream::iter(part).map(|it| account.deliver(it)).buffer_unordered(IN_FLIGHT).collect().await
    };
    let mut delivered = deliver(&deliveries[..quarter]).await;
    let warm = told::memory(account.id());
    delivered.extend(deliver(&deliveries[quarter..]).await);
    let time = began.elapsed();
    let later = told::memory(account.id());
    account.clear_faults();
    account.assert_poison_is_kept_once(&mix.poison).await;
    account.assert_as_the_model_says().await;
    account.assert_audits_are_whole().await;
    account.assert_nothing_is_left_to_do().await;
    account.assert_poison_is_kept_once(&[]).await;
    told::report(&account, &mix, &delivered, time);
    told::assert_flat(&warm, &later);
}
