//! A statement of a policy that is in force, as the JSON object itself, in whichever of its forms: a text or a list, `"*"` or
//! `{"AWS": ..}`. Nothing of it is left out, since other writers' statements have to stay as they are. Policies that are judged are read in
//! `document.rs`, which knows the place of each value and leaves out what has another form than the grammar's.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use place::{AccountId, Arn};
use serde_json::{Map, Value};

use crate::pattern::fits;

/// The condition key that holds an organization's id.
pub const ORGANIZATION: &str = "aws:PrincipalOrgID";

/// A statement, as it stands in its policy.
#[derive(Debug)]
pub struct Statement<'a>(pub &'a Map<String, Value>);

/// A principal that a statement names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// `*`.
    Everybody,
    /// An account, user, role or session; or the id of one that was deleted.
    Aws(&'a str),
    /// A canonical user or an identity provider.
    Outside(&'a str),
    /// A service of AWS.
    Service,
}

/// The statements of a policy, of which there may be one without a list.
///
/// # Errors
/// Why they are not statements.
pub fn all(policy: &Map<String, Value>) -> Result<Vec<Statement<'_>>, String> {
    let list = match policy.get("Statement") {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
    };
    let statements = list.iter().map(|value| value.as_object().map(Statement));
    statements.collect::<Option<_>>().ok_or_else(|| "a statement in it is no object".into())
}

impl<'a> Statement<'a> {
    /// Its `Sid`; empty where it has none.
    #[must_use]
    pub fn sid(&self) -> &'a str {
        self.0.get("Sid").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it allows something.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        self.0.get("Effect").and_then(Value::as_str) == Some("Allow")
    }

    /// Whether it denies something.
    #[must_use]
    pub fn is_deny(&self) -> bool {
        self.0.get("Effect").and_then(Value::as_str) == Some("Deny")
    }

    /// Whether everybody is meant, whatever the conditions. An `Allow` for all but some is for everybody.
    #[must_use]
    pub fn is_for_everybody(&self) -> bool {
        self.has_exceptions() || self.principals().any(|who| who == Who::Everybody)
    }

    /// Whether everybody but some is meant.
    #[must_use]
    pub fn has_exceptions(&self) -> bool {
        self.0.contains_key("NotPrincipal")
    }

    /// Whether the statement speaks of this action.
    #[must_use]
    pub fn is_about(&self, action: &str) -> bool {
        let is_like = |pattern: &str| fits(pattern, action);
        match (self.0.get("Action"), self.0.get("NotAction")) {
            (Some(actions), _) => texts(actions).any(is_like),
            (None, Some(others)) => !texts(others).any(is_like),
            (None, None) => false,
        }
    }

    /// The principals that the statement is for.
    pub fn principals(&self) -> impl Iterator<Item = Who<'a>> + use<'a> {
        who_of(self.0.get("Principal"))
    }

    /// The principals that the statement is not for.
    pub fn exceptions(&self) -> impl Iterator<Item = Who<'a>> + use<'a> {
        who_of(self.0.get("NotPrincipal"))
    }

    /// Every user, role and account that is named in it, in whichever way.
    pub fn named(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.principals().chain(self.exceptions()).filter_map(|who| match who {
            Who::Aws(text) => Some(text),
            _ => None,
        })
    }

    /// The organizations whose members alone are meant, as we write it.
    pub fn organizations(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let equals = self.0.get("Condition").and_then(|condition| condition.get("StringEquals"));
        equals.and_then(|equals| equals.get(ORGANIZATION)).into_iter().flat_map(texts)
    }
}

fn who_of(value: Option<&Value>) -> impl Iterator<Item = Who<'_>> + use<'_> {
    let everybody = value.filter(|value| value.as_str() == Some("*")).map(|_| Who::Everybody);
    let kinds = value.and_then(Value::as_object).into_iter().flatten();
    let named = kinds.flat_map(|(kind, value)| {
        texts(value).map(move |text| match (kind.as_str(), text) {
            ("AWS", "*") => Who::Everybody,
            ("AWS", text) => Who::Aws(text),
            ("Service", _) => Who::Service,
            (_, text) => Who::Outside(text),
        })
    });
    everybody.into_iter().chain(named)
}

/// The texts of a value that is one text or a list of them.
pub fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().into_iter().flatten();
    value.as_str().into_iter().chain(list.filter_map(Value::as_str))
}

/// The account that an AWS principal belongs to: its id, or the fifth part of an ARN.
#[must_use]
pub fn account_of(principal: &str) -> Option<AccountId> {
    Arn::parse(principal).map_or_else(|| principal.parse(), |arn| arn.account_id()).ok()
}

/// Whether an AWS principal stands for its whole account.
#[must_use]
pub fn is_root(principal: &str) -> bool {
    principal.parse::<AccountId>().is_ok() || Arn::parse(principal).is_some_and(|arn| arn.resource == "root")
}

/// Whether an AWS principal is the id of a user (`AIDA..`) or role (`AROA..`), which AWS shows in a policy when that was
/// deleted. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
#[must_use]
pub fn is_deleted(principal: &str) -> bool {
    ["AIDA", "AROA"].iter().any(|prefix| principal.starts_with(prefix))
        && principal.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
