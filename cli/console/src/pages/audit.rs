//! The audit: the resources that have one, and the items of one of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use sharing::{Head, Resource};
use sharing_records::{AuditItem, Grants};

use crate::Console;
use crate::app::App;
use crate::page::{Cell, Field, List, Notice, Shell, Table, Tone};
use crate::query::{Query, address};

/// What to do where there are no records.
pub(crate) const REMEDY: &str = "Deploy infra/grants.yaml, name its tables by --grants-table and --audit-table, or choose another account or Region.";

/// The tables of grants and of the audit.
pub(crate) fn grants(console: &Console) -> Grants {
    Grants::new(&console.sessions, &console.tables.grants, &console.tables.audit, "signalbox")
}

/// Where the audit of a resource is.
pub(crate) fn history_of(resource: &Resource) -> String {
    address("/history", [("resource", resource.arn().as_str()), ("account", resource.account.as_str())])
}

/// The resources that have an audit.
pub(crate) async fn list(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let (console, query) = (&app.console, Query::of(&uri));
    let text = query.text("text");
    let lead = "What was changed, when, why and by whom: an audit for each resource.";
    let mut page = List::new(Shell::of(console, "/audit", "Audit"), lead, "signalbox history RESOURCE");
    page.search = vec![Field { name: "text", label: "Resource", value: text.into(), hint: "ami-, an account" }];
    match grants(console).all().await {
        Ok(recorded) => {
            let is_found = |it: &Resource| it.arn().contains(text) || it.account.as_str().contains(text);
            let all: Vec<_> = recorded.heads.into_iter().filter(|(resource, _)| is_found(resource)).collect();
            let shown = page.paged(all, query.number("from"), "/audit", &[("text", text)]);
            let table =
                Table::new("", &["Resource", "Owner", "Kind", "Items", "Last change"], "No change of it is recorded.");
            page.tables.push(table.with(shown.iter().map(|(resource, head)| row(console, resource, head))));
        }
        Err(error) => page.notices.push(Notice::unread(error, REMEDY)),
    }
    page.answer()
}

fn row(console: &Console, resource: &Resource, head: &Head) -> Vec<Cell> {
    let state = match &head.pending {
        Some(_) if head.is_busy(console.sessions.now()) => Cell::Word("under way".into(), Tone::Busy),
        Some(_) => Cell::Word("left open".into(), Tone::Bad),
        None => Cell::Word("settled".into(), Tone::Calm),
    };
    vec![
        Cell::link(history_of(resource), resource),
        Cell::text(&resource.account),
        Cell::text(resource.kind),
        Cell::text(head.seq),
        state,
    ]
}

/// The items of one resource, the newest first.
pub(crate) async fn history(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let (console, query) = (&app.console, Query::of(&uri));
    let (arn, account, text) = (query.text("resource"), query.text("account"), query.text("text"));
    let command = format!("signalbox history {} --verify", place::plain(arn));
    let mut page = List::new(Shell::of(console, "/audit", "Audit of a resource"), &place::plain(arn), &command);
    let resource = account.parse().and_then(|account| Resource::of_arn(arn, &account));
    let read = match &resource {
        Ok(resource) => grants(console).verified(resource).await,
        Err(error) => {
            page.notices.push(Notice::unread(error, "Choose a resource of the audit's list."));
            return page.answer();
        }
    };
    page.search = vec![Field { name: "text", label: "Item", value: text.into(), hint: "an account, intent, a date" }];
    (page.action, page.kept) = ("/history", vec![("resource", arn.into()), ("account", account.into())]);
    match read {
        Ok((items, head, verdict)) => {
            page.notices.push(told(verdict, &head));
            let found = items.into_iter().rev().filter(|it| text.is_empty() || it.to_string().contains(text));
            let of = [("resource", arn), ("account", account), ("text", text)];
            let shown = page.paged(found.collect(), query.number("from"), "/history", &of);
            let heads = ["No.", "When (UTC)", "Phase", "Gains", "Loses", "Why", "Who"];
            page.tables.push(Table::new("", &heads, "No change of it is recorded.").with(shown.iter().map(item)));
        }
        Err(error) => page.notices.push(Notice::unread(error, REMEDY)),
    }
    page.answer()
}

fn told(verdict: Result<(), String>, head: &Head) -> Notice {
    match verdict {
        Ok(()) => {
            let open = if head.pending.is_some() { " The last change is open." } else { "" };
            let text = format!("{} items agree with their hashes and with the grants table.{open}", head.seq);
            Notice { tone: Tone::Good, ..Notice::note(text) }
        }
        Err(why) => Notice::unread(
            format!("The audit does not agree with its hashes: {why}"),
            "Look at the page again: a run may have moved it on meanwhile. If it stays so, see the runbook.",
        ),
    }
}

fn item(it: &AuditItem) -> Vec<Cell> {
    let list = |all: &std::collections::BTreeSet<sharing::Principal>| {
        let all: Vec<_> = all.iter().map(ToString::to_string).collect();
        if all.is_empty() { Cell::Nothing } else { Cell::text(all.join(", ")) }
    };
    let why = it.note.as_ref().map_or_else(|| it.why.clone(), |note| format!("{} ({note})", it.why));
    vec![
        Cell::text(it.seq),
        Cell::Time(place::plain(&it.at)),
        Cell::word(it.kind),
        list(&it.add),
        list(&it.remove),
        Cell::text(why),
        Cell::text(&it.who),
    ]
}
