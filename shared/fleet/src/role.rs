//! The role that is assumed in each account, and how.

use std::time::Duration;

use aws::Identity;
use place::{AccountId, Arn, shortened};
use reaction::Error;
use serde_json::Value;

/// A role by its name, the same in each account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its path, from slash to slash.
    pub path: String,
    /// The partition of the accounts; the caller's where unset.
    pub partition: Option<String>,
    /// What the session is called; as the role where unset.
    pub session_name: Option<String>,
    /// A policy in JSON, beyond which the session may do nothing.
    pub policy: Option<String>,
    /// Managed policies of each account, beyond which the session may do nothing.
    pub policy_arns: Vec<String>,
    /// The external id.
    pub external_id: Option<String>,
    /// How long the session lasts; an hour where unset.
    pub duration: Option<Duration>,
    /// Who is behind the session.
    pub source_identity: Option<String>,
}

impl Default for Role {
    /// The role that an organization makes in each account that it creates.
    fn default() -> Self {
        Self {
            name: "OrganizationAccountAccessRole".into(),
            path: "/".into(),
            partition: None,
            session_name: None,
            policy: None,
            policy_arns: Vec::new(),
            external_id: None,
            duration: None,
            source_identity: None,
        }
    }
}

/// How long a policy may be. What STS makes of it may be too long all the same.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const LONGEST_POLICY: usize = 2048;
const LONGEST_NAME: usize = 64;
const MOST_POLICIES: usize = 10;

/// How long a session may last that a session of another role asks for, whatever the role's own limit is.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>
const LONGEST_CHAINED: Duration = Duration::from_hours(1);

impl Role {
    /// What the session is called: botocove's rule.
    #[must_use]
    pub fn session_name(&self) -> &str {
        self.session_name.as_deref().unwrap_or(&self.name)
    }

    /// The role's ARN in an account.
    #[must_use]
    pub fn arn(&self, partition: &str, account: &AccountId) -> String {
        let Self { name, path, .. } = self;
        format!("arn:{}:iam::{account}:role{path}{name}", self.partition.as_deref().unwrap_or(partition))
    }

    /// Refuses what STS would refuse in every account.
    ///
    /// # Errors
    /// `Refused`, see above.
    pub fn check(&self) -> Result<(), Error> {
        let names = [
            ("role's name", Some(&self.name), 1),
            ("session's name", Some(&self.session_name().to_owned()), 2),
            ("source identity", self.source_identity.as_ref(), 2),
        ]
        .map(|(what, name, least)| (what, name.cloned(), least));
        for (what, name, least) in names {
            if name.as_ref().is_some_and(|name| !is_name(name, least)) {
                return Err(wrong(what, &name.unwrap_or_default(), "2 to 64 letters, digits or any of _+=,.@-"));
            }
        }
        if !(self.path == "/" || self.path.starts_with('/') && self.path.ends_with('/')) {
            return Err(wrong("role's path", &self.path, "from slash to slash, such as /team/"));
        }
        if let Some(policy) = &self.policy {
            let is_policy = policy.len() <= LONGEST_POLICY && serde_json::from_str::<Value>(policy).is_ok();
            if !is_policy {
                return Err(wrong("session's policy", policy, "JSON of at most 2048 characters"));
            }
        }
        if self.policy_arns.len() > MOST_POLICIES || self.policy_arns.iter().any(|arn| !arn.starts_with("arn:")) {
            return Err(wrong("session's managed policies", &self.policy_arns.join(","), "at most 10 ARNs"));
        }
        let seconds = self.duration.map_or(900, |duration| duration.as_secs());
        if !(900..=43_200).contains(&seconds) {
            return Err(wrong("session's duration", &format!("{seconds} s"), "15 minutes to 12 hours"));
        }
        Ok(())
    }

    /// Refuses what STS would refuse in every account since the caller, by its ARN, is itself a session of a role.
    ///
    /// # Errors
    /// `Refused`, see above.
    pub fn check_caller(&self, arn: &str) -> Result<(), Error> {
        let is_session = Arn::parse(arn).is_some_and(|it| it.resource.starts_with("assumed-role/"));
        match self.duration.filter(|duration| is_session && *duration > LONGEST_CHAINED) {
            Some(duration) => Err(Error::refused(format!(
                "the session's duration: `{} s` is more than the 3600 s that STS allows where a role is assumed by a session of \
                 another role, as {arn} is; ask for at most 3600, or use credentials of a user",
                duration.as_secs()
            ))),
            None => Ok(()),
        }
    }

    /// The role as it is assumed, and under which name.
    pub(crate) fn assumed(&self) -> (aws::Role, Identity) {
        let Self { policy, policy_arns, external_id, duration, source_identity, .. } = self.clone();
        let role = aws::Role { name: self.name.clone(), external_id, duration, policy, policy_arns };
        (role, Identity { session_name: self.session_name().to_owned(), source_identity })
    }
}

fn is_name(name: &str, least: usize) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (least..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_allowed)
}

fn wrong(what: &str, found: &str, expected: &str) -> Error {
    const SHOWN: usize = 80;
    Error::refused(format!("the {what}: `{}` is not {expected}", shortened(found, SHOWN)))
}
