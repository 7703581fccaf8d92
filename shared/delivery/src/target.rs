//! One alias of one function in one account and Region.

use std::fmt;
use std::str::FromStr;

use place::{AccountId, Malformed, Region};
use serde::{Deserialize, Serialize};

/// What is delivered to: an alias of a function in an account and Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// The function's name.
    pub function: String,
    /// The alias that is moved.
    pub alias: String,
}

impl Target {
    /// What a target looks like, for messages.
    const EXPECTED: &'static str = "a target, such as 111122223333/eu-west-1/orders:live";
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}:{}", self.account, self.region, self.function, self.alias)
    }
}

impl FromStr for Target {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new(text, Self::EXPECTED);
        let (account, rest) = text.split_once('/').ok_or_else(malformed)?;
        let (region, rest) = rest.split_once('/').ok_or_else(malformed)?;
        let (function, alias) = rest.split_once(':').ok_or_else(malformed)?;
        let (account, region) = (account.parse()?, region.parse()?);
        Ok(Self { account, region, function: function.into(), alias: alias.into() })
    }
}

impl TryFrom<String> for Target {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}
