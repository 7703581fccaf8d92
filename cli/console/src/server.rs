//! The server: it listens on 127.0.0.1 alone, judges each request before its page sees it, and says to browsers what pages may do.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, serve};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::Console;
use crate::gate::{Gate, Refusal, Verdict};
use crate::page::{Problem, Shell, html};
use crate::{assets, live, pages};

/// What pages may load: what this server has, and nothing that stands in the page itself.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// What a form may send in bytes: EventBridge takes events of 1 MB, and encoded text is up to three times as long.
const LARGEST_FORM: usize = 3 * 1024 * 1024;

/// How many pages may be live at once: each reads for itself.
const LIVE: usize = 8;

/// A console that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    gate: Gate,
}

/// What every request is answered with.
pub(crate) struct App {
    pub(crate) console: Console,
    pub(crate) live: Arc<Semaphore>,
    gate: Gate,
    tell: fn(&str),
}

impl Server {
    /// Listens on this port of 127.0.0.1; 0 is any free one.
    ///
    /// # Errors
    /// Where the port is taken, or may not be listened on.
    pub async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let gate = Gate::new(listener.local_addr()?.to_string());
        Ok(Self { listener, gate })
    }

    /// The address with the one-time token, for a browser.
    #[must_use]
    pub fn link(&self) -> String {
        self.gate.link()
    }

    /// Answers until it is dropped. `tell` is handed the next link as soon as one was used.
    ///
    /// # Errors
    /// Where connections cannot be accepted any more.
    pub async fn serve(self, console: Console, tell: fn(&str)) -> io::Result<()> {
        let app = Arc::new(App { console, live: Arc::new(Semaphore::new(LIVE)), gate: self.gate, tell });
        serve(self.listener, router(app)).await
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(pages::events::list))
        .route("/event", get(pages::events::one))
        .route("/live", get(live::stream))
        .route("/shares", get(pages::shares::matrix))
        .route("/audit", get(pages::audit::list))
        .route("/history", get(pages::audit::history))
        .route("/policies", get(pages::policies::list))
        .route("/names", get(pages::names::list))
        .route("/secrets", get(pages::secrets::list))
        .route("/patches", get(pages::patches::list))
        .route("/deployments", get(pages::deployments::list))
        .route("/deployment", get(pages::deployments::one))
        .route("/repositories", get(pages::repositories::list))
        .route("/fleet", get(pages::fleet::list))
        .route("/send", get(pages::send::form).post(pages::send::send))
        .route("/assets/{name}", get(file))
        .fallback(absent)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(from_fn_with_state(app.clone(), guard))
        .with_state(app)
}

async fn file(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    assets::asset(&name).unwrap_or_else(|| missing(&app.console))
}

async fn absent(State(app): State<Arc<App>>) -> Response {
    missing(&app.console)
}

/// The answer where there is no such page.
pub(crate) fn missing(console: &Console) -> Response {
    let shell = Shell::of(console, "", "There is no such page");
    let what = "The console has no page of this address.".to_owned();
    html(StatusCode::NOT_FOUND, &Problem { shell, what, remedy: "The menu has those that there are.".into() })
}

/// Judges a request, and adds the headers that every answer has.
async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let sends = app.console.sender.is_some();
    let is_form = request.uri().path() == "/send";
    let verdict = app.gate.judge(request.method(), request.uri(), request.headers(), sends);
    let mut response = match verdict {
        Verdict::Enter => next.run(request).await,
        Verdict::Exchange(token) => exchange(&app, &token),
        Verdict::Refuse(why) => refuse(why),
    };
    protect(response.headers_mut(), is_form);
    response
}

/// Exchanges the token for the cookie, so that no address that a browser keeps has a secret.
fn exchange(app: &App, token: &str) -> Response {
    if !app.gate.take(token) {
        return refuse(Refusal::Spent);
    }
    (app.tell)(&format!("a browser has used the link; this one lets in another: {}", app.gate.link()));
    (StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, app.gate.cookie())]).into_response()
}

fn protect(headers: &mut HeaderMap, is_form: bool) {
    // A browser says where a form comes from only to whom it may say where links come from.
    let referrer = if is_form { "same-origin" } else { "no-referrer" };
    let fixed = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, referrer),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn refuse(why: Refusal) -> Response {
    let (status, title, what, remedy) = match why {
        Refusal::Host => (
            StatusCode::MISDIRECTED_REQUEST,
            "Another address",
            "The request names another host than the console's own address.",
            "Open the link that the console has printed, with its 127.0.0.1 and its port.",
        ),
        Refusal::Site => (
            StatusCode::FORBIDDEN,
            "Another page asks",
            "The request comes from a page of another site, or does not say where it comes from.",
            "Open the console by its own address.",
        ),
        Refusal::Stranger => (
            StatusCode::UNAUTHORIZED,
            "Not let in",
            "This browser has not used the console's link, or the console was started anew.",
            "Open the last link that the console has printed in its terminal.",
        ),
        Refusal::Spent => (
            StatusCode::UNAUTHORIZED,
            "The link was used",
            "The link lets one browser in, once, and was used or is of an earlier start.",
            "Open the last link that the console has printed in its terminal. A browser that was let in needs none.",
        ),
        Refusal::Method => (
            StatusCode::METHOD_NOT_ALLOWED,
            "Read-only",
            "The console only reads. It sends events to a local AWS that it was started with, and to no other.",
            "Use the command line to change something.",
        ),
    };
    html(status, &Problem { shell: Shell::bare(title), what: what.into(), remedy: remedy.into() })
}
