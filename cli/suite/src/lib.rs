//! Every function of the suite, as its crate describes it: what lists, chooses and runs functions goes by this table.

use std::pin::Pin;
use std::sync::Arc;

use aws::Sessions;
use function::{Function, Setting, Trigger};
use ledger::DynamoLedger;
use reaction::settings::Variables;
use reaction::{Error, MemoryLedger, Mode, Reaction, Repeat, Report, Run, drive_json};

include!(concat!(env!("OUT_DIR"), "/functions.rs"));

/// A function of the suite.
pub struct Entry {
    /// Its one name.
    pub name: &'static str,
    /// What it does, in a line.
    pub purpose: &'static str,
    /// What invokes it.
    pub hears: &'static [Trigger],
    /// The settings that it reads beside those of every function, in groups.
    pub settings: &'static [&'static [Setting]],
    /// What a second delivery of an occurrence does.
    pub repeat: Repeat,
    open: fn(Arc<Sessions>, Variables) -> Result<Opened, Error>,
}

impl Entry {
    const fn of<F: Function + 'static>() -> Self {
        let open = |sessions: Arc<Sessions>, variables: Variables| -> Result<Opened, Error> {
            Ok(Opened { function: Box::new(F::open(sessions.clone(), variables)?), sessions, name: F::NAME })
        };
        Self { name: F::NAME, purpose: F::PURPOSE, hears: F::HEARS, settings: F::SETTINGS, repeat: F::REPEAT, open }
    }

    /// The function by these settings; makes no call.
    ///
    /// # Errors
    /// As of [`Function::open`].
    pub fn open(&self, sessions: Arc<Sessions>, variables: Variables) -> Result<Opened, Error> {
        (self.open)(sessions, variables)
    }

    /// Whether Secrets Manager asks it for the steps of rotations.
    #[must_use]
    pub fn rotates(&self) -> bool {
        self.hears.iter().any(Trigger::is_step)
    }

    /// Every setting that it reads, those of every function first.
    pub fn all_settings(&self) -> impl Iterator<Item = &'static Setting> {
        let claims = self.repeat != Repeat::Unclaimed;
        let all = function::SETTINGS.iter().chain(self.settings).copied().flatten();
        all.filter(move |it| claims || it.variable != function::LEDGER_TABLE.variable)
    }
}

/// A function that was opened.
pub struct Opened {
    function: Box<dyn React>,
    sessions: Arc<Sessions>,
    name: &'static str,
}

impl Opened {
    /// Reacts to an event: acts where this table keeps the ledger, and plans where there is none.
    pub async fn react(&self, ledger_table: Option<String>, run: &Run, event: &str) -> Report {
        let ledger = ledger_table.map(|table| DynamoLedger::new(&self.sessions, table, self.name));
        self.function.react(&self.sessions, ledger, run, event).await
    }
}

type Reacting<'a> = Pin<Box<dyn Future<Output = Report> + 'a>>;

/// A reaction whose type is forgotten.
trait React {
    fn react<'a>(
        &'a self,
        sessions: &'a Sessions,
        ledger: Option<DynamoLedger>,
        run: &'a Run,
        event: &'a str,
    ) -> Reacting<'a>;
}

impl<R: Reaction> React for R {
    fn react<'a>(
        &'a self,
        sessions: &'a Sessions,
        ledger: Option<DynamoLedger>,
        run: &'a Run,
        event: &'a str,
    ) -> Reacting<'a> {
        Box::pin(async move {
            match ledger {
                Some(ledger) => drive_json(self, &ledger, Mode::Apply, run, event).await,
                None => drive_json(self, &MemoryLedger::new(sessions.clock()), Mode::Plan, run, event).await,
            }
        })
    }
}
