//! A run: as much in flight as may be, whatever it is, and each account entered once.
//!
//! Two kinds of work stand in one line. What can be done in an account that was entered goes before entering another one, so
//! that few accounts are open at a time; and as long as there is work of one kind or the other, every place is taken. Nothing
//! is kept of an account that is done, so that a run needs no more memory for more accounts than their list.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use aws::Again;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, FuturesUnordered, Stream, StreamExt};
use place::Region;
use reaction::Error;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::{Account, Braking, Entry, Limits, Plan, Reason};

/// An account that was entered.
#[derive(Clone, Debug)]
pub struct Inside<C> {
    /// What it takes to do something in it.
    pub with: C,
    /// Of the regions, those that it has not enabled.
    pub closed: BTreeSet<Region>,
}

/// Where an operation is to be done.
#[derive(Clone, Debug)]
pub struct Unit<C> {
    /// The account.
    pub account: Account,
    /// The region.
    pub region: Region,
    /// What it takes to do something there.
    pub with: C,
}

/// Runs a plan: `enter` is called once for each account with the regions in which something is to be done, and `operate` for
/// each of these. Entries come as they are known, each place once.
pub fn run<'a, C, T, E, O>(
    plan: Plan,
    limits: Limits,
    braking: Braking,
    enter: E,
    operate: O,
) -> impl Stream<Item = Entry<T>> + 'a
where
    C: Clone + 'a,
    T: 'a,
    E: AsyncFn(Account, Vec<Region>) -> Result<Inside<C>, Error> + 'a,
    O: AsyncFn(Unit<C>) -> Result<T, Error> + 'a,
{
    let run = Run::new(plan, limits, braking, Rc::new(enter), Rc::new(operate));
    stream::unfold(run, async |mut run| run.next().await.map(|entry| (entry, run)))
}

/// An account that was begun.
struct Begun {
    account: Account,
    regions: Vec<Region>,
    /// When it has to be done.
    deadline: Option<Instant>,
    has_failed: Cell<bool>,
}

enum Done<C, T> {
    Entered(Result<Inside<C>, Undone>),
    Operated(Region, Result<T, Undone>),
}

/// Why something was not done: as text, why that is no failure, if it is none, and whether another try may help.
struct Undone {
    why: String,
    reason: Option<Reason>,
    again: Again,
}

/// What is in flight, by ticket: the account, and the region of an operation.
type InFlight = BTreeMap<u64, (Rc<Begun>, Option<Region>)>;

struct Run<'a, C, T, E, O> {
    plan: Plan,
    limits: Limits,
    braking: Braking,
    pulls: u8,
    enter: Rc<E>,
    operate: Rc<O>,
    /// When all of it has to be done.
    deadline: Option<Instant>,
    /// Accounts that were not begun.
    accounts: std::vec::IntoIter<Account>,
    number_of_accounts: usize,
    skipped: std::vec::IntoIter<(Account, Reason)>,
    /// Operations that can be begun.
    units: VecDeque<(Rc<Begun>, Region, C)>,
    working: FuturesUnordered<LocalBoxFuture<'a, (u64, Done<C, T>)>>,
    in_flight: InFlight,
    entering: usize,
    next_ticket: u64,
    /// Entries that were not taken.
    ready: VecDeque<Entry<T>>,
    failed_accounts: usize,
    /// Why nothing more is begun.
    ended: Option<String>,
}

impl<'a, C, T, E, O> Run<'a, C, T, E, O>
where
    C: Clone + 'a,
    T: 'a,
    E: AsyncFn(Account, Vec<Region>) -> Result<Inside<C>, Error> + 'a,
    O: AsyncFn(Unit<C>) -> Result<T, Error> + 'a,
{
    fn new(mut plan: Plan, limits: Limits, braking: Braking, enter: Rc<E>, operate: Rc<O>) -> Self {
        let number_of_accounts = plan.accounts.len();
        Self {
            deadline: limits.in_all.map(|time| Instant::now() + time),
            accounts: std::mem::take(&mut plan.accounts).into_iter(),
            number_of_accounts,
            skipped: std::mem::take(&mut plan.skipped).into_iter(),
            plan,
            limits,
            braking,
            pulls: 0,
            enter,
            operate,
            units: VecDeque::new(),
            working: FuturesUnordered::new(),
            in_flight: InFlight::new(),
            entering: 0,
            next_ticket: 0,
            ready: VecDeque::new(),
            failed_accounts: 0,
            ended: None,
        }
    }

    async fn next(&mut self) -> Option<Entry<T>> {
        if let Some((account, reason)) = self.skipped.next() {
            return Some(Entry::skipped(account, None, reason));
        }
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Some(entry);
            }
            self.begin();
            if self.working.is_empty() {
                return self.not_begun();
            }
            let pulls = self.pulls;
            tokio::select! {
                biased;
                pulls = self.braking.pulled(pulls) => self.brake(pulls),
                () = until(self.deadline) => self.give_up(&self.out_of_time()),
                Some((ticket, done)) = self.working.next() => self.take(ticket, done),
            }
        }
    }

    /// Fills every place, as long as there is work.
    fn begin(&mut self) {
        while self.ended.is_none() && self.working.len() < self.limits.concurrency.max(1) {
            if let Some((begun, region, with)) = self.units.pop_front() {
                self.begin_operation(begun, region, with);
            } else if self.entering < self.limits.entering.max(1) {
                let Some(account) = self.accounts.next() else { return };
                self.begin_account(account);
            } else {
                return;
            }
        }
    }

    fn begin_account(&mut self, account: Account) {
        let regions = self.plan.regions_of(&account.id);
        if regions.is_empty() {
            return;
        }
        let deadline = self.limits.per_account.map(|time| Instant::now() + time);
        let begun = Rc::new(Begun { account, regions, deadline, has_failed: Cell::new(false) });
        let (enter, time) = (self.enter.clone(), self.limits.per_account);
        let ticket = self.ticket(&begun, None);
        self.entering += 1;
        self.working.push(Box::pin(async move {
            let entering = enter(begun.account.clone(), begun.regions.clone());
            (ticket, Done::Entered(within(begun.deadline, time, entering).await))
        }));
    }

    fn begin_operation(&mut self, begun: Rc<Begun>, region: Region, with: C) {
        let (operate, time) = (self.operate.clone(), self.limits.per_account);
        let ticket = self.ticket(&begun, Some(region.clone()));
        self.working.push(Box::pin(async move {
            let unit = Unit { account: begun.account.clone(), region: region.clone(), with };
            (ticket, Done::Operated(region, within(begun.deadline, time, operate(unit)).await))
        }));
    }

    fn ticket(&mut self, begun: &Rc<Begun>, region: Option<Region>) -> u64 {
        self.next_ticket += 1;
        self.in_flight.insert(self.next_ticket, (begun.clone(), region));
        self.next_ticket
    }

    /// Notes what came of something that was in flight.
    fn take(&mut self, ticket: u64, done: Done<C, T>) {
        let Some((begun, _)) = self.in_flight.remove(&ticket) else { return };
        let account = begun.account.clone();
        match done {
            Done::Entered(Ok(Inside { with, closed })) => {
                self.entering -= 1;
                for region in &begun.regions {
                    if closed.contains(region) {
                        let region = Some(region.clone());
                        self.ready.push_back(Entry::skipped(account.clone(), region, Reason::NotEnabled));
                    } else {
                        self.units.push_back((begun.clone(), region.clone(), with.clone()));
                    }
                }
            }
            Done::Entered(Err(Undone { why, again, .. })) => {
                self.entering -= 1;
                self.fail(&begun);
                self.ready.push_back(Entry::failed_assume_role(account, why).and_again(again));
            }
            Done::Operated(region, Ok(result)) => self.ready.push_back(Entry::result(account, region, result)),
            Done::Operated(region, Err(Undone { reason: Some(reason), .. })) => {
                self.ready.push_back(Entry::skipped(account, Some(region), reason));
            }
            Done::Operated(region, Err(Undone { why, reason: None, again })) => {
                self.fail(&begun);
                self.ready.push_back(Entry::exception(account, region, why).and_again(again));
            }
        }
    }

    /// Counts an account in which something failed, once.
    fn fail(&mut self, begun: &Begun) {
        if !begun.has_failed.replace(true) {
            self.failed_accounts += 1;
        }
        let is_exceeded = |it: &crate::Tolerance| it.is_exceeded(self.failed_accounts, self.number_of_accounts);
        if let Some(tolerance) = self.limits.tolerance.filter(is_exceeded) {
            self.end(format!("more accounts failed than are tolerated ({tolerance})"));
        }
    }

    fn brake(&mut self, pulls: u8) {
        self.pulls = pulls;
        if pulls > 1 { self.give_up("the run was interrupted") } else { self.end("the run was interrupted".into()) }
    }

    fn end(&mut self, why: String) {
        self.ended.get_or_insert(why);
    }

    fn out_of_time(&self) -> String {
        format!("the run's {:?} were over", self.limits.in_all.unwrap_or_default())
    }

    /// Drops what is in flight. An operation may have been at something; to enter an account changes nothing.
    fn give_up(&mut self, why: &str) {
        self.working.clear();
        self.deadline = None;
        self.end(why.to_owned());
        for (begun, region) in std::mem::take(&mut self.in_flight).into_values() {
            let account = begun.account.clone();
            let entry = match region {
                Some(region) => {
                    let why = format!("it was given up while it ran, and what it did is not known: {why}");
                    Entry::exception(account, region, why)
                }
                None => Entry::skipped(account, None, Reason::NotBegun(why.to_owned())),
            }
            .and_again(Again::Perhaps);
            self.ready.push_back(entry);
        }
    }

    /// What is left when nothing more is begun, one after the other.
    fn not_begun(&mut self) -> Option<Entry<T>> {
        let reason = Reason::NotBegun(self.ended.clone()?);
        if let Some((begun, region, _)) = self.units.pop_front() {
            return Some(Entry::skipped(begun.account.clone(), Some(region), reason).and_again(Again::Perhaps));
        }
        let account = self.accounts.by_ref().find(|account| !self.plan.regions_of(&account.id).is_empty())?;
        Some(Entry::skipped(account, None, reason).and_again(Again::Perhaps))
    }
}

/// Never comes where there is no deadline.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// What came of something that has to be done by then, where it has to.
async fn within<T>(
    deadline: Option<Instant>,
    time: Option<Duration>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Undone> {
    let late = || {
        let why = format!("it was not done within the {:?} of an account", time.unwrap_or_default());
        Undone { why, reason: None, again: Again::Perhaps }
    };
    let done = match deadline {
        None => work.await,
        Some(deadline) if Instant::now() >= deadline => return Err(late()),
        Some(deadline) => timeout_at(deadline, work).await.map_err(|_| late())?,
    };
    done.map_err(|error| Undone { why: error.to_string(), reason: Reason::of_error(&error), again: Again::of(&error) })
}
