//! The soak: mixed events for the deployed functions, with duplicates, others out of order, events that cannot be read, and faults at
//! AWS's calls. In the end AWS is as a model says that knows numbers and names alone.
//!
//! CI runs a small one. `make soak` runs 20,000 events; the environment variables `SIGNALBOX_SOAK_EVENTS` and `SIGNALBOX_SOAK_SEED` choose
//! others, and `SIGNALBOX_SOAK_ONLY` names the functions that take part.

mod hub;
mod kind;
mod kinds;
mod mix;
mod told;

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, StreamExt, stream};

use hub::{Delivered, Hub};
use kind::Kind;
use mix::{Delivery, Mix};

/// How many events a soak in CI has: enough for each kind of trouble to come several times.
const FEW: usize = 300;

/// How many events are on their way at once.
const IN_FLIGHT: usize = 8;

/// What an operator asks for by the environment; empty where nothing is.
#[expect(clippy::disallowed_methods, reason = "the options of a test")]
fn option(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The number that an operator asks for, or this.
fn number(name: &str, otherwise: u64) -> u64 {
    let given = Some(option(name)).filter(|it| !it.is_empty());
    given.map_or(otherwise, |it| it.parse().unwrap_or_else(|_| panic!("{name}={it} is not a number")))
}

/// The kinds that take part: all, or those of the functions that an operator asks for.
async fn chosen(events: usize) -> Vec<Box<dyn Kind>> {
    let (mut kinds, only) = (kinds::all(events).await, option("SIGNALBOX_SOAK_ONLY"));
    if only.is_empty() {
        return kinds;
    }
    let (only, known): (Vec<_>, Vec<_>) = (only.split(',').collect(), kinds.iter().map(|it| it.function()).collect());
    let unknown = only.iter().find(|name| !known.contains(name));
    assert!(unknown.is_none(), "SIGNALBOX_SOAK_ONLY: {} is none of {}", unknown.unwrap(), known.join(", "));
    kinds.retain(|kind| only.contains(&kind.function()));
    let hears = kinds.iter().any(|kind| kind.things() > 0);
    assert!(hears, "SIGNALBOX_SOAK_ONLY={}: none of them hears events; name another one, too", only.join(","));
    kinds
}

#[expect(clippy::disallowed_methods, reason = "a soak says how fast it was, and no test depends on that")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// Delivers these, with faults: what became of those that ended as they may. What is wrong with another one is said, and the rest goes on.
async fn deliver(hub: &Hub, part: &[Delivery], seed: u64) -> Vec<Delivered> {
    hub.inject_faults(part.len(), seed);
    let delivered = stream::iter(part).map(|it| AssertUnwindSafe(hub.deliver(it)).catch_unwind());
    let delivered: Vec<_> = delivered.buffer_unordered(IN_FLIGHT).collect().await;
    hub.clear_faults();
    delivered.into_iter().filter_map(Result::ok).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_events_leave_aws_as_a_model_says_and_none_is_lost() {
    let events = usize::try_from(number("SIGNALBOX_SOAK_EVENTS", FEW as u64)).unwrap();
    let seed = number("SIGNALBOX_SOAK_SEED", 19);
    println!("soak: {events} events; SIGNALBOX_SOAK_SEED={seed}");
    let hub = Hub::deploy(chosen(events).await).await;
    let things: Vec<_> = hub.kinds.iter().map(|(kind, _)| (kind.things(), kind.weight())).collect();
    let mix = Mix::new(events, seed, &things);
    let (first, rest) = mix.deliveries.split_at(mix.deliveries.len() / 4);
    let began = now();
    let mut delivered = deliver(&hub, first, seed).await;
    let warm = told::memory(&hub.accounts());
    for (kind, _) in &hub.kinds {
        kind.change().await;
    }
    delivered.extend(deliver(&hub, rest, seed + 1).await);
    let time = began.elapsed();
    let later = told::memory(&hub.accounts());
    hub.assert_poison_is_kept_once(&mix.deliveries).await;
    let mut wrong = Vec::new();
    for (kind, functions) in &hub.kinds {
        if AssertUnwindSafe(kind.check(functions)).catch_unwind().await.is_err() {
            wrong.push(kind.function());
        }
    }
    hub.assert_poison_is_kept_once(&[]).await;
    told::report(&hub, &mix, &delivered, time);
    assert!(wrong.is_empty(), "AWS is not as the model of {wrong:?} says: see above");
    assert_eq!(delivered.len(), mix.deliveries.len(), "how many ended as they may: see above for the others");
    told::assert_flat(&warm, &later);
}
