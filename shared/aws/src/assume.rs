//! Acting in another account: the role that is assumed there, and its credentials for as long as they last.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::{Credentials, ProvideCredentials};
use aws_sdk_sts::types::PolicyDescriptorType;
use place::AccountId;
use reaction::{Doing, Error};

use crate::acting;
use crate::error::Answer;

/// How long before its end a session is not used any more.
const TOO_SHORT: Duration = Duration::from_mins(5);

/// What STS takes as the name of a session and as a source identity, at most.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const NAME_LENGTH: usize = 64;

/// A role to assume, the same in every account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// Its name, with its path before it where it has one (`signalbox/member`).
    pub name: String,
    /// What the role's trust asks for.
    pub external_id: Option<String>,
    /// How long a session lasts; STS's hour where `None`.
    pub duration: Option<Duration>,
    /// A policy (JSON) that the session's permissions are cut down to.
    pub policy: Option<String>,
    /// ARNs of managed policies that the session's permissions are cut down to.
    pub policy_arns: Vec<String>,
}

/// What a session of a role is for, where it may do less than the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowed {
    /// The session's name; the source identity names the function and the event.
    pub session_name: &'static str,
    /// The policy (JSON) that its permissions are cut down to.
    pub policy: String,
    /// How long it lasts: 15 minutes at least.
    pub duration: Duration,
}

/// Under which name a session acts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name of the session, which stands in the ARN of whoever uses it.
    pub session_name: String,
    /// The source identity, which no later session in a chain can change; none where `None`.
    pub source_identity: Option<String>,
}

impl Identity {
    /// A session that is named after a function and the event that it reacts to, in both.
    #[must_use]
    pub fn of_event(function: &str, event: &str) -> Self {
        let name = format!("{function}@{event}");
        let is_taken = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
        let name: String = name.chars().map(|letter| if is_taken(letter) { letter } else { '-' }).collect();
        let session_name: String = name.chars().take(NAME_LENGTH).collect();
        Self { source_identity: Some(session_name.clone()), session_name }
    }
}

impl Role {
    /// The ARN of this role in an account.
    #[must_use]
    pub fn arn(&self, partition: &str, account: &AccountId) -> String {
        format!("arn:{partition}:iam::{account}:role/{}", self.name.trim_matches('/'))
    }

    /// Assumes the role of this ARN.
    ///
    /// # Errors
    /// As of `AssumeRole`.
    pub async fn assume(&self, sts: &Client, arn: &str, identity: &Identity) -> Result<Credentials, Error> {
        let seconds = self.duration.map(|it| i32::try_from(it.as_secs()).unwrap_or(i32::MAX));
        let policies = self.policy_arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build());
        let call = sts.assume_role().role_arn(arn).role_session_name(&identity.session_name);
        let call = call.set_source_identity(identity.source_identity.clone());
        let call = call.set_external_id(self.external_id.clone()).set_duration_seconds(seconds);
        let call = call.set_policy(self.policy.clone());
        let call = call.set_policy_arns((!self.policy_arns.is_empty()).then(|| policies.collect()));
        let answer = call.send().await.or_error()?;
        let made = answer.credentials.ok_or_else(|| Error::failed("STS gave no credentials"))?;
        let expires = SystemTime::try_from(made.expiration).ok();
        let token = Some(made.session_token);
        Ok(Credentials::new(made.access_key_id, made.secret_access_key, token, expires, "AssumeRole"))
    }
}

/// How many sessions of one role are kept: as many as runs may be at work side by side. A run whose session has made room for
/// another's assumes the role again.
const SESSIONS: usize = 16;

/// One role of one account: a session of it for each run.
#[derive(Clone)]
pub(crate) struct Assumed(Arc<Inner>);

struct Inner {
    sts: Client,
    role: Role,
    arn: String,
    now: fn() -> SystemTime,
    /// The last sessions, the newest at the end.
    sessions: tokio::sync::Mutex<VecDeque<(Identity, Credentials)>>,
}

impl fmt::Debug for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assumed({})", self.0.arn)
    }
}

impl Assumed {
    /// The role of this ARN; makes no call.
    pub(crate) fn new(config: &SdkConfig, (role, arn): (Role, String), now: fn() -> SystemTime) -> Self {
        let sessions = tokio::sync::Mutex::default();
        Self(Arc::new(Inner { sts: Client::new(config), role, arn, now, sessions }))
    }

    /// Credentials that last for a while, in the name of the run that asks.
    pub(crate) async fn credentials(&self) -> Result<Credentials, Error> {
        let Inner { sts, role, arn, now, sessions } = &*self.0;
        let run = acting::run()?;
        let identity = Identity::of_event(run.function, &run.occurrence);
        // Held over the call: reads of the same run that come meanwhile wait for the one session.
        let mut sessions = sessions.lock().await;
        let lasts = |it: &Credentials| it.expiry().is_none_or(|end| end > now() + TOO_SHORT);
        sessions.retain(|(_, credentials)| lasts(credentials));
        if let Some((_, credentials)) = sessions.iter().find(|(of, _)| *of == identity) {
            return Ok(credentials.clone());
        }
        let credentials = role.assume(sts, arn, &identity).await.doing(|| {
            format!(
                "assuming {arn} as {} (it has to trust us, with sts:SetSourceIdentity, and our own role to allow it)",
                identity.session_name
            )
        })?;
        if sessions.len() == SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back((identity, credentials.clone()));
        Ok(credentials)
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.credentials().await.map_err(CredentialsError::provider_error) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, Role};

    #[test]
    fn a_session_names_the_function_and_the_event_in_letters_that_sts_takes() {
        let name = |event: &str| Identity::of_event("share-rds-snapshot", event).session_name;
        assert_eq!(
            name("6a7e8feb-b491-4cf7-a9f1-bf3703467718"),
            "share-rds-snapshot@6a7e8feb-b491-4cf7-a9f1-bf3703467718"
        );
        assert_eq!(name("a b/ü"), "share-rds-snapshot@a-b--");
        assert_eq!(name(&"x".repeat(100)).len(), 64);
    }

    #[test]
    fn a_role_may_have_a_path() {
        let account = "222233334444".parse().unwrap();
        let arn = |name: &str| Role { name: name.into(), ..Role::default() }.arn("aws-cn", &account);
        assert_eq!(arn("member"), "arn:aws-cn:iam::222233334444:role/member");
        assert_eq!(arn("/signalbox/member"), "arn:aws-cn:iam::222233334444:role/signalbox/member");
    }
}
