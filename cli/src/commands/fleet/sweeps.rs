//! What the sweeps have to know, on the command line.

use std::sync::Arc;

use aws::Sessions;
use clap::Args;
use operations::{Context, Operation};
use place::AccountId;
use reaction::{Error, Mode, Run};

use crate::bound;
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::progress;
use crate::settings::SharedSettings;

use super::work::Work;

/// What the sweeps have to know: the manifest and the tables are those of the calling account.
#[derive(Debug, Args)]
#[command(next_help_heading = "For share-sweep")]
pub(crate) struct SweepSettings {
    /// The account whose buckets, keys and repositories the manifest names, which are skipped in all others; the calling one
    /// by default
    #[arg(long, env = "SIGNALBOX_EXACT_NAMES_ACCOUNT", value_name = "ID", hide_env_values = true)]
    exact_names_account: Option<String>,
    #[command(flatten)]
    shared: SharedSettings,
}

/// Whose settings, manifest and tables the operations go by, and whether they act.
pub(super) struct Suite<'a> {
    pub(super) hub: Arc<Sessions>,
    /// The settings, and which of them were given as options, so that one that nothing reads is refused.
    pub(super) given: &'a Given,
    pub(super) operation: Work,
    pub(super) mode: Mode,
    /// Whether shares may be made of which there is no record.
    pub(super) is_unrecorded: bool,
}

impl Suite<'_> {
    /// The run of one account.
    pub(super) fn begin(&self, function: &'static str, account: &AccountId) -> Run {
        by_hand(&self.hub, function, account.as_str(), &format!("signalbox fleet run {}", self.operation))
    }

    /// Refuses settings that would be refused in each account, those that nothing reads, and to act where nothing bounds it; the context
    /// gets what each report is to repeat.
    pub(super) fn check(&self, context: &mut Context<'_>) -> Result<(), Failure> {
        if let Work::Own(operation) = self.operation {
            self.check_settings(operation, context).map_err(Failure::configuration)?;
        }
        self.given.note_read("SIGNALBOX_EXTERNAL_ID");
        self.given.check(self.operation.name())?;
        context.note = self.check_bound()?;
        Ok(())
    }

    fn check_settings(&self, operation: Operation, context: &Context<'_>) -> Result<(), Error> {
        match operation {
            Operation::ShareSweep => {}
            Operation::DnsSweep => return context.check_names(),
            _ => return Ok(()),
        }
        match (self.mode, context.check_shares()?, self.is_unrecorded) {
            (Mode::Apply, false, false) => Err(Error::refused(
                "share-sweep does not share what it cannot record: give --grants-table and --audit-table, or --unrecorded, \
                 after which nothing of it is ever taken back",
            )),
            (_, true, true) => Err(Error::refused(
                "the tables of grants and of the audit are set, and --unrecorded says that there are none: leave one out",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses to act where nothing says with which accounts things may be shared, and says once where nothing bounds them, which
    /// each report is to repeat.
    fn check_bound(&self) -> Result<Option<String>, Failure> {
        let variables = |name: &str| self.given.setting(name);
        if self.mode == Mode::Apply {
            bound::require(self.given, &variables)?;
        }
        let note = bound::note(self.given, &variables);
        if let Some(note) = &note {
            progress::say(&format!("note: {note}"));
        }
        Ok(note)
    }
}
