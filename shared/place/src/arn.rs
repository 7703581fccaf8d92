//! The six parts of an ARN.

use crate::{AccountId, Malformed};

/// An ARN's parts, as they stand: a part that AWS leaves empty is empty here, and a pattern's `*` stays a `*`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, ..
    pub partition: &'a str,
    /// `kms`, `s3`, ..
    pub service: &'a str,
    /// The Region; empty where the resource has none.
    pub region: &'a str,
    /// The account; empty where the resource's ARN has none, such as that of a bucket.
    pub account: &'a str,
    /// What follows the account. It may hold further colons and slashes, by the rules of its service.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of `text`; `None` where it is not `arn:partition:service:region:account:resource`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        if next()? != "arn" {
            return None;
        }
        let arn = Self { partition: next()?, service: next()?, region: next()?, account: next()?, resource: next()? };
        let is_complete = [arn.partition, arn.service, arn.resource].iter().all(|part| !part.is_empty());
        is_complete.then_some(arn)
    }

    /// The account's id.
    ///
    /// # Errors
    /// Where the ARN has no account, or a pattern in its place.
    pub fn account_id(&self) -> Result<AccountId, Malformed> {
        self.account.parse()
    }

    /// The resource's type and its id, apart at the first slash or colon: `key` and `1234abcd`.
    #[must_use]
    pub fn typed(&self) -> Option<(&'a str, &'a str)> {
        self.resource.split_once(['/', ':'])
    }
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn an_arn_has_six_parts_of_which_the_last_keeps_its_colons() {
        let arn = Arn::parse("arn:aws:rds:eu-west-1:111122223333:snapshot:rds:base-2026-11-02").unwrap();
        assert_eq!((arn.partition, arn.service, arn.region), ("aws", "rds", "eu-west-1"));
        assert_eq!(arn.account_id().unwrap().as_str(), "111122223333");
        assert_eq!(arn.typed(), Some(("snapshot", "rds:base-2026-11-02")));
    }

    #[test]
    fn regions_and_accounts_may_be_empty_and_nothing_else_may() {
        let bucket = Arn::parse("arn:aws:s3:::com-example-bucket").unwrap();
        assert_eq!((bucket.region, bucket.account, bucket.resource), ("", "", "com-example-bucket"));
        assert!(bucket.account_id().is_err());
        for text in ["", "arn", "arn:aws:lambda:eu-west-1", "arn:aws:s3:::", "arn::s3:::bucket", "urn:aws:s3:::bucket"]
        {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
