//! What takes part in a soak: a function, the things that its events are about, and what a model expects of them in the end.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::hub::Functions;
use crate::world::World;

/// Outcomes of an event that needs nothing else.
pub const DONE: [&str; 4] = ["applied", "unchanged", "repeated", "ignored"];

/// Calls that meet faults: the service, the operation where not all are meant, and how many of them an event makes.
pub type Calls = (&'static str, Option<&'static str>, usize);

/// A function with the things that its events are about.
///
/// It knows what it expects by the number of a thing alone, and asks AWS, not the function.
pub trait Kind {
    /// The function that hears the events.
    fn function(&self) -> &'static str;

    /// The account in which the function is deployed.
    fn world(&self) -> &World;

    /// Other accounts in which it acts.
    fn members(&self) -> Vec<String> {
        Vec::new()
    }

    /// What its template is given, beside what every function's is. Of two values of one parameter the later one counts.
    fn parameters(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The function was deployed, and its stack has these outputs.
    fn deployed<'a>(&'a self, _outputs: &'a BTreeMap<String, String>) -> LocalBoxFuture<'a, ()> {
        async {}.boxed_local()
    }

    /// How many things there are; without any, the function hears no event.
    fn things(&self) -> usize;

    /// Of which of the function's calls one in a hundred meets a fault. The test makes no such call meanwhile.
    fn calls(&self) -> &'static [Calls];

    /// How many events there are for it, beside those of others.
    fn weight(&self) -> usize {
        4
    }

    /// Whether events about one thing come one after the other, each with what follows it.
    fn is_one_at_a_time(&self) -> bool {
        false
    }

    /// How many events the function hears at once, as its template says.
    fn at_once(&self) -> usize {
        5
    }

    /// The event of this number, about this thing. The same number is the same occurrence.
    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value>;

    /// What the function cannot read, with a name to find it by: here, the event of this number without its detail. It begins nothing.
    fn poison<'a>(&'a self, thing: usize, number: usize, name: &'a str) -> LocalBoxFuture<'a, Value> {
        async move {
            let mut event = self.event(thing, number).await;
            event["detail"] = json!(name);
            event
        }
        .boxed_local()
    }

    /// Hands something over that the function cannot read by another way than an invocation, if there is one.
    fn send_poison<'a>(&'a self, _name: &'a str) -> Option<LocalBoxFuture<'a, ()>> {
        None
    }

    /// Whether this answer, or this error, tells that an event cannot be read.
    fn is_told(&self, answer: &Result<Value, Value>) -> bool {
        answer.is_err()
    }

    /// What comes after this report, if anything does. Panics where an event may not end so.
    fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        assert!(DONE.contains(&report["outcome"].as_str().unwrap()), "{report} of {event}");
        None
    }

    /// Changes things once, when a quarter of the events was heard and none is on its way. An event about each comes afterwards.
    fn change(&self) -> LocalBoxFuture<'_, ()> {
        async {}.boxed_local()
    }

    /// Asserts that AWS shows what the model says.
    fn check<'a>(&'a self, functions: &'a Functions) -> LocalBoxFuture<'a, ()>;
}

/// The time of an occurrence of this number, as text without a zone.
pub fn time_of(number: usize) -> String {
    let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
    format!("2026-11-{:02}T{hour:02}:{minute:02}:{second:02}", 1 + number / 86_400)
}
