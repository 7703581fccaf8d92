//! Who we are, and the configuration to act in an account and region.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use place::{AccountId, Arn, Region};
use reaction::{Doing, Error};

use crate::acting;
use crate::assume::{Assumed, Identity, Narrowed, Role};
use crate::config::{self, Options};
use crate::error::Answer;
use crate::members::Members;
use crate::traced::Calls;

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
        let strange = || Error::failed(format!("`{arn}` is not the ARN of something in an account"));
        let parts = Arn::parse(arn).ok_or_else(strange)?;
        Ok(Self { account: parts.account_id().map_err(|_| strange())?, partition: parts.partition.into() })
    }
}

/// The way into AWS: one configuration of our own, and one for each other account and region.
#[derive(Debug)]
pub struct Sessions {
    config: SdkConfig,
    home: OnceLock<Home>,
    caller: OnceLock<String>,
    members: Members,
    assumed: Mutex<HashMap<AccountId, Assumed>>,
    /// Notes calls, where a daemon waits for traces.
    calls: Option<Calls>,
    now: fn() -> SystemTime,
}

impl Sessions {
    /// Loads the configuration of the command line; makes no call.
    ///
    /// # Errors
    /// `Refused` where no region is set.
    pub async fn load(options: &Options) -> Result<Self, Error> {
        Self::new(config::load(options).await, Members::default(), options.now)
    }

    /// The configuration of a deployed function, from its environment and with these PEM roots (the system's where
    /// `None`); makes no call.
    ///
    /// # Errors
    /// `Refused` where no region is set, or a setting of [`Members::read`] cannot be read.
    pub fn of_function(
        variables: fn(&str) -> Option<String>,
        roots: Option<&[u8]>,
        now: fn() -> SystemTime,
    ) -> Result<Self, Error> {
        Self::traced(variables, roots, Members::read(&variables)?, now)
    }

    /// The same for the function's own account alone, whatever the settings say of others: for what has to be told when a setting
    /// cannot be read.
    ///
    /// # Errors
    /// `Refused` where no region is set.
    pub fn of_own_account(
        variables: fn(&str) -> Option<String>,
        roots: Option<&[u8]>,
        now: fn() -> SystemTime,
    ) -> Result<Self, Error> {
        Self::traced(variables, roots, Members::default(), now)
    }

    /// Those of a configuration that somebody made, such as one with the credentials of a role in another account.
    ///
    /// # Errors
    /// `Refused` where it has no region.
    pub fn of_config(config: SdkConfig, now: fn() -> SystemTime) -> Result<Self, Error> {
        Self::new(config, Members::default(), now)
    }

    fn traced(
        variables: fn(&str) -> Option<String>,
        roots: Option<&[u8]>,
        members: Members,
        now: fn() -> SystemTime,
    ) -> Result<Self, Error> {
        let calls = Calls::if_traced(variables);
        let config = config::of_function(variables, roots, calls.as_ref());
        Ok(Self { calls, ..Self::new(config, members, now)? })
    }

    fn new(config: SdkConfig, members: Members, now: fn() -> SystemTime) -> Result<Self, Error> {
        if config.region().is_none_or(|region| region.as_ref().is_empty()) {
            return Err(Error::refused(
                "no region is set: set AWS_REGION, give --region, or choose a profile that has one",
            ));
        }
        let (home, caller) = (OnceLock::new(), OnceLock::new());
        Ok(Self { config, home, caller, members, assumed: Mutex::default(), calls: None, now })
    }

    /// The same, which may also act in these accounts.
    #[must_use]
    pub fn with_members(self, members: Members) -> Self {
        Self { members, ..self }
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

    /// The same as seconds since 1970.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
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

    /// Asks STS whose credentials these are. A function is told by each invocation.
    ///
    /// # Errors
    /// As of `GetCallerIdentity`.
    pub async fn ask_home(&self) -> Result<(), Error> {
        let asking = || "asking STS whose credentials these are";
        let identity = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send().await;
        let identity = identity.or_error().doing(asking)?;
        let arn = identity.arn().unwrap_or_default();
        self.know_home(Home::of_arn(arn).doing(asking)?);
        self.caller.get_or_init(|| arn.to_owned());
        Ok(())
    }

    /// The ARN of the credentials, as [`Sessions::ask_home`] heard it.
    #[must_use]
    pub fn caller(&self) -> Option<&str> {
        self.caller.get().map(String::as_str)
    }

    /// A person as an actor, by the ARN of their credentials, which [`Sessions::ask_home`] has asked for, and their command.
    #[must_use]
    pub fn person_as_actor(&self, command: &str) -> String {
        format!("{}, `{command}`", self.caller().unwrap_or("unknown credentials"))
    }

    /// Whose credentials these are.
    ///
    /// # Errors
    /// `Failed` before anybody has said it.
    pub fn home(&self) -> Result<&Home, Error> {
        self.home.get().ok_or_else(|| Error::failed("nobody has said whose credentials these are"))
    }

    /// The accounts that the settings name one by one. Those of units and organizations are known to Organizations alone.
    #[must_use]
    pub fn named_accounts(&self) -> BTreeSet<AccountId> {
        self.members.named()
    }

    /// The role that the settings name for other accounts.
    ///
    /// # Errors
    /// `Refused` where they name none.
    pub fn member_role(&self) -> Result<&Role, Error> {
        self.members
            .role()
            .ok_or_else(|| Error::refused("no role is set for other accounts: set SIGNALBOX_MEMBER_ROLE to its name"))
    }

    /// Whether the settings let us act in other accounts than our own.
    ///
    /// # Errors
    /// As of [`Sessions::home`].
    pub fn has_members(&self) -> Result<bool, Error> {
        Ok(self.members.admit_others(&self.home()?.account))
    }

    /// Whether we may act in this region of this account.
    ///
    /// # Errors
    /// `Refused` where the region lies in another partition, or the account is not one of [`Members::read`].
    pub async fn admit(&self, account: &AccountId, region: &Region) -> Result<(), Error> {
        let home = self.home()?;
        self.members.admit(account, &home.account, &self.config, self.now()).await?;
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

    /// The configuration for a region of an account. In another account than our own the role is assumed, once for each run
    /// (see [`crate::in_name_of`]): its credentials are there when this returns.
    ///
    /// # Errors
    /// As of [`Sessions::admit`] and of `AssumeRole`; `Failed` outside of a run.
    pub async fn at(&self, account: &AccountId, region: &Region) -> Result<SdkConfig, Error> {
        self.admit(account, region).await?;
        let home = self.home()?;
        if *account == home.account {
            return Ok(self.in_region(region));
        }
        let assumed = self.assumed(account, home);
        assumed.credentials().await?;
        let config = self.in_region(region).into_builder();
        let provider = SharedCredentialsProvider::new(assumed);
        // It keeps the credentials by itself, and knows when another run needs others.
        Ok(config
            .credentials_provider(provider)
            .identity_cache(self.noting(account, IdentityCache::no_cache()))
            .build())
    }

    /// The configuration for a region of an account by a session that may do only what it is for. The role is assumed in our own
    /// account as well.
    ///
    /// # Errors
    /// As of [`Sessions::admit`] and of `AssumeRole`; `Refused` where the settings name no role; `Failed` outside of a run.
    pub async fn narrowed(&self, account: &AccountId, region: &Region, to: &Narrowed) -> Result<SdkConfig, Error> {
        self.admit(account, region).await?;
        let role = self.members.role_of(account)?;
        let run = acting::run()?;
        let of_run = Identity::of_event(run.function, &run.occurrence);
        let identity = Identity { session_name: to.session_name.into(), ..of_run };
        let role = Role { policy: Some(to.policy.clone()), duration: Some(to.duration), ..role.clone() };
        let arn = role.arn(&self.home()?.partition, account);
        let sts = aws_sdk_sts::Client::new(&self.config);
        let credentials = role.assume(&sts, &arn, &identity).await.doing(|| {
            format!("assuming {arn} as {} (it has to trust us, with sts:SetSourceIdentity)", to.session_name)
        })?;
        let provider = SharedCredentialsProvider::new(credentials);
        let config = self.in_region(region).into_builder().credentials_provider(provider);
        Ok(config.identity_cache(self.noting(account, IdentityCache::lazy().build())).build())
    }

    /// The cache, which also notes for which operations in this account it is asked, where that is to be known.
    fn noting(&self, account: &AccountId, cache: SharedIdentityCache) -> SharedIdentityCache {
        match &self.calls {
            Some(calls) => calls.identities(cache, Some(account.clone())),
            None => cache,
        }
    }

    fn assumed(&self, account: &AccountId, home: &Home) -> Assumed {
        let mut all = self.assumed.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let role = self.members.role().cloned().unwrap_or_default();
            let arn = role.arn(&home.partition, account);
            Assumed::new(&self.config, (role, arn), self.now)
        };
        all.entry(account.clone()).or_insert_with(make).clone()
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
