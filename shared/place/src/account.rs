//! An AWS account, by its id.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Malformed;
use crate::text::text;

/// An AWS account id: 12 digits, of which the first may be zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    /// What an account id looks like, for error messages.
    pub const EXPECTED: &'static str = "an account id of 12 digits, such as \"111122223333\"";

    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_account { Ok(Self(text.into())) } else { Err(Malformed::new(text, Self::EXPECTED)) }
    }
}

text!(AccountId);

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn an_account_id_is_twelve_digits_and_keeps_its_zeros() {
        assert_eq!("000000000012".parse::<AccountId>().unwrap().as_str(), "000000000012");
        for text in ["", "12", "1111222233334", "11112222333a", " 111122223333", "１１１１２２２２３３３３"]
        {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }
}
