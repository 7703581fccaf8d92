//! `signalbox up`: an AWS on this machine with everything deployed, until somebody ends it.

use std::fmt;
use std::fs::{self, File};
use std::future::pending;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

use crate::account::{ACCOUNT, REGION, SECRET};
use crate::cluster::{Cluster, FRIENDLY};
use crate::connection::now;
use crate::failure::Failure;
use crate::local::{self, Local};
use crate::output::{self, Format};
use crate::progress::{self, Progress};
use crate::sample::{self, Image};

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
    allowed: &'static str,
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

/// Starts it, says how to use it, and goes on until it is interrupted.
pub(super) async fn up(port: u16, output: Format) -> Result<(), Failure> {
    let progress = Progress::start();
    let local = Local::start(port, &sample::manifest(), &progress).await?;
    progress.next("registering an image");
    let image = Image::register(&local.config).await.map_err(Failure::service)?;
    progress.next("running a cluster");
    let cluster = Cluster::run(&local.config, &local.network).await.map_err(Failure::service)?;
    let event = EventFile::write("image", image.event(now())).map_err(Failure::configuration)?;
    let running = EventFile::write("cluster", cluster.event(now())).map_err(Failure::configuration)?;
    drop(progress);
    output::print(output, &Environment::of(&local))?;
    progress::say(&format!(
        "\nThe local AWS is up, with Signalbox in it, until Ctrl-C. Export the lines above in another shell, and try:\n\n{}\n\n{}",
        about_image(&image, &event),
        about_cluster(&cluster, &running)
    ));
    pending().await
}

fn about_image(image: &Image, EventFile(event): &EventFile) -> String {
    let (event, id) = (event.display(), &image.id);
    format!(
        "  signalbox plan {event}   # what would be done about the image {id}
  signalbox send {event}   # the deployed function does it
  signalbox run {event}    # repeated: it was done before
  signalbox history {id} --verify   # who gained and lost, and that the record is whole
  signalbox plan --manifest {manifest}   # what the whole manifest would change
  aws ec2 describe-image-attribute --image-id {id} --attribute launchPermission
  aws s3 cp {manifest} -",
        manifest = local::MANIFEST
    )
}

fn about_cluster(cluster: &Cluster, EventFile(event): &EventFile) -> String {
    let (event, id) = (event.display(), &cluster.id);
    format!(
        "  signalbox dns   # {FRIENDLY} is missing: the cluster {id} runs, and nobody was told
  signalbox send {event}   # the deployed function makes the name
  aws emr add-tags --resource-id {id} --tags local-aws:primary=ip-10-0-9-9.{REGION}.compute.internal
  echo '{{\"signalbox\": \"sweep\"}}' | signalbox run - --function emr-dns   # no event tells of a new primary node: a sweep finds it
  aws emr terminate-clusters --cluster-ids {id}
  sed s/RUNNING/TERMINATED/ {event} | signalbox send -   # the name goes with the cluster"
    )
}

/// A file with an event, removed at the end.
struct EventFile(PathBuf);

impl EventFile {
    fn write(of: &str, event: serde_json::Result<Value>) -> anyhow::Result<Self> {
        let event = event?;
        let path = std::env::temp_dir().join(format!("signalbox-{of}-{}.json", std::process::id()));
        let written = File::create_new(&path).and_then(|mut file| writeln!(file, "{event:#}"));
        written.with_context(|| format!("writing {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for EventFile {
    fn drop(&mut self) {
        // It lies among the temporary files, which the system clears as well.
        let _ = fs::remove_file(&self.0);
    }
}

impl<'a> Environment<'a> {
    fn of(local: &'a Local) -> Self {
        Self {
            endpoint: local.endpoint(),
            access_key_id: ACCOUNT,
            secret_access_key: SECRET,
            region: REGION,
            manifest: local::MANIFEST,
            allowed: local::ALLOWED,
            ledger_table: local::LEDGER_TABLE,
            grants_table: local::GRANTS_TABLE,
            audit_table: local::AUDIT_TABLE,
            rotations_table: local::ROTATIONS_TABLE,
            zones: &local.network.zone,
        }
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
