//! What is measured: `share-ami`, the two limits that it cannot beat, and the peer that it has to; and other functions, one of each way in
//! which Lambda is entered, whose limit is that for init.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::process::Command;

use crate::canned::{ACCOUNT, Canned, IMAGE, MANIFEST, OneImage};
use crate::mirrored_bucket;
use crate::one_cluster::{self, OneCluster};
use crate::one_secret::{self, OneSecret};
use crate::one_snapshot::OneSnapshot;
use crate::{one_job, one_push, one_snapshot};

/// A program that speaks the Lambda Runtime API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The function.
    ShareAmi,
    /// Another function that shares.
    ShareEbsSnapshot,
    /// And another one.
    ShareRdsSnapshot,
    /// Another function, with other services and another event.
    EmrDns,
    /// A function that speaks to more than AWS, and so has a second client for HTTP.
    RotateBearerToken,
    /// A function with the clients of two databases.
    RotateDbUser,
    /// A function that a queue feeds.
    MirrorRepository,
    /// A function with a URL of its own.
    ReceiveWebhook,
    /// A function that a pipeline invokes.
    CheckPolicy,
    /// The limit for init: the bare Lambda runtime.
    DoNothing,
    /// The limit for a warm event: the same round trips without SDK.
    BareHyper,
    /// The peer: the same job in Python.
    Boto3,
}

/// Where a process finds what it talks to.
pub struct Endpoints<'a> {
    /// The Lambda Runtime API, as `host:port`.
    pub runtime_api: String,
    /// The AWS services with their URLs.
    pub aws: Vec<(&'static str, String)>,
    /// Whom to trust, where AWS speaks TLS.
    pub bundle: Option<&'a Path>,
}

impl Subject {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::ShareAmi,
        Self::ShareEbsSnapshot,
        Self::ShareRdsSnapshot,
        Self::EmrDns,
        Self::RotateBearerToken,
        Self::RotateDbUser,
        Self::MirrorRepository,
        Self::ReceiveWebhook,
        Self::CheckPolicy,
        Self::DoNothing,
        Self::BareHyper,
        Self::Boto3,
    ];

    /// The functions, of which each is an artifact.
    pub const FUNCTIONS: [Self; 9] = [
        Self::ShareAmi,
        Self::ShareEbsSnapshot,
        Self::ShareRdsSnapshot,
        Self::EmrDns,
        Self::RotateBearerToken,
        Self::RotateDbUser,
        Self::MirrorRepository,
        Self::ReceiveWebhook,
        Self::CheckPolicy,
    ];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShareAmi => "share-ami",
            Self::ShareEbsSnapshot => "share-ebs-snapshot",
            Self::ShareRdsSnapshot => "share-rds-snapshot",
            Self::EmrDns => "emr-dns",
            Self::RotateBearerToken => "rotate-bearer-token",
            Self::RotateDbUser => "rotate-db-user",
            Self::MirrorRepository => "mirror-repository",
            Self::ReceiveWebhook => "receive-webhook",
            Self::CheckPolicy => "check-policy",
            Self::DoNothing => "do-nothing",
            Self::BareHyper => "bare-hyper",
            Self::Boto3 => "boto3",
        }
    }

    /// Whether its answer says that it did the job.
    pub fn did(self, answer: &str) -> bool {
        match self {
            // Its jobs are answered to the pipeline.
            Self::DoNothing | Self::CheckPolicy => true,
            Self::MirrorRepository => answer.contains(r#""batchItemFailures":[]"#),
            Self::ReceiveWebhook => answer.contains(r#""statusCode":202"#),
            _ => answer.contains(r#""applied""#),
        }
    }

    /// The program, as Lambda would start it: an environment of its own and nothing else.
    pub fn command(self, endpoints: &Endpoints<'_>, build: Build, log: File) -> Result<Command> {
        let command = match (self, build) {
            (Self::Boto3, _) => python("share_ami")?,
            (_, Build::This) => Command::new(self.binary()?),
            (_, Build::Other) => Command::new(other_build().context("there is no other build")?.join(self.name())),
        };
        let mut command = as_lambda_would(command, endpoints, log)?;
        if Self::FUNCTIONS.contains(&self) {
            command.env("AWS_LAMBDA_FUNCTION_NAME", self.name());
        }
        match self {
            Self::MirrorRepository => command.envs(one_push::MIRROR),
            Self::ReceiveWebhook => command.envs(one_push::WEBHOOK),
            _ if self.rotates() => command.envs(one_secret::ENVIRONMENT),
            _ => &mut command,
        };
        Ok(command)
    }

    /// The AWS that it calls, by whom it is to be trusted where it speaks TLS.
    pub fn canned(self, bundle: Option<&Path>) -> Result<Arc<dyn Canned>> {
        Ok(match self {
            Self::EmrDns => Arc::new(OneCluster),
            Self::MirrorRepository => {
                let authority = bundle.map(std::fs::read_to_string).transpose().context("the authority")?;
                Arc::new(one_push::OneRepository { authority })
            }
            Self::ReceiveWebhook => Arc::new(one_push::OneHook),
            Self::CheckPolicy => Arc::new(one_job::OneJob),
            Self::ShareEbsSnapshot | Self::ShareRdsSnapshot => Arc::new(OneSnapshot),
            _ if self.rotates() => Arc::new(OneSecret),
            _ => Arc::new(OneImage),
        })
    }

    /// The `number`th event that it is given.
    pub fn event(self, number: usize) -> String {
        match self {
            Self::EmrDns => one_cluster::event(number),
            Self::ShareEbsSnapshot => one_snapshot::event(number),
            Self::ShareRdsSnapshot => one_snapshot::db_event(number),
            Self::MirrorRepository => mirrored_bucket::message(),
            Self::ReceiveWebhook => one_push::REQUEST.to_owned(),
            Self::CheckPolicy => one_job::event(),
            _ if self.rotates() => one_secret::event(),
            _ => event(number),
        }
    }

    fn rotates(self) -> bool {
        matches!(self, Self::RotateBearerToken | Self::RotateDbUser)
    }

    /// The release binary, beside this one.
    pub fn binary(self) -> Result<PathBuf> {
        let is_function = Self::FUNCTIONS.contains(&self);
        binary(self.name(), if is_function { self.name() } else { "bench" })
    }
}

/// Which build of the functions is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// The one beside this program.
    This,
    /// That of another revision, which `make bench AGAINST=` has built.
    Other,
}

/// The tables of a function that shares.
pub const TABLES: [(&str, &str); 2] =
    [("SIGNALBOX_GRANTS_TABLE", "signalbox-grants"), ("SIGNALBOX_AUDIT_TABLE", "signalbox-audit")];

/// The folder of another revision's functions, where there is one.
pub fn other_build() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the bench is told so by the Makefile")]
    let folder = std::env::var_os("SIGNALBOX_BENCH_AGAINST").map(PathBuf::from);
    folder.filter(|it| it.is_dir())
}

/// A release binary of a package, beside this one.
pub fn binary(name: &str, package: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.exists(), "{} is missing: cargo build --release -p {package}", path.display());
    Ok(path)
}

/// A program with the environment that Lambda would give it, and nothing else.
pub fn as_lambda_would(mut command: Command, endpoints: &Endpoints<'_>, log: File) -> Result<Command> {
    command.env_clear().envs(ENVIRONMENT);
    command.env("AWS_LAMBDA_RUNTIME_API", &endpoints.runtime_api);
    command.envs(endpoints.aws.iter().map(|(service, url)| (format!("AWS_ENDPOINT_URL_{service}"), url)));
    if let Some(bundle) = endpoints.bundle {
        command.env("AWS_CA_BUNDLE", bundle);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    Ok(command)
}

const ENVIRONMENT: [(&str, &str); 17] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("LANG", "C.UTF-8"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", ACCOUNT),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLE"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_LAMBDA_FUNCTION_NAME", "share-ami"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/share-ami"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/20/[$LATEST]bench"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("SIGNALBOX_MANIFEST", MANIFEST),
    ("SIGNALBOX_ALLOWED_ACCOUNTS", "everybody"),
    ("SIGNALBOX_LEDGER_TABLE", "signalbox-ledger"),
];

/// The workspace that this benchmark was built from.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The file that a subject logs to, emptied.
pub fn log(name: &str, folder: &Path) -> Result<File> {
    let path = folder.join(format!("{name}.log"));
    File::create(&path).with_context(|| format!("writing {}", path.display()))
}

/// Python with a handler of the peer's.
pub fn python(handler: &str) -> Result<Command> {
    let mut command = peer("runtime")?;
    command.arg(handler);
    Ok(command)
}

/// Python with a program of the peer's.
pub fn peer(program: &str) -> Result<Command> {
    peer_of("venv", program)
}

/// Python with the peer of the mirror, which needs pygit2.
pub fn mirror_peer() -> Result<Command> {
    let mut command = peer_of("peers", "runtime")?;
    command.arg("mirror");
    Ok(command)
}

fn peer_of(environment: &str, program: &str) -> Result<Command> {
    let root = workspace().canonicalize().context("the workspace that the benchmark was built from is gone")?;
    let python = root.join(".local").join(environment).join("bin/python");
    ensure!(python.exists(), "{} is missing: make bench installs it", python.display());
    let mut command = Command::new(python);
    command.arg(root.join(format!("tests/bench/peer/{program}.py")));
    Ok(command)
}

/// The event that makes an image available, the `number`th of its kind.
fn event(number: usize) -> String {
    serde_json::json!({
        "version": "0",
        "id": format!("2a1c5b3e-0000-4000-8000-{number:012}"),
        "detail-type": "EC2 AMI State Change",
        "source": "aws.ec2",
        "account": ACCOUNT,
        "time": "2026-11-20T10:00:00Z",
        "region": "eu-west-1",
        "resources": [format!("arn:aws:ec2:eu-west-1::image/{IMAGE}")],
        "detail": {
            "RequestId": format!("0e6d6a4b-0000-4000-8000-{number:012}"),
            "ImageId": IMAGE,
            "State": "available",
            "ErrorMessage": "",
        },
    })
    .to_string()
}
