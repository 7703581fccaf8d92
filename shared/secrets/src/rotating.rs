//! The four steps as a reaction: what is read, what follows from it, and how that is carried out, for any kind of credential.

use std::fmt;
use std::sync::Arc;

use aws::{Clients, Sessions};
use events::Sweep;
use reaction::{Deadline, Doing, Error, Key, Plan, Reaction, Repeat};
use rotation::{Request, SecretArn, Stage, Turn, VersionId, turn};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::credential::{Context, Credential};
use crate::records::{Due, Records, Remembered};
use crate::secrets_manager::{Put, Secrets};

/// A function that rotates one kind of credential.
#[derive(Debug)]
pub struct Rotating<C> {
    clients: Clients<Secrets>,
    records: Records,
    credential: C,
}

/// Why the function runs.
#[derive(Clone, Debug)]
pub enum Subject {
    /// One step of a rotation.
    Step(Request),
    /// It is time to revoke what is not needed any more.
    Sweep,
}

/// What was read.
#[derive(Clone, Debug)]
pub enum Facts {
    /// Of one step.
    Step {
        /// What is to be done.
        turn: Turn,
        /// What clients get now.
        current: Option<SecretString>,
        /// What they got before.
        previous: Option<SecretString>,
        /// What they are to get.
        pending: Option<SecretString>,
        /// What is remembered of this rotation.
        remembered: Remembered,
        /// The time, in seconds since the epoch.
        now: u64,
    },
    /// What is to be revoked.
    Sweep(Vec<(SecretArn, Due)>),
}

/// One effect.
#[derive(Clone, Debug)]
pub enum Step {
    /// A credential is made and kept.
    Create(Values),
    /// The server is made to take it.
    Set(Values),
    /// It is shown that the server takes it.
    Test(Values),
    /// It becomes current.
    Finish(Option<VersionId>),
    /// The server refused it too often: the next rotation shall begin anew.
    GiveUp(u32),
    /// What was current before is revoked.
    Revoke(SecretArn, Due),
}

/// The values that a step may look at.
#[derive(Clone, Debug, Default)]
pub struct Values {
    current: Option<SecretString>,
    previous: Option<SecretString>,
    pending: Option<SecretString>,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(_) => write!(f, "make a credential and keep it as AWSPENDING"),
            Self::Set(_) => write!(f, "have the server take it"),
            Self::Test(_) => write!(f, "prove that the server takes it"),
            Self::Finish(Some(from)) => write!(f, "make it AWSCURRENT in place of {from}"),
            Self::Finish(None) => write!(f, "make it AWSCURRENT"),
            Self::GiveUp(times) => write!(f, "give it up, since the server refused it {times} times"),
            Self::Revoke(secret, due) => write!(f, "revoke version {} of {secret}", due.version),
        }
    }
}

impl<C: Credential> Rotating<C> {
    /// The function, with this kind of credential; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, records: Records, credential: C) -> Self {
        Self { clients: Clients::new(sessions, Secrets::new), records, credential }
    }

    /// Opens the connection to Secrets Manager; best effort.
    pub async fn open_connections(&self) {
        self.clients.here().open_connection().await;
    }

    async fn secrets(&self, secret: &SecretArn) -> Result<Secrets, Error> {
        self.clients.at(&secret.account, &secret.region).await
    }

    async fn read_step(&self, request: &Request) -> Result<Facts, Error> {
        let secrets = self.secrets(&request.secret).await?;
        let turn = turn(request, &secrets.versions(&request.secret).await?)?;
        let (mut current, mut previous, mut pending, mut remembered) = (None, None, None, Remembered::default());
        if turn != Turn::Done {
            remembered = self.records.of(request).await?;
            pending = secrets.value_of(&request.secret, &request.version).await?;
        }
        if matches!(turn, Turn::Create | Turn::Set | Turn::Test) {
            let secret = request.secret.to_string();
            current = secrets.value_at(&secret, Stage::Current).await?;
            if turn == Turn::Set {
                previous = secrets.value_at(&secret, Stage::Previous).await?;
            }
        }
        Ok(Facts::Step { turn, current, previous, pending, remembered, now: self.records.now() })
    }

    async fn read_due(&self) -> Result<Facts, Error> {
        let mut due = Vec::new();
        for secret in self.credential.swept() {
            let all = self.records.due(secret).await?;
            // A promotion that was tried before it came about has left an earlier time; the last one counts.
            let last = |it: &Due| all.iter().all(|other| other.version != it.version || other.at <= self.records.now());
            due.extend(all.iter().filter(|it| last(it)).map(|it| (secret.clone(), it.clone())));
        }
        Ok(Facts::Sweep(due))
    }

    async fn create(&self, context: &Context<'_>) -> Result<(), Error> {
        let request = context.request;
        if C::IS_MINTED {
            self.records.intend(request).await?;
        }
        let made = self.credential.make(context).await?;
        match context.secrets.put_pending(request, &made).await {
            Ok(Put::Stored) if C::IS_MINTED => self.records.stored(request).await,
            Ok(Put::Stored) => Ok(()),
            // Whoever was faster has a credential of their own; this one is nobody's.
            Ok(Put::Taken) => {
                self.credential.take_back(context, &made).await.doing(|| "taking back what another run has made")
            }
            Err(error) => self.mend(context, &made, error).await,
        }
    }

    /// After a value could not be kept, as far as the answer says: looks whether it was, and takes it back where it was not.
    async fn mend(&self, context: &Context<'_>, made: &SecretString, error: Error) -> Result<(), Error> {
        let Context { request, secrets, .. } = context;
        match secrets.value_of(&request.secret, &request.version).await {
            Ok(Some(kept)) if kept.expose_secret() == made.expose_secret() => Ok(()),
            Ok(_) => match self.credential.take_back(context, made).await {
                Ok(()) => Err(error),
                Err(other) => Err(error.context(format!("what was made could not be taken back ({other})"))),
            },
            Err(_) => Err(error),
        }
    }

    /// Counts a refusal, and gives the credential up when there were enough.
    async fn attempted(&self, context: &Context<'_>, tried: Result<(), Error>) -> Result<(), Error> {
        let Err(error @ Error::Refused(_)) = tried else { return tried };
        let attempts = self.records.refused(context.request).await?;
        if !attempts.are_spent() {
            return Err(error);
        }
        self.give_up(context).await?;
        Err(error.context(given_up(attempts.0)))
    }

    /// Takes the pending label away. What was minted may work all the same, so the next sweep revokes it.
    async fn give_up(&self, context: &Context<'_>) -> Result<(), Error> {
        let request = context.request;
        if C::IS_MINTED && self.credential.overlap().is_some() {
            let due = Due { version: request.version.clone(), at: self.records.now() };
            self.records.change_due(&request.secret, &due, false).await?;
        }
        context.secrets.drop_pending(request).await
    }

    async fn finish(&self, context: &Context<'_>, from: Option<&VersionId>) -> Result<(), Error> {
        let request = context.request;
        if let (Some(overlap), Some(version)) = (self.credential.overlap(), from) {
            let due = Due { version: version.clone(), at: self.records.now() + overlap.as_secs() };
            self.records.change_due(&request.secret, &due, false).await?;
        }
        context.secrets.promote(request, from).await
    }

    async fn revoke(&self, secret: &SecretArn, due: &Due) -> Result<(), Error> {
        let secrets = self.secrets(secret).await?;
        let versions = secrets.versions(secret).await?;
        if !versions.has(&due.version, Stage::Current)
            && let Some(value) = secrets.value_of(secret, &due.version).await?
        {
            let current = secrets.value_at(&secret.to_string(), Stage::Current).await?;
            // Somebody may have gone back to it, by the label or by its value.
            if !current.is_some_and(|it| self.credential.is_same(&it, &value)) {
                let revoked = self.credential.revoke(&secrets, &value).await;
                revoked.doing(|| format!("revoking version {} of {secret}", due.version))?;
            }
        }
        self.records.change_due(secret, due, true).await
    }
}

fn given_up(times: u32) -> String {
    format!("the credential was refused {times} times and is given up: AWSPENDING was taken from it; rotate again")
}

impl<C: Credential> Reaction for Rotating<C> {
    const NAME: &'static str = C::NAME;
    const REPEAT: Repeat = Repeat::Again;
    type Event = Box<RawValue>;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn parse(event: Box<RawValue>) -> Result<Option<Subject>, Error> {
        let value: Value = serde_json::from_str(event.get()).map_err(Error::refused)?;
        if Sweep::<()>::of(&value, "{\"signalbox\": \"sweep\", \"force\": null}")?.is_some() {
            return Ok(Some(Subject::Sweep));
        }
        let request = serde_json::from_value(value).map_err(Error::refused).doing(|| "no step of a rotation")?;
        Ok(Some(Subject::Step(request)))
    }

    fn key(subject: &Subject) -> Key {
        match subject {
            Subject::Step(request) => request.key(),
            Subject::Sweep => Key::new(["sweep"]),
        }
    }

    async fn observe(&self, subject: &Subject, _: Deadline) -> Result<Facts, Error> {
        match subject {
            Subject::Step(request) => Box::pin(self.read_step(request)).await,
            Subject::Sweep => self.read_due().await,
        }
    }

    fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        match (subject, facts) {
            (Subject::Step(request), Facts::Step { .. }) => of_step(request, facts, C::IS_MINTED),
            (_, Facts::Sweep(due)) => {
                let steps = due.iter().map(|(secret, due)| Step::Revoke(secret.clone(), due.clone())).collect();
                Ok(Plan::Change { steps, notes: Vec::new(), incomplete: Vec::new() })
            }
            (Subject::Sweep, Facts::Step { .. }) => Err(Error::failed("a sweep has no step")),
        }
    }

    async fn apply(&self, subject: &Subject, step: &Step) -> Result<(), Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        let request = match (subject, step) {
            (_, Step::Revoke(secret, due)) => return Box::pin(self.revoke(secret, due)).await,
            (Subject::Step(request), _) => request,
            (Subject::Sweep, _) => return Err(Error::failed("a sweep has no such step")),
        };
        let secrets = self.secrets(&request.secret).await?;
        let values = match step {
            Step::Create(values) | Step::Set(values) | Step::Test(values) => values.clone(),
            _ => Values::default(),
        };
        let (current, previous) = (values.current.as_ref(), values.previous.as_ref());
        let context = Context { request, current, previous, secrets: &secrets, records: &self.records };
        let pending = values.pending.clone().unwrap_or_default();
        match step {
            Step::Create(_) => Box::pin(self.create(&context)).await,
            Step::Set(_) => {
                let tried = Box::pin(self.credential.set(&context, &pending)).await;
                self.attempted(&context, tried).await
            }
            Step::Test(_) => {
                let tried = Box::pin(self.credential.test(&context, &pending)).await;
                self.attempted(&context, tried).await
            }
            Step::Finish(from) => self.finish(&context, from.as_ref()).await,
            Step::GiveUp(times) => {
                self.give_up(&context).await?;
                Err(Error::refused(given_up(*times)))
            }
            Step::Revoke(..) => Ok(()),
        }
    }
}

fn of_step(request: &Request, facts: &Facts, is_minted: bool) -> Result<Plan<Step>, Error> {
    let Facts::Step { turn, current, previous, pending, remembered, now } = facts else {
        return Err(Error::failed("a step was not read"));
    };
    let values = || Values { current: current.clone(), previous: previous.clone(), pending: pending.clone() };
    let mut notes = Vec::new();
    let step = match turn {
        Turn::Done => return Ok(Plan::nothing(format!("version {} is AWSCURRENT already", request.version))),
        Turn::Create if pending.is_some() => {
            return Ok(Plan::nothing(format!("version {} has a value already", request.version)));
        }
        Turn::Create => {
            if let (true, Some(at)) = (is_minted, remembered.intended) {
                notes.push(format!(
                    "a credential was about to be made {} s ago and never kept: if it was made, it works, and nobody here knows it; \
                     look for it at the server",
                    now.saturating_sub(at)
                ));
            }
            Step::Create(values())
        }
        Turn::Set | Turn::Test | Turn::Finish { .. } if pending.is_none() => {
            return Err(Error::refused(format!(
                "version {} of {} has no value: createSecret comes first",
                request.version, request.secret
            )));
        }
        Turn::Finish { from } => {
            if let Some(at) = remembered.revoked {
                notes.push(format!("what was AWSCURRENT has not worked for {} s", now.saturating_sub(at)));
            }
            Step::Finish(from.clone())
        }
        Turn::Set | Turn::Test if remembered.attempts.are_spent() => Step::GiveUp(remembered.attempts.0),
        Turn::Set => Step::Set(values()),
        Turn::Test => Step::Test(values()),
    };
    Ok(Plan::Change { steps: vec![step], notes, incomplete: Vec::new() })
}
