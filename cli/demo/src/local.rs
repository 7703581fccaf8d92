//! An AWS on this machine with functions deployed to it.
//!
//! It is spoken to by a configuration of its own, in which nothing of the user's environment or profiles has a part:
//! what these commands make and change, they cannot make or change anywhere else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider};
use local_aws::LocalAws;
use local_aws::deploy::{self, Deployment, Stack};
use terminal::failure::Failure;
use terminal::progress::Progress;
use tokio::task::JoinHandle;

use crate::account::{ACCOUNT, REGION, SECRET};

/// Where the share manifest lies.
pub const MANIFEST: &str = "s3://com-example-signalbox/share-manifest.json";
/// What the manifest may name: the accounts of the samples.
const ALLOWED: &str = "222233334444,333344445555,444455556666,555566667777";
/// The ledger's table.
pub const LEDGER_TABLE: &str = "signalbox-ledger";

/// The table of grants.
pub const GRANTS_TABLE: &str = "signalbox-grants";
/// The table of the audit.
pub const AUDIT_TABLE: &str = "signalbox-audit";
/// The table of the records of rotations.
pub const ROTATIONS_TABLE: &str = "signalbox-rotations";
/// The table of patches.
pub const PATCHES_TABLE: &str = "signalbox-patches";
/// The table of deployments.
pub const DEPLOYMENTS_TABLE: &str = "signalbox-deployments";
/// The stacks with a table that functions need, and how their parameters name it.
const TABLES: [(&str, &[(&str, &str)]); 5] = [
    ("ledger", &[("TableName", LEDGER_TABLE)]),
    ("grants", &[("GrantsTableName", GRANTS_TABLE), ("AuditTableName", AUDIT_TABLE)]),
    ("rotations", &[("TableName", ROTATIONS_TABLE)]),
    ("deployments", &[("TableName", DEPLOYMENTS_TABLE)]),
    ("patches", &[("TableName", PATCHES_TABLE)]),
];
/// The external id that the trust of the functions' roles in members asks for.
pub const EXTERNAL_ID: &str = "signalbox-up";

/// The function whose code may be delivered. There is none of that name until an operator makes one.
pub const DELIVERED: &str = "orders";
/// Where the functions' code lies, and the documents that they read.
pub const BUCKET: &str = "com-example-signalbox";
const MANIFEST_KEY: &str = "share-manifest.json";
/// The list of mirrored repositories, of which there are none at first.
pub const REPOSITORIES: &str = "s3://com-example-signalbox/repositories.json";
/// The bucket that they are mirrored to.
pub const MIRROR_BUCKET: &str = "com-example-mirror-repository";
const REPOSITORIES_KEY: &str = "repositories.json";

/// The ARN of the role of each deployed function, by the function's name.
pub type Roles = BTreeMap<&'static str, String>;

/// A function's zip, as soon as it is there.
type Package = JoinHandle<anyhow::Result<Vec<u8>>>;

/// A running AWS, empty until the functions are deployed; dropping it ends it.
pub struct Local {
    /// How to speak to it.
    pub config: SdkConfig,
    /// The functions that are still to be deployed, by their names.
    packages: Vec<(&'static str, Package)>,
    aws: LocalAws,
}

/// What the deployed functions are told.
pub struct Told<'a> {
    /// The share manifest.
    pub manifest: String,
    /// The id of the organization in whose accounts they act; without one, in their own alone.
    pub organization: Option<&'a str>,
    /// The id of the zone that names of clusters are kept in, for the function that keeps them.
    pub zone: Option<&'a str>,
}

impl Told<'_> {
    /// What the manifest may name.
    #[must_use]
    pub fn allowed(&self) -> String {
        self.organization.map_or_else(|| ALLOWED.into(), |it| format!("{ALLOWED},{it}"))
    }
}

impl Local {
    /// Starts it on this port (0 is any free one), for these functions, whose binaries cargo has put beside this program.
    pub async fn start(
        port: u16,
        functions: impl IntoIterator<Item = &'static str>,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let functions = functions.into_iter().map(|name| Ok((name, find_binary(name)?)));
        let functions: Vec<_> = functions.collect::<Result<_, Failure>>()?;
        // Compressing takes longest: it is done side by side, and while the rest is made ready.
        let package = |binary: PathBuf| tokio::task::spawn_blocking(move || deploy::package(&binary));
        let packages = functions.into_iter().map(|(name, binary)| (name, package(binary))).collect();
        progress.next("starting ministack and moto");
        let started = tokio::task::spawn_blocking(move || LocalAws::start_on(port)).await;
        let aws = started.map_err(Failure::configuration)?.map_err(Failure::configuration)?;
        let config = config(aws.endpoint(), ACCOUNT);
        Ok(Self { config, packages, aws })
    }

    /// The URL that it listens at.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.aws.endpoint()
    }

    /// How to speak to it in the name of an account.
    #[must_use]
    pub fn config_of(&self, account: &str) -> SdkConfig {
        config(self.endpoint(), account)
    }

    /// Uploads the manifest and deploys `infra/`: the ARN of each function's role, by the function's name.
    pub async fn deploy(&mut self, told: &Told<'_>, progress: &Progress) -> anyhow::Result<Roles> {
        let deployment = Deployment::new(&self.config);
        deployment.upload(BUCKET, MANIFEST_KEY, told.manifest.clone().into()).await?;
        deployment.upload(BUCKET, REPOSITORIES_KEY, br#"{"repositories": {}}"#.to_vec()).await?;
        for (name, tables) in TABLES {
            progress.next(format!("deploying infra/{name}.yaml"));
            let tables = tables.iter().map(|(parameter, table)| (*parameter, (*table).to_owned()));
            deployment.apply(&stack(name, tables.collect())).await?;
        }
        progress.next("deploying infra/operations.yaml");
        let watched = deployment.apply(&stack("operations", BTreeMap::new())).await?;
        let topic = watched.get("TopicArn").cloned().context("TopicArn")?;
        // What one stack made is what a later one is given.
        let (mut roles, mut made) = (Roles::new(), vec![("AlarmTopicArn", topic)]);
        for (name, package) in std::mem::take(&mut self.packages) {
            progress.next(format!("packaging {name}"));
            let key = format!("{name}.zip");
            deployment.upload(BUCKET, &key, package.await??).await?;
            progress.next(format!("deploying infra/{name}.yaml"));
            let outputs = deployment.apply(&stack(name, parameters(name, key, told, &made)?)).await?;
            // One function's queue is what a later one sends to.
            made.extend(["QueueUrl", "QueueArn"].into_iter().filter_map(|it| Some((it, outputs.get(it)?.clone()))));
            roles.extend(outputs.get("RoleArn").map(|role| (name, role.clone())));
        }
        Ok(roles)
    }
}

/// What the function's template is given of what there is here: the code under this key, and what the function is about.
fn parameters(
    function: &str,
    key: String,
    told: &Told<'_>,
    made: &[(&'static str, String)],
) -> anyhow::Result<BTreeMap<&'static str, String>> {
    let in_members = told
        .organization
        .map(|it| [("Accounts", it.into()), ("OrganizationId", it.into()), ("ExternalId", EXTERNAL_ID.into())]);
    let own = [
        ("Mode", "Apply".into()),
        ("LedgerTable", LEDGER_TABLE.into()),
        ("CodeBucket", BUCKET.into()),
        ("CodeKey", key),
        ("Manifest", MANIFEST.into()),
        ("AllowedAccounts", told.allowed()),
        ("GrantsTable", GRANTS_TABLE.into()),
        ("AuditTable", AUDIT_TABLE.into()),
        ("Repositories", REPOSITORIES.into()),
        ("BucketName", format!("com-example-{function}")),
        ("DeploymentsTable", DEPLOYMENTS_TABLE.into()),
        ("DeliveryBucket", BUCKET.into()),
        ("DeployFunctions", DELIVERED.into()),
        // There is none of that name until an operator makes one, and no template takes an empty list.
        ("SecretArns", format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:webhook-AbCdEf")),
    ];
    let zone = told.zone.map(|it| ("HostedZoneIds", it.into()));
    let given = own.into_iter().chain(zone).chain(in_members.into_iter().flatten());
    known_to(&template_of(function), given.chain(made.iter().cloned()))
}

/// Those parameters that a template has.
pub fn known_to<'a>(
    template: &Path,
    given: impl IntoIterator<Item = (&'a str, String)>,
) -> anyhow::Result<BTreeMap<&'a str, String>> {
    let text = std::fs::read_to_string(template).with_context(|| format!("reading {}", template.display()))?;
    let known: Vec<_> = parameters_in(&text).collect();
    Ok(given.into_iter().filter(|(name, _)| known.contains(name)).collect())
}

/// The names of a template's parameters: what is indented by two under `Parameters`.
fn parameters_in(template: &str) -> impl Iterator<Item = &str> {
    let section = template.lines().skip_while(|line| *line != "Parameters:").skip(1);
    let section = section.take_while(|line| line.is_empty() || line.starts_with(' ') || line.starts_with('#'));
    section.filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':')).filter(|name| !name.starts_with(' '))
}

/// Where the template of this name lies.
#[must_use]
pub fn template_of(name: &str) -> PathBuf {
    local_aws::workspace().join("infra").join(format!("{name}.yaml"))
}

/// A configuration of constants: nothing is loaded, from wherever it might come.
fn config(endpoint: &str, account: &str) -> SdkConfig {
    let credentials = Credentials::new(account, SECRET, None, None, "signalbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

/// The stack of the template of this name.
#[must_use]
pub fn stack(name: &str, parameters: BTreeMap<&str, String>) -> Stack {
    Stack {
        name: format!("signalbox-{name}"),
        template: template_of(name),
        parameters: parameters.into_iter().map(|(name, value)| (name.into(), value)).collect(),
    }
}

/// The binary of a function, which cargo puts beside this one.
fn find_binary(function: &str) -> Result<PathBuf, Failure> {
    let here =
        std::env::current_exe().context("finding out where this program lies").map_err(Failure::configuration)?;
    let binary = here.parent().unwrap_or(Path::new(".")).join(function);
    if binary.exists() {
        return Ok(binary);
    }
    let missing = binary.display();
    Err(Failure::configuration(format!(
        "the function {function} is not built: {missing} is missing; run `cargo build --workspace`"
    )))
}
