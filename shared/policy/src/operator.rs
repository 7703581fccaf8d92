//! A condition's operator: what it compares, and what it does where its key is missing.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use crate::document::Condition;
use crate::pattern::covers_exactly;

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

/// How texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    Exactly,
    InAnyCase,
    /// `*` and `?` stand for other characters.
    WithWildcards,
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
    /// How its values fit.
    pub(crate) texts: Texts,
}

/// More bytes than an operator has with its quantifier and its ending.
const LONGEST: usize = 64;

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
        // One operator may have thousands of keys, and is read for each.
        if name.len() > LONGEST {
            return None;
        }
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
        let texts = match *base {
            it if it.ends_with("IgnoreCase") => Texts::InAnyCase,
            it if it.ends_with("Like") || compares == Compares::Arn => Texts::WithWildcards,
            _ => Texts::Exactly,
        };
        Some(Self { compares, quantifier, if_exists, is_negative: base.contains("Not"), texts })
    }

    /// Whether the condition holds for a request in which the key has this text.
    fn holds_for(self, condition: &Condition<'_>, text: &str) -> bool {
        let fits = |it: &str| match self.texts {
            Texts::WithWildcards => covers_exactly(it, text),
            Texts::InAnyCase => it.eq_ignore_ascii_case(text),
            Texts::Exactly => it == text,
        };
        condition.values.iter().any(|it| fits(it.value)) != self.is_negative
    }
}

impl Condition<'_> {
    /// Whether it may hold for a request in which the key has this text: where that is not sure, it may.
    pub(crate) fn may_hold_for(&self, text: &str) -> bool {
        let is_doubtful = self.values.is_empty() || self.values.iter().any(|it| it.value.contains("${"));
        Operator::parse(self.operator.value)
            .is_none_or(|it| it.compares != Compares::Text || is_doubtful || it.holds_for(self, text))
    }

    /// Whether it may hold for a request that does not have the key.
    pub(crate) fn may_hold_without_key(&self) -> bool {
        Operator::parse(self.operator.value).is_none_or(|it| match it.compares {
            Compares::Presence => !self.values.iter().all(|it| it.value.eq_ignore_ascii_case("false")),
            _ => it.if_exists || it.is_negative || it.quantifier == Quantifier::All,
        })
    }

    /// Whether it holds for every request in which the key has this text.
    pub(crate) fn surely_holds_for(&self, text: &str) -> bool {
        let is_doubtful = self.values.is_empty() || self.values.iter().any(|it| it.value.contains("${"));
        let asks_for_it = || self.values.iter().all(|it| it.value.eq_ignore_ascii_case("false"));
        Operator::parse(self.operator.value).is_some_and(|it| match it.compares {
            _ if is_doubtful => false,
            Compares::Presence => asks_for_it(),
            Compares::Text => it.holds_for(self, text),
            _ => false,
        })
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
