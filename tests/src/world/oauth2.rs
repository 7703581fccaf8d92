//! An OAuth2 server on loopback, one for each test. It knows which tokens are alive, records what it was asked, and misbehaves
//! as it is told.
//!
//! Source of its two styles: servers that follow RFC 6749 and 7009 make a new token each time; Twitter's gave the existing one
//! until that was invalidated.

mod answers;
mod client;
mod mischief;
mod secrecy;
mod secret;
mod settings;
pub mod tls;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::Notify;

pub use mischief::Mischief;
pub use tls::start_encrypted;

/// The client that the server knows.
pub const CLIENT_ID: &str = "signalbox+rotation/1";
/// Its secret, with what must be encoded both in a form and in the header.
pub const CLIENT_SECRET: &str = "c0nsumer:s3cret&%2B=ü";

/// What the server demands and how it makes tokens.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How many tokens it knows at a time.
    pub style: Style,
    /// How a client must prove who it is.
    pub auth: Auth,
    /// The field of the form by which a token is revoked.
    pub revoke_field: &'static str,
    /// How many seconds a token lives, where the server says so. It does not keep to it.
    pub expires_in: Option<u64>,
}

/// How many tokens the server knows at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One: it is given again until it is revoked.
    Single,
    /// A new one each time; each lives until it is revoked.
    Overlap,
}

/// How a client must prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// By Basic authorization, and not in the form.
    Basic,
    /// In the form, and not by Basic authorization.
    Body,
}

/// What the server can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// A token.
    Token,
    /// That a token be forgotten.
    Revoke,
    /// What only the holder of a token is told.
    Verify,
}

/// A request as the server got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it was asked.
    pub ask: Ask,
    /// The `scope` of the form.
    pub scope: Option<String>,
    /// The `audience` of the form.
    pub audience: Option<String>,
    /// The token that was used, or to be revoked.
    pub token: Option<String>,
    /// Whether that token was alive.
    pub was_alive: bool,
}

/// The server.
#[derive(Clone)]
pub struct Server {
    state: Arc<Mutex<Inside>>,
    base: String,
}

#[derive(Default)]
struct Inside {
    manner: Manner,
    made: usize,
    alive: Vec<String>,
    asked: Vec<Asked>,
    arrival: Arc<Notify>,
    mischief: BTreeMap<Ask, Mischief>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { style: Style::Overlap, auth: Auth::Basic, revoke_field: "token", expires_in: None }
    }
}

impl Server {
    /// Starts one; it ends with the test.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self::new(manner, format!("http://{}", listener.local_addr().unwrap()));
        let router = server.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    fn new(manner: Manner, base: String) -> Self {
        let inside = Inside { manner, ..Inside::default() };
        Self { state: Arc::new(Mutex::new(inside)), base }
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/oauth2/token", post(|State(it), headers, body| answers::answer(it, Ask::Token, headers, body)))
            .route("/oauth2/revoke", post(|State(it), headers, body| answers::answer(it, Ask::Revoke, headers, body)))
            .route("/search", get(|State(it), headers, body| answers::answer(it, Ask::Verify, headers, body)))
            .with_state(self.clone())
    }

    /// Where tokens are made.
    pub fn token_url(&self) -> String {
        format!("{}/oauth2/token", self.base)
    }

    /// Where tokens are revoked.
    pub fn revoke_url(&self) -> String {
        format!("{}/oauth2/revoke", self.base)
    }

    /// Where a token is proved: the JSON answer has the key `statuses`.
    pub fn verify_url(&self) -> String {
        format!("{}/search?q=signalbox", self.base)
    }

    /// The tokens that work, in the order in which they were made.
    pub fn alive(&self) -> Vec<String> {
        self.state.lock().unwrap().alive.clone()
    }

    /// Every request until now.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    /// Ends when it is asked next, counted from now and not from when this is first polled.
    pub fn next_request(&self) -> impl Future<Output = ()> + use<> {
        Arc::clone(&self.state.lock().unwrap().arrival).notified_owned()
    }

    /// Lets it misbehave from now on, each time that it is asked this.
    pub fn misbehave(&self, ask: Ask, mischief: Mischief) {
        self.state.lock().unwrap().mischief.insert(ask, mischief);
    }

    /// Says from now on that a token lives so long.
    pub fn expire_in(&self, seconds: u64) {
        self.state.lock().unwrap().manner.expires_in = Some(seconds);
    }

    /// Lets it behave again.
    pub fn behave(&self) {
        self.state.lock().unwrap().mischief.clear();
    }

    /// Makes a token, or gives the one that there is, as by somebody else's hand.
    pub fn mint(&self) -> String {
        self.state.lock().unwrap().mint()
    }

    /// Forgets a token, as by somebody else's hand.
    pub fn forget(&self, token: &str) {
        self.state.lock().unwrap().alive.retain(|it| it != token);
    }
}

impl Inside {
    fn mint(&mut self) -> String {
        match self.alive.last() {
            Some(existing) if self.manner.style == Style::Single => existing.clone(),
            _ => {
                self.made += 1;
                let token = format!("AAAA%2F{:04}-t0ken", self.made);
                self.alive.push(token.clone());
                token
            }
        }
    }
}
