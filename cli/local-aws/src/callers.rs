//! Who makes a call: the account or the session of a role that an access key stands for.
//!
//! The endpoint remembers the keys that `AssumeRole` gave out, with the role, the source identity and the session policies, so that
//! IAM can be asked about each later call. Temporary keys that no known `AssumeRole` gave out are refused: what they may do is not known.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::calls::Call;
use crate::credentials::DEFAULT_ACCOUNT;

/// How the access key of a session begins; in that of a deployed function, its account and its role follow.
pub(crate) const TEMPORARY: &str = "ASIA";

/// A session of a role, and what it was cut down to when it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Session {
    /// The account of the role.
    pub(crate) account: String,
    /// The role's name, without its path.
    pub(crate) role: String,
    /// The session's name.
    pub(crate) name: String,
    /// The source identity, which later sessions in a chain keep.
    pub(crate) source_identity: Option<String>,
    /// The session policy.
    pub(crate) policy: Option<String>,
    /// The managed policies that are session policies.
    pub(crate) policy_arns: Vec<String>,
}

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Caller {
    /// A session of a role, which IAM judges.
    Session(Session),
    /// The administrator of an account, who may do everything in it.
    Account {
        /// Its id.
        account: String,
    },
    /// A session that no known `AssumeRole` has made.
    Unknown,
}

impl Caller {
    /// The account in which a call of this caller acts.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Session(Session { account, .. }) | Self::Account { account } => account,
            Self::Unknown => DEFAULT_ACCOUNT,
        }
    }

    fn source_identity(&self) -> Option<&String> {
        if let Self::Session(session) = self { session.source_identity.as_ref() } else { None }
    }
}

impl Session {
    /// The session of a deployed function, whose access key says whose role it is (`ASIA111122223333-NAME`). A role's name has
    /// no `/`, so that it fits into the scope of a credential.
    fn of_function(access_key: &str) -> Option<Self> {
        let (account, role) = access_key.strip_prefix(TEMPORARY)?.split_once('-')?;
        let [account, role, name] = [account, role, "session"].map(String::from);
        is_account(&account).then(|| Self { account, role, name, ..Self::default() })
    }

    /// The session that `AssumeRole` makes of this form.
    fn asked_for(form: &str, caller: &Caller) -> Option<Self> {
        let mut session = Self { source_identity: caller.source_identity().cloned(), ..Self::default() };
        for (name, value) in form_urlencoded::parse(form.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "RoleArn" => {
                    value.split(':').nth(4).unwrap_or_default().clone_into(&mut session.account);
                    value.rsplit('/').next().unwrap_or_default().clone_into(&mut session.role);
                }
                "RoleSessionName" => session.name = value,
                "SourceIdentity" => session.source_identity = Some(value),
                "Policy" => session.policy = Some(value),
                name if name.starts_with("PolicyArns.member.") => session.policy_arns.push(value),
                _ => {}
            }
        }
        is_account(&session.account).then_some(session)
    }
}

/// The access keys that were handed out, each with its caller.
#[derive(Debug, Default)]
pub(crate) struct AccessKeys(Mutex<HashMap<String, Caller>>);

impl AccessKeys {
    /// Who signs with this access key: a key of 12 digits is the account of that number.
    pub(crate) fn caller(&self, access_key: &str) -> Caller {
        if is_account(access_key) {
            return Caller::Account { account: access_key.to_owned() };
        }
        if let Some(session) = Session::of_function(access_key) {
            return Caller::Session(session);
        }
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = || match access_key.strip_prefix(TEMPORARY) {
            Some(_) => Caller::Unknown,
            None => Caller::Account { account: DEFAULT_ACCOUNT.to_owned() },
        };
        known.get(access_key).cloned().unwrap_or_else(unknown)
    }

    /// Remembers the access key in the answer to `AssumeRole`, which was asked for in this form, or to `CreateAccessKey`. Keys that
    /// come in another way stay unknown.
    pub(crate) fn learn(&self, call: &Call, form: &str, answer: &str) {
        let Some(access_key) = element(answer, "AccessKeyId") else { return };
        let caller = self.caller(&call.access_key);
        let made = match (call.service.as_str(), call.operation.as_str()) {
            ("sts", "AssumeRole") => Session::asked_for(form, &caller).map(Caller::Session),
            ("iam", "CreateAccessKey") => Some(Caller::Account { account: caller.account().to_owned() }),
            _ => None,
        };
        if let Some(made) = made {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(access_key.to_owned(), made);
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> Caller {
        Caller::Account { account: id.to_owned() }
    }

    fn call(service: &str, operation: &str, access_key: &str) -> Call {
        let [service, operation, access_key] = [service, operation, access_key].map(String::from);
        Call { service, operation, access_key, ..Call::default() }
    }

    #[test]
    fn a_functions_key_says_its_account_and_its_role() {
        let keys = AccessKeys::default();
        let Caller::Session(session) = keys.caller("ASIA111122223333-signalbox-share-ami-Role-ABC") else { panic!() };
        assert_eq!((session.account.as_str(), session.role.as_str()), ("111122223333", "signalbox-share-ami-Role-ABC"));
        for other in ["111122223333", "ASIA1", "ASIAX11122223333-role", "AKIA111122223333-role"] {
            assert!(!matches!(keys.caller(other), Caller::Session(_)), "{other}");
        }
    }

    #[test]
    fn an_assumed_roles_key_is_a_session_with_everything_that_was_asked_for() {
        let keys = AccessKeys::default();
        let form = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fteam%2Fmember&RoleSessionName=s\
                    &SourceIdentity=share-ami%40one&Policy=%7B%7D&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FX";
        keys.learn(&call("sts", "AssumeRole", "111111111111"), form, "<AccessKeyId>ASIA1</AccessKeyId>");
        let expected = Session {
            account: "222222222222".into(),
            role: "member".into(),
            name: "s".into(),
            source_identity: Some("share-ami@one".into()),
            policy: Some("{}".into()),
            policy_arns: vec!["arn:aws:iam::aws:policy/X".into()],
        };
        assert_eq!(keys.caller("ASIA1"), Caller::Session(expected));
        let chained = "RoleArn=arn:aws:iam::333333333333:role/next&RoleSessionName=t";
        keys.learn(&call("sts", "AssumeRole", "ASIA1"), chained, "<AccessKeyId>ASIA2</AccessKeyId>");
        let Caller::Session(next) = keys.caller("ASIA2") else { panic!() };
        assert_eq!(next.source_identity.as_deref(), Some("share-ami@one"), "a chain keeps it");
        assert_eq!(next.policy, None);
    }

    #[test]
    fn a_temporary_key_that_no_assume_role_gave_out_is_unknown() {
        let keys = AccessKeys::default();
        keys.learn(&call("sts", "GetSessionToken", "111111111111"), "", "<AccessKeyId>ASIA3</AccessKeyId>");
        assert_eq!(keys.caller("ASIA3"), Caller::Unknown);
        keys.learn(&call("iam", "CreateAccessKey", "111111111111"), "", "<AccessKeyId>AKIA4</AccessKeyId>");
        assert_eq!(keys.caller("AKIA4"), account("111111111111"));
        assert_eq!(keys.caller("333333333333"), account("333333333333"));
        assert_eq!(keys.caller("AKIAUNKNOWN"), account(DEFAULT_ACCOUNT));
        assert_eq!(keys.caller(""), account(DEFAULT_ACCOUNT), "a request that is not signed");
    }
}
