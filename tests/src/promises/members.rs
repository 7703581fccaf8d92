//! An organization of four accounts: what happens in a member reaches the function in the hub, which acts in the member. IAM judges
//! each call: in the hub by the role of the function's template, in the member by the role that the function's template for members makes.

mod clusters;
mod forced;
mod judged;
mod moves;
mod refusals;
pub mod shares;
mod side_by_side;
mod sweeps;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws::in_name_of;
use aws_sdk_organizations::Client;
use ledger::DynamoLedger;
use reaction::{Mode, Reaction, Report, Run, drive_json};
use tokio::sync::Mutex;

use crate::world::roles::{make_member, make_operator, make_role};
use crate::world::{AWS, LEDGER, World, run_for};

/// The hub, and what it manages: a unit with a member and, below that, another unit with a second one; and a closed account.
pub struct Scene {
    /// The account of the functions, which is the management account, in the name of its administrator.
    pub hub: World,
    /// The member in the unit.
    pub member: World,
    /// The member in the unit below.
    pub below: World,
    /// The member that was closed.
    pub closed: World,
    /// The organization.
    pub organization: String,
    /// The unit.
    pub unit: String,
    client: Client,
    accounts: String,
    functions: Mutex<BTreeMap<&'static str, Arc<World>>>,
}

impl Scene {
    /// The functions may act where `accounts` says, given the ids of the organization and of its unit.
    pub async fn new(accounts: impl Fn(&str, &str) -> String) -> Self {
        let hub = World::new().await;
        let client = Client::new(hub.sessions.config());
        let made = client.create_organization().send().await.unwrap();
        let organization = made.organization.unwrap().id.unwrap();
        let root = client.list_roots().send().await.unwrap().roots.unwrap().remove(0).id.unwrap();
        let unit = make_unit(&client, "unit", &root).await;
        let unit_below = make_unit(&client, "below", &unit).await;
        let member = make_account(&client, "member", &root, &unit).await;
        let below = make_account(&client, "below", &root, &unit_below).await;
        let closed = make_account(&client, "closed", &root, &unit).await;
        client.close_account().account_id(&closed.account).send().await.unwrap();
        make_operator(&hub).await;
        let (accounts, functions) = (accounts(&organization, &unit), Mutex::default());
        Self { hub, member, below, closed, organization, unit, client, accounts, functions }
    }

    /// Lets the functions act in these accounts from now on.
    pub fn admit(&mut self, accounts: &str) {
        accounts.clone_into(&mut self.accounts);
        self.functions.get_mut().clear();
    }

    /// The hub in the name of the role of a function, which is made when it is first asked for, with its role in each member.
    pub async fn acting_as(&self, function: &'static str) -> Arc<World> {
        self.acting_with(function, &[]).await
    }

    /// The same with these parameters of the function's template.
    pub async fn acting_with(&self, function: &'static str, given: &[(&str, &str)]) -> Arc<World> {
        let mut functions = self.functions.lock().await;
        if let Some(made) = functions.get(function) {
            return made.clone();
        }
        let own = [("OrganizationId", self.organization.as_str()), ("Accounts", &self.accounts)];
        make_role(&self.hub, function, &[&own, given].concat()).await;
        for member in [&self.member, &self.below] {
            make_member(member, &self.hub.account, function, &own[..1], |_| {}).await;
        }
        let made = Arc::new(self.hub.acting_as(function, &self.accounts).await);
        functions.insert(function, made.clone());
        made
    }

    /// The account leaves the organization.
    pub async fn leave(&self, account: &World) {
        self.client.remove_account_from_organization().account_id(&account.account).send().await.unwrap();
    }

    /// The function of the hub hears an event.
    pub async fn hear<R: Reaction>(&self, function: &R, event: &str) -> Report {
        let sessions = &self.acting_as(R::NAME).await.sessions;
        let ledger = DynamoLedger::new(sessions, LEDGER, R::NAME);
        let run = Run::new(R::NAME, "an-event", run_for(Duration::from_mins(1)).deadline);
        in_name_of(&run, drive_json(function, &ledger, Mode::Apply, &run, event)).await
    }

    /// What the hub asked of Organizations and STS since its first calls, in order.
    pub fn asked_since(&self, skipped: usize) -> Vec<String> {
        let calls = AWS.calls_since(&self.hub.account, skipped).into_iter();
        calls.filter(|it| matches!(it.service.as_str(), "organizations" | "sts")).map(|it| it.operation).collect()
    }
}

async fn make_unit(client: &Client, name: &str, parent: &str) -> String {
    let made = client.create_organizational_unit().name(name).parent_id(parent).send().await.unwrap();
    made.organizational_unit.unwrap().id.unwrap()
}

async fn make_account(client: &Client, name: &str, root: &str, unit: &str) -> World {
    let made = client.create_account().account_name(name).email(format!("{name}@example.com")).send().await.unwrap();
    let account = made.create_account_status.unwrap().account_id.unwrap();
    let moved = client.move_account().account_id(&account).source_parent_id(root).destination_parent_id(unit);
    moved.send().await.unwrap();
    World::of(&account).await
}
