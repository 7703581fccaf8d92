//! A run: each place once, as much in flight as may be and no more, and every way to its end.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use expect_test::{Expect, expect};
use futures_util::StreamExt;
use place::{AccountId, Region};
use reaction::Error;
use tokio::task::yield_now;

use super::{account, id, plan, region};
use crate::{Account, Brake, Braking, Entry, Inside, Limits, List, Plan, Reason, Results, Tolerance, Unit, run};

const TWO: [&str; 2] = ["eu-central-1", "eu-west-1"];

async fn open(_: Account, _: Vec<Region>) -> Result<Inside<()>, Error> {
    Ok(Inside { with: (), closed: BTreeSet::new() })
}

/// The entries, each in a line.
fn lines(entries: Vec<Entry<u8>>) -> String {
    let Results { results, exceptions, failed_assume_role, skipped } = Results::of(entries);
    let all = results.into_iter().chain(exceptions).chain(failed_assume_role).chain(skipped);
    let line = |it: Entry<u8>| {
        let (account, region) = it.place();
        let said = it.exception_details.clone().or(it.reason.as_ref().map(ToString::to_string));
        format!("{:?} {account} {region} {}\n", it.list(), said.unwrap_or_default())
    };
    all.map(line).collect()
}

async fn assert_run(
    plan: Plan,
    limits: Limits,
    braking: Braking,
    operate: impl AsyncFn(Unit<()>) -> Result<u8, Error>,
    expected: Expect,
) {
    let entries = run(plan, limits, braking, open, operate).collect::<Vec<_>>().await;
    expected.assert_eq(&lines(entries));
}

#[tokio::test]
async fn each_account_is_entered_once_and_each_of_its_regions_is_done_once() {
    let entered = RefCell::new(BTreeMap::<AccountId, usize>::new());
    let enter = async |account: Account, _| {
        *entered.borrow_mut().entry(account.id).or_default() += 1;
        yield_now().await;
        Ok(Inside { with: (), closed: BTreeSet::new() })
    };
    let operate = async |unit: Unit<()>| {
        yield_now().await;
        Ok(format!("{} {}", unit.account.id, unit.region))
    };
    let entries = run(plan(50, &TWO), Limits::default(), Braking::never(), enter, operate).collect::<Vec<_>>().await;
    assert!(entries.iter().all(|it| it.list() == List::Results));
    let places: BTreeSet<_> = entries.iter().map(|it| it.result.clone().unwrap()).collect();
    assert_eq!((entries.len(), places.len()), (100, 100));
    assert_eq!(entered.borrow().len(), 50);
    assert!(entered.borrow().values().all(|times| *times == 1));
}

/// What is in flight, and the most that ever was.
#[derive(Default)]
struct Gauge(Cell<usize>, Cell<usize>);

impl Gauge {
    async fn measure(&self) {
        self.0.set(self.0.get() + 1);
        self.1.set(self.1.get().max(self.0.get()));
        yield_now().await;
        self.0.set(self.0.get() - 1);
    }
}

#[tokio::test]
async fn as_much_is_in_flight_as_may_be_and_few_accounts_are_open() {
    let (all, entering, opened, done) = (Gauge::default(), Gauge::default(), Cell::new(0_usize), Cell::new(0_usize));
    let waiting = Cell::new(0_usize);
    let enter = async |_, regions: Vec<Region>| {
        tokio::join!(all.measure(), entering.measure());
        opened.set(opened.get() + regions.len());
        waiting.set(waiting.get().max(opened.get() - done.get()));
        Ok(Inside { with: (), closed: BTreeSet::new() })
    };
    let operate = async |_: Unit<()>| {
        all.measure().await;
        done.set(done.get() + 1);
        Ok(1)
    };
    let limits = Limits { concurrency: 10, entering: 4, ..Limits::default() };
    let entries = run(plan(1_000, &TWO), limits, Braking::never(), enter, operate).collect::<Vec<_>>().await;
    assert_eq!((entries.len(), all.1.get(), entering.1.get()), (2_000, 10, 4));
    // Those of the accounts that are entered, and of the operations in flight.
    assert!(waiting.get() <= 18, "{} operations waited", waiting.get());
}

/// Every place of ten thousand accounts, none twice, and nothing is kept of those that are done.
#[tokio::test]
async fn of_ten_thousand_accounts_none_is_lost_or_done_twice() {
    let operate = async |unit: Unit<()>| {
        if unit.account.id.as_str().ends_with('7') { Err(Error::failed("seven")) } else { Ok(1_u8) }
    };
    let stream = run(plan(10_000, &TWO), Limits::default(), Braking::never(), open, operate);
    let mut stream = std::pin::pin!(stream);
    let mut places = BTreeSet::new();
    let mut failed = 0;
    while let Some(entry) = stream.next().await {
        failed += usize::from(entry.has_failed());
        let (account, region) = entry.place();
        assert!(places.insert((account.to_owned(), region.to_owned())), "{entry:?} came twice");
    }
    assert_eq!((places.len(), failed), (20_000, 2_000));
}

#[tokio::test]
async fn what_fails_is_told_and_the_rest_is_done() {
    let enter = async |account: Account, _| match account.id.as_str() {
        "100000000001" => Err(Error::failed("no such role")),
        "100000000002" => Ok(Inside { with: (), closed: [region("eu-west-1")].into() }),
        _ => Ok(Inside { with: (), closed: BTreeSet::new() }),
    };
    let operate = async |unit: Unit<()>| match (unit.account.id.as_str(), unit.region.as_str()) {
        ("100000000000", "eu-west-1") => Err(Error::refused("it is broken")),
        _ => Ok(1),
    };
    let mut plan = plan(3, &TWO);
    plan.skipped.push((account("555566667777", "old", "SUSPENDED"), Reason::State("SUSPENDED".into())));
    let entries = run(plan, Limits::default(), Braking::never(), enter, operate).collect::<Vec<_>>().await;
    expect![[r#"
        Results 100000000000 eu-central-1 
        Results 100000000002 eu-central-1 
        Exceptions 100000000000 eu-west-1 it is broken
        FailedAssumeRole 100000000001  no such role
        Skipped 100000000002 eu-west-1 the region is not enabled for the account
        Skipped 555566667777  the account is SUSPENDED
    "#]]
    .assert_eq(&lines(entries));
}

#[tokio::test]
async fn more_failures_than_are_tolerated_end_the_run() {
    let limits = Limits { concurrency: 1, tolerance: Some(Tolerance::Count(1)), ..Limits::default() };
    let fail = async |_| Err(Error::failed("it is broken"));
    assert_run(
        plan(4, &TWO),
        limits,
        Braking::never(),
        fail,
        expect![[r#"
        Exceptions 100000000000 eu-central-1 it is broken
        Exceptions 100000000000 eu-west-1 it is broken
        Exceptions 100000000001 eu-central-1 it is broken
        Skipped 100000000001 eu-west-1 more accounts failed than are tolerated (1)
        Skipped 100000000002  more accounts failed than are tolerated (1)
        Skipped 100000000003  more accounts failed than are tolerated (1)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_account_that_takes_too_long_is_given_up_and_the_others_are_done() {
    let limits = Limits { concurrency: 1, per_account: Some(Duration::from_millis(100)), ..Limits::default() };
    let hang = async |unit: Unit<()>| match unit.account.id.as_str() {
        "100000000000" => std::future::pending().await,
        _ => Ok(1),
    };
    assert_run(
        plan(2, &["eu-west-1"]),
        limits,
        Braking::never(),
        hang,
        expect![[r#"
            Results 100000000001 eu-west-1 
            Exceptions 100000000000 eu-west-1 it was not done within the 100ms of an account
        "#]],
    )
    .await;
}

#[tokio::test]
async fn when_the_time_of_all_is_over_nothing_goes_on() {
    let limits = Limits { concurrency: 2, in_all: Some(Duration::from_millis(200)), ..Limits::default() };
    let hang = async |_| std::future::pending().await;
    assert_run(plan(3, &TWO), limits, Braking::never(), hang, expect![[r#"
        Exceptions 100000000000 eu-central-1 it was given up while it ran, and what it did is not known: the run's 200ms were over
        Exceptions 100000000000 eu-west-1 it was given up while it ran, and what it did is not known: the run's 200ms were over
        Skipped 100000000001 eu-central-1 the run's 200ms were over
        Skipped 100000000001 eu-west-1 the run's 200ms were over
        Skipped 100000000002  the run's 200ms were over
    "#]]).await;
}

#[tokio::test]
async fn a_brake_lets_what_runs_end_and_begins_nothing_more() {
    let (brake, braking) = Brake::new();
    let limits = Limits { concurrency: 1, ..Limits::default() };
    let operate = async |_| {
        brake.pull();
        yield_now().await;
        Ok(1)
    };
    assert_run(
        plan(3, &TWO),
        limits,
        braking,
        operate,
        expect![[r#"
        Results 100000000000 eu-central-1 
        Skipped 100000000000 eu-west-1 the run was interrupted
        Skipped 100000000001  the run was interrupted
        Skipped 100000000002  the run was interrupted
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_brake_that_is_pulled_twice_gives_up_what_runs() {
    let (brake, braking) = Brake::new();
    let limits = Limits { concurrency: 1, ..Limits::default() };
    let operate = async |_| {
        brake.pull();
        brake.pull();
        std::future::pending().await
    };
    assert_run(plan(2, &["eu-west-1"]), limits, braking, operate, expect![[r#"
        Exceptions 100000000000 eu-west-1 it was given up while it ran, and what it did is not known: the run was interrupted
        Skipped 100000000001  the run was interrupted
    "#]]).await;
}

#[tokio::test]
async fn a_run_that_nobody_reads_to_its_end_begins_nothing_more() {
    let begun = Cell::new(0);
    let operate = async |_: Unit<()>| {
        begun.set(begun.get() + 1);
        Ok(1_u8)
    };
    let limits = Limits { concurrency: 3, ..Limits::default() };
    let read = run(plan(100, &TWO), limits, Braking::never(), open, operate).take(2).count().await;
    assert!(read == 2 && begun.get() <= 6, "{} were begun", begun.get());
    assert_eq!(id("100000000001").as_str(), "100000000001");
}
