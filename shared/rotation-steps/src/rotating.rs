//! The four steps as a reaction: what is read, and how what follows from it is carried out, for any kind of credential.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::{Clients, Sessions};
use events::Sweep;
use futures_util::join;
use reaction::{Doing, Error, Key, Plan, Reaction, Repeat, Run};
use rotation::{Open, Request, SecretArn, Stage, Turn, VersionId, Versions, What, turn};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::credential::{Context, Credential, Written};
use crate::facts::{Facts, OfStep, Seen, Swept, Values};
use crate::minted::Minted;
use crate::plan::{Act, Step, Subject, of_step, of_sweep};
use crate::records::{Due, Entry, OfSecret, Records, Remembered};
use crate::secrets_manager::{Put, Secrets};

/// A function that rotates one kind of credential.
#[derive(Debug)]
pub struct Rotating<C> {
    sessions: Arc<Sessions>,
    clients: Clients<Secrets>,
    records: Records,
    credential: C,
    swept: Vec<SecretArn>,
}

impl<C: Credential> Rotating<C> {
    /// The function, with this kind of credential; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, records: Records, credential: C) -> Self {
        let records = records.outliving(credential.overlap());
        let clients = Clients::new(sessions.clone(), Secrets::new);
        let swept = credential.swept().to_vec();
        Self { sessions, clients, records, credential, swept }
    }

    /// The same, where a sweep looks at these secrets.
    #[must_use]
    pub fn sweeping(self, swept: Vec<SecretArn>) -> Self {
        Self { swept, ..self }
    }

    /// Opens the connection to Secrets Manager; a failure is no error, since the first call tries again.
    pub(crate) async fn open_connection(&self) {
        self.clients.here().open_connection().await;
    }

    async fn secrets(&self, secret: &SecretArn) -> Result<Secrets, Error> {
        let here = self.sessions.region()?;
        // Secrets Manager invokes functions of the secret's own region: such a request was made by another hand.
        if secret.region != here {
            let SecretArn { region, .. } = secret;
            return Err(Error::refused(format!(
                "{secret} is in {region}, and this function in {here}: a secret is rotated by a function of its own region; deploy a \
                 stack in {region}, and take the secret out of SecretArns here"
            )));
        }
        self.clients.at(&secret.account, &secret.region).await
    }

    async fn read_step(&self, request: &Request) -> Result<OfStep, Error> {
        let secrets = self.secrets(&request.secret).await?;
        let versions = secrets.versions(&request.secret).await?;
        let turn = turn(request, &versions)?;
        let (values, remembered, of_secret) = match turn {
            Turn::Done => Default::default(),
            _ => self.read_around(&secrets, request, &turn).await?,
        };
        let (schedule, overlap) = (versions.schedule, self.credential.overlap().unwrap_or_default());
        let now = self.records.now();
        Ok(OfStep { request: request.clone(), turn, values, remembered, of_secret, schedule, overlap, now })
    }

    /// What a step looks at. No read depends on another: what is recorded of a version only grows, and a value does not change.
    async fn read_around(
        &self,
        secrets: &Secrets,
        request: &Request,
        turn: &Turn,
    ) -> Result<(Values, Remembered, OfSecret), Error> {
        let (secret, arn) = (&request.secret, request.secret.to_string());
        let current = async {
            match turn {
                Turn::Create | Turn::Set | Turn::Test => secrets.value_at(&arn, Stage::Current).await,
                // By its id: another run of this step may have moved the label meanwhile. A credential that was minted is proved by
                // itself.
                Turn::Finish { from: Some(from) } if !C::IS_MINTED => secrets.value_of(secret, from).await,
                Turn::Finish { .. } | Turn::Done => Ok(None),
            }
        };
        let previous =
            async { if *turn == Turn::Set { secrets.value_at(&arn, Stage::Previous).await } else { Ok(None) } };
        let pending = secrets.value_of(secret, &request.version);
        let (remembered, of_secret) = (self.records.of(request), self.records.of_secret(secret));
        let (remembered, of_secret, pending, current, previous) =
            join!(remembered, of_secret, pending, current, previous);
        let (remembered, of_secret) = (remembered?, of_secret?);
        Ok((Values { pending: pending?, current: current?, previous: previous? }, remembered, of_secret))
    }

    async fn read_swept(&self) -> Result<Facts, Error> {
        let mut all = Vec::new();
        for secret in &self.swept {
            let of_secret = self.records.of_secret(secret).await?;
            let seen = self.see(secret, &of_secret).await;
            all.push(Swept { secret: secret.clone(), of_secret, seen });
        }
        let overlap = self.credential.overlap().unwrap_or_default();
        Ok(Facts::Sweep { all, overlap, now: self.records.now() })
    }

    async fn see(&self, secret: &SecretArn, of_secret: &OfSecret) -> Result<Seen, Error> {
        let secrets = self.secrets(secret).await?;
        let versions = secrets.versions(secret).await?;
        let forsaken = self.forsaken(&secrets, secret, &versions, of_secret).await?;
        let current = versions.with(Stage::Current).cloned();
        Ok(Seen { is_rotated: versions.is_rotated, schedule: versions.schedule, current, forsaken })
    }

    /// Whose label was taken away by hand, or by a rotation that was given up.
    async fn forsaken(
        &self,
        secrets: &Secrets,
        secret: &SecretArn,
        versions: &Versions,
        of_secret: &OfSecret,
    ) -> Result<BTreeMap<VersionId, Option<Open>>, Error> {
        let OfSecret { due, minted, open } = of_secret;
        let mut forsaken = BTreeMap::new();
        if self.credential.overlap().is_none() {
            return Ok(forsaken);
        }
        let is_left = |it: &&VersionId| !versions.stages.contains_key(it) && due.iter().all(|due| due.version != **it);
        let minted: BTreeSet<_> = minted.iter().map(|it| &it.version).collect();
        for version in minted.into_iter().filter(is_left) {
            let mut kept = None;
            if open.iter().any(|it| it.what == What::Made && it.version == *version) {
                // What was made for it and never kept is told of already.
                let Some(value) = secrets.value_of(secret, version).await? else { continue };
                kept = of_secret.unsaid(version, &value).cloned();
            }
            forsaken.insert(version.clone(), kept);
        }
        Ok(forsaken)
    }

    async fn create(&self, context: &Context<'_>, of_secret: &OfSecret) -> Result<(), Error> {
        let made = self.credential.make(context, of_secret).await?;
        if C::IS_MINTED
            && let Err(error) = self.remember(context, &made).await
        {
            return match self.take_back(context, &made).await {
                Ok(()) => Err(error),
                Err(other) => Err(error.context(format!("what was made could not be taken back ({other})"))),
            };
        }
        match context.secrets.put_pending(context.request, &made).await {
            Ok(Put::Stored) => context.is_kept().await,
            // Whoever was faster has a credential of their own; this one is nobody's.
            Ok(Put::Taken) => self.take_back(context, &made).await.doing(|| "taking back what another run has made"),
            Err(error) => self.mend(context, &made, error).await,
        }
    }

    /// Waits for both, whatever becomes of either: what is taken back is struck out after that, and a write that is on its way
    /// would come later and stay.
    async fn remember(&self, context: &Context<'_>, made: &SecretString) -> Result<(), Error> {
        let (is_made, is_remembered) = join!(context.is_made(made), self.credential.remember(context, made));
        is_made.and(is_remembered)
    }

    async fn take_back(&self, context: &Context<'_>, made: &SecretString) -> Result<(), Error> {
        self.credential.take_back(context, made).await?;
        context.nothing_is_left().await
    }

    /// After a value could not be kept, as far as the answer says: looks whether it was, and takes it back where it was not.
    async fn mend(&self, context: &Context<'_>, made: &SecretString, error: Error) -> Result<(), Error> {
        let Context { request, secrets, .. } = context;
        match secrets.value_of(&request.secret, &request.version).await {
            Ok(Some(kept)) if kept.expose_secret() == made.expose_secret() => context.is_kept().await,
            Ok(_) => match self.take_back(context, made).await {
                Ok(()) => Err(error),
                Err(other) => Err(error.context(format!("what was made could not be taken back ({other})"))),
            },
            Err(_) => Err(error),
        }
    }

    /// Counts a refusal, and gives the credential up when there were enough.
    async fn attempted(&self, context: &Context<'_>, tried: Result<(), Error>) -> Result<(), Error> {
        let Err(error @ Error::Refused(_)) = tried else { return tried };
        let remembered = self.records.refused(context.request).await?;
        if !remembered.attempts.are_spent() {
            return Err(error);
        }
        let given_up = self.give_up(context, &remembered).await?;
        Err(error.context(given_up))
    }

    /// Takes the pending label away: what is to be said then. What was minted may work all the same, so the next sweep revokes
    /// it; a password that the server may have is told of until another is set.
    async fn give_up(&self, context: &Context<'_>, remembered: &Remembered) -> Result<String, Error> {
        let Request { secret, version, .. } = context.request;
        let times = remembered.attempts.0;
        let mut said = format!(
            "the credential was refused {times} times and is given up: AWSPENDING was taken from it; rotate again"
        );
        let (mut entries, version) = (Vec::new(), version.clone());
        if C::IS_MINTED && self.credential.overlap().is_some() {
            entries.push(Entry::Due(Due { version, at: self.records.now() }));
        } else if let (false, Some(since)) = (C::IS_MINTED, remembered.set) {
            let held = Open { since, what: What::Held, version, run: String::new() };
            said = format!("{said}; {}", held.told(secret, self.records.now()));
            entries.push(Entry::Open(held));
        }
        if !entries.is_empty() {
            self.records.change(secret, &entries, &[]).await?;
        }
        context.secrets.drop_pending(context.request).await?;
        Ok(said)
    }

    async fn finish(
        &self,
        context: &Context<'_>,
        from: Option<&VersionId>,
        settled: &[Open],
        minted: &[Minted],
    ) -> Result<(), Error> {
        let request = context.request;
        let due = self.credential.overlap().zip(from).map(|(overlap, version)| {
            Entry::Due(Due { version: version.clone(), at: self.records.now() + overlap.as_secs() })
        });
        let mut struck: Vec<_> = settled.iter().cloned().map(Entry::Open).collect();
        // Nobody will revoke what goes: it is remembered no longer.
        if self.credential.overlap().is_none() {
            struck.extend(minted.iter().cloned().map(Entry::Minted));
        }
        if due.is_some() || !struck.is_empty() {
            self.records.change(&request.secret, due.as_slice(), &struck).await?;
        }
        context.secrets.promote(request, from).await
    }

    /// What has lost its label works for one more overlap: somebody may have gone another way by hand.
    async fn forsake(&self, secret: &SecretArn, version: &VersionId, kept: Option<&Open>) -> Result<(), Error> {
        let at = self.records.now() + self.credential.overlap().unwrap_or_default().as_secs();
        let added = [Entry::Due(Due { version: version.clone(), at })];
        let struck: Vec<_> = kept.cloned().map(Entry::Open).into_iter().collect();
        self.records.change(secret, &added, &struck).await
    }

    async fn revoke(&self, secret: &SecretArn, due: &Due, minted: &[Minted]) -> Result<(), Error> {
        let secrets = self.secrets(secret).await?;
        let versions = secrets.versions(secret).await?;
        let struck = Entry::Due(due.clone());
        if versions.has(&due.version, Stage::Current) {
            return self.records.change(secret, &[], &[struck]).await;
        }
        let struck: Vec<_> = [struck].into_iter().chain(minted.iter().cloned().map(Entry::Minted)).collect();
        let Some(value) = secrets.value_of(secret, &due.version).await? else {
            return self.leave(secret, due, What::Gone, &struck).await;
        };
        let current = secrets.value_at(&secret.to_string(), Stage::Current).await?;
        // Somebody may have gone back to it, by the label or by its value.
        if !self.credential.is_empty(&value) && !current.is_some_and(|it| self.credential.is_same(&it, &value)) {
            if !minted.iter().any(|it| it.is_of(&due.version, &value)) {
                return self.leave(secret, due, What::Foreign, &struck).await;
            }
            let revoked = self.credential.revoke(&secrets, secret, &value).await;
            revoked.doing(|| format!("revoking version {} of {secret}", due.version))?;
        }
        self.records.change(secret, &[], &struck).await
    }

    /// What cannot, or must not, be revoked is refused once, and told of from then on.
    async fn leave(&self, secret: &SecretArn, due: &Due, what: What, struck: &[Entry]) -> Result<(), Error> {
        let open = Open { since: due.at, what, version: due.version.clone(), run: String::new() };
        let said = open.told(secret, self.records.now());
        self.records.change(secret, &[Entry::Open(open)], struck).await?;
        Err(Error::refused(said))
    }
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
        // An error of serde's would quote what it is instead.
        if !value.is_object() {
            return Err(Error::refused("no step of a rotation: it is no JSON object"));
        }
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

    async fn observe(&self, subject: &Subject, _: &Run) -> Result<Facts, Error> {
        match subject {
            Subject::Step(request) => Box::pin(self.read_step(request)).await.map(|it| Facts::Step(Box::new(it))),
            Subject::Sweep => Box::pin(self.read_swept()).await,
        }
    }

    fn plan(_: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        match facts {
            Facts::Step(facts) => of_step(facts, C::IS_MINTED),
            Facts::Sweep { all, overlap, now } => Ok(of_sweep(all, *now, *overlap)),
        }
    }

    async fn apply(&self, _: &Subject, step: &Step, _: &Run) -> Result<(), Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        match step {
            Step::Rotate(request, act) => Box::pin(self.carry_out(request, act)).await,
            Step::Due(secret, version, kept) => self.forsake(secret, version, kept.as_ref()).await,
            Step::Revoke(secret, due, minted) => Box::pin(self.revoke(secret, due, minted)).await,
        }
    }
}

impl<C: Credential> Rotating<C> {
    /// One step of a rotation.
    async fn carry_out(&self, request: &Request, act: &Act) -> Result<(), Error> {
        let secrets = self.secrets(&request.secret).await?;
        let values = match act {
            Act::Create(values, _)
            | Act::Set(values)
            | Act::Test(values)
            | Act::Check(values)
            | Act::Finish(values, ..) => values.clone(),
            Act::Keep(_) | Act::GiveUp(_) => Values::default(),
        };
        let (current, previous) = (values.current.as_ref(), values.previous.as_ref());
        let records = &self.records;
        let context = Context { request, current, previous, secrets: &secrets, records, written: Written::default() };
        let pending = values.pending.clone().unwrap_or_default();
        match act {
            Act::Create(_, of_secret) => Box::pin(self.create(&context, of_secret)).await,
            Act::Keep(open) => records.change(&request.secret, &[], &[Entry::Open(open.clone())]).await,
            Act::Set(_) => {
                let tried = Box::pin(self.credential.set(&context, &pending)).await;
                self.attempted(&context, tried).await
            }
            Act::Test(_) => {
                let tried = Box::pin(self.credential.test(&context, &pending)).await;
                self.attempted(&context, tried).await
            }
            Act::Check(_) => {
                let none = || Error::refused("the secret has no current value that could be proved; put one");
                Box::pin(self.credential.check(&context, current.ok_or_else(none)?)).await
            }
            Act::Finish(_, from, settled, minted) => {
                // It may have been invoked out of order, or long after it was tested: what the server does not take now must not
                // become what clients get.
                let tried = Box::pin(self.credential.test(&context, &pending)).await;
                self.attempted(&context, tried).await?;
                self.finish(&context, from.as_ref(), settled, minted).await
            }
            Act::GiveUp(remembered) => Err(Error::refused(self.give_up(&context, remembered).await?)),
        }
    }
}
