//! An organization to try things on: the account of the local AWS manages it, and three members in two units have something to find.

use std::collections::BTreeMap;
use std::time::SystemTime;

use anyhow::Context;
use aws::Answer;
use aws_config::SdkConfig;
use aws_sdk_ec2::Client as Ec2;
use aws_sdk_ec2::types::{OperationType, ResourceType, SnapshotAttributeName, Tag, TagSpecification};
use aws_sdk_organizations::Client;
use futures_util::future::{try_join, try_join_all};
use local_aws::deploy::{Deployment, Stack};
use reaction::{Doing, Error};
use serde_json::Value;

use crate::account::{ACCOUNT, REGION};
use crate::cluster::{Cluster, Network};
use crate::local::{BUCKET, DELIVERED, EXTERNAL_ID, Local, Roles, known_to, stack, template_of};
use crate::sample::{self, Image};

/// The unit with which the manifest shares.
pub(crate) const WORKLOADS: &str = "workloads";
/// The other unit.
pub(crate) const SANDBOX: &str = "sandbox";
/// The member with a cluster.
pub(crate) const PRODUCTION: &str = "production";
/// The member that can be moved to the unit [`WORKLOADS`].
pub(crate) const PLAYGROUND: &str = "playground";

/// Each member, and its unit.
const MEMBERS: [(&str, &str); 3] = [("development", WORKLOADS), (PRODUCTION, WORKLOADS), (PLAYGROUND, SANDBOX)];

/// The name of a snapshot that is shared with the members of the unit [`WORKLOADS`], and the entry that matches it.
const SNAPSHOT: &str = "data-nightly";
const ENTRY: &str = "data-";

/// What CloudTrail tells of an account that was moved, with the ids of another organization.
const MOVED: &str = include_str!("../../events/react-org-change/an-account-was-moved.json");

/// The organization that the account manages.
#[derive(Debug)]
pub(crate) struct Organization {
    /// Its id.
    pub(crate) id: String,
    /// The id and the ARN of each unit, by its name.
    units: BTreeMap<&'static str, Unit>,
    /// The id of each member, by its name.
    members: BTreeMap<&'static str, String>,
}

#[derive(Debug)]
struct Unit {
    id: String,
    arn: String,
}

/// What there is to find in members.
pub(crate) struct Found {
    /// The image of the member [`PLAYGROUND`].
    pub(crate) image: Image,
    /// The zone of the member [`PRODUCTION`], in which its cluster has no name yet.
    pub(crate) zone: String,
}

impl Organization {
    /// Makes the organization with its units and members.
    pub(crate) async fn make(config: &SdkConfig) -> Result<Self, Error> {
        let client = Client::new(config);
        let made = client.create_organization().send().await.or_error().doing(|| "making an organization")?;
        let id = made.organization.and_then(|it| it.id).unwrap_or_default();
        let roots = client.list_roots().send().await.or_error().doing(|| "asking for the root")?;
        let root = roots.roots.unwrap_or_default().into_iter().find_map(|it| it.id).unwrap_or_default();
        let (mut units, mut members) = (BTreeMap::new(), BTreeMap::new());
        for name in [WORKLOADS, SANDBOX] {
            let made = client.create_organizational_unit().name(name).parent_id(&root).send().await.or_error();
            let made = made.doing(|| format!("making the unit {name}"))?.organizational_unit;
            let (id, arn) = made.map(|it| (it.id, it.arn)).unwrap_or_default();
            units.insert(name, Unit { id: id.unwrap_or_default(), arn: arn.unwrap_or_default() });
        }
        for (name, unit) in MEMBERS {
            let account = make_account(&client, name, &root, &units[unit].id).await;
            members.insert(name, account.doing(|| format!("making the account {name}"))?);
        }
        Ok(Self { id, units, members })
    }

    /// The id of a unit.
    pub(crate) fn unit(&self, name: &str) -> &str {
        &self.units[name].id
    }

    /// The id of a member.
    pub(crate) fn member(&self, name: &str) -> &str {
        &self.members[name]
    }

    /// The share manifest: images for accounts by their ids, and snapshots for a unit, whose accounts EC2 has to be told one by one.
    pub(crate) fn manifest(&self) -> String {
        let mut manifest = sample::manifest();
        manifest["ebs"] = serde_json::json!({ENTRY: {REGION: [self.units[WORKLOADS].arn]}});
        manifest.to_string()
    }

    /// Makes what there is to find: in each member an image that is shared with an account from before, in one of them also a
    /// cluster; and in the account itself a snapshot that is shared as the manifest says.
    pub(crate) async fn furnish(&self, local: &Local) -> Result<Found, Error> {
        let images = self.members.iter().map(async |(name, account)| {
            let image = Image::register(&local.config_of(account)).await;
            Ok::<_, Error>((*name, image.doing(|| format!("in the account {name}"))?))
        });
        let mut images: BTreeMap<_, _> = try_join_all(images).await?.into_iter().collect();
        let production = local.config_of(self.member(PRODUCTION));
        let network = Network::make(&production).await?;
        Cluster::run(&production, &network).await?;
        self.share_snapshot(&Ec2::new(&local.config)).await.doing(|| format!("sharing {SNAPSHOT}"))?;
        let image = images.remove(PLAYGROUND).ok_or_else(|| Error::failed("there is no playground"))?;
        Ok(Found { image, zone: network.zone })
    }

    async fn share_snapshot(&self, ec2: &Ec2) -> Result<(), Error> {
        let name = Tag::builder().key("Name").value(SNAPSHOT).build();
        let tags = TagSpecification::builder().resource_type(ResourceType::Snapshot).tags(name).build();
        let volume = ec2.create_volume().availability_zone(format!("{REGION}a")).size(8).send().await.or_error()?;
        let made = ec2.create_snapshot().set_volume_id(volume.volume_id).tag_specifications(tags).send().await;
        let modify = ec2.modify_snapshot_attribute().set_snapshot_id(made.or_error()?.snapshot_id);
        let modify = modify.attribute(SnapshotAttributeName::CreateVolumePermission).operation_type(OperationType::Add);
        let members = MEMBERS.into_iter().filter(|(_, unit)| *unit == WORKLOADS);
        let members = members.map(|(name, _)| self.members[name].clone()).collect();
        modify.set_user_ids(Some(members)).send().await.or_error()?;
        Ok(())
    }

    /// Lets the deployed functions, by these roles, and the account itself into the members.
    pub(crate) async fn open(&self, local: &Local, roles: &Roles) -> anyhow::Result<()> {
        // A function without a template for members acts in its own account alone.
        let acting = roles.iter().filter(|(function, _)| template_of(&format!("{function}-member")).exists());
        let members = acting.map(|(function, role)| self.member_stack(function, role));
        let members = members.collect::<anyhow::Result<Vec<_>>>()?;
        let access = Stack {
            name: "organization-access-role".into(),
            template: local_aws::workspace().join("cli/src/organization-access-role.yaml"),
            parameters: [("ManagementAccountId".to_owned(), ACCOUNT.to_owned())].into(),
        };
        let open = self.members.iter().map(async |(name, account)| {
            let deployment = Deployment::new(&local.config_of(account));
            let functions = members.iter().map(|member| deployment.apply(member));
            let deployed = try_join(deployment.apply(&access), try_join_all(functions)).await;
            deployed.map(drop).with_context(|| format!("in the account {name}"))
        });
        try_join_all(open).await.map(drop)
    }

    /// The stack that lets a function, by this role, into a member. Nothing is forwarded: the local EventBridge delivers to no other
    /// account.
    fn member_stack(&self, function: &str, role: &str) -> anyhow::Result<Stack> {
        let name = format!("{function}-member");
        let given = [
            ("HubRoleArn", role),
            ("FunctionNames", DELIVERED),
            ("DeliveryBucket", BUCKET),
            ("HubRegion", REGION),
            ("OrganizationId", &self.id),
            ("ExternalId", EXTERNAL_ID),
            ("Forward", "No"),
        ];
        let parameters = known_to(&template_of(&name), given.map(|(name, value)| (name, value.to_owned())))?;
        Ok(stack(&name, parameters))
    }

    /// The event of an image of a member.
    pub(crate) fn event_of(&self, member: &str, image: &Image, now: SystemTime) -> serde_json::Result<Value> {
        let mut event = image.event(now)?;
        event["account"] = self.member(member).into();
        Ok(event)
    }

    /// The event that CloudTrail sends when the member [`PLAYGROUND`] was moved to the unit [`WORKLOADS`].
    pub(crate) fn moved(&self, now: SystemTime) -> serde_json::Result<Value> {
        let mut event = sample::from_here(MOVED, now)?;
        // The management account's events of Organizations are those of this region.
        event["region"] = "us-east-1".into();
        event["detail"]["requestParameters"] = serde_json::json!({
            "accountId": self.member(PLAYGROUND),
            "sourceParentId": self.unit(SANDBOX),
            "destinationParentId": self.unit(WORKLOADS),
        });
        Ok(event)
    }
}

/// Makes an account in a unit: its id.
async fn make_account(client: &Client, name: &str, root: &str, unit: &str) -> Result<String, Error> {
    let make = client.create_account().account_name(name).email(format!("{name}@example.com"));
    let status = make.send().await.or_error()?.create_account_status;
    let account = status.and_then(|it| it.account_id).unwrap_or_default();
    let moved = client.move_account().account_id(&account).source_parent_id(root).destination_parent_id(unit);
    moved.send().await.or_error()?;
    Ok(account)
}
