//! Mirrored git repositories, and how far each is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use mirror_repository::MirrorRepository;

use crate::page::{Cell, List, Notice, Shell, Table};
use crate::server::App;

/// The branches of each repository: what the bucket has, and what the forge has now.
pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let console = &app.console;
    let lead = "The mirrored repositories: what the bucket has of each branch, and what the forge has now.";
    let mut page = List::new(Shell::of(console, "/repositories", "Repositories"), lead, "signalbox mirror list");
    let read = match &console.mirror {
        Ok(settings) => {
            let function = MirrorRepository::new(console.sessions.clone(), settings.clone());
            function.list().await.map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok(rows) => {
            let commit =
                |it: Option<&mirror_repository::CommitId>| it.map_or(Cell::Nothing, |it| Cell::code(it.as_str()));
            let rows = rows.iter().map(|it| {
                vec![
                    Cell::text(&it.repository),
                    Cell::text(&it.branch),
                    Cell::text(it.what),
                    Cell::word(&it.state),
                    commit(it.mirrored.as_ref()),
                    commit(it.head.as_ref()),
                ]
            });
            let heads = ["Repository", "Branch", "What", "State", "Mirrored", "Head"];
            page.tables.push(Table::new("", &heads, "No repository is mirrored.").with(rows));
        }
        Err(error) => page
            .notices
            .push(Notice::unread(error, "Give --repositories and --bucket, as for `signalbox mirror list`.")),
    }
    page.answer()
}
