//! A trial function behind each entry point: it does what its events say, so that tests see what the callers get.

mod job;

use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;

use aws::Sessions;
use aws_smithy_types::base64;
use function::{Function, Setting, Trigger};
use reaction::settings::Variables;
use reaction::{Admission, Door, Error, Key, Plan, Reaction, Rejection, Repeat, Request, Run};
use ring::hmac;
use serde_json::Value;
use serde_json::value::RawValue;

use job::Queue;

/// A function that does what its events say.
struct Trial {
    /// What senders of requests sign them with.
    key: hmac::Key,
}

/// What is to be done, as its event says.
struct Work {
    id: String,
    does: String,
}

impl Function for Trial {
    const PURPOSE: &'static str = "Does what its events say";
    const HEARS: &'static [Trigger] = &[Trigger::Job, Trigger::Webhook, Trigger::Queue];
    const SETTINGS: &'static [&'static [Setting]] = &[];

    fn open(_: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        if let Some(why) = variables("TRIAL_FAILS") {
            return Err(Error::failed(why));
        }
        Ok(Self { key: hmac::Key::new(hmac::HMAC_SHA256, b"a key of the tests") })
    }
}

impl Reaction for Trial {
    const NAME: &'static str = "trial";
    const REPEAT: Repeat = Repeat::Again;
    type Event = Box<RawValue>;
    type Subject = Work;
    type Facts = ();
    type Step = String;

    fn parse(event: Box<RawValue>) -> Result<Option<Work>, Error> {
        let event: Value = serde_json::from_str(event.get()).map_err(Error::refused)?;
        let event = job::parameters(&event).unwrap_or(event);
        let text = |field: &str| event[field].as_str().map(String::from);
        let (Some(id), Some(does)) = (text("id"), text("does")) else {
            return Err(Error::refused("a trial has an `id` and a `does`"));
        };
        assert_ne!(does, "panic-at-once", "{event}");
        Ok((does != "ignore").then_some(Work { id, does }))
    }

    fn key(work: &Work) -> Key {
        Key::new([work.id.as_str()])
    }

    async fn observe(&self, _: &Work, _: &Run) -> Result<(), Error> {
        Ok(())
    }

    fn plan(work: &Work, (): &()) -> Result<Plan<String>, Error> {
        Ok(Plan::of(vec![work.does.clone()]))
    }

    async fn apply(&self, _: &Work, step: &String, _: &Run) -> Result<(), Error> {
        match step.as_str() {
            "refuse" => Err(Error::refused("the database of payroll must not be touched")),
            "fail" => Err(Error::failed("the database of payroll does not answer")),
            "panic" => panic!("{}", job::CREDENTIAL),
            "hang" => pending().await,
            _ => Ok(()),
        }
    }
}

impl Door for Trial {
    async fn admit(&self, request: &Request) -> Result<Admission<Box<RawValue>>, Error> {
        let signature = request.headers.get("x-signature").and_then(|it| base64::decode(it).ok());
        if hmac::verify(&self.key, &request.body, &signature.unwrap_or_default()).is_err() {
            return Ok(Admission::Rejected(Rejection {
                why: "the signature is not the key's".into(),
                said: request.path.clone(),
            }));
        }
        match request.body.as_slice() {
            b"unknown" => Err(Error::failed("the key of payroll cannot be read")),
            b"panic" => panic!("the key of payroll"),
            body => serde_json::from_slice(body).map(Admission::Admitted).map_err(Error::refused),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "each test starts the entry point that it is about")]
    match std::env::var("TRIAL_ENTRY_POINT").as_deref() {
        Ok("http") => lambda::on_http::<Trial>().await,
        Ok("batch") => lambda::on_batch::<Trial>().await,
        _ => lambda::on_job::<Trial, _>(Queue::new).await,
    }
}
