//! `--help` shows the whole command line, so that a test of every option may read it there.

use clap::CommandFactory;

use super::Arguments;

#[test]
fn no_command_and_no_option_is_left_out_of_help() {
    let mut open = vec![Arguments::command()];
    let mut options = 0;
    while let Some(command) = open.pop() {
        let hidden =
            command.get_arguments().filter(|argument| argument.is_hide_set() || argument.is_hide_long_help_set());
        assert_eq!(hidden.map(|it| it.get_id().to_string()).collect::<Vec<_>>(), [""; 0], "{}", command.get_name());
        assert!(!command.is_hide_set(), "{}", command.get_name());
        options += command.get_opts().count();
        open.extend(command.get_subcommands().cloned());
    }
    assert!(options > 80, "{options}");
}
