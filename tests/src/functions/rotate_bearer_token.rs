//! `rotate-bearer-token` as Secrets Manager drives it, with real clients, against an OAuth2 server on loopback.

mod checked;
pub mod checks;
mod clients;
mod elsewhere;
mod foreign;
mod keys;
mod kill;
mod minting;
mod orphans;
mod overlap;
mod races;
mod refusals;
mod secrecy;
mod single;
pub mod stories;
mod through_lambda;
mod watched;

use std::time::Duration;

use futures_util::future::select;
use reaction::{Ledger, Mode, Outcome, Reaction, Report, drive_json};
use rotate_bearer_token::settings::Settings;
use rotate_bearer_token::{BearerToken, RotateBearerToken};
use rotation_steps::{Bindings, Entry, Minted, Records};
use serde_json::{Value, json};

use crate::world::oauth2::{CLIENT_ID, CLIENT_SECRET, Manner, Server, Style};
use crate::world::rotations::{Rotation, STEPS, make_secret, secrets_manager, stages, value_at};
use crate::world::{AWS, LEDGER, ROTATIONS, World, run_for};

/// What a schedule sends, when it is time to revoke.
const SWEEP: &str = r#"{"signalbox": "sweep"}"#;

/// The default of `SIGNALBOX_OVERLAP`.
const OVERLAP: Duration = Duration::from_hours(1);

/// An account with a secret and its master secret, the server, and the function.
struct Scene {
    world: World,
    server: Server,
    style: Style,
    secret: String,
    master: String,
    function: RotateBearerToken,
}

impl Scene {
    /// A secret with a token that works, which Signalbox has made before.
    async fn new(style: Style) -> Self {
        Self::with(style, style).await
    }

    /// Ends when this is so, which a call to AWS or a request to the server brings about.
    async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let (call, request) = (AWS.next_call(&self.world.account), self.server.next_request());
            if is_so() {
                return;
            }
            select(Box::pin(call), Box::pin(request)).await;
        }
    }

    /// The same, where the token is one that another hand has put there.
    async fn by_hand(style: Style) -> Self {
        let scene = Self::new(style).await;
        scene.put(&scene.secret, &scene.value(&scene.server.mint())).await;
        scene
    }

    /// The same, where the function takes the server for another kind than it is.
    async fn with(server_style: Style, style: Style) -> Self {
        let world = World::new().await;
        world.create_rotations().await;
        let server = Server::start(Manner { style: server_style, ..Manner::default() }).await;
        let master = json!({"consumer_key": CLIENT_ID, "consumer_secret": CLIENT_SECRET});
        let master = make_secret(&world, "app/master", &master).await;
        let value = value(&master, &server.mint());
        let secret = make_secret(&world, "app/token", &value).await;
        let function = function(&world, &variables(&server, style, &secret, &master));
        let scene = Self { world, server, style, secret, master, function };
        scene.remember_as_made(&value).await;
        scene
    }

    /// What the secret holds with this token.
    fn value(&self, token: &str) -> Value {
        value(&self.master, token)
    }

    /// Writes down that the current version, which has this value, was made by an earlier rotation.
    async fn remember_as_made(&self, value: &Value) {
        let described = secrets_manager(&self.world).describe_secret().secret_id(&self.secret).send().await.unwrap();
        let version = described.version_ids_to_stages.unwrap().into_keys().next().unwrap().parse().unwrap();
        let minted = Entry::Minted(Minted::new(&version, &value.to_string().into(), "", None));
        self.records().change(&self.secret.parse().unwrap(), &[minted], &[]).await.unwrap();
    }

    fn records(&self) -> Records {
        Records::new(&self.world.sessions, ROTATIONS, RotateBearerToken::NAME)
    }

    async fn begin(&self) -> Rotation {
        Rotation::begin(&self.world, &self.secret).await
    }

    fn ledger(&self) -> ledger::DynamoLedger {
        ledger::DynamoLedger::new(&self.world.sessions, LEDGER, RotateBearerToken::NAME)
    }

    async fn hear(&self, event: &str) -> Report {
        self.hear_with(&self.ledger(), event).await
    }

    async fn hear_with(&self, ledger: &impl Ledger, event: &str) -> Report {
        let run = run_for(Duration::from_mins(1));
        drive_json(&self.function, ledger, Mode::Apply, &run, event).await
    }

    async fn step(&self, rotation: &Rotation, step: &str) -> Report {
        self.hear(&rotation.event(step)).await
    }

    async fn sweep(&self) -> Report {
        self.hear(SWEEP).await
    }

    /// All four steps; each is carried out.
    async fn rotate(&self) -> [Report; 4] {
        let rotation = self.begin().await;
        let mut reports = Vec::new();
        for step in STEPS {
            let report = self.step(&rotation, step).await;
            assert_eq!(report.outcome, Outcome::Applied, "{step}: {report}");
            reports.push(report);
        }
        reports.try_into().unwrap()
    }

    async fn stages(&self) -> String {
        stages(&self.world, &self.secret).await
    }

    /// The token with a label.
    async fn token(&self, stage: &str) -> Option<String> {
        let value = value_at(&self.world, &self.secret, stage).await?;
        Some(value["access_token"].as_str().unwrap().to_owned())
    }

    /// Whoever reads the secret now is served.
    async fn assert_served(&self) {
        let token = self.token("AWSCURRENT").await.unwrap();
        assert!(self.server.alive().contains(&token), "clients hold {token}, which is dead");
    }

    /// A report without what differs from run to run.
    async fn told(&self, report: &Report) -> String {
        let client = secrets_manager(&self.world);
        let listed = client.list_secret_version_ids().secret_id(&self.secret).include_deprecated(true).send().await;
        let mut text = report.to_string().replace(&self.secret, "app/token").replace(&self.master, "app/master");
        let base = self.server.token_url().replace("/oauth2/token", "");
        for (version, name) in listed.unwrap().versions().iter().zip(["old", "new", "third"]) {
            text = text.replace(version.version_id().unwrap(), name);
        }
        text.replace(&base, "http://server") + "\n"
    }

    /// What the function has written into its two tables.
    async fn items(&self) -> Vec<String> {
        let mut items = Vec::new();
        for table in [LEDGER, ROTATIONS] {
            let found = self.world.dynamodb.scan().table_name(table).send().await.unwrap();
            items.extend(found.items().iter().map(|item| format!("{item:?}")));
        }
        items
    }

    /// What is to be revoked yet.
    async fn due(&self) -> usize {
        self.records().of_secret(&self.secret.parse().unwrap()).await.unwrap().due.len()
    }

    /// Puts a value by somebody else's hand.
    async fn put(&self, secret: &str, value: &Value) {
        let put = secrets_manager(&self.world).put_secret_value().secret_id(secret).secret_string(value.to_string());
        put.send().await.unwrap();
    }
}

fn value(master: &str, token: &str) -> Value {
    json!({"access_token": token, "token_type": "Bearer", "masterarn": master, "for": "search"})
}

/// The function's own variables.
fn variables(server: &Server, style: Style, secret: &str, master: &str) -> Vec<(&'static str, String)> {
    let style = if style == Style::Single { "single" } else { "overlap" };
    vec![
        ("OAUTH2_TOKEN_URL", server.token_url()),
        ("OAUTH2_REVOKE_URL", server.revoke_url()),
        ("OAUTH2_VERIFY_URL", server.verify_url()),
        ("OAUTH2_VERIFY_KEY", "statuses".into()),
        ("OAUTH2_STYLE", style.into()),
        ("SIGNALBOX_SECRETS", secret.into()),
        ("SIGNALBOX_MASTERS", format!("{secret}={master}")),
        ("SIGNALBOX_ROTATIONS_TABLE", ROTATIONS.into()),
    ]
}

fn function(world: &World, variables: &[(&str, String)]) -> RotateBearerToken {
    let of = |name: &str| variables.iter().find(|(it, _)| *it == name).map(|(_, value)| value.clone());
    let (swept, masters) = (BearerToken::swept(&of).unwrap(), Bindings::read(&of).unwrap());
    let token = BearerToken::new(Settings::read(&of).unwrap(), swept, masters).unwrap();
    let records = Records::new(&world.sessions, ROTATIONS, RotateBearerToken::NAME);
    RotateBearerToken::new(world.sessions.clone(), records, token)
}
