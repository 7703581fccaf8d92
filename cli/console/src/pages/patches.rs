//! How instances are patched, and how that came about.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use patching::{Day, Place, Seen, Status, Summary, clock, of_account, status};
use reaction::Error;

use super::deadline;
use crate::Console;
use crate::app::App;
use crate::page::{Cell, List, Notice, Shell, Table, Tone};

const HEADS: [&str; 11] = [
    "Instance",
    "Name",
    "Group",
    "Status",
    "Critical",
    "Security",
    "Missing",
    "Failed",
    "Reboot",
    "Scanned (UTC)",
    "Trend",
];

/// The instances of the account and Region.
pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let console = &app.console;
    let lead = "How the instances of this account and Region are patched, and how that came about.";
    let mut page = List::new(Shell::of(console, "/patches", "Patches"), lead, "signalbox patches");
    if let Err(error) = fill(console, &mut page).await {
        page.notices.push(Notice::unread(error, "The console needs the permissions that `signalbox patches` needs."));
    }
    page.answer()
}

async fn fill(console: &Console, page: &mut List) -> Result<(), Error> {
    let sessions = &console.sessions;
    let place = Place { account: sessions.home()?.account.clone(), region: sessions.region()? };
    let (now, deadline) = (sessions.seconds(), deadline(console));
    let seen = Seen::read(sessions.config(), &console.tables.patches, place, now, &deadline).await?;
    let Seen { survey, heads, days, has_history, .. } = seen;
    if !has_history {
        let note = "There is no history here, and so no trend: deploy report-patches and infra/patches.yaml, or name its table by --patches-table.";
        page.notices.push(Notice::note(note));
    }
    page.notices.extend(survey.incomplete.iter().map(|it| Notice::unread(it, "What is missing here is unknown.")));
    page.notices.extend(of_account(&survey).into_iter().map(Notice::note));
    let summary = Summary::of(&survey, &console.limits);
    page.facts = facts(&summary, &days);
    let rows = survey.instances.iter().map(|it| {
        let counts = it.scan.as_ref().map(|it| it.counts);
        let number = |of: fn(patching::Counts) -> u32| Cell::of(counts.map(of));
        vec![
            Cell::text(&it.id),
            Cell::of(it.name.as_deref()),
            Cell::of(it.group.as_deref()),
            standing(status(it, survey.now, &console.limits)),
            number(|it| it.critical),
            number(|it| it.security),
            number(|it| it.missing),
            number(|it| it.failed),
            number(|it| it.pending_reboot),
            it.scan.as_ref().map_or(Cell::Nothing, |it| Cell::Time(clock(it.at))),
            heads.get(&it.id).map_or(Cell::Nothing, |it| Cell::chart(&it.trend)),
        ]
    });
    page.tables.push(Table::new("", &HEADS, "There is no instance here that runs or is managed.").with(rows));
    Ok(())
}

/// The status with why, where it is unknown.
fn standing(status: Status) -> Cell {
    Cell::Word(status.to_string(), Tone::of(status.word()))
}

fn facts(summary: &Summary, days: &[Day]) -> Vec<(String, Cell)> {
    let trend: Vec<_> = days.iter().map(|it| it.summary.open_percent()).collect();
    let numbers = [
        ("Instances", summary.instances),
        ("Compliant", summary.compliant),
        ("Non-compliant", summary.non_compliant),
        ("Unknown", summary.unknown),
        ("Critical patches", summary.critical),
        ("Security patches", summary.security),
        ("Failed patches", summary.failed),
        ("Waiting for a reboot", summary.pending_reboot),
    ];
    let numbers = numbers.into_iter().map(|(name, many)| (name.to_owned(), Cell::text(many)));
    numbers.chain([("Percent not known to be compliant".to_owned(), Cell::chart(&trend))]).collect()
}
