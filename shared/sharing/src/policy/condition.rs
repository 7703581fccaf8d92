//! Which callers the conditions of a statement leave: the keys of a condition have no case, and all of its operators and keys
//! have to hold, each for one of its values.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>
//!
//! Only what is certain narrows the callers down. A condition that is not understood here leaves some, and which is not known;
//! one that also holds where its key is missing (`..IfExists`, `ForAllValues`, `StringNot..`, `Null`) leaves anonymous callers.

use std::collections::BTreeSet;

use place::{AccountId, Arn};
use policy::in_force::Statement;
use serde_json::Value;

use crate::Kind;
use crate::principal::is_id;

/// Which callers a statement's conditions leave. Where nothing narrows them down, they are everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Callers {
    /// The accounts of which alone they are, where that is certain.
    pub(super) accounts: Option<BTreeSet<AccountId>>,
    /// The organizations, or parts of them, of which alone they are, where that is certain.
    pub(super) organizations: Option<BTreeSet<String>>,
    /// The accounts of which they are not.
    pub(super) excluded: BTreeSet<AccountId>,
    /// Whether they are fewer than that, and which of them is not known.
    pub(super) is_partial: bool,
    /// Whether anonymous callers are among them.
    pub(super) is_anonymous: bool,
}

/// What one operator says of one key.
enum Leaves {
    /// Every caller, signed or not.
    Everybody,
    /// Everybody but these accounts; anonymous callers too.
    AllBut(BTreeSet<AccountId>),
    /// Anonymous callers, and which others is not known.
    Anonymous,
    /// These accounts.
    Accounts(BTreeSet<AccountId>),
    /// Some users or roles of these accounts.
    PartOf(BTreeSet<AccountId>),
    /// These organizations, or parts of them.
    Organizations(BTreeSet<String>),
    /// Some, and which is not known.
    Some,
}

/// The callers that the statement's conditions leave, in the policy of a thing of this kind.
pub(super) fn callers(statement: &Statement<'_>, kind: Kind) -> Callers {
    let mut callers = Callers { is_anonymous: true, ..Callers::default() };
    let operators = statement.0.get("Condition").and_then(Value::as_object).into_iter().flatten();
    for (operator, keys) in operators {
        let Some(keys) = keys.as_object() else {
            callers.narrow(Leaves::Some);
            continue;
        };
        for (key, values) in keys {
            callers.narrow(leaves(&Operator::read(operator), &key.to_ascii_lowercase(), &texts(values), kind));
        }
    }
    callers
}

impl Callers {
    fn narrow(&mut self, leaves: Leaves) {
        self.is_anonymous &= matches!(leaves, Leaves::Everybody | Leaves::AllBut(_) | Leaves::Anonymous);
        self.is_partial |= !matches!(leaves, Leaves::Everybody | Leaves::AllBut(_) | Leaves::Accounts(_));
        match leaves {
            Leaves::AllBut(accounts) => self.excluded.extend(accounts),
            Leaves::Accounts(accounts) | Leaves::PartOf(accounts) => {
                let common = self.accounts.take().map_or(accounts.clone(), |known| &known & &accounts);
                self.accounts = Some(common);
            }
            // Of two conditions, each of which bounds the callers, one is enough to say who they may be.
            Leaves::Organizations(ids) if self.organizations.is_none() => self.organizations = Some(ids),
            Leaves::Organizations(_) | Leaves::Everybody | Leaves::Anonymous | Leaves::Some => {}
        }
    }

    /// Whether no caller of this account is left.
    pub(super) fn leave_out(&self, account: &AccountId) -> bool {
        let is_elsewhere = self.accounts.as_ref().is_some_and(|accounts| !accounts.contains(account));
        is_elsewhere || self.excluded.contains(account)
    }

    /// The accounts of which alone the callers are, this one aside; `None` where that is not certain.
    pub(super) fn accounts_beside(&self, owner: &AccountId) -> Option<Vec<String>> {
        let accounts = self.accounts.as_ref()?.iter().filter(|account| *account != owner && !self.leave_out(account));
        Some(accounts.map(ToString::to_string).collect())
    }
}

/// An operator: what it compares, and what it says where its key is missing.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
struct Operator {
    /// In lower case, without its set operator and `IfExists`.
    name: String,
    /// Whether it is `ForAnyValue:..`, which does not hold where the key is missing.
    is_for_any: bool,
    /// Whether it holds where the key is missing, negation aside: `ForAllValues:..` and `..IfExists`.
    holds_without: bool,
}

impl Operator {
    fn read(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let (set, name) = text.split_once(':').unwrap_or(("", &text));
        let base = name.strip_suffix("ifexists");
        Self {
            is_for_any: set == "foranyvalue" && base.is_none(),
            holds_without: set == "forallvalues" || base.is_some(),
            name: base.unwrap_or(name).to_owned(),
        }
    }

    fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    fn is_like(&self) -> bool {
        self.is(&["stringlike", "arnlike", "arnequals"])
    }

    fn is_equal(&self) -> bool {
        self.is_like() || self.is(&["stringequals", "stringequalsignorecase"])
    }

    /// Whether it holds for what is not among its values, and so where the key is missing.
    fn is_negated(&self) -> bool {
        self.is(&["stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"])
    }
}

/// What an operator says of a key, which is in lower case.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn leaves(operator: &Operator, key: &str, values: &[String], kind: Kind) -> Leaves {
    match key {
        "aws:principalaccount" => of_account(operator, values),
        // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
        "kms:calleraccount" if kind == Kind::Key => of_account(operator, values),
        "aws:principalarn" => of_signed(operator, values, by_arn),
        "aws:principalorgid" => of_signed(operator, values, by_organization),
        "aws:principalorgpaths" => of_signed(operator, values, by_path),
        // These say how a call is made, and not by which caller.
        "aws:securetransport" | "kms:grantisforawsresource" if operator.name == "bool" && are(values, "true") => {
            Leaves::Everybody
        }
        _ => Leaves::Some,
    }
}

/// What is said of the caller's account. Every request has it, and that of an anonymous one is `anonymous`.
fn of_account(operator: &Operator, values: &[String]) -> Leaves {
    let accounts: Option<BTreeSet<AccountId>> = values.iter().map(|value| value.parse().ok()).collect();
    let is_any = values.iter().any(|value| is_anything(value));
    match accounts {
        _ if values.is_empty() => Leaves::Some,
        _ if operator.is_like() && is_any => Leaves::Everybody,
        Some(accounts) if operator.is_equal() && !operator.holds_without => Leaves::Accounts(accounts),
        Some(accounts) if operator.is_negated() && !operator.is_for_any => Leaves::AllBut(accounts),
        _ if operator.is_negated() && !operator.is_for_any && !is_any => Leaves::Anonymous,
        _ => Leaves::Some,
    }
}

/// What is said of a key that the requests of anonymous callers lack.
fn of_signed(operator: &Operator, values: &[String], bound: fn(&Operator, &[String]) -> Leaves) -> Leaves {
    let is_missing = operator.name == "null" && are(values, "true");
    if is_missing || operator.holds_without || operator.is_negated() && !operator.is_for_any {
        return Leaves::Anonymous;
    }
    if operator.is_equal() && !values.is_empty() { bound(operator, values) } else { Leaves::Some }
}

fn by_arn(_: &Operator, values: &[String]) -> Leaves {
    let accounts: Option<BTreeSet<AccountId>> = values.iter().map(|value| account_of(value)).collect();
    accounts.map_or(Leaves::Some, Leaves::PartOf)
}

/// The one account that a pattern of ARNs is for: nothing up to the account may stand for anything else.
fn account_of(pattern: &str) -> Option<AccountId> {
    let arn = Arn::parse(pattern)?;
    let is_certain = [arn.partition, arn.service, arn.region].iter().all(|part| !part.contains(['*', '?', '$']));
    arn.account_id().ok().filter(|_| is_certain)
}

fn by_organization(_: &Operator, values: &[String]) -> Leaves {
    let is_certain = values.iter().all(|value| is_id(value, "o-"));
    if is_certain { Leaves::Organizations(values.iter().cloned().collect()) } else { Leaves::Some }
}

/// A path begins with the organization's id. The key has several values, which only a set operator compares.
fn by_path(operator: &Operator, values: &[String]) -> Leaves {
    let is_certain = |value: &String| value.split_once('/').is_some_and(|(id, _)| is_id(id, "o-"));
    if operator.is_for_any && values.iter().all(is_certain) {
        return Leaves::Organizations(values.iter().cloned().collect());
    }
    Leaves::Some
}

/// Whether a pattern is nothing but `*`.
fn is_anything(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

fn are(values: &[String], wanted: &str) -> bool {
    !values.is_empty() && values.iter().all(|value| value.eq_ignore_ascii_case(wanted))
}

/// The values of a condition as texts: one or a list, of texts, numbers and truths.
fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().map(|it| it.as_str().map_or_else(|| it.to_string(), String::from)).collect()
}
