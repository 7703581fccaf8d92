//! The options that were given on the command line, and whether what runs reads them: an option without effect is refused, since
//! the person who gave it expects one. Variables in the environment stand there for every command, and need no reader. The values
//! of settings are read here too, by their variables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use clap::ArgMatches;
use clap::parser::ValueSource;
use reaction::settings::Variables;

use crate::failure::Failure;

/// What the variables of settings begin with.
const PREFIX: &str = "SIGNALBOX_";

/// The options that were given and that a variable stands for.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// By variable: the option.
    options: BTreeMap<String, String>,
    /// By variable: the value of its option, from the command line, the environment or a default.
    values: BTreeMap<String, String>,
    /// The names of all options that were given.
    names: BTreeSet<String>,
    /// The variables that were read.
    read: Mutex<BTreeSet<String>>,
}

impl Given {
    /// Those of a command line.
    pub(crate) fn of(mut command: &clap::Command, mut matches: &ArgMatches) -> Self {
        let mut given = Self::default();
        loop {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let variable = argument.get_env().map(|it| it.to_string_lossy().into_owned());
                let value = matches.try_get_raw(id).ok().flatten().and_then(|mut values| values.next());
                given.values.extend(variable.clone().zip(value.map(|it| it.to_string_lossy().into_owned())));
                let is_given = matches.value_source(id) == Some(ValueSource::CommandLine);
                let Some(option) = argument.get_long().filter(|_| is_given) else { continue };
                given.names.insert(option.to_owned());
                given.options.extend(variable.map(|variable| (variable, format!("--{option}"))));
            }
            let Some((name, below)) = matches.subcommand() else { return given };
            let Some(next) = command.find_subcommand(name) else { return given };
            (command, matches) = (next, below);
        }
    }

    /// Whether an option was given that this variable stands for.
    pub(crate) fn has(&self, variable: &str) -> bool {
        self.options.contains_key(variable)
    }

    /// Whether this option was given.
    pub(crate) fn has_option(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Refuses a role for other accounts where the settings admit none: it would never be assumed.
    pub(crate) fn check_role(&self, variables: Variables<'_>) -> Result<(), Failure> {
        if !self.has("SIGNALBOX_MEMBER_ROLE") || variables("SIGNALBOX_ACCOUNTS").is_some() {
            return Ok(());
        }
        Err(Failure::usage(
            "--member-role would have no effect without --accounts, which says in which accounts it is assumed; give both, or leave \
             it out",
        ))
    }

    /// Whether what runs has read this variable.
    pub(crate) fn was_read(&self, variable: &str) -> bool {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).contains(variable)
    }

    /// A setting by its variable, where it is not empty. What no option stands for, as with the functions that rotate, the environment
    /// has: `plan --help` says so.
    pub(crate) fn setting(&self, variable: &str) -> Option<String> {
        self.note_read(variable);
        #[expect(
            clippy::disallowed_methods,
            reason = "a setting of the operator's, as clap reads those that are options"
        )]
        let without_option = || std::env::var(variable).ok();
        self.values.get(variable).cloned().or_else(without_option).filter(|value| !value.is_empty())
    }

    /// Notes that this variable was read.
    pub(crate) fn note_read(&self, variable: &str) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(variable.to_owned());
    }

    /// Refuses settings that were given and that nothing has read; `what` is what runs.
    pub(crate) fn check(&self, what: &str) -> Result<(), Failure> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let unread =
            self.options.iter().filter(|(variable, _)| variable.starts_with(PREFIX) && !read.contains(*variable));
        let unread: Vec<_> = unread.map(|(_, option)| option.as_str()).collect();
        if unread.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{} would have no effect: {what} does not read it; leave it out",
            unread.join(", ")
        )))
    }
}
