//! Sending a sample event to the local AWS that this process has started.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use demo::delivery::{Reply, Sent};

use crate::page::{Cell, Notice, Shell, Table, Tone, html};
use crate::query::{Query, address};
use crate::sender::Sender;
use crate::server::{App, missing};

#[derive(Template)]
#[template(path = "send.html")]
struct Form {
    shell: Shell,
    names: Vec<String>,
    chosen: String,
    event: String,
    notices: Vec<Notice>,
    tables: Vec<Table>,
}

impl Form {
    fn of(app: &App, sender: &Sender, chosen: &str, event: String) -> Self {
        let names = sender.samples().iter().map(|it| it.name.clone()).collect();
        let shell = Shell::of(&app.console, "/send", "Send an event");
        Self { shell, names, chosen: chosen.into(), event, notices: Vec::new(), tables: Vec::new() }
    }
}

/// The form, with a sample in it.
pub(crate) async fn form(State(app): State<Arc<App>>, uri: Uri) -> Response {
    let Some(sender) = &app.console.sender else { return missing(&app.console) };
    let query = Query::of(&uri);
    let sample = sender.sample(query.text("sample"));
    let (name, text) = sample.map(|it| (it.name.as_str(), it.text.clone())).unwrap_or_default();
    html(StatusCode::OK, &Form::of(&app, sender, name, text))
}

/// Delivers the event, and shows what the functions answered beside the form.
pub(crate) async fn send(State(app): State<Arc<App>>, body: String) -> Response {
    let Some(sender) = &app.console.sender else { return missing(&app.console) };
    let query = Query::parse(&body);
    let event = query.text("event");
    let mut page = Form::of(&app, sender, query.text("sample"), event.to_owned());
    match sender.send(event).await {
        Ok(sent) => page.show(&sent),
        Err(error) => page.notices.push(Notice::unread(error, "")),
    }
    html(StatusCode::OK, &page)
}

impl Form {
    fn show(&mut self, sent: &Sent) {
        if sent.deliveries.is_empty() {
            let text =
                format!("No rule of a function matches this event: {} of {} rules match.", sent.matching, sent.rules);
            self.notices.push(Notice::unread(text, "The reference of triggers says what each function hears."));
            return;
        }
        let row = |it: &demo::delivery::Delivery| {
            let target = it.target.rsplit(':').next().unwrap_or_default();
            let (outcome, about) = match &it.reply {
                Reply::Report(report) => {
                    let id = report.key.as_ref().map(|key| format!("{}#{key}", report.function));
                    let about = id.map_or_else(
                        || Cell::of(report.reason.as_deref()),
                        |id| Cell::link(address("/event", [("id", id.as_str())]), "Open the event"),
                    );
                    (Cell::word(report.outcome), about)
                }
                Reply::Answer(answer) => (Cell::Word("answered".into(), Tone::Calm), Cell::text(answer)),
                Reply::Error(error) => (Cell::Word("failed".into(), Tone::Bad), Cell::text(error)),
                Reply::Skipped(why) => (Cell::Word("skipped".into(), Tone::Calm), Cell::text(why)),
            };
            vec![Cell::text(target), outcome, about, Cell::text(&it.rule)]
        };
        let table = Table::new("What the functions answered", &["Function", "Outcome", "Event", "Rule"], "");
        self.tables.push(table.with(sent.deliveries.iter().map(row)));
    }
}
