//! Tokens of an OAuth2 server.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::rotations::{CALLS, Secrets};
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, Kind};
use crate::world::World;
use crate::world::oauth2::{CLIENT_ID, CLIENT_SECRET, Server, start_encrypted};
use crate::world::rotations::make_secret;

/// Secrets with a token each.
pub struct Tokens {
    secrets: Secrets,
    server: Server,
    bundle: String,
    master: String,
}

impl Tokens {
    /// So many secrets.
    pub async fn new(count: usize) -> Self {
        let (server, bundle) = start_encrypted("localhost").await;
        let world = World::new().await;
        let master = json!({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
        let master = make_secret(&world, "app/master", &master).await;
        let value = |_| json!({"access_token": server.mint(), "token_type": "Bearer", "masterarn": master});
        let values: Vec<_> = (0..count).map(value).collect();
        Self { secrets: Secrets::new(world, &values).await, server, bundle, master }
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.bundle));
    }
}

impl Kind for Tokens {
    fn function(&self) -> &'static str {
        "rotate-bearer-token"
    }

    fn world(&self) -> &World {
        &self.secrets.world
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let (mint, revoke, verify) = (self.server.token_url(), self.server.revoke_url(), self.server.verify_url());
        let pairs: Vec<_> = self.secrets.arns.iter().map(|arn| format!("{arn}={}", self.master)).collect();
        given([
            ("TokenUrl", &mint),
            ("RevokeUrl", &revoke),
            ("VerifyUrl", &verify),
            ("CaBundle", &self.bundle),
            ("SecretArns", &self.secrets.arns.join(",")),
            ("MasterSecretArns", &self.master),
            ("Masters", &pairs.join(",")),
        ])
    }

    fn things(&self) -> usize {
        self.secrets.arns.len()
    }

    fn is_one_at_a_time(&self) -> bool {
        true
    }

    fn calls(&self) -> &'static [Calls] {
        CALLS
    }

    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        self.secrets.begin(thing, number).boxed_local()
    }

    fn poison<'a>(&'a self, _: usize, _: usize, name: &'a str) -> LocalBoxFuture<'a, Value> {
        async move { json!({"Step": name}) }.boxed_local()
    }

    fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        self.secrets.follow(event, report)
    }

    /// The overlap is not over, so that each token lives that was ever kept, and no other one.
    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            let alive = self.server.alive();
            for (current, previous) in self.secrets.values().await {
                for value in [current, previous] {
                    let token = value["access_token"].as_str().unwrap();
                    assert!(alive.iter().any(|it| it == token), "{token} is dead");
                }
            }
            assert_eq!(alive.len(), self.secrets.arns.len() + self.secrets.count(), "one token for each rotation");
        }
        .boxed_local()
    }
}
