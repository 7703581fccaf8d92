//! The page of all commands and options, `docs/reference/commands.md`: written from the command line's own help, and
//! tested to be current. `UPDATE_EXPECT=1` rewrites it.

use std::fmt::Write as _;

use clap::{Command, CommandFactory};
use expect_test::expect_file;

use crate::arguments::Arguments;

const HEAD: &str = "\
# Commands and options

This page is generated from the command line's own help: `UPDATE_EXPECT=1 cargo test --workspace the_page_of_commands`.

`cargo build --workspace` puts the command line at `target/debug/signalbox`. Data goes to standard output, everything else to standard error.
For programs, add `--output json`. `signalbox COMMAND --help` prints the same text as this page, and the options that every command takes.

- Options have a variable of the same meaning, shown as `[env: ..]`. A command refuses an option that it does not read, and ignores such a variable.
- The functions that rotate secrets read their variables from the environment: [settings](settings.md).
- `send` also invokes functions behind a matching rule that are not Signalbox's. If others listen to the same events, use `run`.
";

#[test]
fn the_page_of_commands_is_current() {
    let mut page = HEAD.to_owned();
    add(&mut page, "", &Arguments::command());
    expect_file!["../../docs/reference/commands.md"].assert_eq(&page);
}

/// Adds a command and what it has below it, each with its help.
fn add(page: &mut String, parent: &str, command: &Command) {
    let name = format!("{parent} {}", command.get_name()).trim().to_owned();
    // Not built, a command shows its own options and not those that every command takes: these stand once, at the top.
    let help = command.clone().bin_name(&name).render_long_help().to_string();
    let help: String = help.trim_end().lines().fold(String::new(), |text, line| text + line.trim_end() + "\n");
    let _ = write!(page, "\n## `{name}`\n\n```text\n{help}```\n");
    for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        add(page, &name, below);
    }
}
