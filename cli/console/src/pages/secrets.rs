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
    // Dates of this form are in the order of their text.
    let is_late = it.rotation_enabled && it.next_rotation.as_deref().is_some_and(|next| next < now);
    let state = match (it.rotation_enabled, is_late) {
        (true, true) => "overdue",
        (true, false) => "rotated",
        (false, _) => "not rotated",
    };
    let pending = it.pending.as_deref();
    vec![Cell::text(&it.name), Cell::word(state), date(&it.last_rotated), date(&it.next_rotation), Cell::of(pending)]
}
