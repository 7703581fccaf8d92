//! What a function of a fleet's workflow is asked in: an organization with a member, a role there, and the bucket of runs.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use aws::{Members, Sessions, in_name_of};
use fleet::{Account, Entry};
use fleet_runs::{Planned, Request, keys, lines};
use fleet_work::{BUCKET, Power, Worker};
use function::Function;
use reaction::{MemoryLedger, Mode, Report, Run, drive_json};
use serde_json::{Value, json};

use super::roles::{EXTERNAL_ID, make_member, member_role};
use super::scene::{Scene, read_sample};
use super::{AUDIT, GRANTS, Organization, World, now, run_for, sessions_of};

/// What there is before.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Whether the run was planned, by the execution of its own name.
    pub is_planned: bool,
    /// Whether the member has its results, of that run and of an earlier one of its series.
    pub has_results: bool,
    /// Whether the member lets the function in.
    pub is_closed: bool,
    /// The manifest of what is shared, where there is one.
    pub manifest: Option<String>,
}

/// The world of a function of the workflow.
pub struct FleetScene<P> {
    /// The account of the function, which manages the organization.
    pub world: World,
    /// The member.
    pub member: World,
    sessions: Arc<Sessions>,
    organization: Organization,
    event: String,
    power: PhantomData<P>,
}

/// An earlier run of the series.
const BEFORE: &str = "before-1";

impl<P: Power> Scene for FleetScene<P> {
    type Given = Given;
    const FUNCTION: &'static str = P::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let organization = world.make_organization().await;
        let member = World::of(&organization.with_own_ids("222233334444")).await;
        if !given.is_closed {
            let own = organization.with_own_ids("o-exampleorgid");
            let hub = json!({"AWS": format!("arn:aws:iam::{}:root", world.account)});
            let trust =
                json!({"Effect": "Allow", "Principal": hub, "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]});
            make_member(&member, &world.account, P::NAME, &[("OrganizationId", &own)], |template| {
                let role = &mut template["Resources"]["MemberRole"]["Properties"];
                role["AssumeRolePolicyDocument"]["Statement"] = json!([trust]);
            })
            .await;
        }
        let role = member_role(P::NAME);
        let variable = |name: &str| match name {
            "SIGNALBOX_MEMBER_ROLE" => Some(role.clone()),
            "SIGNALBOX_EXTERNAL_ID" => Some(EXTERNAL_ID.into()),
            _ => None,
        };
        let members = Members::read(&variable).unwrap();
        let sessions = Arc::new(sessions_of(&world.account).await.with_members(members));
        let event = organization.with_own_ids(&read_sample(P::NAME, sample));
        let scene = Self { world, member, sessions, organization, event, power: PhantomData };
        scene.world.make_bucket(&scene.bucket()).await;
        if let Some(manifest) = &given.manifest {
            scene.world.create_grants_tables().await;
            scene.world.put_manifest(&scene.organization.with_own_ids(manifest)).await;
        }
        scene.put(given).await;
        scene
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        let variables = self.variables();
        let variable = |name: &str| variables.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone());
        let worker = Worker::<P>::open(self.sessions.clone(), &variable).unwrap();
        let run = Run::new(P::NAME, "an-event", run_for(Duration::from_mins(1)).deadline);
        in_name_of(&run, drive_json(&worker, &MemoryLedger::new(now), mode, &run, &self.event)).await
    }

    /// The objects in the bucket, and the lines of results.
    async fn picture(&self) -> String {
        let listed = self.world.s3.list_objects_v2().bucket(self.bucket()).send().await.unwrap();
        let mut told = String::new();
        for key in listed.contents().iter().filter_map(|object| object.key()) {
            told.extend([key, "\n"]);
            let object = self.world.s3.get_object().bucket(self.bucket()).key(key).send().await.unwrap();
            let bytes = object.body.collect().await.unwrap().to_vec();
            if key.contains("/account=") {
                let entries = lines::read(&bytes).unwrap();
                told.extend(entries.iter().map(|entry| format!("    {}\n", shown(entry))));
            }
        }
        if told.is_empty() { "the bucket is empty\n".into() } else { self.with_sample_ids(&told) }
    }

    fn with_sample_ids(&self, text: &str) -> String {
        self.organization.with_sample_ids(text)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let given = [
            ("BucketName", self.bucket()),
            ("OrganizationId", self.organization.with_own_ids("o-exampleorgid")),
            ("ExternalId", EXTERNAL_ID.into()),
            ("Manifest", format!("s3://{}/share.json", self.world.bucket())),
            ("AllowedAccounts", "everybody".into()),
            ("Owner", "tests".into()),
            ("HostedZoneIds", "Z0123456789ABCDEFGHIJ".into()),
        ];
        given.map(|(name, value)| (name.into(), value)).into()
    }
}

/// A line of results.
fn shown(entry: &Entry<Value>) -> String {
    let (account, region) = entry.place();
    let what = entry.exception_details.clone().or(entry.reason.as_ref().map(ToString::to_string));
    let what =
        what.or(entry.result.as_ref().map(|it| it["Arn"].as_str().or(it["outcome"].as_str()).unwrap_or("?").into()));
    format!("{:?} {account} {region} {}", entry.list(), what.unwrap_or_default())
}

impl<P: Power> FleetScene<P> {
    /// The bucket of runs.
    pub fn bucket(&self) -> String {
        format!("fleet-{}", self.world.account)
    }

    /// Changes the event.
    pub fn change(&mut self, changed: impl FnOnce(&mut Value)) {
        let mut event: Value = serde_json::from_str(&self.event).unwrap();
        changed(&mut event);
        self.event = event.to_string();
    }

    /// Changes the request in the event.
    pub fn ask(&mut self, changed: impl FnOnce(&mut Value)) {
        self.change(|event| changed(&mut event["request"]));
    }

    /// The id of the organization.
    pub fn organization_id(&self) -> String {
        self.organization.with_own_ids("o-exampleorgid")
    }

    /// The variables of the function.
    pub fn variables(&self) -> Vec<(String, String)> {
        let given = [
            (BUCKET.variable, self.bucket()),
            ("SIGNALBOX_MEMBER_ROLE", member_role(P::NAME)),
            ("SIGNALBOX_EXTERNAL_ID", EXTERNAL_ID.into()),
            ("SIGNALBOX_MANIFEST", format!("s3://{}/share.json", self.world.bucket())),
            ("SIGNALBOX_ALLOWED_ACCOUNTS", "everybody".into()),
            ("SIGNALBOX_GRANTS_TABLE", GRANTS.into()),
            ("SIGNALBOX_AUDIT_TABLE", AUDIT.into()),
        ];
        given.map(|(name, value)| (name.into(), value)).into()
    }

    /// Puts what an earlier state, or an earlier run, has left.
    async fn put(&self, given: &Given) {
        let account = Account { name: Some("member".into()), ..Account::unknown(self.member.account.parse().unwrap()) };
        let event: Value = serde_json::from_str(&self.event).unwrap();
        let name = event["id"].as_str().unwrap().trim_end_matches("--2").to_owned();
        let run = name.parse().unwrap();
        if given.is_planned {
            let request = Request::read(&event["request"].to_string(), P::WRITES);
            let execution = format!("arn:aws:states:eu-west-1:{}:execution:{}:{name}", self.world.account, P::NAME);
            self.put_json(&keys::list(&run, &name), &json!([account])).await;
            self.put_json(&keys::canary(&run, &name), &json!(account)).await;
            if let Ok(request) = request {
                let regions = vec!["eu-west-1".parse().unwrap()];
                let planned =
                    Planned { request, execution, at: 1, version: "0.1.0".into(), regions, accounts: 1, skipped: 0 };
                self.put_json(&keys::plan(&run), &json!(planned)).await;
            }
        }
        if given.has_results {
            let region = || "eu-west-1".parse().unwrap();
            let of = |arn: &str| vec![Entry::result(account.clone(), region(), json!({"Arn": arn}))];
            self.put_bytes(&keys::results(&run, &account.id), lines::write(&of("now")).unwrap()).await;
            let before = BEFORE.parse().unwrap();
            self.put_bytes(&keys::results(&before, &account.id), lines::write(&of("before")).unwrap()).await;
            self.put_json(&keys::series(&"weekly".parse().unwrap()), &json!({"run": BEFORE, "before": null})).await;
        }
    }

    async fn put_json(&self, key: &str, value: &Value) {
        self.put_bytes(key, value.to_string().into_bytes()).await;
    }

    async fn put_bytes(&self, key: &str, bytes: Vec<u8>) {
        self.world.s3.put_object().bucket(self.bucket()).key(key).body(bytes.into()).send().await.unwrap();
    }
}
