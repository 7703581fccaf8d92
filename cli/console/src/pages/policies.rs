//! Policies and their findings, as the reports in the ledger have them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use ledger::Records;
use reaction::{Finding, Report};

use super::events::REMEDY;
use crate::page::{Cell, List, Notice, Shell, Table};
use crate::query::address;
use crate::server::App;

/// How many reports are read.
const MOST: usize = 500;

/// The findings of a report.
pub(crate) fn table(findings: &[Finding]) -> Table {
    let row = |it: &Finding| {
        vec![
            Cell::code(&it.path),
            Cell::word(it.severity),
            Cell::text(&it.message),
            Cell::text(&it.remedy),
            Cell::code(&it.rule),
        ]
    };
    let heads = ["Where", "Severity", "What is wrong", "What to do", "Rule"];
    Table::new("Findings", &heads, "Nothing is found.").with(findings.iter().map(row))
}

/// The policies that check-policy has judged, with what it found.
pub(crate) async fn list(State(app): State<Arc<App>>) -> Response {
    let console = &app.console;
    let lead = "What check-policy has judged in the last 15 days, and what it found.";
    let mut page =
        List::new(Shell::of(console, "/policies", "Policies"), lead, "signalbox ledger list --function check-policy");
    let records = Records::new(&console.sessions, &console.tables.ledger);
    match records.find("check-policy#", "", MOST).await {
        Ok(mut found) => {
            found.records.sort_by_key(|(_, record)| std::cmp::Reverse(record.written()));
            let rows = found.records.iter().filter_map(|(id, record)| {
                let report: Report = serde_json::from_str(record.data.as_deref()?).ok()?;
                let about = id.split_once('#').map_or(id.as_str(), |(_, key)| key);
                Some(vec![
                    Cell::time(record.written()),
                    Cell::word(report.outcome),
                    Cell::text(report.findings.len()),
                    Cell::link(address("/event", [("id", id.as_str())]), about),
                ])
            });
            let empty =
                "check-policy has judged nothing in this time. The policy pipeline's guide says how it comes to judge.";
            page.tables.push(Table::new("", &["When (UTC)", "Outcome", "Findings", "About"], empty).with(rows));
            if found.has_more {
                page.notices
                    .push(Notice::note(format!("There are more than {MOST}; `signalbox ledger list` has them all.")));
            }
        }
        Err(error) => page.notices.push(Notice::unread(error, REMEDY)),
    }
    page.answer()
}
