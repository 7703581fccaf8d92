//! `signalbox up`: an AWS on this machine with everything deployed, until the operator ends it.

mod policies;
mod samples;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use aws::Sessions;
use console::Sender;
use policies::Policies;
use serde::Serialize;
use serde_json::Value;
use suite::FUNCTIONS;
use terminal::now;

use super::console::{of, served};
use crate::account::{ACCOUNT, REGION, SECRET};
use crate::cluster::{Cluster, FRIENDLY, Network};
use crate::delivery::Bus;
use crate::failure::Failure;
use crate::local::{self, Local, Roles, Told};
use crate::organization::{Found, Organization, PLAYGROUND, PRODUCTION, SANDBOX, WORKLOADS};
use crate::output::{self, Format};
use crate::progress::{self, Progress};
use crate::sample::Image;

/// What to export, to use the local AWS from another shell.
#[derive(Serialize)]
struct Environment<'a> {
    #[serde(rename = "AWS_ENDPOINT_URL")]
    endpoint: &'a str,
    #[serde(rename = "AWS_ACCESS_KEY_ID")]
    access_key_id: &'static str,
    #[serde(rename = "AWS_SECRET_ACCESS_KEY")]
    secret_access_key: &'static str,
    #[serde(rename = "AWS_REGION")]
    region: &'static str,
    #[serde(rename = "SIGNALBOX_MANIFEST")]
    manifest: &'static str,
    #[serde(rename = "SIGNALBOX_ALLOWED_ACCOUNTS")]
    allowed: &'a str,
    #[serde(rename = "SIGNALBOX_LEDGER_TABLE")]
    ledger_table: &'static str,
    #[serde(rename = "SIGNALBOX_GRANTS_TABLE")]
    grants_table: &'static str,
    #[serde(rename = "SIGNALBOX_AUDIT_TABLE")]
    audit_table: &'static str,
    #[serde(rename = "SIGNALBOX_ROTATIONS_TABLE")]
    rotations_table: &'static str,
    #[serde(rename = "SIGNALBOX_DNS_ZONES")]
    zones: &'a str,
}

/// What there is to try, and the files of its events, which go at the end.
struct Tried {
    image: (Image, Written),
    cluster: (Cluster, Written),
    policies: Policies,
    organization: Organization,
    found: (Found, Written),
    moved: Written,
}

/// Starts it, says how to use it, and goes on until the operator ends it.
pub(super) async fn up(port: u16, output: Format) -> Result<(), Failure> {
    let progress = Progress::start();
    // What rotates is left out: there is no server here whose credentials it could rotate.
    let deployed = FUNCTIONS.iter().filter(|function| !function.rotates()).map(|function| function.name);
    let mut local = Local::start(port, deployed, &progress).await?;
    let network = Network::make(&local.config).await.map_err(Failure::service)?;
    progress.next("making an organization");
    let organization = Organization::make(&local.config).await.map_err(Failure::service)?;
    let told =
        Told { manifest: organization.manifest(), organization: Some(&organization.id), zone: Some(&network.zone) };
    let allowed = told.allowed();
    let roles = local.deploy(&told, &progress).await.map_err(Failure::service)?;
    let tried = Tried::make(&local, organization, &network, &roles, &progress).await?;
    drop(progress);
    let environment = Environment::of(&local, &allowed, &network.zone);
    let (link, serving) = tried.console(&local, &environment).await?;
    output::print(output, &environment)?;
    progress::say(&format!(
        "\nThe local AWS is up, with Signalbox in it, until Ctrl-C. Open its console in a browser:\n{link}\n\nExport the lines above in another shell, and try:\n\n{}\n\n{}\n\n{}\n\n{}",
        tried.about_image(),
        tried.about_cluster(),
        tried.policies.told(),
        tried.about_organization()
    ));
    serving.await
}

impl Tried {
    async fn make(
        local: &Local,
        organization: Organization,
        network: &Network,
        roles: &Roles,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        progress.next("registering an image");
        let image = Image::register(&local.config).await.map_err(Failure::service)?;
        progress.next("running a cluster");
        let cluster = Cluster::run(&local.config, network).await.map_err(Failure::service)?;
        progress.next("deploying infra/NAME-member.yaml of each function in each member");
        organization.open(local, roles).await.map_err(Failure::service)?;
        progress.next(format!("deploying infra/policy-pipeline.yaml in {PLAYGROUND}"));
        let policies = Policies::deploy(local, organization.member(PLAYGROUND)).await.map_err(Failure::service)?;
        progress.next("making something to find in each member");
        let found = organization.furnish(local).await.map_err(Failure::service)?;
        let write = |of: &str, event| Written::event(of, event).map_err(Failure::configuration);
        let of_member = organization.event_of(PLAYGROUND, &found.image, now());
        let (of_member, moved) = (write("member-image", of_member)?, write("moved", organization.moved(now()))?);
        let (of_image, running) = (write("image", image.event(now()))?, write("cluster", cluster.event(now()))?);
        let (image, cluster, found) = ((image, of_image), (cluster, running), (found, of_member));
        Ok(Self { image, cluster, policies, organization, found, moved })
    }

    /// The console of this AWS, which may send events to it: its link, and the serving of it.
    async fn console(
        &self,
        local: &Local,
        environment: &Environment<'_>,
    ) -> Result<(String, impl Future<Output = Result<(), Failure>> + use<>), Failure> {
        let sessions = Sessions::of_config(local.config.clone(), now).map_err(Failure::configuration)?;
        sessions.ask_home().await.map_err(Failure::service)?;
        let event = |event: serde_json::Result<Value>| event.map_err(Failure::configuration);
        let image = samples::of_here("the image that is here became available", &event(self.image.0.event(now()))?);
        let cluster = samples::of_here("the cluster that is here runs", &event(self.cluster.0.event(now()))?);
        let proposed = [image, cluster].into_iter().chain(samples::of_functions()).collect();
        let sender = Sender::new(Bus::new(&local.config), proposed);
        let settings = environment.settings();
        let console = of(Arc::new(sessions), &|name: &str| settings.get(name).cloned(), Some(sender))?;
        served(0, console).await
    }

    fn about_image(&self) -> String {
        let (Image { id, .. }, Written(event)) = &self.image;
        format!(
            "  signalbox plan {event}   # what would be done about the image {id}
  signalbox send {event}   # the deployed function does it
  signalbox run {event}    # repeated: it was done before
  signalbox history {id} --verify   # who gained and lost, and that the record is whole
  signalbox plan --manifest {manifest}   # what the whole manifest would change
  aws ec2 describe-image-attribute --image-id {id} --attribute launchPermission
  aws s3 cp {manifest} -",
            event = event.display(),
            manifest = local::MANIFEST
        )
    }

    fn about_cluster(&self) -> String {
        let (Cluster { id }, Written(event)) = &self.cluster;
        let event = event.display();
        format!(
            "  signalbox dns   # {FRIENDLY} is missing: the cluster {id} runs, and no event told of it
  signalbox send {event}   # the deployed function makes the name
  aws emr add-tags --resource-id {id} --tags local-aws:primary=ip-10-0-9-9.{REGION}.compute.internal
  echo '{{\"signalbox\": \"sweep\"}}' | signalbox run - --function emr-dns   # no event tells of a new primary node: a sweep finds it
  aws emr terminate-clusters --cluster-ids {id}
  sed s/RUNNING/TERMINATED/ {event} | signalbox send -   # the name goes with the cluster"
        )
    }

    fn about_organization(&self) -> String {
        let Self { organization, found: (Found { image, zone }, Written(event)), moved: Written(moved), .. } = self;
        let [workloads, sandbox] = [WORKLOADS, SANDBOX].map(|it| organization.unit(it));
        let [production, playground] = [PRODUCTION, PLAYGROUND].map(|it| organization.member(it));
        format!(
            "  signalbox fleet run caller-identity --plan   # the members: two in the unit {WORKLOADS}, and {PLAYGROUND} in {SANDBOX}
  signalbox fleet run sharing-inventory   # with which accounts they share images and snapshots
  signalbox fleet run share-sweep --target {workloads}   # what the manifest would change in the unit {WORKLOADS}
  signalbox fleet run share-sweep --target {workloads} --apply   # the same, done and recorded
  signalbox fleet run dns-sweep --target {production} --dns-zones {zone}   # the cluster of {PRODUCTION} has no name
  signalbox send {event}   # the deployed function shares the image {image} of {PLAYGROUND}, by a role there
  aws organizations move-account --account-id {playground} --source-parent-id {sandbox} --destination-parent-id {workloads}
  signalbox send {moved}   # {PLAYGROUND} gains the snapshot that the manifest shares with the unit {WORKLOADS}",
            event = event.display(),
            image = image.id,
            moved = moved.display(),
        )
    }
}

/// A file with an event or with what else there is to send, removed at the end.
struct Written(PathBuf);

impl Written {
    fn event(of: &str, event: serde_json::Result<Value>) -> anyhow::Result<Self> {
        let event = event?;
        Self::new(&format!("{of}.json"), format!("{event:#}\n").as_bytes())
    }

    /// Of this name, with the number of this process in it.
    fn new(name: &str, content: &[u8]) -> anyhow::Result<Self> {
        let (stem, kind) = name.split_once('.').unwrap_or((name, ""));
        let path = std::env::temp_dir().join(format!("signalbox-{stem}-{}.{kind}", std::process::id()));
        let written = File::create_new(&path).and_then(|mut file| file.write_all(content));
        written.with_context(|| format!("writing {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // It lies among the temporary files, which the system clears as well.
        let _ = fs::remove_file(&self.0);
    }
}

impl<'a> Environment<'a> {
    fn of(local: &'a Local, allowed: &'a str, zones: &'a str) -> Self {
        Self {
            endpoint: local.endpoint(),
            access_key_id: ACCOUNT,
            secret_access_key: SECRET,
            region: REGION,
            manifest: local::MANIFEST,
            allowed,
            ledger_table: local::LEDGER_TABLE,
            grants_table: local::GRANTS_TABLE,
            audit_table: local::AUDIT_TABLE,
            rotations_table: local::ROTATIONS_TABLE,
            zones,
        }
    }
}

impl Environment<'_> {
    /// What the console is told, by the variables of settings.
    fn settings(&self) -> BTreeMap<&'static str, String> {
        let of = [
            ("SIGNALBOX_LEDGER_TABLE", self.ledger_table),
            ("SIGNALBOX_GRANTS_TABLE", self.grants_table),
            ("SIGNALBOX_AUDIT_TABLE", self.audit_table),
            ("SIGNALBOX_PATCHES_TABLE", local::PATCHES_TABLE),
            ("SIGNALBOX_DEPLOYMENTS_TABLE", local::DEPLOYMENTS_TABLE),
            ("SIGNALBOX_REPOSITORIES", local::REPOSITORIES),
            ("SIGNALBOX_MIRROR_BUCKET", local::MIRROR_BUCKET),
            ("SIGNALBOX_DNS_ZONES", self.zones),
        ];
        of.map(|(name, value)| (name, value.to_owned())).into()
    }
}

impl fmt::Display for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, access_key_id, secret_access_key, region, manifest, allowed, .. } = self;
        let Self { ledger_table, grants_table, audit_table, rotations_table, zones, .. } = self;
        writeln!(f, "export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region}")?;
        writeln!(f, "export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}")?;
        writeln!(f, "export SIGNALBOX_MANIFEST={manifest} SIGNALBOX_ALLOWED_ACCOUNTS={allowed}")?;
        writeln!(f, "export SIGNALBOX_LEDGER_TABLE={ledger_table}")?;
        writeln!(f, "export SIGNALBOX_GRANTS_TABLE={grants_table} SIGNALBOX_AUDIT_TABLE={audit_table}")?;
        write!(f, "export SIGNALBOX_ROTATIONS_TABLE={rotations_table} SIGNALBOX_DNS_ZONES={zones}")
    }
}
