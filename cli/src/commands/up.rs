//! `signalbox up`: an AWS on this machine with everything deployed, until somebody ends it.

use std::fmt;
use std::fs::{self, File};
use std::future::pending;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

use crate::connection::now;
use crate::failure::Failure;
use crate::local::{self, Local};
use crate::output::{self, Format};
use crate::progress::{self, Progress};
use crate::sample::{self, Image};

/// What to export, to use the local AWS from another shell.
#[derive(Serialize)]
struct Environment {
    #[serde(rename = "AWS_ENDPOINT_URL")]
    endpoint: String,
    #[serde(rename = "AWS_ACCESS_KEY_ID")]
    access_key_id: &'static str,
    #[serde(rename = "AWS_SECRET_ACCESS_KEY")]
    secret_access_key: &'static str,
    #[serde(rename = "AWS_REGION")]
    region: &'static str,
    #[serde(rename = "SIGNALBOX_MANIFEST")]
    manifest: &'static str,
    #[serde(rename = "SIGNALBOX_LEDGER_TABLE")]
    ledger_table: &'static str,
    #[serde(rename = "SIGNALBOX_GRANTS_TABLE")]
    grants_table: &'static str,
    #[serde(rename = "SIGNALBOX_AUDIT_TABLE")]
    audit_table: &'static str,
}

/// Starts it, says how to use it, and goes on until it is interrupted.
pub(super) async fn up(port: u16, output: Format) -> Result<(), Failure> {
    let progress = Progress::start();
    let local = Local::start(port, &sample::manifest(), &progress).await?;
    progress.next("registering an image");
    let image = Image::register(&local.config).await.map_err(Failure::service)?;
    let event = image.event(now()).map_err(Failure::configuration)?;
    let event = EventFile::write(&event).map_err(Failure::configuration)?;
    drop(progress);
    let environment = Environment {
        endpoint: local.endpoint().into(),
        access_key_id: local::ACCOUNT,
        secret_access_key: local::SECRET,
        region: local::REGION,
        manifest: local::MANIFEST,
        ledger_table: local::LEDGER_TABLE,
        grants_table: local::GRANTS_TABLE,
        audit_table: local::AUDIT_TABLE,
    };
    output::print(output, &environment)?;
    progress::say(&hint(&image, &event));
    pending().await
}

fn hint(image: &Image, EventFile(event): &EventFile) -> String {
    let (event, id) = (event.display(), &image.id);
    format!(
        "
The local AWS is up, with Signalbox in it, until Ctrl-C. Export the lines above in another shell, and try:
  signalbox plan {event}   # what would be done about the image {id}
  signalbox send {event}   # the deployed function does it
  signalbox run {event}    # repeated: it was done before
  signalbox history {id} --verify   # who gained and lost, and that the record is whole
  signalbox plan --manifest {manifest}   # what the whole manifest would change
  aws ec2 describe-image-attribute --image-id {id} --attribute launchPermission
  aws s3 cp {manifest} -",
        manifest = local::MANIFEST
    )
}

/// A file with the image's event, removed at the end.
struct EventFile(PathBuf);

impl EventFile {
    fn write(event: &Value) -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("signalbox-event-{}.json", std::process::id()));
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

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, access_key_id, secret_access_key, region, manifest, .. } = self;
        let Self { ledger_table, grants_table, audit_table, .. } = self;
        writeln!(f, "export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region}")?;
        writeln!(f, "export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}")?;
        writeln!(f, "export SIGNALBOX_MANIFEST={manifest} SIGNALBOX_LEDGER_TABLE={ledger_table}")?;
        write!(f, "export SIGNALBOX_GRANTS_TABLE={grants_table} SIGNALBOX_AUDIT_TABLE={audit_table}")
    }
}
