//! Names of clusters, where they lead to, and what a sweep would do about them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use naming_sweep::{Row, Sweep};

use super::by_hand;
use crate::app::App;
use crate::page::{Cell, List, Notice, Shell, Table};

/// The names.
pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let console = &app.console;
    let lead = "The friendly names of clusters, where each leads to, and what a sweep would do about it.";
    let mut page = List::new(Shell::of(console, "/names", "Names"), lead, "signalbox dns");
    let read = match &console.naming {
        Ok(settings) => {
            let sweep = Sweep::new(console.sessions.clone(), settings.clone());
            sweep.table(&by_hand(console, "signalbox", "dns")).await.map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok(table) => {
            page.notices.extend(table.incomplete.iter().map(|it| Notice::unread(it, "Names may be missing here.")));
            let forced = table.interlock.iter().map(|why| format!("A sweep refuses this unless it is forced: {why}"));
            page.notices.extend(forced.map(Notice::note));
            let heads = ["Name", "Target", "Cluster", "State", "Owner", "Zone", "Drift", "Why"];
            let empty =
                "There are no names: no living cluster has the tag, and no record of Signalbox stands in the zones.";
            page.tables.push(Table::new("", &heads, empty).with(table.names.iter().map(row)));
        }
        Err(error) => {
            page.notices
                .push(Notice::unread(error, "Give --dns-zones, or the permissions that `signalbox dns` needs."));
        }
    }
    page.answer()
}

fn row(it: &Row) -> Vec<Cell> {
    let of = |text: &Option<String>| Cell::of(text.as_deref());
    vec![
        Cell::text(&it.name),
        of(&it.target),
        of(&it.cluster),
        of(&it.state),
        of(&it.owner),
        of(&it.zone),
        Cell::word(it.drift),
        of(&it.why),
    ]
}
