//! Secrets, and when the rotation of each is due. No value of a secret is read.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use operations::rotation::{Secret, rotations};
use terminal::time;

use crate::app::App;
use crate::page::{Cell, List, Notice, Shell, Table};

/// The secrets of the account and Region.
pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let console = &app.console;
    let lead = "The secrets of this account and Region, and when each is due. No value is read.";
    let command = "signalbox fleet run rotation-state --include-caller";
    let mut page = List::new(Shell::of(console, "/secrets", "Secrets"), lead, command);
    match rotations(console.sessions.config()).await {
        Ok(all) => {
            let now = time(console.sessions.seconds());
            let heads = ["Secret", "Rotation", "Last rotated (UTC)", "Due (UTC)", "Pending version"];
            let rows = all.secrets.iter().map(|it| row(it, &now));
            page.tables.push(Table::new("", &heads, "There is no secret here.").with(rows));
        }
        Err(error) => {
            page.notices.push(Notice::unread(error, "The console needs secretsmanager:ListSecrets for this page."));
        }
    }
    page.answer()
}

fn row(it: &Secret, now: &str) -> Vec<Cell> {
    let date = |date: &Option<String>| date.clone().map_or(Cell::Nothing, Cell::Time);
    let state = Cell::word(state(it, now));
    vec![Cell::text(&it.name), state, date(&it.last_rotated), date(&it.next_rotation), Cell::of(it.pending.as_deref())]
}

/// How the rotation of a secret stands in a word.
fn state(it: &Secret, now: &str) -> &'static str {
    // Dates of this form are in the order of their text.
    let is_late = it.next_rotation.as_deref().is_some_and(|next| next < now);
    match (it.rotation_enabled, is_late) {
        (true, true) => "overdue",
        (true, false) => "rotated",
        (false, _) => "not rotated",
    }
}

#[cfg(test)]
mod tests {
    use operations::rotation::Secret;
    use terminal::time;

    use super::{row, state};
    use crate::page::{Cell, Tone};

    /// When it is due, in seconds since the epoch.
    const HOUR: u64 = 1_764_000_000;

    fn secret(rotation_enabled: bool, next: Option<u64>) -> Secret {
        let next_rotation = next.map(time);
        Secret { name: "database".into(), rotation_enabled, last_rotated: None, next_rotation, pending: None }
    }

    #[test]
    fn a_secret_is_overdue_once_its_time_has_passed_and_looks_bad() {
        let due = secret(true, Some(HOUR));
        assert_eq!([HOUR - 1, HOUR, HOUR + 1].map(|now| state(&due, &time(now))), ["rotated", "rotated", "overdue"]);
        assert!(matches!(&row(&due, &time(HOUR + 1))[1], Cell::Word(word, Tone::Bad) if word == "overdue"));
    }

    #[test]
    fn a_secret_without_a_date_or_that_nothing_rotates_is_not_overdue() {
        let of = |it: &Secret| state(it, &time(HOUR));
        assert_eq!([of(&secret(true, None)), of(&secret(false, Some(HOUR - 1)))], ["rotated", "not rotated"]);
    }
}
