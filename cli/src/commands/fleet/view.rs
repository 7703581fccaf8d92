//! What is shown of a plan, and of what was done.

use std::collections::BTreeSet;
use std::fmt;

use fleet::{Account, Entry, Fleet, List, Plan, Reason, Results, Tolerance};
use place::{AccountId, Region, plain};
use serde::Serialize;
use serde_json::Value;

use super::work::Work;
use crate::output;

/// What a run is going to do.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Planned<'a> {
    operation: &'static str,
    writes: bool,
    accounts: &'a [Account],
    regions: &'a [Region],
    skipped: Vec<Entry<Value>>,
    /// To enter the accounts, and of the operation where there is nothing.
    calls: usize,
}

impl<'a> Planned<'a> {
    pub(super) fn of(fleet: &Fleet, operation: Work, acts: bool, plan: &'a Plan) -> Self {
        let skipped = plan.skipped.iter().cloned().map(|(account, reason)| Entry::skipped(account, None, reason));
        Self {
            operation: operation.name(),
            writes: operation.writes(acts),
            accounts: &plan.accounts,
            regions: &plan.regions,
            skipped: skipped.collect(),
            calls: fleet.calls_of(plan) + plan.size().1 * operation.least_calls(),
        }
    }
}

impl fmt::Display for Planned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = output::table(["ACCOUNT", "NAME", "EMAIL", "STATUS", "SKIPPED"]);
        let skipped = self.skipped.iter().map(|it| (&it.account, it.reason.as_ref().map(ToString::to_string)));
        for (account, why) in self.accounts.iter().map(|account| (account, None)).chain(skipped) {
            let cell = |text: &Option<String>| text.as_deref().map_or_else(|| "-".into(), plain);
            let Account { id, name, email, status, .. } = account;
            table.add_row([id.to_string(), cell(name), cell(email), cell(status), cell(&why)]);
        }
        writeln!(f, "{}", table.trim_fmt())?;
        let regions: Vec<_> = self.regions.iter().map(Region::as_str).collect();
        let (accounts, number, regions) = (self.accounts.len(), self.regions.len(), regions.join(", "));
        let how = if self.writes { "which writes" } else { "which only reads" };
        write!(
            f,
            "{}, {how}: {accounts} accounts x {number} regions ({regions}), at least {} calls",
            self.operation, self.calls
        )
    }
}

/// What was done, in the lists that botocove knows.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Done {
    results: Results<Value>,
    #[serde(skip)]
    operation: Work,
}

impl Done {
    pub(super) fn of(operation: Work, entries: impl IntoIterator<Item = Entry<Value>>) -> Self {
        Self { results: Results::of(entries), operation }
    }
}

impl Done {
    /// The same as a table: a row for each line that is told of an account and region.
    pub(super) fn table(&self) -> String {
        let Results { results, exceptions, failed_assume_role, skipped } = &self.results;
        let mut table = output::table(["ACCOUNT", "NAME", "REGION", "LIST", "TOLD"]);
        let mut add = |list: &str, entry: &Entry<Value>, told: &str| {
            let (id, region) = entry.place();
            let name = entry.account.name.as_deref().unwrap_or("-");
            let region = if region.is_empty() { "-" } else { region };
            table.add_row([id, &plain(name), region, list, &plain(told)]);
        };
        for entry in results {
            let lines = entry.result.as_ref().map(|result| self.operation.tell(result)).unwrap_or_default();
            for line in &lines {
                add("Results", entry, line);
            }
            if lines.is_empty() {
                add("Results", entry, "-");
            }
        }
        for (list, entries) in [("Exceptions", exceptions), ("FailedAssumeRole", failed_assume_role)] {
            for entry in entries {
                add(list, entry, entry.exception_details.as_deref().unwrap_or_default());
            }
        }
        for entry in skipped {
            add("Skipped", entry, &entry.reason.as_ref().map(Reason::to_string).unwrap_or_default());
        }
        table.trim_fmt()
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Results { results, exceptions, failed_assume_role, skipped } = &self.results;
        for entry in results {
            let lines = entry.result.as_ref().map(|result| self.operation.tell(result)).unwrap_or_default();
            for (number, line) in lines.iter().enumerate() {
                if number == 0 {
                    writeln!(f, "{}", place(entry))?;
                }
                writeln!(f, "  {}", plain(line))?;
            }
        }
        for entry in exceptions.iter().chain(failed_assume_role) {
            writeln!(
                f,
                "{}\n  failed: {}",
                place(entry),
                plain(entry.exception_details.as_deref().unwrap_or_default())
            )?;
        }
        for entry in skipped {
            let why = entry.reason.as_ref().map(Reason::to_string).unwrap_or_default();
            writeln!(f, "{}\n  skipped: {}", place(entry), plain(&why))?;
        }
        let lists = [results, exceptions, failed_assume_role, skipped].map(Vec::len);
        let [results, exceptions, failed, skipped] = lists;
        write!(f, "{results} results, {exceptions} exceptions, {failed} failed to assume the role, {skipped} skipped")
    }
}

pub(super) fn place(entry: &Entry<Value>) -> String {
    let Account { id, name, .. } = &entry.account;
    let name = name.as_deref().map(|name| format!(" {}", plain(name))).unwrap_or_default();
    let region = entry.region.as_ref().map(|region| format!(" {region}")).unwrap_or_default();
    format!("{id}{name}{region}")
}

/// How a run went, by which it is good or bad.
pub(super) struct Tally {
    pub(super) accounts: usize,
    failed: BTreeSet<AccountId>,
    was_cut_short: bool,
}

impl Tally {
    pub(super) fn new(accounts: usize) -> Self {
        Self { accounts, failed: BTreeSet::new(), was_cut_short: false }
    }

    /// The same of these entries alone.
    pub(super) fn anew<'a>(&self, entries: impl Iterator<Item = &'a Entry<Value>>) -> Self {
        let mut tally = Self::new(self.accounts);
        entries.for_each(|entry| tally.count(entry));
        tally
    }

    pub(super) fn count(&mut self, entry: &Entry<Value>) {
        match entry.list() {
            List::Exceptions | List::FailedAssumeRole => drop(self.failed.insert(entry.account.id.clone())),
            List::Skipped => self.was_cut_short |= entry.reason.as_ref().is_some_and(|reason| !reason.is_settled()),
            List::Results => {}
        }
    }

    /// Whether more failed than is tolerated, or something was not begun.
    pub(super) fn is_bad(&self, tolerated: Option<Tolerance>) -> bool {
        let tolerated = tolerated.unwrap_or(Tolerance::Count(0));
        self.was_cut_short || tolerated.is_exceeded(self.failed.len(), self.accounts)
    }
}
