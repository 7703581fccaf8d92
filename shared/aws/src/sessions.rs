//! Who we are, and the configuration to act in an account and region.

use std::sync::OnceLock;
use std::time::SystemTime;

use aws_config::SdkConfig;
use reaction::{AccountId, Doing, Error, Region};

use crate::config::{self, Options};
use crate::error::Answer;

/// The account and partition that our credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The account.
    pub account: AccountId,
    /// The partition's name in ARNs.
    pub partition: String,
}

impl Home {
    /// The home of whom an ARN names: of the function that Lambda invokes, or of the caller that STS tells.
    ///
    /// # Errors
    /// `Failed` where it is no ARN of an account.
    pub fn of_arn(arn: &str) -> Result<Self, Error> {
        let mut parts = arn.split(':').skip(1);
        let (partition, account) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
        let account = account.parse().map_err(Error::failed).doing(|| format!("`{arn}` is no ARN of an account"))?;
        Ok(Self { account, partition: partition.into() })
    }
}

/// The way into AWS: one configuration, and one for each other region.
#[derive(Debug)]
pub struct Sessions {
    config: SdkConfig,
    home: OnceLock<Home>,
    now: fn() -> SystemTime,
}

impl Sessions {
    /// Loads the configuration of a desk; makes no call.
    ///
    /// # Errors
    /// `Refused` where no region is set.
    pub async fn load(options: &Options) -> Result<Self, Error> {
        Self::new(config::load(options).await, options.now)
    }

    /// The configuration of a deployed function, from its environment and with these PEM roots (the system's where
    /// `None`); makes no call.
    ///
    /// # Errors
    /// `Refused` where no region is set.
    pub fn of_function(
        variables: fn(&str) -> Option<String>,
        roots: Option<&[u8]>,
        now: fn() -> SystemTime,
    ) -> Result<Self, Error> {
        Self::new(config::of_function(variables, roots), now)
    }

    fn new(config: SdkConfig, now: fn() -> SystemTime) -> Result<Self, Error> {
        if config.region().is_none_or(|region| region.as_ref().is_empty()) {
            return Err(Error::refused(
                "no region is set: set AWS_REGION, give --region, or choose a profile that has one",
            ));
        }
        Ok(Self { config, home: OnceLock::new(), now })
    }

    /// The configuration for our own account and region.
    #[must_use]
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Our own region.
    ///
    /// # Errors
    /// `Refused` where there is no such region.
    pub fn region(&self) -> Result<Region, Error> {
        let region = self.config.region().map(AsRef::as_ref).unwrap_or_default();
        region.parse().map_err(Error::refused).doing(|| "our own region")
    }

    /// The time. Plans get it as a fact.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        (self.now)()
    }

    /// The clock itself, for those who keep time on their own.
    #[must_use]
    pub fn clock(&self) -> fn() -> SystemTime {
        self.now
    }

    /// Says whose credentials these are; only the first time counts.
    pub fn know_home(&self, home: Home) {
        self.home.get_or_init(|| home);
    }

    /// Asks STS whose credentials these are, where nobody told them. A function is told by each invocation.
    ///
    /// # Errors
    /// As of `GetCallerIdentity`.
    pub async fn ask_home(&self) -> Result<(), Error> {
        let asking = || "asking STS whose credentials these are";
        let identity = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send().await;
        let identity = identity.or_error().doing(asking)?;
        self.know_home(Home::of_arn(identity.arn().unwrap_or_default()).doing(asking)?);
        Ok(())
    }

    /// Whose credentials these are.
    ///
    /// # Errors
    /// `Failed` before anybody has said it.
    pub fn home(&self) -> Result<&Home, Error> {
        self.home.get().ok_or_else(|| Error::failed("nobody has said whose credentials these are"))
    }

    /// Whether we may act in this region of this account.
    ///
    /// # Errors
    /// `Refused` where the account is not ours or the region lies in another partition.
    pub fn admit(&self, account: &AccountId, region: &Region) -> Result<(), Error> {
        let home = self.home()?;
        if *account != home.account {
            let ours = &home.account;
            return Err(Error::refused(format!(
                "account {account} is not ours ({ours}): deploy the function there, or send it the events of {ours} only"
            )));
        }
        if region.partition().as_str() != home.partition {
            return Err(Error::refused(format!(
                "region {region} lies in partition {}, and our credentials are of {}",
                region.partition(),
                home.partition
            )));
        }
        Ok(())
    }

    /// The configuration for another region of our own account.
    #[must_use]
    pub fn in_region(&self, region: &Region) -> SdkConfig {
        self.config.to_builder().region(aws_config::Region::new(region.to_string())).build()
    }
}

#[cfg(test)]
mod tests {
    use super::Home;

    #[test]
    fn an_arn_tells_account_and_partition() {
        for arn in [
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:share-ami",
            "arn:aws-cn:sts::111122223333:assumed-role/share-ami/session",
        ] {
            let home = Home::of_arn(arn).unwrap();
            assert_eq!((home.account.as_str(), home.partition.as_str()), ("111122223333", "aws-cn"), "{arn}");
        }
        for text in ["", "arn", "arn:aws:lambda:eu-west-1", "arn:aws:s3:::bucket"] {
            assert!(Home::of_arn(text).is_err(), "{text}");
        }
    }
}
