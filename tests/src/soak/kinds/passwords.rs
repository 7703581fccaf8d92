//! Passwords of users of PostgreSQL.

use std::path::PathBuf;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::rotations::{CALLS, Secrets};
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, Kind};
use crate::world::World;
use crate::world::databases::{HOST, POSTGRES};

/// The password of every user before the first rotation.
const FIRST: &str = "the-first-one-1";

/// Secrets with a user and a password each.
pub struct Passwords {
    secrets: Secrets,
    bundle: PathBuf,
}

impl Passwords {
    /// So many users.
    pub async fn new(count: usize) -> Self {
        let world = World::new().await;
        let bundle = std::env::temp_dir().join(format!("signalbox-soak-{}.pem", std::process::id()));
        std::fs::write(&bundle, &POSTGRES.authority).unwrap();
        let mut values = Vec::new();
        for number in 0..count {
            let user = format!("soak{number}");
            POSTGRES.create_user(&user, FIRST).await;
            let port = POSTGRES.port;
            values.push(json!({"engine": "postgres", "host": HOST, "port": port, "username": user, "password": FIRST}));
        }
        Self { secrets: Secrets::new(world, &values).await, bundle }
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.bundle));
    }
}

/// Whether the server lets in the user of a value.
async fn works(value: &Value) -> bool {
    let text = |key: &str| value[key].as_str().unwrap();
    POSTGRES.lets_in(text("username"), text("password")).await
}

impl Kind for Passwords {
    fn function(&self) -> &'static str {
        "rotate-db-user"
    }

    fn world(&self) -> &World {
        &self.secrets.world
    }

    fn parameters(&self) -> Vec<(String, String)> {
        given([("SecretArns", &self.secrets.arns.join(",")), ("CaBundle", self.bundle.to_str().unwrap())])
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

    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            for (current, previous) in self.secrets.values().await {
                let user = &current["username"];
                assert_eq!((works(&current).await, works(&previous).await), (true, false), "{user}, now and before");
            }
        }
        .boxed_local()
    }
}
