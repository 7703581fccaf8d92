//! The accounts of a deployment: one session in each, which may do only what the deployment needs there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws::{Narrowed, SdkConfig, Sessions};
use aws_sdk_lambda::config::Region as SdkRegion;
use place::{AccountId, Region};
use reaction::{Doing, Error};
use tokio::sync::OnceCell;

use crate::cloudwatch::CloudWatch;
use crate::session::Scope;
use crate::{Settings, Target};

/// The session's name, how long it lasts, and how long it is used.
const SESSION: &str = "SignalboxDelivery";
const LASTS: Duration = Duration::from_mins(15);
const USED: Duration = Duration::from_mins(10);

/// The clients of one account and Region.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) cloudwatch: CloudWatch,
}

/// A session, and when it was asked for.
type Entered = (SystemTime, Arc<OnceCell<SdkConfig>>);

/// What clients are for.
type Key = (AccountId, Region, Scope);

/// The accounts that were entered, each for what a deployment needs there: the session of one admits no other.
#[derive(Debug)]
pub(crate) struct Accounts {
    sessions: Arc<Sessions>,
    settings: Settings,
    entered: Mutex<HashMap<(AccountId, Scope), Entered>>,
    clients: Mutex<HashMap<Key, (SystemTime, Clients)>>,
}

impl Accounts {
    pub(crate) fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        Self { sessions, settings, entered: Mutex::default(), clients: Mutex::default() }
    }

    /// The clients of a target's account and Region. Accounts are entered side by side, and each once.
    ///
    /// # Errors
    /// As of `AssumeRole`; `Refused` where the settings do not name the account.
    pub(crate) async fn at(&self, target: &Target, scope: &Scope) -> Result<Clients, Error> {
        let Target { account, region, .. } = target;
        let (since, cell) = self.cell(account, scope);
        let key = (account.clone(), region.clone(), scope.clone());
        let known = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((_, clients)) = known.filter(|(of, _)| *of == since) {
            return Ok(clients);
        }
        let config = cell.get_or_try_init(|| self.enter(target, scope)).await?;
        let config = config.to_builder().region(SdkRegion::new(region.to_string())).build();
        let (lambda, cloudwatch) = (aws_sdk_lambda::Client::new(&config), CloudWatch::new(config));
        let clients = Clients { lambda, cloudwatch };
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (since, clients.clone()));
        Ok(clients)
    }

    fn cell(&self, account: &AccountId, scope: &Scope) -> Entered {
        let (now, key) = (self.sessions.now(), (account.clone(), scope.clone()));
        let mut entered = self.entered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |(since, _): &Entered| now.duration_since(*since).is_ok_and(|age| age > USED);
        if entered.get(&key).is_some_and(is_old) {
            entered.remove(&key);
        }
        entered.entry(key).or_insert_with(|| (now, Arc::default())).clone()
    }

    async fn enter(&self, target: &Target, scope: &Scope) -> Result<SdkConfig, Error> {
        let partition = target.region.partition();
        let policy = scope.policy(partition.as_str(), &target.account, &self.settings)?;
        let session = Narrowed { session_name: SESSION, policy, duration: LASTS };
        let entering = || format!("entering account {}", target.account);
        self.sessions.narrowed(&target.account, &target.region, &session).await.doing(entering)
    }
}
