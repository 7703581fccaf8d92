//! Clients that use the token all the time, through a hundred rotations: one that reads the secret before each call, and one that
//! keeps what it read for as long as the overlap allows.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{join, select};
use reaction::Outcome;
use rotate_bearer_token::oauth2::{self, verify};
use rotate_bearer_token::settings::Settings;
use secrecy::SecretString;
use tokio::sync::Notify;

use super::{OVERLAP, Scene, variables};
use crate::world::oauth2::{Ask, Style};
use crate::world::{let_time_pass, now};

/// As many rotations as there are to be.
const ROTATIONS: usize = 100;

/// How far they are from each other: several tokens are alive at a time.
const PAUSE: Duration = Duration::from_mins(15);

/// What a client did.
#[derive(Default)]
struct Client {
    /// The tokens that it used.
    used: RefCell<BTreeSet<String>>,
    /// How many calls it made with a token that was current no more when they were answered.
    late: Cell<usize>,
    /// That it made one more.
    again: Notify,
}

impl Client {
    async fn call(&self, scene: &Scene, http: &oauth2::Client, token: String) {
        let served = verify(http, &SecretString::from(token.as_str())).await;
        served.unwrap_or_else(|error| panic!("token {} of them: {error}", self.used.borrow().len()));
        let is_late = scene.token("AWSCURRENT").await.as_ref() != Some(&token);
        self.late.set(self.late.get() + usize::from(is_late));
        self.used.borrow_mut().insert(token);
        self.again.notify_one();
    }

    /// Reads the secret before each call.
    async fn read_always(&self, scene: &Scene, http: &oauth2::Client) {
        loop {
            let token = scene.token("AWSCURRENT").await.unwrap();
            self.call(scene, http, token).await;
        }
    }

    /// Reads it when time is nearly up: while it is used, one more pause may pass.
    async fn read_seldom(&self, scene: &Scene, http: &oauth2::Client) {
        loop {
            let since = now();
            let token = scene.token("AWSCURRENT").await.unwrap();
            while now() < since + OVERLAP - PAUSE {
                self.call(scene, http, token.clone()).await;
            }
        }
    }

    /// Waits for a call that begins now.
    async fn whole_call(&self) {
        for _ in 0..2 {
            self.again.notified().await;
        }
    }
}

/// One after the other; after each a client has come with what it made, and time passes.
async fn rotate(scene: &Scene, clients: [&Client; 2]) {
    for _ in 0..ROTATIONS {
        scene.rotate().await;
        let current = scene.token("AWSCURRENT").await.unwrap();
        while !clients[0].used.borrow().contains(&current) {
            clients[0].again.notified().await;
        }
        clients[1].whole_call().await;
        let_time_pass(PAUSE);
        let report = scene.sweep().await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{report}");
    }
}

#[tokio::test]
async fn no_call_is_refused_while_tokens_overlap() {
    let scene = Scene::new(Style::Overlap).await;
    let http = http(&scene);
    let [always, seldom] = [Client::default(), Client::default()];
    let clients = async {
        join(always.read_always(&scene, &http), seldom.read_seldom(&scene, &http)).await;
    };
    let rotations = pin!(rotate(&scene, [&always, &seldom]));
    select(rotations, pin!(clients)).await;
    // The first one may have been replaced before anybody came.
    assert!(always.used.borrow().len() >= ROTATIONS, "a client came with every version");
    assert!(
        seldom.late.get() > ROTATIONS,
        "{} calls were made with a token that was current no more",
        seldom.late.get()
    );
    let asked = scene.server.asked();
    let revoked = asked.iter().filter(|it| it.ask == Ask::Revoke && it.was_alive).count();
    let overlapping = usize::try_from(OVERLAP.as_secs() / PAUSE.as_secs()).unwrap();
    assert_eq!((revoked, scene.server.alive().len()), (ROTATIONS + 1 - overlapping, overlapping));
    assert!(asked.iter().all(|it| it.ask != Ask::Verify || it.was_alive), "no client came with a dead token");
}

/// A client's own connections, as the server takes them.
fn http(scene: &Scene) -> oauth2::Client {
    let variables = variables(&scene.server, scene.style, &scene.secret, &scene.master);
    let of = |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| value.clone());
    oauth2::Client::new(Settings::read(&of).unwrap()).unwrap()
}
