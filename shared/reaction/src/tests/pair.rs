//! Two reactions behind one entry point: lamps by name, and all lamps of a house.

use std::fmt;

use futures_util::FutureExt;
use serde_json::Value;

use super::{Lamps, Light, MemoryLedger, check, expect, for_a_minute, now};
use crate::{AfterFailure, Error, Key, Mode, Outcome, Pair, Plan, Reaction, Repeat, Report, Run, drive_json};

/// Puts out every lamp of a house.
struct Night;

/// It is night in this house.
struct House(String);

struct PutOut(String);

impl fmt::Display for PutOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "put out every lamp of {}", self.0)
    }
}

impl Reaction for Night {
    const NAME: &'static str = "lamps";
    const REPEAT: Repeat = Repeat::Again;
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
    type Event = Value;
    type Subject = House;
    type Facts = ();
    type Step = PutOut;

    fn parse(event: Value) -> Result<Option<House>, Error> {
        match &event["night"] {
            Value::Null => Ok(None),
            Value::String(house) => Ok(Some(House(house.clone()))),
            _ => Err(Error::refused("`night` is not the name of a house")),
        }
    }

    fn key(House(house): &House) -> Key {
        Key::new(["night", house.as_str()])
    }

    async fn observe(&self, _: &House, _: &Run) -> Result<(), Error> {
        Ok(())
    }

    fn plan(House(house): &House, (): &()) -> Result<Plan<PutOut>, Error> {
        Ok(Plan::of(vec![PutOut(house.clone())]).with_notes(["good night".into()]))
    }

    async fn apply(&self, _: &House, _: &PutOut, _: &Run) -> Result<(), Error> {
        Ok(())
    }
}

type Both = Pair<Night, Lamps<false>>;

fn hear(event: &str) -> Report {
    let both = Pair(Night, Lamps::<false>::default());
    drive_json(&both, &MemoryLedger::new(now), Mode::Apply, &for_a_minute(), event).now_or_never().unwrap()
}

#[test]
fn the_first_that_can_read_an_event_takes_it() {
    check(
        &hear(r#"{"night": "the villa", "id": "a", "lamps": ["north"]}"#),
        &expect![[r"
            lamps: applied
              - put out every lamp of the villa
              note: good night"]],
    );
    check(
        &hear(r#"{"id": "a", "lamps": ["north"]}"#),
        &expect![[r"
            lamps: applied
              - light north"]],
    );
}

#[test]
fn what_the_first_knows_as_its_own_and_cannot_read_is_not_handed_on() {
    let report = hear(r#"{"night": 7, "id": "a", "lamps": ["north"]}"#);
    assert_eq!((report.outcome, report.key), (Outcome::Refused, None));
    assert_eq!(hear(r#"{"id": "foreign", "lamps": []}"#).outcome, Outcome::Ignored);
    assert_eq!(hear("[]").outcome, Outcome::Refused);
}

/// Of repeats, failures and concurrency.
#[test]
fn the_more_careful_word_holds_for_both() {
    assert_eq!((Both::NAME, Both::REPEAT, Both::CONCURRENCY), ("lamps", Repeat::Again, 1));
    assert_eq!(Both::AFTER_FAILURE, AfterFailure::Stop);
    assert_eq!(Pair::<Lamps<false>, Lamps<false>>::REPEAT, Repeat::Skip);
    let subject = crate::Either::First(House("the villa".into()));
    let facts = crate::Either::Second((["north".to_owned()].into(), Vec::new()));
    assert!(Both::plan(&subject, &facts).is_err_and(|error| !error.is_refused()));
    let step = crate::Either::Second(Light("north".into()));
    let both: Both = Pair(Night, Lamps::default());
    assert!(both.apply(&subject, &step, &for_a_minute()).now_or_never().unwrap().is_err());
}
