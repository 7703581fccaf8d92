//! The accounts of organizations and organizational units, as a manifest names them. They are read by the role of `reconcile-shares`,
//! as its template makes it: IAM judges each call.

use std::collections::{BTreeMap, BTreeSet};

use aws::{Pace, Sessions};
use aws_sdk_organizations::Client;
use expect_test::{Expect, expect};
use local_aws::{Fault, FaultKind};
use organization::Organizations;
use place::AccountId;
use sharing::{Kind, Manifest, Membership, Principal};
use sharing_aws::{Settings, Source, membership};

use crate::world::roles::make_role;
use crate::world::{AWS, World, sessions_of};

/// An organization whose management account is a test's.
struct Scene {
    world: World,
    /// The same in the name of the role that reads.
    reader: World,
    client: Client,
    organizations: Organizations,
    id: String,
    root: String,
    accounts: BTreeMap<&'static str, AccountId>,
}

impl Scene {
    async fn set_up() -> Self {
        let world = World::new().await;
        let client = Client::new(world.sessions.config());
        let id = client.create_organization().send().await.unwrap().organization.unwrap().id.unwrap();
        let root = client.list_roots().send().await.unwrap().roots.unwrap().remove(0).id.unwrap();
        let accounts = [("management", world.account.parse().unwrap())].into();
        make_role(&world, "reconcile-shares", &[("OrganizationId", &id), ("Accounts", &id)]).await;
        let reader = world.acting_as("reconcile-shares", &id).await;
        let organizations = asking(&reader.sessions);
        Self { world, reader, client, organizations, id, root, accounts }
    }

    /// A unit below `parent`, with one account of its name.
    async fn unit(&mut self, name: &'static str, parent: &str) -> String {
        let client = &self.client;
        let unit = client.create_organizational_unit().name(name).parent_id(parent).send().await.unwrap();
        let unit = unit.organizational_unit.unwrap().id.unwrap();
        self.account(name, &unit).await;
        unit
    }

    async fn account(&mut self, name: &'static str, parent: &str) {
        let client = &self.client;
        let account = client.create_account().account_name(name).email(format!("{name}@example.com")).send();
        let id = account.await.unwrap().create_account_status.unwrap().account_id.unwrap();
        let request = client.move_account().account_id(&id).source_parent_id(&self.root);
        request.destination_parent_id(parent).send().await.unwrap();
        self.accounts.insert(name, id.parse().unwrap());
    }

    async fn close(&self, name: &str) {
        let request = self.client.close_account().account_id(self.accounts[name].as_str());
        request.send().await.unwrap();
    }

    async fn membership(&self, id: &str) -> Result<Membership, reaction::Error> {
        membership(&self.organizations, &[id.to_owned()].into()).await
    }

    /// The accounts that an id stands for, by their names.
    async fn members(&self, id: &str) -> Result<String, reaction::Error> {
        let membership = self.membership(id).await?;
        if let Some(why) = membership.refusal(&principal(id)) {
            return Err(reaction::Error::refused(why));
        }
        Ok(self.names(&membership, &principal(id)))
    }

    fn names(&self, membership: &Membership, who: &Principal) -> String {
        let accounts = membership.accounts(who).unwrap();
        let named = self.accounts.iter().filter(|(_, id)| accounts.contains(*id)).map(|(name, _)| *name);
        let named: Vec<_> = named.collect();
        assert_eq!(named.len(), accounts.len(), "nobody else: {accounts:?}");
        named.join(" ")
    }

    async fn refused(&self, id: &str, expected: Expect) {
        let error = self.members(id).await.unwrap_err();
        let kind = if error.is_refused() { "refused" } else { "failed" };
        let text = error.to_string().replace(&self.id, "o-ours").replace(": ", ":\n");
        expected.assert_eq(&format!("{kind}\n{text}\n"));
    }
}

fn asking(sessions: &Sessions) -> Organizations {
    Organizations::of_client(Client::new(sessions.config()), Pace::unlimited())
}

fn principal(id: &str) -> Principal {
    let kind = if id.starts_with("o-") { "organization" } else { "ou/o-exampleorgid" };
    format!("arn:aws:organizations::111122223333:{kind}/{id}").parse().unwrap()
}

#[tokio::test]
async fn a_unit_holds_the_accounts_of_the_units_below_it() {
    let mut scene = Scene::set_up().await;
    let top = scene.unit("top", &scene.root.clone()).await;
    let middle = scene.unit("middle", &top).await;
    scene.unit("beside", &top).await;
    scene.unit("bottom", &middle).await;
    scene.unit("elsewhere", &scene.root.clone()).await;
    assert_eq!(scene.members(&top).await.unwrap(), "beside bottom middle top");
    assert_eq!(scene.members(&middle).await.unwrap(), "bottom middle");
    assert_eq!(scene.members(&scene.id).await.unwrap(), "beside bottom elsewhere management middle top");
}

#[tokio::test]
async fn an_account_that_is_closed_is_not_counted() {
    let mut scene = Scene::set_up().await;
    let unit = scene.unit("stays", &scene.root.clone()).await;
    scene.account("closed", &unit).await;
    scene.close("closed").await;
    assert_eq!(scene.members(&unit).await.unwrap(), "stays");
    assert_eq!(scene.members(&scene.id).await.unwrap(), "management stays");
}

#[tokio::test]
async fn an_account_that_moved_away_is_not_in_the_unit_any_more() {
    let mut scene = Scene::set_up().await;
    let left = scene.unit("left", &scene.root.clone()).await;
    let right = scene.unit("right", &scene.root.clone()).await;
    let request = scene.client.move_account().account_id(scene.accounts["left"].as_str());
    request.source_parent_id(&left).destination_parent_id(&right).send().await.unwrap();
    assert_eq!(scene.members(&left).await.unwrap(), "");
    assert_eq!(scene.members(&right).await.unwrap(), "left right");
}

#[tokio::test]
async fn what_the_manifest_and_the_settings_name_is_asked_for() {
    let mut scene = Scene::set_up().await;
    let unit = scene.unit("unit", &scene.root.clone()).await;
    let below = scene.unit("below", &unit).await;
    let allowed = format!("{},{below}", scene.id);
    let variable = |name: &str| match name {
        "SIGNALBOX_MANIFEST" => Some("s3://nowhere/share.json".to_owned()),
        "SIGNALBOX_ALLOWED_ACCOUNTS" => Some(allowed.clone()),
        _ => None,
    };
    let source = Source::new(&scene.reader.sessions, Settings::of_command_line(&variable).unwrap());
    let manifest = format!(r#"{{"ebs": {{"base": {{"eu-west-1": ["{}"]}}}}}}"#, principal(&unit));
    let before = scene.world.calls();
    let desired = source.complete(Manifest::parse(&manifest), &[Kind::Snapshot]).await.unwrap();
    assert_eq!(scene.names(&desired.membership, &principal(&unit)), "below unit");
    assert_eq!(scene.names(&desired.membership, &principal(&below)), "below");
    assert_eq!(scene.names(&desired.membership, &principal(&scene.id)), "below management unit");
    let mut calls = scene.world.operations_since(before);
    calls.sort();
    // The unit with the one below it, that one for itself, and the organization.
    let each = ["ListAccountsForParent", "ListOrganizationalUnitsForParent"].map(|it| [it; 3]).concat();
    let each = [vec!["DescribeOrganization", "ListAccounts"], each].concat();
    assert_eq!(calls, each.iter().map(|it| format!("organizations:{it}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_unit_that_does_not_exist_is_refused() {
    let scene = Scene::set_up().await;
    scene.refused("ou-ab12-cd34ef56", expect![[r#"
        refused
        asking Organizations for the accounts of ou-ab12-cd34ef56 (only the management account and delegated administrators may):
        AWS answered ParentNotFoundException:
        You specified parent that doesn't exist.
    "#]]).await;
}

#[tokio::test]
async fn an_organization_that_is_not_ours_is_refused() {
    let scene = Scene::set_up().await;
    scene.refused("o-exampleorgid", expect![[r#"
        refused
        asking Organizations for the accounts of o-exampleorgid (only the management account and delegated administrators may):
        our own organization is o-ours
    "#]]).await;
}

/// Members and strangers alike: an empty answer would take everything from everybody.
#[tokio::test]
async fn who_is_not_the_management_account_is_told_so() {
    let mut scene = Scene::set_up().await;
    let unit = scene.unit("member", &scene.root.clone()).await;
    let sessions = sessions_of(scene.accounts["member"].as_str()).await;
    scene.organizations = asking(&sessions);
    scene
        .refused(
            &scene.id,
            expect![[r#"
        failed
        asking Organizations for the accounts of o-ours (only the management account and delegated administrators may):
        AWS answered AccessDeniedException:
        You don't have permissions to access this resource.; give the role this permission and send the event again
    "#]],
        )
        .await;
    let denied = scene.members(&unit).await.unwrap_err().to_string();
    assert!(denied.contains("AWS answered AccessDeniedException"), "{denied}");
}

#[tokio::test]
async fn who_is_in_no_organization_is_told_so() {
    let mut scene = Scene::set_up().await;
    scene.organizations = asking(&World::new().await.sessions);
    scene.refused("ou-ab12-cd34ef56", expect![[r#"
        refused
        asking Organizations for the accounts of ou-ab12-cd34ef56 (only the management account and delegated administrators may):
        AWS answered AWSOrganizationsNotInUseException:
        Your account is not a member of an organization.
    "#]]).await;
}

#[tokio::test]
async fn throttling_is_waited_out_and_a_list_that_stays_throttled_is_no_list() {
    let mut scene = Scene::set_up().await;
    let unit = scene.unit("unit", &scene.root.clone()).await;
    let account = scene.world.account.clone();
    let throttle = |times| Fault {
        service: Some("organizations".into()),
        operation: Some("ListAccountsForParent".into()),
        times,
        ..Fault::new(&account, FaultKind::Throttle)
    };
    AWS.inject(&throttle(2));
    let before = scene.world.calls();
    assert_eq!(scene.members(&unit).await.unwrap(), "unit");
    assert_eq!(scene.world.calls() - before, 4, "one of them three times");
    AWS.inject(&throttle(100));
    let error = scene.members(&unit).await.unwrap_err();
    assert!(!error.is_refused() && error.to_string().contains("TooManyRequestsException"), "{error}");
}

#[tokio::test]
async fn nobody_is_asked_where_nothing_is_to_be_expanded() {
    let scene = Scene::set_up().await;
    let before = scene.world.calls();
    let known = membership(&scene.organizations, &BTreeSet::new()).await.unwrap();
    assert_eq!((known, scene.world.calls()), (Membership::default(), before));
}
