//! An AWS on this machine with the suite deployed to it, as `up` and `demo` use it.
//!
//! It is spoken to by a configuration of its own, in which nothing of the user's environment or profiles has a part:
//! what these commands make and change, they cannot make or change anywhere else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use emr_dns::EmrDns;
use local_aws::LocalAws;
use local_aws::deploy::{self, Deployment, Stack};
use reaction::Reaction;
use tokio::task::JoinHandle;

use crate::account::{ACCOUNT, REGION, SECRET};
use crate::cluster::Network;
use crate::failure::Failure;
use crate::functions::{FUNCTIONS, Function};
use crate::progress::Progress;

/// Where the share manifest lies.
pub(crate) const MANIFEST: &str = "s3://com-example-signalbox/share-manifest.json";
/// What the manifest may name: the accounts of the samples.
pub(crate) const ALLOWED: &str = "222233334444,333344445555,444455556666,555566667777";
/// The ledger's table.
pub(crate) const LEDGER_TABLE: &str = "signalbox-ledger";

/// The table of grants.
pub(crate) const GRANTS_TABLE: &str = "signalbox-grants";
/// The table of the audit.
pub(crate) const AUDIT_TABLE: &str = "signalbox-audit";
/// The table of the records of rotations.
pub(crate) const ROTATIONS_TABLE: &str = "signalbox-rotations";

const BUCKET: &str = "com-example-signalbox";
const MANIFEST_KEY: &str = "share-manifest.json";

/// A function's zip, as soon as it is there.
type Package = JoinHandle<anyhow::Result<Vec<u8>>>;

/// A running AWS with the suite in it; dropping it ends it.
pub(crate) struct Local {
    /// How to speak to it.
    pub(crate) config: SdkConfig,
    /// The network whose zone emr-dns keeps names in.
    pub(crate) network: Network,
    aws: LocalAws,
}

impl Local {
    /// Starts it on this port (0 is any free one), deploys `infra/` and uploads the manifest.
    pub(crate) async fn start(port: u16, manifest: &str, progress: &Progress) -> Result<Self, Failure> {
        // Compressing takes longest: it is done side by side, and while the rest is made ready.
        let package = |binary: PathBuf| tokio::task::spawn_blocking(move || deploy::package(&binary));
        let packages = find_binaries()?.into_iter().map(package).collect();
        progress.next("starting ministack and moto");
        let started = tokio::task::spawn_blocking(move || LocalAws::start_on(port)).await;
        let aws = started.map_err(Failure::configuration)?.map_err(Failure::configuration)?;
        let config = config(aws.endpoint());
        let network = Network::make(&config).await.map_err(Failure::service)?;
        let local = Self { config, network, aws };
        local.deploy(packages, manifest, progress).await.map_err(Failure::service)?;
        Ok(local)
    }

    /// The URL that it listens at.
    pub(crate) fn endpoint(&self) -> &str {
        self.aws.endpoint()
    }

    async fn deploy(&self, packages: Vec<Package>, manifest: &str, progress: &Progress) -> anyhow::Result<()> {
        let deployment = Deployment::new(&self.config);
        deployment.upload(BUCKET, MANIFEST_KEY, manifest.into()).await?;
        progress.next("deploying infra/ledger.yaml");
        let ledger = BTreeMap::from([("TableName", LEDGER_TABLE.to_owned())]);
        deployment.apply(&stack("ledger", ledger)).await?;
        progress.next("deploying infra/grants.yaml");
        let tables = [("GrantsTableName", GRANTS_TABLE.to_owned()), ("AuditTableName", AUDIT_TABLE.to_owned())];
        deployment.apply(&stack("grants", tables.into())).await?;
        progress.next("deploying infra/rotations.yaml");
        let table = BTreeMap::from([("TableName", ROTATIONS_TABLE.to_owned())]);
        deployment.apply(&stack("rotations", table)).await?;
        for (function, package) in deployed().zip(packages) {
            let name = function.name;
            progress.next(format!("packaging {name}"));
            let key = format!("{name}.zip");
            deployment.upload(BUCKET, &key, package.await??).await?;
            progress.next(format!("deploying infra/{name}.yaml"));
            deployment.apply(&stack(name, self.parameters(name, key))).await?;
        }
        Ok(())
    }

    /// What the function's template is given: the code under this key, and what the function is about.
    fn parameters(&self, function: &str, key: String) -> BTreeMap<&'static str, String> {
        let own = match function {
            EmrDns::NAME => vec![("HostedZoneIds", self.network.zone.clone())],
            _ => vec![
                ("Manifest", MANIFEST.into()),
                ("AllowedAccounts", ALLOWED.into()),
                ("GrantsTable", GRANTS_TABLE.into()),
                ("AuditTable", AUDIT_TABLE.into()),
            ],
        };
        let all = [
            ("Mode", "Apply".into()),
            ("LedgerTable", LEDGER_TABLE.into()),
            ("CodeBucket", BUCKET.into()),
            ("CodeKey", key),
        ];
        all.into_iter().chain(own).collect()
    }
}

/// A configuration of constants: nothing is loaded, from wherever it might come.
fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCOUNT, SECRET, None, None, "signalbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

fn stack(name: &str, parameters: BTreeMap<&str, String>) -> Stack {
    Stack {
        name: format!("signalbox-{name}"),
        template: local_aws::workspace().join("infra").join(format!("{name}.yaml")),
        parameters: parameters.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

/// The functions' binaries, which cargo puts beside this one.
fn find_binaries() -> Result<Vec<PathBuf>, Failure> {
    let here = std::env::current_exe().context("finding out where signalbox lies").map_err(Failure::configuration)?;
    let beside = here.parent().unwrap_or(Path::new("."));
    let find = |name: &str| {
        let binary = beside.join(name);
        let missing = || {
            format!("the function {name} is not built: {} is missing; run `cargo build --workspace`", binary.display())
        };
        if binary.exists() { Ok(binary) } else { Err(Failure::configuration(missing())) }
    };
    deployed().map(|function| find(function.name)).collect()
}

/// What rotates is left out: there is no server here whose credentials it could rotate.
fn deployed() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().filter(|function| !function.rotates())
}
