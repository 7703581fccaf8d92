//! What Signalbox has shared, and with which accounts: the grants that it may take back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use sharing::{Principal, Resource};
use sharing_records::Grants;

use super::audit::{REMEDY, history_of};
use crate::Console;
use crate::page::{Cell, Field, List, Notice, Shell, Table};
use crate::query::Query;
use crate::server::App;

/// The tables of grants and of the audit.
pub(crate) fn grants(console: &Console) -> Grants {
    Grants::new(&console.sessions, &console.tables.grants, &console.tables.audit, "signalbox")
}

/// The matrix.
pub(crate) async fn matrix(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let (console, query) = (&app.console, Query::of(&uri));
    let text = query.text("text");
    let lead = "Which accounts Signalbox has shared what with, and may take it back from.";
    let mut page = List::new(Shell::of(console, "/shares", "Shares"), lead, "");
    page.search =
        vec![Field { name: "text", label: "Resource or account", value: text.into(), hint: "ami-, 222233334444" }];
    let recorded = match grants(console).all().await {
        Ok(recorded) => recorded,
        Err(error) => {
            page.notices.push(Notice::unread(error, REMEDY));
            return page.answer();
        }
    };
    let mut shared: BTreeMap<Resource, BTreeSet<Principal>> = BTreeMap::new();
    for grant in recorded.grants {
        shared.entry(grant.resource).or_default().insert(grant.principal);
    }
    let is_found = |(resource, principals): &(Resource, BTreeSet<Principal>)| {
        resource.arn().contains(text)
            || resource.account.as_str().contains(text)
            || principals.iter().any(|it| it.to_string().contains(text))
    };
    let all: Vec<_> = shared.into_iter().filter(is_found).collect();
    let many = all.iter().map(|(_, principals)| principals.len()).sum::<usize>();
    page.facts = vec![("Resources".to_owned(), Cell::text(all.len())), ("Shares".to_owned(), Cell::text(many))];
    let shown = page.paged(all, query.number("from"), "/shares", &[("text", text)]);
    page.tables.push(table(&shown));
    page.answer()
}

/// The resources of a page, and a column for each account that one of them is shared with.
fn table(shown: &[(Resource, BTreeSet<Principal>)]) -> Table {
    let columns: BTreeSet<_> = shown.iter().flat_map(|(_, principals)| principals).collect();
    let heads: Vec<_> = columns.iter().map(|it| place::plain(&it.to_string())).collect();
    let heads: Vec<_> = ["Resource", "Owner"].into_iter().chain(heads.iter().map(String::as_str)).collect();
    let rows = shown.iter().map(|(resource, principals)| {
        let mark = |it: &&Principal| if principals.contains(*it) { Cell::Mark } else { Cell::Nothing };
        let own = [Cell::link(history_of(resource), resource), Cell::text(&resource.account)];
        own.into_iter().chain(columns.iter().map(mark)).collect::<Vec<_>>()
    });
    Table { is_matrix: true, ..Table::new("", &heads, "Nothing that Signalbox shares is found.").with(rows) }
}
