//! Deployments of Lambda functions, and one of them with its waves.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use delivery::{Delivery, Record};
use reaction::Error;

use crate::Console;
use crate::app::App;
use crate::page::{Cell, Field, List, Notice, Problem, Shell, Table, html};
use crate::query::{Query, address};

/// How many deployments of a function are shown.
const MOST: i32 = 20;

const REMEDY: &str =
    "Deploy infra/deploy-lambda.yaml, name its table by --deployments-table, or choose another account or Region.";

fn delivery(console: &Console) -> Result<Delivery, Error> {
    match &console.delivery {
        Ok(settings) => Ok(Delivery::new(console.sessions.clone(), settings.clone())),
        Err(error) => Err(Error::refused(error)),
    }
}

/// The deployments of each function, the newest first.
pub(crate) async fn list(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let (console, query) = (&app.console, Query::of(&uri));
    let function = query.text("function");
    let lead = "Which code went to which accounts, by whom, and how it ended.";
    let mut page =
        List::new(Shell::of(console, "/deployments", "Deployments"), lead, "signalbox deploy history FUNCTION");
    page.search = vec![Field { name: "function", label: "Function", value: function.into(), hint: "orders" }];
    match read(console, function).await {
        Ok(records) => {
            let rows = records.iter().map(|(function, it)| {
                vec![
                    Cell::time(it.started),
                    Cell::text(function),
                    Cell::text(&it.kind),
                    Cell::word(it.status),
                    Cell::text(it.targets.len()),
                    Cell::filled(&it.versions(function)),
                    Cell::text(&it.who),
                    Cell::link(address("/deployment", [("id", it.deployment.as_str())]), &it.deployment),
                ]
            });
            let heads = ["Began (UTC)", "Function", "What", "Status", "Targets", "Versions", "By", "Deployment"];
            page.tables.push(Table::new("", &heads, "No deployment is recorded.").with(rows));
        }
        Err(error) => page.notices.push(Notice::unread(error, REMEDY)),
    }
    page.answer()
}

async fn read(console: &Console, text: &str) -> Result<Vec<(String, Record)>, Error> {
    let delivery = delivery(console)?;
    let mut all = Vec::new();
    for function in delivery.functions().await?.into_iter().filter(|it| it.contains(text)) {
        let records = delivery.history(&function, MOST).await?;
        all.extend(records.into_iter().map(|it| (function.clone(), it)));
    }
    all.sort_by_key(|(_, it)| std::cmp::Reverse(it.started));
    Ok(all)
}

/// One deployment, wave by wave.
pub(crate) async fn one(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let (console, query) = (&app.console, Query::of(&uri));
    let id = query.text("id");
    let shell = Shell::of(console, "/deployments", "Deployment");
    let found = match delivery(console) {
        Ok(delivery) => delivery.resume(id).await,
        Err(error) => Err(error),
    };
    let (what, remedy) = match found {
        Ok(Some(it)) => return whole(shell, &it.record),
        Ok(None) => ("There is no deployment of this id.".into(), "The list has those that there are."),
        Err(error) => (place::plain(&error.to_string()), REMEDY),
    };
    html(StatusCode::NOT_FOUND, &Problem { shell, what, remedy: remedy.into() })
}

fn whole(shell: Shell, it: &Record) -> Response {
    let command = format!("signalbox deploy status {}", place::plain(&it.deployment));
    let mut page = List::new(shell, &place::plain(&it.deployment), &command);
    page.facts = vec![
        ("What".to_owned(), Cell::text(&it.kind)),
        ("Status".to_owned(), Cell::word(it.status)),
        ("Began".to_owned(), Cell::time(it.started)),
        ("Ended".to_owned(), it.ended.map_or(Cell::Nothing, Cell::time)),
        ("By".to_owned(), Cell::text(&it.who)),
        ("From".to_owned(), Cell::text(&it.source)),
    ];
    page.notices.extend(it.reason.iter().map(Notice::note));
    for (number, wave) in (1..).zip(&it.waves) {
        let rows = wave.iter().filter_map(|target| {
            let progress = it.targets.get(target)?;
            Some(vec![
                Cell::code(target),
                Cell::filled(&progress.before),
                Cell::of(progress.after.as_deref()),
                Cell::word(progress.phase),
                Cell::of(progress.reason.as_deref()),
            ])
        });
        let heads = ["Target", "Before", "After", "Phase", "Why"];
        page.tables.push(Table::new(format!("Wave {number}"), &heads, "No target.").with(rows));
    }
    page.answer()
}
