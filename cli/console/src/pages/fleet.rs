//! Runs of the fleet that AWS operates.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use crate::app::App;
use crate::page::{Cell, List, Notice, Shell, Table};

/// One execution of a workflow.
#[derive(Serialize)]
pub struct FleetRun {
    /// The name of the execution.
    pub execution: String,
    /// The run that it is an attempt at.
    pub run: String,
    /// How it stands, as Step Functions says.
    pub status: String,
    /// When it began, in UTC.
    pub began: String,
    /// When it ended, in UTC.
    pub ended: Option<String>,
}

/// The last runs of both workflows.
pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let console = &app.console;
    let lead = "Operations in every account of the organization that AWS Step Functions carries out.";
    let mut page = List::new(Shell::of(console, "/fleet", "Fleet runs"), lead, "signalbox fleet runs");
    for (writes, title) in [(false, "Runs that read"), (true, "Runs that may write")] {
        match (console.fleet_runs)(writes).await {
            Ok(runs) => {
                let row = |it: &FleetRun| {
                    let ended = it.ended.clone().map_or(Cell::Nothing, Cell::Time);
                    vec![
                        Cell::text(&it.run),
                        Cell::word(&it.status),
                        Cell::Time(it.began.clone()),
                        ended,
                        Cell::code(&it.execution),
                    ]
                };
                let heads = ["Run", "Status", "Began (UTC)", "Ended (UTC)", "Execution"];
                page.tables.push(Table::new(title, &heads, "There was no run yet.").with(runs.iter().map(row)));
            }
            Err(error) => {
                page.notices.push(Notice::unread(error, "The guide to the fleet's workflow says how it is deployed."));
            }
        }
    }
    page.answer()
}
