//! Works in one account: the same code as `signalbox fleet run` in a terminal, with an account of one.

use std::sync::Arc;
use std::time::Duration;

use aws::{Again, Identity, in_name_of};
use fleet::{Account, Braking, Entry, Fleet, Limits, Plan, Role, Scope, Session};
use fleet_runs::{Work, keys, lines};
use futures_util::StreamExt;
use operations::Context;
use place::AccountId;
use reaction::{Error, Run};
use serde_json::Value;
use tokio::runtime::Handle;

use crate::{Document, Power, Subject, Worker};

/// What is left of an invocation after the last operation: enough to write what came of it.
const MARGIN: Duration = Duration::from_secs(10);

impl<P: Power> Worker<P> {
    /// The role of the workflow in each account, narrowed to the work.
    pub(crate) fn role(&self, work: &Work) -> Result<Role, Error> {
        let member = self.sessions.member_role()?;
        let (path, name) = member.name.trim_matches('/').rsplit_once('/').unwrap_or(("", &member.name));
        let path = if path.is_empty() { "/".into() } else { format!("/{path}/") };
        let role = Role { name: name.into(), path, external_id: member.external_id.clone(), ..Role::default() };
        Ok(work.role(&role))
    }

    /// Works in an account and writes its results, unless a later attempt may have better ones.
    pub(crate) async fn work(&self, subject: &Subject, account: &Account, run: &Run) -> Result<(), Error> {
        let (Subject::Canary(execution, name, work) | Subject::Account(execution, name, work, _)) = subject else {
            return Err(Error::failed("this state has no account; it is a fault of Signalbox, report it"));
        };
        let actor = run.actor.as_deref().unwrap_or(P::NAME);
        let run = run.clone().by(format!("{actor}, execution {execution}"));
        let entries = self.entries(work, account.clone(), run).await?;
        if let Some(error) = retryable(&entries) {
            return Err(error);
        }
        let key = keys::results(name, &account.id);
        let about = format!("{} lines", entries.len());
        self.store.write(&Document { key, about, body: lines::write(&entries)?, is_once: true, order: 0 }).await?;
        failed(&entries).map_or(Ok(()), Err)
    }

    /// What became of each Region of the account. On a thread of its own, since a fleet's futures stay on one.
    async fn entries(&self, work: &Work, account: Account, run: Run) -> Result<Vec<Entry<Value>>, Error> {
        let home = self.sessions.home()?.clone();
        let identity = Identity::of_event(P::NAME, &run.occurrence);
        let role = Role { source_identity: identity.source_identity, ..self.role(work)? };
        let role = Role { session_name: Some(identity.session_name), ..role };
        let time = Some(run.deadline.left().saturating_sub(MARGIN));
        let concurrency = usize::try_from(work.regions_at_once).unwrap_or(1);
        let limits = Limits { concurrency, entering: 1, tolerance: None, per_account: None, in_all: time };
        let fleet = Fleet::new(self.sessions.config().clone(), home, role, limits)?;
        let regions = fleet.regions(work.regions(&self.sessions.region()?))?;
        let plan = Plan { accounts: vec![account], regions, skipped: Vec::new(), scope: Scope::All };
        let (hub, known) = (Arc::clone(&self.sessions), Arc::clone(&self.variables));
        let (operation, mode, handle) = (work.operation, work.mode(), Handle::current());
        let working = tokio::task::spawn_blocking(move || {
            let variables = |name: &str| known.get(name).cloned();
            let begin = |function: &'static str, _: &AccountId| Run { function, ..run.clone() };
            let context = Context { hub, variables: &variables, mode, begin: &begin, note: None };
            let operate = async |session: Session| operation.run(&context, &session).await;
            let entries = fleet.run(plan, Braking::never(), operate).collect::<Vec<_>>();
            handle.block_on(in_name_of(&run, entries))
        });
        let entries = working.await;
        let mut entries =
            entries.map_err(|_| Error::failed("the operation panicked: see the log for where, and report it"))?;
        // Whichever Region answered first, the same results are the same bytes.
        entries.sort_by(|one, other| one.region.cmp(&other.region));
        Ok(entries)
    }
}

/// The error of an account that is to be tried again: nothing is written then.
fn retryable(entries: &[Entry<Value>]) -> Option<Error> {
    let told = |entry: &Entry<Value>| {
        let why = entry.exception_details.clone().or(entry.reason.as_ref().map(ToString::to_string));
        let region = entry.region.as_ref().map(|it| format!(" in {it}")).unwrap_or_default();
        format!("account {}{region}, of which nothing is written: {}", entry.account.id, why.unwrap_or_default())
    };
    let of = |again: Again| entries.iter().find(|entry| entry.again == again).map(told);
    of(Again::AfterAPause).map(Error::unfinished).or_else(|| of(Again::Perhaps).map(Error::failed))
}

/// The error of an account whose results are written and tell of a failure: it counts against the tolerance of the run.
fn failed(entries: &[Entry<Value>]) -> Option<Error> {
    let failed: Vec<_> = entries.iter().filter(|entry| entry.has_failed()).collect();
    let first = failed.first()?;
    let why = first.exception_details.as_deref().unwrap_or_default();
    Some(Error::refused(format!(
        "account {}, whose results are written: {} failed: {why}",
        first.account.id,
        failed.len()
    )))
}
