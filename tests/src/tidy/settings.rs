//! `docs/reference/settings.md`: the settings that functions have in common, as they describe them. Those of one function alone stand
//! on the page of its template, so that a new function changes no other page. `UPDATE_EXPECT=1` rewrites it.

use std::fmt::Write as _;

use expect_test::expect_file;
use function::{Setting, Unset};
use suite::FUNCTIONS;

/// Which functions have the group of settings that begins with this variable.
const GROUPS: [(&str, &str); 10] = [
    ("SIGNALBOX_LEDGER_TABLE", "Every function"),
    ("SIGNALBOX_ACCOUNTS", "Functions that act in other accounts"),
    ("SIGNALBOX_MANIFEST", "Functions that share"),
    ("SIGNALBOX_GRANTS_TABLE", "Functions that record shares"),
    ("SIGNALBOX_MAX_REMOVALS", "Functions that sweep"),
    ("SIGNALBOX_RATES", "Functions whose sweeps keep a pace"),
    ("SIGNALBOX_SWEEP_PERIOD", "Functions that sweep shares"),
    ("SIGNALBOX_OWNER", "Functions that keep names of clusters"),
    ("SIGNALBOX_FLEET_BUCKET", "Functions of the workflow of a fleet"),
    ("SIGNALBOX_ROTATIONS_TABLE", "Functions that rotate secrets"),
];

const HEAD: &str = "\
# Settings

This page is generated from the settings that the functions describe: `UPDATE_EXPECT=1 cargo test --workspace tidy::settings`.

Each function reads environment variables. Its template sets them from the [parameters](parameters.md). The [command line](commands.md) has an option for
most. A variable that is missing or malformed ends the start of a function, with an error that names it. An empty variable counts as unset.

Below are the settings that functions have in common. [The page of each template](templates) has all settings of that function, and the values that
the template gives them.

`SIGNALBOX_MODE` is `apply` if it is unset, and `SIGNALBOX_SWEEP_PERIOD` is `1440`; the templates set `plan` and `360`. `SIGNALBOX_ALLOWED_ACCOUNTS`
admits an account that it names, or that is in an organization or unit that it names. It admits an organization only by name, and a unit by its own name
or its organization's.
";

const TAIL: &str = "
## What every AWS client reads

| variable | meaning | if it is unset |
|---|---|---|
| `AWS_CA_BUNDLE` | file of PEM certificates to trust | Amazon's roots; outside the commercial partition, the system's |
| `AWS_XRAY_DAEMON_ADDRESS` | where a daemon takes [traces](../operate/traces.md); Lambda sets it | nothing is traced |
| `AWS_LAMBDA_LOG_LEVEL`, else `RUST_LOG` | [log level](../operate/logging.md#levels) | `info` |
| `AWS_REGION`, credentials, `AWS_ENDPOINT_URL*` | as for any AWS client; plain HTTP is for loopback only | Lambda sets region and credentials |
";

const TITLES: &str = "| variable | meaning | if it is unset |\n|---|---|---|";

/// What a setting means, and what holds where it is unset: two cells of a table.
pub fn cells(setting: &Setting) -> String {
    let unset = match setting.unset {
        Unset::Refused => "the function does not start".to_owned(),
        Unset::Is(value) => format!("`{value}`"),
        Unset::Means(what) => what.to_owned(),
    };
    [setting.meaning, &unset].map(|it| it.replace('|', "\\|")).join(" | ")
}

/// The title of the group that a setting is in, where functions have it in common, and the link to that on the page.
pub fn group_of(variable: &str) -> Option<(&'static str, String)> {
    let group = in_common().into_iter().find(|group| group.iter().any(|it| it.variable == variable))?;
    let title = title_of(group);
    Some((title, format!("settings.md#{}", title.to_lowercase().replace(' ', "-"))))
}

/// The groups of every function, and those that more than one function has.
fn in_common() -> Vec<&'static [Setting]> {
    let mut groups: Vec<&'static [Setting]> = function::SETTINGS.to_vec();
    for group in FUNCTIONS.iter().flat_map(|it| it.settings).copied() {
        let has = |it: &&suite::Entry| it.settings.iter().any(|other| other[0].variable == group[0].variable);
        let is_known = groups.iter().any(|it| it[0].variable == group[0].variable);
        if !is_known && FUNCTIONS.iter().filter(has).count() > 1 {
            groups.push(group);
        }
    }
    groups
}

fn title_of(group: &[Setting]) -> &'static str {
    let first = group[0].variable;
    let title = GROUPS.iter().find(|(variable, _)| *variable == first);
    title.unwrap_or_else(|| panic!("say in GROUPS which functions have the settings that begin with {first}")).1
}

#[test]
fn the_page_of_settings_is_current() {
    let mut page = HEAD.to_owned();
    let groups = in_common();
    let has = |variable: &str| groups.iter().find(|it| it[0].variable == variable);
    for (first, title) in GROUPS {
        let group = has(first).unwrap_or_else(|| panic!("no two functions have {first} in common"));
        let _ = writeln!(page, "\n## {title}\n\n{TITLES}");
        for setting in *group {
            let _ = writeln!(page, "| `{}` | {} |", setting.variable, cells(setting));
        }
    }
    assert_eq!(groups.len(), GROUPS.len(), "each group has a title");
    page.push_str(TAIL);
    expect_file!["../../../docs/reference/settings.md"].assert_eq(&page);
}
