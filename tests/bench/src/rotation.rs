//! Whole rotations of a database user's password by `rotate-db-user`, at a real server: of each step the AWS calls, the logins, and
//! what it took.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use crate::canned_aws::CannedAws;
use crate::clock;
use crate::database::{Database, Engine, MASTER as MASTER_USER, PASSWORD, USERS};
use crate::kept_secret::{KeptSecret, MASTER, SECRET};
use crate::life::Cost;
use crate::runtime_api::{Handled, RuntimeApi};
use crate::subject::{Endpoints, as_lambda_would, binary, log};
use crate::tls::Tls;

/// The steps, in their order.
pub const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
/// How often each kind of turn comes.
const TIMES: usize = 5;
const FUNCTION: &str = "rotate-db-user";

/// What one step took.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Until the answer (wall), and until it rested again (CPU).
    #[serde(flatten)]
    pub cost: Cost,
    /// The AWS calls, in their order of arrival.
    pub calls: Vec<String>,
    /// How many connections to the database it opened.
    pub logins: u32,
}

impl Step {
    /// How many AWS calls it made.
    pub fn number_of_calls(&self) -> f64 {
        self.calls.iter().fold(0.0, |number, _| number + 1.0)
    }
}

/// What kind of turn a step is of, and which step.
pub type Steps = BTreeMap<(&'static str, &'static str), Vec<Step>>;

/// Rotates the password of one user, and of two that take turns, at a new server. What the function logs is left in `folder`.
pub async fn rotate(engine: Engine, tls: &Tls, folder: &Path) -> Result<Steps> {
    let database = Database::start(engine, tls).await?;
    let mut steps = Steps::new();
    let rotated = async {
        rotate_single(&database, tls, folder, &mut steps).await?;
        rotate_pair(&database, tls, folder, &mut steps).await
    };
    let rotated =
        rotated.await.with_context(|| format!("{FUNCTION} at {} (its log is in target/bench)", engine.name()));
    database.stop().await?;
    rotated.map(|()| steps)
}

/// Names of turns, by engine.
pub fn turns(engine: Engine) -> [&'static str; 5] {
    match engine {
        Engine::Postgres => [
            "PostgreSQL, one user",
            "PostgreSQL, two users, a new clone",
            "PostgreSQL, two users, the original",
            "PostgreSQL, two users, the clone",
            "PostgreSQL, two users, records lost",
        ],
        Engine::Mariadb => [
            "MariaDB, one user",
            "MariaDB, two users, a new clone",
            "MariaDB, two users, the original",
            "MariaDB, two users, the clone",
            "MariaDB, two users, records lost",
        ],
    }
}

async fn rotate_single(database: &Database, tls: &Tls, folder: &Path, steps: &mut Steps) -> Result<()> {
    let mut bench = Bench::start(database, USERS[0], false, tls, folder).await?;
    for _ in 0..TIMES {
        bench.rotate(turns(database.engine)[0], steps).await?;
    }
    bench.end().await
}

async fn rotate_pair(database: &Database, tls: &Tls, folder: &Path, steps: &mut Steps) -> Result<()> {
    let [_, new, original, clone, lost] = turns(database.engine);
    let mut bench = Bench::start(database, USERS[1], true, tls, folder).await?;
    bench.rotate(new, steps).await?;
    for _ in 0..TIMES {
        bench.rotate(original, steps).await?;
        bench.rotate(clone, steps).await?;
    }
    bench.kept.forget();
    bench.rotate(lost, steps).await?;
    bench.end().await
}

/// One process, which rotates one secret several times.
struct Bench<'a> {
    database: &'a Database,
    kept: Arc<KeptSecret>,
    api: RuntimeApi,
    aws: CannedAws,
    child: tokio::process::Child,
    pid: u32,
}

impl<'a> Bench<'a> {
    async fn start(database: &'a Database, user: &str, is_pair: bool, tls: &Tls, folder: &Path) -> Result<Self> {
        let kept = Arc::new(KeptSecret::new(&secret(database, user), secret(database, MASTER_USER)));
        let mut api = RuntimeApi::start().await?;
        let aws = CannedAws::start(Some(tls.acceptor.clone()), Duration::ZERO, kept.clone()).await?;
        let endpoints = Endpoints { runtime_api: api.address(), aws: aws.urls(), bundle: Some(&tls.bundle) };
        let program = tokio::process::Command::new(binary(FUNCTION, FUNCTION)?);
        let mut command = as_lambda_would(program, &endpoints, log(FUNCTION, folder)?)?;
        command.env("AWS_LAMBDA_FUNCTION_NAME", FUNCTION).env("SIGNALBOX_CA_BUNDLE", &tls.bundle);
        command.env("SIGNALBOX_SECRETS", SECRET).env("SIGNALBOX_ROTATIONS_TABLE", "signalbox-rotations");
        if is_pair {
            command.env("SIGNALBOX_MASTERS", format!("{SECRET}={MASTER}"));
        }
        let child = command.spawn().context("starting it")?;
        let pid = child.id().context("it has no process id")?;
        api.initialised().await?;
        Ok(Self { database, kept, api, aws, child, pid })
    }

    async fn rotate(&mut self, turn: &'static str, steps: &mut Steps) -> Result<()> {
        let event = self.kept.begin();
        for name in STEPS {
            self.aws.take_calls();
            self.database.take_logins();
            let before = clock::cpu_at_rest(self.pid).await?;
            let begin = clock::now();
            let Handled { answered, body } = self.api.invoke(event(name)).await?;
            let cpu = clock::cpu_at_rest(self.pid).await?.saturating_sub(before);
            let answer = String::from_utf8_lossy(&body);
            ensure!(answer.contains(r#""applied""#), "{turn}, {name}: it did not do its job: {answer}");
            let cost = Cost { wall_ms: (answered - begin).as_secs_f64() * 1e3, cpu_ms: cpu.as_secs_f64() * 1e3 };
            let step = Step { cost, calls: self.aws.take_calls(), logins: self.database.take_logins() };
            steps.entry((turn, name)).or_default().push(step);
        }
        Ok(())
    }

    async fn end(mut self) -> Result<()> {
        self.child.kill().await.context("ending it")
    }
}

/// A secret as AWS's own functions keep it. PostgreSQL has no database of the user's name.
fn secret(database: &Database, user: &str) -> Value {
    let mut secret = json!({
        "engine": database.engine.name(),
        "host": "localhost",
        "port": database.port,
        "username": user,
        "password": PASSWORD,
    });
    if database.engine == Engine::Postgres {
        secret["dbname"] = "postgres".into();
    }
    secret
}
