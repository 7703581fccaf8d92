//! A condition's operator: what it compares, and what it does where its key is missing.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use crate::document::{Condition, Statement};
use crate::pattern::{covers, fits};

/// What an operator compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compares {
    Text,
    Number,
    Date,
    Bool,
    Bytes,
    Address,
    Arn,
    Presence,
}

/// How it treats a key of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantifier {
    One,
    All,
    Any,
}

/// An operator, as its name says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operator {
    pub(crate) compares: Compares,
    pub(crate) quantifier: Quantifier,
    /// Whether it holds where the key is missing, by its ending.
    pub(crate) if_exists: bool,
    /// Whether it holds for everything but its values, and so where the key is missing too.
    pub(crate) is_negative: bool,
    /// Whether `*` and `?` in its values stand for other characters.
    pub(crate) has_wildcards: bool,
}

/// Every operator without its quantifier and its ending.
pub(crate) const NAMES: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
    "Null",
];

impl Operator {
    /// The operator of this name; AWS takes it in any case of its letters.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            Some((before, rest)) if before.eq_ignore_ascii_case("ForAllValues") => (Quantifier::All, rest),
            Some((before, rest)) if before.eq_ignore_ascii_case("ForAnyValue") => (Quantifier::Any, rest),
            Some(_) => return None,
            None => (Quantifier::One, name),
        };
        let rest = rest.to_ascii_lowercase();
        let (base, if_exists) = rest.strip_suffix("ifexists").map_or((rest.as_str(), false), |base| (base, true));
        let base = NAMES.iter().find(|it| it.eq_ignore_ascii_case(base))?;
        let compares = match *base {
            "Bool" => Compares::Bool,
            "Null" => Compares::Presence,
            "BinaryEquals" => Compares::Bytes,
            it if it.starts_with("String") => Compares::Text,
            it if it.starts_with("Numeric") => Compares::Number,
            it if it.starts_with("Date") => Compares::Date,
            it if it.starts_with("Arn") => Compares::Arn,
            _ => Compares::Address,
        };
        if compares == Compares::Presence && if_exists {
            return None;
        }
        let has_wildcards = base.ends_with("Like") || compares == Compares::Arn;
        Some(Self { compares, quantifier, if_exists, is_negative: base.contains("Not"), has_wildcards })
    }

    /// Whether the value fits one of the operator's values, before a negation.
    fn is_one_of(self, condition: &Condition<'_>, value: &str) -> bool {
        condition
            .values
            .iter()
            .any(|it| if self.has_wildcards { fits(it.value, value) } else { it.value.eq_ignore_ascii_case(value) })
    }

    /// Whether the condition holds for a request in which the key has this value.
    pub(crate) fn holds_for(self, condition: &Condition<'_>, value: &str) -> bool {
        match self.compares {
            Compares::Presence => condition.values.iter().any(|it| it.value.eq_ignore_ascii_case("false")),
            _ => self.is_one_of(condition, value) != self.is_negative,
        }
    }
}

/// The managed policy of an administrator, in the partition `aws`; a `*` that reaches it there reaches it elsewhere.
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

impl Condition<'_> {
    /// Whether it holds for some values only, and not where its key is missing.
    pub(crate) fn is_firm(&self) -> bool {
        let Some(operator) = Operator::parse(self.operator.value) else { return false };
        let is_vacuous = |it: &str| match operator.compares {
            Compares::Address => it.ends_with("/0"),
            // To attach this one is to attach any.
            _ if self.is_on("iam:PolicyARN") && fits(it, ADMINISTRATOR) => true,
            _ => operator.has_wildcards && (covers(it, "*") || covers(it, "arn:*:*:*:*:*")),
        };
        !operator.is_negative
            && !operator.if_exists
            && operator.quantifier != Quantifier::All
            && operator.compares != Compares::Presence
            && !self.values.is_empty()
            && !self.values.iter().any(|it| is_vacuous(it.value))
    }

    /// Whether its key is this one, or begins so where this ends in `/` or `:`.
    pub(crate) fn is_on(&self, key: &str) -> bool {
        let own = self.key.value;
        if key.ends_with(['/', ':']) {
            return own.get(..key.len()).is_some_and(|it| it.eq_ignore_ascii_case(key));
        }
        own.eq_ignore_ascii_case(key)
    }
}

impl Statement<'_> {
    /// Whether a firm condition on one of these keys narrows it.
    pub(crate) fn is_narrowed_by(&self, keys: &[&str]) -> bool {
        self.conditions.iter().any(|it| it.is_firm() && keys.iter().any(|key| it.is_on(key)))
    }
}
