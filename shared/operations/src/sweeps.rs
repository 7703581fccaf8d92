//! What the suite's own sweeps do in an account: with the settings, the manifest and the tables of the calling account.

use std::sync::Arc;

use aws::{DeniedByOrganization, Home, Sessions, in_name_of};
use fleet::Session;
use function::Trigger;
use naming_sweep::Sweep;
use place::AccountId;
use reaction::settings::{Setting, Unset, Variables};
use reaction::{Error, MemoryLedger, Mode, Outcome, Reaction, Report, Run, drive_json};
use serde_json::Value;
use serde_json::value::RawValue;
use sharing_aws::Source;
use sharing_records::Grants;
use sharing_sweep::{Occasion, Subject, Sweeping};

/// What a sweep is asked for.
const SWEEP: &str = r#"{"signalbox": "sweep", "force": null}"#;

/// Whose buckets, keys and repositories the manifest names.
pub const EXACT_NAMES_ACCOUNT: Setting = Setting {
    variable: "SIGNALBOX_EXACT_NAMES_ACCOUNT",
    meaning: "the account whose buckets, keys and repositories the manifest names, and which others skip",
    unset: Unset::Means("the calling account"),
    check: |variables| exact_names_account(variables).map(drop),
};

/// What the sweeps of accounts go by, and whether they act. The settings are those of the calling account: its manifest, its tables.
#[derive(Clone)]
pub struct Context<'a> {
    /// The way into the calling account.
    pub hub: Arc<Sessions>,
    /// The settings, by the names of their environment variables.
    pub variables: Variables<'a>,
    /// Whether to act.
    pub mode: Mode,
    /// Begins the run under whose name a sweep acts, given the name of the sweep's function and the account. Its deadline is the
    /// sweep's.
    pub begin: &'a dyn Fn(&'static str, &AccountId) -> Run,
    /// What each report repeats.
    pub note: Option<String>,
}

impl Context<'_> {
    /// Reads the settings of the sweep of shares, so that a mistake is refused once and not in each account; whether there are
    /// tables that record what is shared.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn check_shares(&self) -> Result<bool, Error> {
        let variables = self.variables;
        sharing_aws::Settings::of_command_line(variables)?;
        sharing_sweep::Settings::read(variables)?;
        exact_names_account(variables)?;
        Ok(Grants::read(variables, &self.hub, Shares::NAME)?.is_some())
    }

    /// Reads the settings of the sweep of names, so that a mistake is refused once and not in each account.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn check_names(&self) -> Result<(), Error> {
        naming_sweep::Settings::read(self.variables).map(drop)
    }

    /// Makes the whole manifest true for what the account has, in every region that the manifest names.
    pub(crate) async fn sweep_shares(&self, session: &Session) -> Result<Report, Error> {
        let variables = self.variables;
        let source = Source::new(&self.hub, sharing_aws::Settings::of_command_line(variables)?);
        let limits = sharing_sweep::Settings::read(variables)?;
        let grants = Grants::read(variables, &self.hub, Shares::NAME)?;
        let exact = match exact_names_account(variables)? {
            Some(account) => account,
            None => self.hub.home()?.account.clone(),
        };
        let sweep = |member| Sweeping::<Shares>::new(member, source, limits, grants).of_one_account(exact);
        match self.sweep(session, sweep).await? {
            report if report.outcome == Outcome::Failed => Err(Error::failed(report)),
            report => Ok(report),
        }
    }

    /// Makes the names of the account's clusters true in one region.
    pub(crate) async fn sweep_names(&self, session: &Session) -> Result<Report, Error> {
        let settings = naming_sweep::Settings::read(self.variables)?;
        match self.sweep(session, |member| Sweep::new(member, settings)).await? {
            report if report.outcome == Outcome::Failed => Err(failure(report)),
            report => Ok(report),
        }
    }

    /// The report of a sweep that was not refused.
    async fn sweep<R: Reaction>(
        &self,
        session: &Session,
        reaction: impl FnOnce(Arc<Sessions>) -> R,
    ) -> Result<Report, Error> {
        let clock = self.hub.clock();
        let member = Sessions::of_config(session.config.clone(), clock)?;
        let partition = session.region.partition().to_string();
        member.know_home(Home { account: session.account.clone(), partition });
        let run = (self.begin)(R::NAME, &session.account);
        // The records of what was shared keep two sweeps apart; no other run hears of this one.
        let (reaction, ledger) = (reaction(Arc::new(member)), MemoryLedger::new(clock));
        let report = in_name_of(&run, drive_json(&reaction, &ledger, self.mode, &run, SWEEP)).await;
        let report = report.with_notes(self.note.clone());
        if report.outcome == Outcome::Refused { Err(Error::refused(report)) } else { Ok(report) }
    }
}

fn exact_names_account(variables: Variables) -> Result<Option<AccountId>, Error> {
    let account = EXACT_NAMES_ACCOUNT.value(variables);
    account.map(|it| it.parse().map_err(|mistake| EXACT_NAMES_ACCOUNT.malformed(mistake))).transpose()
}

/// The sweep of shares in one account, which acts in the name of the function that sweeps.
enum Shares {}

impl Occasion for Shares {
    const NAME: &'static str = "reconcile-shares";
    const PURPOSE: &'static str = "Makes the whole share manifest true for what an account has";
    const HEARS: &'static [Trigger] = &[Trigger::Schedule];

    fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
        let value: Value = serde_json::from_str(event.get()).map_err(Error::refused)?;
        let sweep = events::Sweep::of(&value, SWEEP)?;
        Ok(sweep.map(|events::Sweep { force, .. }| Subject::Sweep { force }))
    }
}

/// A sweep of one region that failed. Where a service control policy denied it before its first step, that is why.
fn failure(report: Report) -> Error {
    let reason = report.reason.as_deref().filter(|_| report.steps.is_empty());
    match reason.and_then(DeniedByOrganization::told) {
        Some(denied) => Error::Failed(denied.into()),
        None => Error::failed(report),
    }
}
