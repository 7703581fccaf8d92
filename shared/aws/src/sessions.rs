//! Who we are, and the configuration to act in an account and region.

use std::time::SystemTime;

use aws_config::SdkConfig;
use reaction::{AccountId, Doing, Error, Partition, Region};
use tokio::sync::OnceCell;

use crate::config::{self, Options};
use crate::error::Answer;

/// The account, partition and region that our credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The account.
    pub account: AccountId,
    /// The partition, as the caller's ARN names it.
    pub partition: String,
}

/// The way into AWS: one configuration, and one for each other region.
#[derive(Debug)]
pub struct Sessions {
    config: SdkConfig,
    home: OnceCell<Home>,
    now: fn() -> SystemTime,
}

impl Sessions {
    /// Loads the configuration; makes no call.
    ///
    /// # Errors
    /// `Refused` where no region is set.
    pub async fn load(options: &Options) -> Result<Self, Error> {
        let config = config::load(options).await;
        if config.region().is_none_or(|region| region.as_ref().is_empty()) {
            return Err(Error::refused(
                "no region is set: set AWS_REGION, give --region, or choose a profile that has one",
            ));
        }
        Ok(Self { config, home: OnceCell::new(), now: options.now })
    }

    /// The configuration for our own account and region.
    #[must_use]
    pub fn config(&self) -> &SdkConfig {
        &self.config
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

    /// Who we are, as STS says; asked once.
    ///
    /// # Errors
    /// As of `GetCallerIdentity`.
    pub async fn home(&self) -> Result<&Home, Error> {
        self.home.get_or_try_init(|| self.ask_home()).await.doing(|| "asking STS whose credentials these are")
    }

    async fn ask_home(&self) -> Result<Home, Error> {
        let identity = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send().await.or_error()?;
        let account = identity.account().unwrap_or_default().parse().map_err(Error::failed)?;
        let partition = identity.arn().and_then(|arn| arn.split(':').nth(1)).unwrap_or(Partition::Aws.as_str()).into();
        Ok(Home { account, partition })
    }

    /// The configuration to act in a region of an account, or the reason why we may not.
    ///
    /// # Errors
    /// `Refused` where the account is not ours or the region lies in another partition.
    pub async fn at(&self, account: &AccountId, region: &Region) -> Result<SdkConfig, Error> {
        let home = self.home().await?;
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
        Ok(self.config.to_builder().region(aws_config::Region::new(region.to_string())).build())
    }
}
