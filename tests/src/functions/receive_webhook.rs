//! The world of `receive-webhook`: a FIFO queue, the secrets of forges, and a request that came to the function's URL.

mod binary;
pub mod checks;
mod deployed;
mod secrets;
mod stories;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use aws_smithy_types::base64;
use lambda::request_of;
use reaction::{Admission, Door, MemoryLedger, Mode, Outcome, Reaction, Report, Run, drive};
use ring::hmac;
use serde_json::{Value, json};
use suite::receive_webhook::{ReceiveWebhook, Settings};

use crate::world::rotations::secrets_manager;
use crate::world::scene::{self, read_sample};
use crate::world::{World, now, run_for};

/// The secret of every hook of the samples but GitLab's.
pub const SECRET: &str = "It's a Secret to Everybody";

/// GitLab's signing token, which is the example of its standard.
pub const SIGNING_TOKEN: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A world in which a request is about to be heard.
pub struct Scene {
    pub world: World,
    /// The ARNs of the secrets: that of every hook but GitLab's, and GitLab's.
    pub secrets: [String; 2],
    pub queue: String,
    event: String,
}

impl scene::Scene for Scene {
    type Given = ();
    const FUNCTION: &'static str = ReceiveWebhook::NAME;

    async fn set_up((): &(), sample: &str) -> Self {
        let world = World::new().await;
        let make = async |name: &str, text: &str| {
            let made = secrets_manager(&world).create_secret().name(name);
            made.secret_string(json!({"secret": text}).to_string()).send().await.unwrap().arn.unwrap()
        };
        let secrets = [make("hooks", SECRET).await, make("gitlab", SIGNING_TOKEN).await];
        let queue = Sqs::new(world.sessions.config()).create_queue().queue_name("mirror-repository.fifo");
        let queue = queue.attributes(QueueAttributeName::FifoQueue, "true").send().await.unwrap().queue_url.unwrap();
        let event = signed_now(&read_sample(Self::FUNCTION, sample));
        Self { world, secrets, queue, event }
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        self.hear_with(&self.open(), mode).await
    }

    /// What waits in the queue.
    async fn picture(&self) -> String {
        let messages = self.messages().await;
        let lines = messages.iter().map(|(group, body)| format!("{group}: {body}\n"));
        let lines = lines.collect::<String>();
        if lines.is_empty() { "the queue is empty\n".into() } else { lines }
    }

    fn with_sample_ids(&self, text: &str) -> String {
        text.replace(&self.world.account, crate::world::SAMPLE_ACCOUNT)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let arn = format!("arn:aws:sqs:eu-west-1:{}:mirror-repository.fifo", self.world.account);
        let given = [
            ("Hooks", self.hooks()),
            ("SecretArns", self.secrets.join(",")),
            ("QueueUrl", self.queue.clone()),
            ("QueueArn", arn),
        ];
        given.map(|(name, value)| (name.into(), value)).into()
    }
}

/// A request of GitLab is believed for five minutes: it is signed anew.
fn signed_now(payload: &str) -> String {
    let mut payload: Value = serde_json::from_str(payload).unwrap();
    let Some(id) = payload["headers"]["webhook-id"].as_str() else { return payload.to_string() };
    let time = now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let key = base64::decode(SIGNING_TOKEN.trim_start_matches("whsec_")).unwrap();
    let text = format!("{id}.{time}.{}", payload["body"].as_str().unwrap());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes());
    payload["headers"]["webhook-signature"] = json!(format!("v1,{}", base64::encode(tag)));
    payload["headers"]["webhook-timestamp"] = json!(time);
    payload.to_string()
}

impl Scene {
    /// A hook of each forge, one whose branches are named, and two that take the secret itself.
    pub fn hooks(&self) -> String {
        let [secret, gitlab] = &self.secrets;
        let hook =
            |forge: &str, id: &str, name: &str| json!({"forge": forge, "secret": secret, "repositories": {id: name}});
        let with = |mut hook: Value, field: &str, value: Value| {
            hook[field] = value;
            hook
        };
        let github = || hook("github", "1296269", "acme/templates");
        let of_gitlab = || hook("gitlab", "15", "acme/platform/templates");
        json!({
            "/github": github(),
            "/github/main": with(github(), "branches", json!(["main"])),
            "/gitlab": with(of_gitlab(), "secret", json!(gitlab)),
            "/gitlab/old": with(of_gitlab(), "proofs", json!(["token"])),
            "/bitbucket": hook("bitbucket", "{b2f7c1f0-2c0b-4e16-9a55-1f6f6f1c2d3e}", "acme/templates"),
            "/source": with(hook("bitbucket", "acme/templates", "acme/templates"), "proofs", json!(["token"])),
            "/data-center": with(hook("bitbucket-data-center", "84", "acme/templates"), "sources", json!(["192.0.2.0/24"])),
            "/gitea": hook("gitea", "140", "acme/templates"),
            "/forgejo": hook("forgejo", "140", "acme/templates"),
        })
        .to_string()
    }

    /// The variables of the function.
    pub fn variables(&self) -> [(String, String); 2] {
        [("SIGNALBOX_HOOKS".into(), self.hooks()), ("SIGNALBOX_QUEUE".into(), self.queue.clone())]
    }

    /// The function, which knows no secret yet.
    pub fn open(&self) -> ReceiveWebhook {
        let given = self.variables();
        let variable = |name: &str| given.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
        ReceiveWebhook::new(&Arc::clone(&self.world.sessions), Settings::read(&variable).unwrap())
    }

    /// What becomes of the request, as the entry point has it.
    pub async fn hear_with(&self, function: &ReceiveWebhook, mode: Mode) -> Report {
        let request = request_of(&self.event).unwrap();
        let event = match function.admit(&request).await {
            Ok(Admission::Admitted(event)) => event,
            Ok(Admission::Rejected(it)) => {
                let why = format!("not admitted: {} ({})", it.why, it.said);
                return Report::new(ReceiveWebhook::NAME, Outcome::Ignored, Some(why));
            }
            Err(error) => return Report::of_error(ReceiveWebhook::NAME, &error),
        };
        let run = Run::new(ReceiveWebhook::NAME, "a-request", run_for(Duration::from_secs(15)).deadline);
        let ledger = MemoryLedger::new(now);
        let report = drive(function, &ledger, mode, &run, event).await;
        assert!(report.key.iter().all(|key| ledger.report(key).is_none()), "it claims nothing");
        report
    }

    /// The messages in the queue, each with its group.
    pub async fn messages(&self) -> Vec<(String, String)> {
        let sqs = Sqs::new(self.world.sessions.config());
        let asked = sqs.receive_message().queue_url(&self.queue).max_number_of_messages(10).visibility_timeout(0);
        let asked = asked.message_system_attribute_names(MessageSystemAttributeName::MessageGroupId);
        let received = asked.send().await.unwrap().messages.unwrap_or_default();
        let group = MessageSystemAttributeName::MessageGroupId;
        let told = received.into_iter().map(|it| (it.attributes.unwrap()[&group].clone(), it.body.unwrap()));
        told.collect()
    }

    /// Puts another value into the secret of every hook but GitLab's.
    pub async fn put_secret(&self, value: &Value) {
        let put = secrets_manager(&self.world).put_secret_value().secret_id(&self.secrets[0]);
        put.secret_string(value.to_string()).send().await.unwrap();
    }
}
