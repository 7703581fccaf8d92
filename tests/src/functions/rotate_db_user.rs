//! `rotate-db-user` as Secrets Manager drives it, with real clients, in PostgreSQL and in MariaDB.

mod alternating;
mod anew;
mod arrivals;
mod checked;
pub mod checks;
mod clients;
mod former;
mod impostors;
mod invoked;
mod keys;
mod kill;
mod managed;
mod mariadb;
mod pgbouncer;
mod postgres;
mod races;
mod refusals;
mod secrecy;
mod single;
pub mod stories;
mod through_lambda;
mod trust;
mod watched;
mod wire;

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reaction::{Ledger, Mode, Outcome, Reaction, Report, drive_json};
use rotate_db_user::engine::{Engine, Trust, Why};
use rotate_db_user::{DbPassword, RotateDbUser, Settings};
use rotation::Attempts;
use rotation_steps::{Bindings, Passwords, Records};
use serde_json::{Value, json};

use crate::world::databases::{HOST, MASTER, MASTER_PASSWORD, Server};
use crate::world::rotations::{Rotation, STEPS, make_secret, secrets_manager, stages, value_at};
use crate::world::{LEDGER, ROTATIONS, World, run_for};

/// The user's password before the first rotation.
const FIRST: &str = "the-first-one-1";

static USERS: AtomicUsize = AtomicUsize::new(1);

/// An account with a secret, a user of its own in the server, and the function.
struct Scene {
    server: &'static Server,
    world: World,
    user: String,
    secret: String,
    /// The master secret's ARN, where two users take turns.
    master: Option<String>,
    /// What the settings bind.
    masters: Bindings,
    function: RotateDbUser,
    /// Everything that was reported.
    told: RefCell<Vec<Report>>,
}

impl Scene {
    /// A user that changes its own password.
    async fn single(server: &'static Server) -> Self {
        Self::with(server, false).await
    }

    /// A user that takes turns with its clone.
    async fn alternating(server: &'static Server) -> Self {
        Self::with(server, true).await
    }

    async fn with(server: &'static Server, is_alternating: bool) -> Self {
        Self::at(server, server.port, is_alternating).await
    }

    /// Where the function finds the server at another port.
    async fn at(server: &'static Server, port: u16, is_alternating: bool) -> Self {
        let world = World::new().await;
        world.create_rotations().await;
        let user = format!("app{}", USERS.fetch_add(1, Ordering::Relaxed));
        server.create_user(&user, FIRST).await;
        let value_of = |user: &str, password: &str| {
            let mut value = value_of(server, user, password);
            value["port"] = port.into();
            value
        };
        let mut value = value_of(&user, FIRST);
        let mut master = None;
        if is_alternating {
            let arn = make_secret(&world, "app/master", &value_of(MASTER, MASTER_PASSWORD)).await;
            value["masterarn"] = arn.as_str().into();
            master = Some(arn);
        }
        let secret = make_secret(&world, "app/user", &value).await;
        let masters = master.iter().map(|master| (secret.parse().unwrap(), master.parse().unwrap()));
        let masters = Bindings::of(masters);
        let function = function_with(&world, settings(server.trust(), masters.clone()));
        let function = function.sweeping(vec![secret.parse().unwrap()]);
        Self { server, world, user, secret, master, masters, function, told: RefCell::default() }
    }

    /// The function with other settings, which are those of the scene at first.
    fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = settings(self.server.trust(), self.masters.clone());
        change(&mut settings);
        self.function = function_with(&self.world, settings);
    }

    /// Has the operator bind the secret to this master secret, and to no other.
    fn bind(&mut self, master: &str) {
        self.masters = Bindings::of([(self.secret.parse().unwrap(), master.parse().unwrap())]);
        self.master = Some(master.to_owned());
        self.set(|_| ());
    }

    async fn begin(&self) -> Rotation {
        Rotation::begin(&self.world, &self.secret).await
    }

    async fn step(&self, rotation: &Rotation, step: &str) -> Report {
        let ledger = ledger::DynamoLedger::new(&self.world.sessions, LEDGER, RotateDbUser::NAME);
        self.step_with(&ledger, rotation, step).await
    }

    async fn step_with(&self, ledger: &impl Ledger, rotation: &Rotation, step: &str) -> Report {
        let run = run_for(Duration::from_mins(1));
        let event = rotation.event(step);
        let report = drive_json(&self.function, ledger, Mode::Apply, &run, &event).await;
        self.told.borrow_mut().push(report.clone());
        report
    }

    /// The steps; each is carried out.
    async fn steps(&self, rotation: &Rotation, steps: &[&str]) {
        for step in steps {
            let report = self.step(rotation, step).await;
            assert_eq!(report.outcome, Outcome::Applied, "{step}: {report}");
        }
    }

    /// All four steps.
    async fn rotate(&self) {
        self.steps(&self.begin().await, &STEPS).await;
    }

    /// A rotation whose pending version has a value.
    async fn created(&self) -> Rotation {
        let rotation = self.begin().await;
        self.steps(&rotation, &["createSecret"]).await;
        rotation
    }

    /// A step that is refused: why.
    async fn refusal(&self, rotation: &Rotation, step: &str) -> String {
        let report = self.step(rotation, step).await;
        assert_eq!(report.outcome, Outcome::Refused, "{step}: {report}");
        report.to_string()
    }

    /// A step that fails: why.
    async fn failure(&self, rotation: &Rotation, step: &str) -> String {
        let report = self.step(rotation, step).await;
        assert_eq!(report.outcome, Outcome::Failed, "{step}: {report}");
        report.to_string()
    }

    async fn stages(&self) -> String {
        stages(&self.world, &self.secret).await
    }

    async fn value(&self, stage: &str) -> Value {
        value_at(&self.world, &self.secret, stage).await.unwrap_or_else(|| panic!("{stage} has no value"))
    }

    /// The user and the password with a label.
    async fn login(&self, stage: &str) -> (String, String) {
        let value = self.value(stage).await;
        let text = |key: &str| value[key].as_str().unwrap().to_owned();
        (text("username"), text("password"))
    }

    /// Whether the server lets in whom the value with this label names.
    async fn works(&self, stage: &str) -> bool {
        let (user, password) = self.login(stage).await;
        self.lets_in(&user, &password).await
    }

    async fn lets_in(&self, user: &str, password: &str) -> bool {
        match self.server.connect(user, password).await {
            Ok(_) => true,
            Err(error) if error.why == Why::Credential => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Gives the user a password by an administrator's hand.
    async fn set_by_hand(&self, password: &str) {
        self.server.master().await.set_password(&self.user, &password.into()).await.unwrap();
    }

    async fn drop_user(&self, user: &str) {
        let host = if self.server.engine == Engine::Postgres { "" } else { "@'%'" };
        let word = if self.server.engine == Engine::Postgres { "ROLE" } else { "USER" };
        self.server.run(&[&format!("DROP {word} {user}{host}")]).await;
    }

    /// How often the server refused the credential of a rotation.
    async fn attempts(&self, rotation: &Rotation) -> Attempts {
        let request = serde_json::from_str(&rotation.event("testSecret")).unwrap();
        Records::new(&self.world.sessions, ROTATIONS, RotateDbUser::NAME).of(&request).await.unwrap().attempts
    }

    /// Puts a value into the pending version of a rotation, by somebody else's hand.
    async fn put_pending(&self, rotation: &Rotation, value: &Value) {
        let put = secrets_manager(&self.world).put_secret_value().secret_id(&self.secret);
        let put = put.client_request_token(&rotation.token).version_stages("AWSPENDING");
        put.secret_string(value.to_string()).send().await.unwrap();
    }

    /// Writes down that Signalbox made a value, which it then takes for its own.
    async fn record_as_made(&self, rotation: &Rotation, value: &Value) {
        let request = serde_json::from_str(&rotation.event("setSecret")).unwrap();
        let records = Records::new(&self.world.sessions, ROTATIONS, RotateDbUser::NAME);
        records.record_made(&request, &value.to_string().into()).await.unwrap();
    }

    /// Puts the current value of a secret.
    async fn put(&self, secret: &str, text: &str) {
        let put = secrets_manager(&self.world).put_secret_value().secret_id(secret).secret_string(text);
        put.send().await.unwrap();
    }

    /// How often the server was made to change a password, as far as its log tells.
    fn changes(&self) -> usize {
        let (user, log) = (&self.user, self.server.log());
        match self.server.engine {
            Engine::Postgres => log.matches(&format!("ALTER ROLE \"{user}\" PASSWORD")).count(),
            _ => panic!("MariaDB's log does not say whose password was set"),
        }
    }
}

/// A secret as AWS's own functions keep it, with a key that nobody knows.
fn value_of(server: &Server, user: &str, password: &str) -> Value {
    let engine = if server.engine == Engine::Postgres { "postgres" } else { "mariadb" };
    json!({
        "engine": engine, "host": HOST, "port": server.port, "username": user, "password": password, "for": "search",
    })
}

fn settings(trust: Trust, masters: Bindings) -> Settings {
    let passwords = Passwords::read(&|_: &str| None).expect("AWS's own defaults");
    Settings { passwords, masters, trust, probe: "SELECT 1".into() }
}

fn function_with(world: &World, settings: Settings) -> RotateDbUser {
    let records = Records::new(&world.sessions, ROTATIONS, RotateDbUser::NAME);
    RotateDbUser::new(world.sessions.clone(), records, DbPassword::new(settings, world.sessions.clone()))
}

/// Each of these is two tests: in PostgreSQL, and in MariaDB.
macro_rules! in_both {
    ($($name:ident)*) => {
        mod in_postgresql {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&crate::world::databases::POSTGRES).await;
            })*
        }
        mod in_mariadb {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&crate::world::databases::MARIADB).await;
            })*
        }
    };
}

use in_both;
