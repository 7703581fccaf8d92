//! Whether a condition lets some requests through and not others, as far as its text shows.

use std::net::IpAddr;

use crate::document::{Condition, Statement};
use crate::operator::{Compares, Operator, Quantifier, Texts};
use crate::pattern::{covers, fits};
use crate::reach::{is_of_callers, parts};

/// AWS's managed policies with which a holder gives itself any other right; in the partition `aws`, where a `*` that reaches them
/// reaches them elsewhere too.
const OF_ADMINISTRATORS: [&str; 2] =
    ["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/IAMFullAccess"];

/// How many characters a value with wildcards gives at least.
const GIVEN: usize = 3;

/// Keys whose values begin in the same way for every owner.
const OF_IDS: [&str; 9] = [
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:VpceAccount",
];

impl Condition<'_> {
    /// Whether it does not hold where its key is missing.
    pub(crate) fn needs_its_key(&self) -> bool {
        Operator::parse(self.operator.value).is_some_and(|it| match it.compares {
            Compares::Presence => self.values.iter().all(|it| it.value.eq_ignore_ascii_case("false")),
            _ => !it.is_negative && !it.if_exists && it.quantifier != Quantifier::All && !self.values.is_empty(),
        })
    }

    /// Whether it holds for some values only, and not where its key is missing.
    pub(crate) fn is_firm(&self) -> bool {
        let Some(operator) = Operator::parse(self.operator.value).filter(|_| self.needs_its_key()) else {
            return false;
        };
        let is_each_boolean = || {
            let has = |text: &str| self.values.iter().any(|it| it.value.eq_ignore_ascii_case(text));
            operator.compares == Compares::Bool && has("true") && has("false")
        };
        operator.compares != Compares::Presence
            && !is_each_boolean()
            && !self.values.iter().any(|it| self.is_vacuous(operator, it.value))
    }

    /// Whether the value lets everything through, or nearly everything.
    fn is_vacuous(&self, operator: Operator, value: &str) -> bool {
        let names_policies = self.is_on("iam:PolicyARN") || self.is_on("iam:PermissionsBoundary");
        let given = |it: &str| it.bytes().filter(|it| !matches!(it, b'*' | b'?' | b':' | b'/')).count();
        match operator.compares {
            Compares::Address => is_wide(value),
            // Everybody but AWS's services.
            Compares::Bool if self.is_on("aws:PrincipalIsAWSService") => value.eq_ignore_ascii_case("false"),
            // A variable of the request compares the request with itself.
            _ if !is_of_callers(value) => true,
            // To attach one of these is to attach any; as a boundary they bound nothing.
            _ if names_policies && OF_ADMINISTRATORS.iter().any(|it| fits(value, it)) => true,
            _ if operator.texts != Texts::WithWildcards || !value.contains(['*', '?']) => false,
            _ if OF_IDS.iter().any(|key| self.is_on(key)) => {
                given(value.split_once('-').map_or(value, |it| it.1)) < GIVEN
            }
            _ => given(value) < GIVEN || covers(value, "arn:*:*:*:*:*") || self.is_of_every_account(value),
        }
    }

    /// Whether the value is an identity, or any thing, of every account: others make one that it fits.
    fn is_of_every_account(&self, value: &str) -> bool {
        let parts = parts(value);
        let is_of_every = value.starts_with("arn:") && (parts[4].is_empty() || parts[4].starts_with('*'));
        is_of_every && (self.is_on("aws:PrincipalArn") || self.is_on("aws:SourceArn") && parts[5].starts_with('*'))
    }

    /// Whether its key is one of these.
    pub(crate) fn is_on_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.is_on(key))
    }
}

/// Networks that Amazon S3 calls public: wider than /8, or /32 of IPv6.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
fn is_wide(network: &str) -> bool {
    let Some((address, length)) = network.split_once('/') else { return false };
    let least = if address.parse::<IpAddr>().is_ok_and(|it| it.is_ipv6()) { 32 } else { 8 };
    length.parse::<u8>().is_ok_and(|it| it < least)
}

impl Statement<'_> {
    /// Whether a firm condition on one of these keys narrows it.
    pub(crate) fn is_narrowed_by(&self, keys: &[&str]) -> bool {
        self.conditions.iter().any(|it| it.is_firm() && it.is_on_any(keys))
    }
}
