//! The secrets of the hooks, as this process knows them. All of them are read together: which of them is read must not tell an
//! attacker, by the time that an answer takes, which paths there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws::{Answer, Sessions, open_only};
use aws_sdk_secretsmanager::Client;
use futures_util::future::join_all;
use reaction::{Doing, Error};
use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::hook::{Hook, Hooks};
use crate::keys::{Comparison, Keys};

/// After this time the secrets are read anew.
const FRESH: Duration = Duration::from_mins(5);

/// So long after a reading of which a part failed, all are read anew.
const RETRY: Duration = Duration::from_secs(10);

/// For so long a secret is used that cannot be read anew.
const USABLE: Duration = Duration::from_mins(15);

/// So long after the last reading, requests that are rejected do not have them read again.
const PAUSE: Duration = Duration::from_mins(1);

/// Reads the hooks' secrets, and keeps them.
#[derive(Debug)]
pub(crate) struct Secrets {
    client: Client,
    sessions: Arc<Sessions>,
    hooks: BTreeMap<String, Hook>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    asked: Option<SystemTime>,
    known: Arc<Known>,
    /// Whether a secret could not be read, though a former value of it may be usable.
    is_stale: bool,
    unread: Option<String>,
}

/// The keys of each hook.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    by_path: BTreeMap<String, (Arc<Keys>, SystemTime)>,
    /// What requests to other paths are compared with.
    pub(crate) nothing: Arc<Keys>,
    compare: Arc<Comparison>,
}

impl Default for Known {
    fn default() -> Self {
        let compare = Arc::new(Comparison::new());
        Self { by_path: BTreeMap::new(), nothing: Arc::new(Keys::of_nothing(&compare)), compare }
    }
}

impl Known {
    /// The keys of the hook of this path, where they are known.
    pub(crate) fn keys(&self, path: &str) -> Option<&Keys> {
        self.by_path.get(path).map(|(keys, _)| keys.as_ref())
    }
}

impl Secrets {
    /// The secrets of these hooks; makes no call.
    pub(crate) fn new(sessions: Arc<Sessions>, hooks: &Hooks) -> Self {
        let client = Client::new(sessions.config());
        Self { client, sessions, hooks: hooks.by_path.clone(), kept: Mutex::default() }
    }

    /// The time.
    pub(crate) fn now(&self) -> SystemTime {
        self.sessions.now()
    }

    /// What is known, not older than it may be.
    pub(crate) async fn current(&self) -> Arc<Known> {
        let mut kept = self.kept.lock().await;
        if kept.is_older_than(FRESH, self.now()) {
            self.read_all(&mut kept).await;
        }
        kept.known.clone()
    }

    /// The same, read anew; none where they were read a moment ago.
    pub(crate) async fn again(&self) -> Option<Arc<Known>> {
        let mut kept = self.kept.lock().await;
        if !kept.is_older_than(PAUSE, self.now()) {
            return None;
        }
        self.read_all(&mut kept).await;
        Some(kept.known.clone())
    }

    /// Which secrets are not known, and why.
    pub(crate) async fn unread(&self) -> Option<String> {
        self.kept.lock().await.unread.clone()
    }

    /// Opens the connection that reads them.
    pub(crate) async fn open_connection(&self) {
        let request = self.client.get_secret_value().secret_id("none");
        drop(request.customize().mutate_request(open_only).send().await);
    }

    async fn read_all(&self, kept: &mut Kept) {
        let now = self.now();
        let arns: BTreeSet<_> = self.hooks.values().map(|it| it.secret.as_str()).collect();
        let texts = join_all(arns.iter().map(async |arn| (*arn, self.read(arn).await))).await;
        let texts: BTreeMap<_, _> = texts.into_iter().collect();
        let mut known = Known { by_path: BTreeMap::new(), ..Known::clone(&kept.known) };
        let mut problems = Vec::new();
        for (path, hook) in &self.hooks {
            let found = match &texts[hook.secret.as_str()] {
                Ok(text) => Keys::read(hook, text, &known.compare).map(|keys| (Arc::new(keys), now)),
                Err(error) => kept.known.usable(path, now).ok_or_else(|| error.to_string()),
            };
            match found {
                Ok(found) => drop(known.by_path.insert(path.clone(), found)),
                Err(problem) => problems.push(format!("the secret of {path}, {}: {problem}", hook.secret)),
            }
        }
        let unread = (!problems.is_empty()).then(|| problems.join("; "));
        let is_stale = unread.is_some() || texts.values().any(Result::is_err);
        *kept = Kept { asked: Some(now), known: Arc::new(known), is_stale, unread };
    }

    async fn read(&self, arn: &str) -> Result<SecretString, Error> {
        let answer = self.client.get_secret_value().secret_id(arn).send().await;
        let answer = answer.or_error().doing(|| "reading it; the role reads what SecretArns of the template names")?;
        answer
            .secret_string
            .map(SecretString::from)
            .ok_or_else(|| Error::refused("its value is binary, and has to be JSON"))
    }
}

impl Kept {
    /// Whether the last reading was so long ago. A clock that was set back must not keep secrets.
    fn is_older_than(&self, age: Duration, now: SystemTime) -> bool {
        let age = if self.is_stale { RETRY } else { age };
        self.asked.is_none_or(|asked| now.duration_since(asked).is_ok_and(|it| it >= age) || asked > now)
    }
}

impl Known {
    /// What was read of this path before, where that is not too long ago.
    fn usable(&self, path: &str, now: SystemTime) -> Option<(Arc<Keys>, SystemTime)> {
        let (keys, read) = self.by_path.get(path)?;
        let is_usable = now.duration_since(*read).is_ok_and(|it| it < USABLE);
        is_usable.then(|| (keys.clone(), *read))
    }
}
