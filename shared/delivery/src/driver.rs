//! Carries a deployment on: what can be done now is done, and nothing is waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use aws::Sessions;
use futures_util::{StreamExt, stream};
use place::shortened;
use reaction::{Deadline, Error, Run, Settlement};

use crate::call::Call;
use crate::clients::Accounts;
use crate::course::{Course, course};
use crate::deployment::Deployment;
use crate::effects::{At, HOOK};
use crate::next::{Next, Stale, Task, adopted, back, forward};
use crate::record::{Goods, Phase, Progress, Record, Status};
use crate::seen::Seen;
use crate::session::Scope;
use crate::store::{Begun, Store, under_way};
use crate::traffic::MINUTE;
use crate::{Settings, Target};

/// How many targets are worked on side by side.
pub(crate) const AT_ONCE: usize = 30;

/// How long a call may take with all its attempts, and then the record and the answer. With less time no call is begun any more.
const OF_A_CALL: Duration = Duration::from_secs(20);
const OF_THE_END: Duration = Duration::from_secs(5);

/// How many calls a target gets in one round, at most: where another hand changes it all the time, the next round goes on.
const CALLS: usize = 40;

/// How many rounds in a row may fail at a target.
const FAILURES: u32 = 10;

/// How long Lambda may take for one phase, in seconds.
const PATIENCE: u64 = 30 * MINUTE;

/// The characters of a target's reason, at most: all of them are in one record.
const REASON: usize = 300;

/// How large a record may begin, in bytes of JSON. An item of DynamoDB has 400 KB, and the record grows with each phase.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const LARGEST: usize = 200_000;

/// How long a record that did not change may go unwritten, in seconds: its lease lasts longer.
const RENEWED: u64 = 5 * MINUTE;

/// Deployments: the way to accounts and to the table of records.
#[derive(Debug)]
pub struct Delivery {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) settings: Settings,
    pub(crate) accounts: Accounts,
    pub(crate) store: Store,
    /// Whether no further call is begun.
    is_halted: AtomicBool,
}

/// Why a deployment does not go on now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Something is waited for: ask again.
    Waiting(String),
    /// It has ended; its record says how.
    Over,
}

/// What became of one target in a round.
struct Round {
    target: Target,
    progress: Progress,
    seen: Seen,
    /// What it waits for, if it does.
    waits: Option<String>,
}

impl Delivery {
    /// Deployments within these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        let accounts = Accounts::new(sessions.clone(), settings.clone());
        let store = Store::new(&sessions, &settings);
        Self { sessions, settings, accounts, store, is_halted: AtomicBool::new(false) }
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Lets what runs end, and begins no further call at any target: the round ends, and its record is written.
    pub fn halt(&self) {
        self.is_halted.store(true, Ordering::Relaxed);
    }

    fn is_halted(&self) -> bool {
        self.is_halted.load(Ordering::Relaxed)
    }

    /// The time, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.since_1970().as_secs()
    }

    fn since_1970(&self) -> Duration {
        self.sessions.now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// The deployment of this id, as a run takes it up; `None` where there is none.
    ///
    /// # Errors
    /// As of `GetItem`.
    pub async fn resume(&self, deployment: &str) -> Result<Option<Deployment>, Error> {
        Ok(self.store.read(deployment).await?.map(Deployment::of))
    }

    /// Looks whether another deployment holds one of these functions, which [`Delivery::begin`] would refuse.
    ///
    /// # Errors
    /// `Refused` where one does; as of `GetItem`.
    pub async fn check_free(&self, functions: impl IntoIterator<Item = &str>) -> Result<(), Error> {
        for function in functions {
            if let Some(holder) = self.store.holder(function, self.now()).await? {
                return Err(under_way(&holder, function));
            }
        }
        Ok(())
    }

    /// The records of a function's last deployments, the newest first.
    ///
    /// # Errors
    /// As of `Query` and `GetItem`.
    pub async fn history(&self, function: &str, most: i32) -> Result<Vec<Record>, Error> {
        let ids = self.store.history(function, most).await?;
        let reads = stream::iter(ids).map(async |id| self.store.read(&id).await).buffered(AT_ONCE);
        let records: Vec<_> = reads.collect().await;
        records.into_iter().filter_map(Result::transpose).collect()
    }

    /// The functions that have a record.
    ///
    /// # Errors
    /// As of `Scan`.
    pub async fn functions(&self) -> Result<Vec<String>, Error> {
        self.store.functions().await
    }

    /// Writes the record of a deployment before its first change. Where an earlier attempt wrote it, that one holds.
    ///
    /// # Errors
    /// `Refused` where another deployment of one of its functions is under way.
    pub async fn begin(&self, it: &mut Deployment) -> Result<(), Error> {
        let (time, length) = (self.since_1970(), serde_json::to_vec(&it.record).map_err(Error::failed)?.len());
        if length > LARGEST {
            return Err(Error::refused(format!(
                "the record of this deployment would have {length} bytes, and may begin with {LARGEST}; deliver to fewer targets at once, or \
                 accept fewer red alarms"
            )));
        }
        let now = time.as_secs();
        if self.store.begin(&it.record, time).await? == Begun::Before
            && let Some(record) = self.store.read(&it.record.deployment).await?
        {
            *it = Deployment::of(record);
        }
        it.saved = Some((it.record.clone(), now));
        Ok(())
    }

    /// Carries a deployment on as far as it goes now. After an error, what was done is found again in AWS by the next call. The last record
    /// takes the settlement of the run's occurrence with it, or gives it back.
    ///
    /// # Errors
    /// Those of the record's table.
    pub async fn advance(&self, it: &mut Deployment, run: &Run) -> Result<Pause, Error> {
        loop {
            let (targets, is_back) = match course(&it.record) {
                Course::Over => return Ok(Pause::Over),
                Course::NextWave if self.is_halted() && it.record.wave + 1 < it.record.waves.len() => {
                    self.save(it, run.giving_back.as_deref()).await?;
                    return Ok(Pause::Waiting("the next wave was not begun".into()));
                }
                Course::NextWave => {
                    it.record.wave += 1;
                    continue;
                }
                Course::Turn(status, why) => {
                    self.turn(it, run, status, why).await?;
                    continue;
                }
                Course::Forward(targets) => (targets, false),
                Course::Back(targets) => (targets, true),
            };
            let waits = self.work(it, targets, is_back, &run.deadline).await;
            if let Some(why) = waits {
                it.waits_since = Some(self.sessions.now());
                self.save(it, run.giving_back.as_deref()).await?;
                return Ok(Pause::Waiting(why));
            }
        }
    }

    /// Gives the record another status; the last one is written with the end of its leases.
    async fn turn(&self, it: &mut Deployment, run: &Run, status: Status, why: Option<String>) -> Result<(), Error> {
        it.record.status = status;
        it.record.reason = why.or_else(|| it.record.reason.take());
        if status == Status::RollingBack {
            it.views.values_mut().for_each(|seen| seen.alias = None);
            return self.save(it, None).await;
        }
        let left: Vec<_> = it.record.targets.iter().filter(|(_, target)| target.phase == Phase::LeftAlone).collect();
        if let (false, Some(reason)) = (left.is_empty(), &mut it.record.reason) {
            let names: Vec<_> = left.iter().map(|(target, _)| target.to_string()).collect();
            *reason = format!("{reason}; left alone: {}", names.join(", "));
        }
        it.record.ended = Some(self.now());
        if status == Status::Succeeded {
            self.prune(&it.record).await;
            return self.save(it, run.settlement.as_deref()).await;
        }
        self.save(it, run.giving_back.as_deref()).await
    }

    pub(crate) async fn save(&self, it: &mut Deployment, also: Option<&Settlement>) -> Result<(), Error> {
        let now = self.now();
        let is_fresh = |(record, at): &(Record, u64)| *record == it.record && now < at + RENEWED;
        if !it.saved.as_ref().is_some_and(is_fresh) {
            self.store.save(&mut it.record, now, also).await?;
            it.saved = Some((it.record.clone(), now));
        }
        Ok(())
    }

    /// Works on these targets side by side, each as far as it goes; what is waited for, if anything is.
    async fn work(
        &self,
        it: &mut Deployment,
        targets: Vec<Target>,
        is_back: bool,
        deadline: &Deadline,
    ) -> Option<String> {
        let (record, views, scope) = (&it.record, &it.views, Scope::of(&it.record));
        let scope = &scope;
        let rounds = stream::iter(targets).map(|target| async move {
            let progress = record.targets.get(&target).cloned().unwrap_or_else(|| Progress::new(""));
            let seen = views.get(&target).cloned().unwrap_or_default();
            let round = Round { target, progress, seen, waits: None };
            // Boxed, since the compiler gives up on the depth of a type that holds every call of a target.
            Box::pin(self.follow(round, (record, scope), is_back, deadline)).await
        });
        let rounds: Vec<_> = rounds.buffer_unordered(AT_ONCE).collect().await;
        let mut waits = Vec::new();
        for Round { target, mut progress, seen, waits: of_target } in rounds {
            progress.reason = progress.reason.map(|it| shortened(&it, REASON));
            waits.extend(of_target.map(|why| (target.clone(), why)));
            it.record.targets.insert(target.clone(), progress);
            it.views.insert(target, seen);
        }
        waits.sort();
        let (target, why) = waits.first()?;
        let doing = if is_back {
            "rolling back".into()
        } else {
            format!("wave {} of {}", it.record.wave + 1, it.record.waves.len())
        };
        Some(format!("{doing}: {} of its targets wait, such as {target}: {why}", waits.len()))
    }

    /// One target, as far as it goes now.
    async fn follow(
        &self,
        mut round: Round,
        (record, scope): (&Record, &Scope),
        is_back: bool,
        deadline: &Deadline,
    ) -> Round {
        let Some(goods) = record.goods.get(&round.target.function) else {
            return round.fails("the record does not say what is delivered".into(), self.now());
        };
        for _ in 0..CALLS {
            let Round { target, progress, seen, .. } = &mut round;
            if let Some(version) = adopted(goods, progress, seen) {
                progress.after = Some(version);
            }
            let now = self.now();
            let task = Task { goods, traffic: record.traffic, bake: record.bake, alias: &target.alias, now };
            let next = if is_back { back(&task, progress, seen) } else { forward(&task, progress, seen) };
            match next {
                Next::Enter(phase) => progress.enter(phase, now),
                Next::Mark(phase) => mark(progress, phase, now),
                Next::Over { phase, reason } => return round.over(phase, reason, now),
                Next::Wait { why, stale } => return round.waits(why, &stale, now),
                Next::Call(call) if self.is_halted() || deadline.left() < needed(&call) => {
                    round.waits = Some("the round was about to end".into());
                    return round;
                }
                Next::Call(call) => {
                    let made = self.make(&call, task, (record, scope), (target, progress, seen)).await;
                    if let Err(error) = made {
                        return round.failed(&error, is_back, now);
                    }
                }
            }
        }
        round.waits = Some("another hand changes it all the time".into());
        round
    }
}

impl Delivery {
    /// One call at a target.
    async fn make(
        &self,
        call: &Call,
        task: Task<'_>,
        (record, scope): (&Record, &Scope),
        (target, progress, seen): (&Target, &mut Progress, &mut Seen),
    ) -> Result<(), Error> {
        let clients = self.accounts.at(target, scope).await?;
        let (settings, deployment) = (&self.settings, record.deployment.as_str());
        At { clients: &clients, settings, deployment, target, task }.call(call, progress, seen).await
    }
}

/// The time that has to be left before a call.
fn needed(call: &Call) -> Duration {
    OF_THE_END + if matches!(call, Call::Invoke { .. }) { HOOK } else { OF_A_CALL }
}

fn mark(progress: &mut Progress, phase: Phase, now: u64) {
    let since = if phase == Phase::Baking { &mut progress.moved } else { &mut progress.shifted };
    *since = Some(now);
    progress.enter(phase, now);
}

impl Round {
    /// The target waits, unless it has waited too long.
    fn waits(mut self, why: String, stale: &Stale, now: u64) -> Self {
        match stale {
            Stale::Latest => self.seen.latest = None,
            Stale::Version(number) => drop(self.seen.versions.remove(number)),
            Stale::Provisioned => self.seen.provisioned = None,
            Stale::Arrival => (self.seen.provisioned, self.seen.alias) = (None, None),
            Stale::Verdict => (self.seen.judged, self.seen.alias) = (None, None),
        }
        let since = self.progress.times.last().map_or(now, |(_, since)| *since);
        if *stale != Stale::Verdict && now > since + PATIENCE {
            let why = format!("{why}, for more than {} minutes", PATIENCE / MINUTE);
            return self.fails(why, now);
        }
        self.progress.failures = 0;
        self.waits = Some(why);
        self
    }

    /// The call of a target was not answered well. What may pass is tried again in the next round.
    fn failed(mut self, error: &Error, is_back: bool, now: u64) -> Self {
        self.progress.failures += 1;
        self.seen = Seen::default();
        let is_final = error.is_refused() || self.progress.failures >= FAILURES;
        match (is_final, is_back) {
            (false, _) => self.waits = Some(error.to_string()),
            (true, false) => return self.fails(error.to_string(), now),
            (true, true) => {
                self.progress.enter(Phase::LeftAlone, now);
                let before = &self.progress.before;
                self.progress.reason = Some(format!("it could not be moved back to version {before}: {error}"));
            }
        }
        self
    }

    fn over(mut self, phase: Phase, reason: Option<String>, now: u64) -> Self {
        self.progress.enter(phase, now);
        self.progress.reason = reason.or(self.progress.reason);
        self
    }

    fn fails(mut self, why: String, now: u64) -> Self {
        self.progress.enter(Phase::Failed, now);
        self.progress.reason = Some(why);
        self
    }
}

impl Goods {
    /// Whether code is delivered; otherwise the alias moves to a version that is there.
    pub(crate) fn has_code(&self) -> bool {
        self.sha256.is_some()
    }
}
