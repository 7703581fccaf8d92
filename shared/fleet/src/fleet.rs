//! A fleet of AWS accounts.

use aws::{Home, SdkConfig};
use aws_sdk_sts::config::{IdentityCache, Region as SdkRegion, SharedCredentialsProvider};
use futures_util::stream::Stream;
use place::{AccountId, Partition, Region};
use reaction::{Doing, Error};

use crate::organization;
use crate::regions::{closed, is_by_choice};
use crate::{Account, Braking, Entry, Inside, Limits, Organization, Plan, Regions, Role, Targets, Unit, run, select};

/// What an operation gets: one region of one account.
#[derive(Clone, Debug)]
pub struct Session {
    /// The account's id.
    pub account: AccountId,
    /// What it is called, where an organization told.
    pub name: Option<String>,
    /// The address of its root user, where an organization told.
    pub email: Option<String>,
    /// Its state, where an organization told.
    pub status: Option<String>,
    /// The region.
    pub region: Region,
    /// The configuration for clients there, with the credentials of the role.
    pub config: SdkConfig,
}

/// The accounts that we may enter.
#[derive(Clone, Debug)]
pub struct Fleet {
    config: SdkConfig,
    home: Home,
    role: Role,
    limits: Limits,
}

impl Fleet {
    /// A fleet that is entered by assuming a role with these credentials; makes no call.
    ///
    /// # Errors
    /// `Refused` where STS would refuse the role everywhere.
    pub fn new(config: SdkConfig, home: Home, role: Role, limits: Limits) -> Result<Self, Error> {
        role.check()?;
        Ok(Self { config, home, role, limits })
    }

    /// Reads the organization and chooses among its accounts.
    ///
    /// # Errors
    /// As of `ListAccounts` and the like, and of [`select`].
    pub async fn plan(&self, targets: &Targets, regions: Regions) -> Result<Plan, Error> {
        let regions = self.regions(regions)?;
        let organization = self.organization(targets).await?;
        self.choose(targets, organization, regions)
    }

    /// The regions by name; makes no call.
    ///
    /// # Errors
    /// `Refused` where there are none, or one lies in another partition than the accounts.
    pub fn regions(&self, regions: Regions) -> Result<Vec<Region>, Error> {
        let partition = self.role.partition.as_deref().unwrap_or(&self.home.partition);
        let known = Partition::named(partition);
        let partition = known.ok_or_else(|| Error::refused(format!("`{partition}` is no partition of AWS")))?;
        let regions = regions.of(partition);
        if regions.is_empty() {
            return Err(Error::refused(
                "the regions are set, and there are none: name some, or leave the setting away",
            ));
        }
        if let Some(elsewhere) = regions.iter().find(|region| region.partition() != partition) {
            return Err(Error::refused(format!("region {elsewhere} does not lie in partition {partition}")));
        }
        Ok(regions)
    }

    /// Reads the organization; `None` where there is none, or we may not ask it, and no target needs it.
    ///
    /// # Errors
    /// What Organizations answered.
    pub async fn organization(&self, targets: &Targets) -> Result<Option<Organization>, Error> {
        targets.check()?;
        organization::read(&self.config, targets).await
    }

    /// Chooses among the accounts of the organization; makes no call.
    ///
    /// # Errors
    /// As of [`select`].
    pub fn choose(
        &self,
        targets: &Targets,
        organization: Option<Organization>,
        regions: Vec<Region>,
    ) -> Result<Plan, Error> {
        Ok(Plan::new(select(targets, organization, &self.home.account)?, regions))
    }

    /// How many calls a plan takes beside those of the operation.
    #[must_use]
    pub fn calls_of(&self, plan: &Plan) -> usize {
        let by_choice = plan.regions.iter().any(is_by_choice);
        plan.size().0 * if by_choice { 2 } else { 1 }
    }

    /// Does the operation in each account and region of the plan. It can be any async closure, so that an operation of one's own needs
    /// no more than this: `fleet.run(plan, Braking::never(), async |session| Ok(session.account))`.
    pub fn run<'a, T, O>(&self, plan: Plan, braking: Braking, operation: O) -> impl Stream<Item = Entry<T>> + 'a
    where
        T: 'a,
        O: AsyncFn(Session) -> Result<T, Error> + 'a,
    {
        let door = Door { sts: aws_sdk_sts::Client::new(&self.config), fleet: self.clone() };
        let operation = async move |Unit { account, region, with }: Unit<SdkConfig>| {
            let Account { id, name, email, status, .. } = account;
            let config = with.to_builder().region(SdkRegion::new(region.to_string())).build();
            operation(Session { account: id, name, email, status, region, config }).await
        };
        run(plan, self.limits, braking, async move |account, regions| door.enter(&account, &regions).await, operation)
    }
}

/// The way into accounts.
struct Door {
    sts: aws_sdk_sts::Client,
    fleet: Fleet,
}

impl Door {
    /// Assumes the role, and asks which regions are enabled where that is the account's choice.
    async fn enter(&self, account: &Account, regions: &[Region]) -> Result<Inside<SdkConfig>, Error> {
        let with = self.assume(&account.id).await?;
        let mut inside = Inside { with, closed: [].into() };
        if regions.iter().any(is_by_choice) {
            // Where we may not ask, the operation tries, and says what it meets.
            let not_enabled = closed(&aws_sdk_ec2::Client::new(&inside.with)).await.unwrap_or_default();
            inside.closed = not_enabled.into_iter().collect();
        }
        Ok(inside)
    }

    async fn assume(&self, account: &AccountId) -> Result<SdkConfig, Error> {
        let Fleet { config, home, role, .. } = &self.fleet;
        let arn = role.arn(&home.partition, account);
        let (role, identity) = role.assumed();
        let keys = role.assume(&self.sts, &arn, &identity).await.doing(|| format!("assuming {arn}"))?;
        // A cache would keep the keys of every account until the end.
        let as_role = config.to_builder().identity_cache(IdentityCache::no_cache());
        Ok(as_role.credentials_provider(SharedCredentialsProvider::new(keys)).build())
    }
}
