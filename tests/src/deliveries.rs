//! Deployments, carried on by their driver against the local AWS: real functions answer, and say which version of them did.

mod broken_off;
mod judged;
mod rivals;
mod waves;

use std::sync::Arc;
use std::time::Duration;

use aws::{Members, Sessions, in_name_of};
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use delivery::{Code, Delivery, Deployment, Order, Pause, Record, Request, Settings, Target};
use reaction::{Error, Finding, Run};
use serde_json::json;

use crate::world::lambda::{code, invoke, make_alias, make_function, publish};
use crate::world::{DEPLOYMENTS, REGION, World, run_for, sessions_of};

/// A second Region.
pub const ELSEWHERE: &str = "eu-central-1";

/// The function that is delivered, its alias, and a hook.
pub const ORDERS: &str = "orders";
pub const LIVE: &str = "live";
pub const HOOK: &str = "orders-check";

/// A hub, and targets of it.
pub struct Fleet {
    pub hub: World,
    /// Each account in each Region, by account and Region.
    pub places: Vec<World>,
    settings: Settings,
}

impl Fleet {
    /// This many accounts with the function in each Region, at version 1 of the old code, which the alias names.
    pub async fn of(accounts: usize, regions: &[&'static str]) -> Self {
        let hub = World::new().await;
        hub.create_deployments().await;
        let mut places = Vec::new();
        for _ in 0..accounts {
            let account = World::new().await;
            for region in regions {
                places.push(account.in_region(region).await);
            }
        }
        let it = Self::with(hub, places, &[]);
        it.fill(regions).await;
        it
    }

    /// The hub itself is the one target, so that every call is made in one account.
    async fn here() -> Self {
        let hub = World::new().await;
        hub.create_deployments().await;
        let place = World::of(&hub.account).await;
        let it = Self::with(hub, vec![place], &[]);
        it.fill(&[REGION]).await;
        it
    }

    fn with(hub: World, places: Vec<World>, more: &[(&str, &str)]) -> Self {
        let settings = settings(&hub.account, more);
        Self { hub, places, settings }
    }

    async fn fill(&self, regions: &[&'static str]) {
        for region in regions {
            make_code_bucket(&self.hub, region, &self.places).await;
        }
        for place in &self.places {
            make_function(place, ORDERS, code("old")).await;
            let version = publish(place, ORDERS, code("old")).await;
            make_alias(place, ORDERS, LIVE, &version).await;
        }
    }

    /// The same with other settings.
    fn set(self, more: &[(&str, &str)]) -> Self {
        Self { settings: settings(&self.hub.account, more), ..self }
    }

    /// The order of these waves and this traffic, of all targets.
    pub fn order(&self, more: serde_json::Value) -> String {
        let mut accounts: Vec<_> = self.places.iter().map(|it| it.account.clone()).collect();
        accounts.dedup();
        let mut regions: Vec<_> = self.places.iter().map(region_of).collect();
        regions.sort_unstable();
        regions.dedup();
        let mut order =
            json!({"functions": [{"name": ORDERS}], "targets": [{"accounts": accounts, "regions": regions}]});
        if let serde_json::Value::Object(more) = more {
            order.as_object_mut().unwrap().extend(more);
        }
        order.to_string()
    }

    async fn sessions(&self) -> Arc<Sessions> {
        let accounts: Vec<_> =
            self.places.iter().map(|it| it.account.as_str()).chain([self.hub.account.as_str()]).collect();
        let accounts = accounts.join(",");
        let variable = |name: &str| match name {
            "SIGNALBOX_ACCOUNTS" => Some(accounts.clone()),
            "SIGNALBOX_MEMBER_ROLE" => Some("signalbox-deploy-lambda".into()),
            _ => None,
        };
        let members = Members::read(&variable).unwrap();
        Arc::new(sessions_of(&self.hub.account).await.with_members(members))
    }

    /// A driver of its own, as each run has.
    async fn driver(&self) -> Delivery {
        Delivery::new(self.sessions().await, self.settings.clone())
    }

    /// Looks at every target, and begins; nothing was changed there yet.
    async fn begin(&self, driver: &Delivery, id: &str, order: &str, says: &str) -> Result<Deployment, Vec<Finding>> {
        self.begin_with(driver, id, order, code(says)).await
    }

    /// The same with this code.
    async fn begin_with(
        &self,
        driver: &Delivery,
        id: &str,
        order: &str,
        zip: Vec<u8>,
    ) -> Result<Deployment, Vec<Finding>> {
        let order = Order::read(order, &self.settings)?;
        let request = Request { deployment: id.into(), who: "a test".into(), source: "a zip".into() };
        let codes = order.functions.iter().map(|_| Code::new(zip.clone())).collect();
        let mut it = driver.look(&order, codes, request).await.unwrap()?;
        driver.put_code(&mut it).await.unwrap();
        driver.rehearse(&it).await.unwrap();
        driver.begin(&mut it).await.unwrap();
        Ok(it)
    }

    /// Delivers until the end.
    async fn deliver(&self, id: &str, order: &str, says: &str) -> Record {
        in_name_of(&run(id), async {
            let driver = self.driver().await;
            let mut it = self.begin(&driver, id, order, says).await.unwrap();
            go_on(&driver, &mut it).await.unwrap();
            it.record
        })
        .await
    }

    /// What the alias of each target answers, and by which version.
    pub async fn answers(&self) -> Vec<String> {
        let mut all = Vec::new();
        for place in &self.places {
            let (version, told) = invoke(place, ORDERS, LIVE, "{}").await;
            all.push(format!("{} by {version}", told["says"].as_str().unwrap()));
        }
        all
    }

    pub fn target(&self, place: usize) -> Target {
        let place = &self.places[place];
        format!("{}/{}/{ORDERS}:{LIVE}", place.account, region_of(place)).parse().unwrap()
    }
}

/// Goes on until the end: the command line would pause where this asks again at once.
async fn go_on(driver: &Delivery, it: &mut Deployment) -> Result<(), Error> {
    while driver.advance(it, &run_for(Duration::from_mins(1))).await? != Pause::Over {}
    Ok(())
}

fn run(id: &str) -> Run {
    Run::new("deploy-lambda", id, run_for(Duration::from_mins(1)).deadline)
}

fn region_of(place: &World) -> String {
    place.sessions.region().unwrap().to_string()
}

fn settings(hub: &str, more: &[(&str, &str)]) -> Settings {
    let bucket = format!("code-{hub}-{{region}}");
    let variable = |name: &str| {
        let given = more.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        given.or(match name {
            "SIGNALBOX_DEPLOYMENTS_TABLE" => Some(DEPLOYMENTS.into()),
            "SIGNALBOX_CODE_BUCKET" => Some(bucket.clone()),
            "SIGNALBOX_DEPLOY_FUNCTIONS" => Some(ORDERS.into()),
            "SIGNALBOX_DEPLOY_HOOKS" => Some(HOOK.into()),
            _ => None,
        })
    };
    Settings::read(&variable).unwrap()
}

/// Makes the hub's bucket of code in a Region, which these accounts may read.
async fn make_code_bucket(hub: &World, region: &'static str, readers: &[World]) {
    let (name, place) = (format!("code-{}-{region}", hub.account), hub.in_region(region).await);
    let at = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build();
    place.s3.create_bucket().bucket(&name).create_bucket_configuration(at).send().await.unwrap();
    let versions = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    place.s3.put_bucket_versioning().bucket(&name).versioning_configuration(versions).send().await.unwrap();
    let_read(hub, region, readers).await;
}

/// Lets these accounts, and no others, read the hub's code in a Region.
async fn let_read(hub: &World, region: &'static str, readers: &[World]) {
    let (name, place) = (format!("code-{}-{region}", hub.account), hub.in_region(region).await);
    let readers: Vec<_> = readers.iter().map(|it| format!("arn:aws:iam::{}:root", it.account)).collect();
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": readers},
        "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": format!("arn:aws:s3:::{name}/code/*")}]});
    place.s3.put_bucket_policy().bucket(&name).policy(policy.to_string()).send().await.unwrap();
}
