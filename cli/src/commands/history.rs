//! `signalbox history`: the audit of a resource, and whether it agrees with its hashes.

use std::fmt;

use aws::Sessions;
use clap::Args;
use place::{Malformed, Partition, plain};
use reaction::Error;
use serde::Serialize;
use sharing::{Kind, Resource};
use sharing_records::{AuditItem, Grants};

use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::given::Given;
use crate::output::{self, Format};

/// A resource, and where its audit lies.
#[derive(Debug, Args)]
pub(crate) struct Audited {
    #[arg(help = "An ARN; or an id such as ami-.. or snap-.. in the region that was chosen; or s3://bucket")]
    pub(crate) resource: String,
    /// Check that the items agree with their hashes, with each other and with the grants table
    #[arg(long)]
    pub(crate) verify: bool,
    /// The DynamoDB table of the audit
    #[arg(long, env = "SIGNALBOX_AUDIT_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-audit")]
    pub(crate) audit_table: String,
    /// The DynamoDB table of grants, which has the audit's end; for --verify
    #[arg(long, env = "SIGNALBOX_GRANTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-grants")]
    pub(crate) grants_table: String,
}

/// What the tables say.
#[derive(Serialize)]
struct History {
    resource: String,
    items: Vec<AuditItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Chain>,
}

/// Whether the audit agrees with its hashes and with the grants table. The hashes have no key: a writer of both tables can
/// make it agree with anything.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Chain {
    /// It does: its last item, and whether a change is open.
    Consistent { seq: u64, hash: String, is_open: bool },
    /// It does not, and why.
    Broken(String),
}

/// Prints the audit; one that is broken is a service error.
pub(super) async fn history(aws: &AwsOptions, audited: &Audited, given: &Given, output: Format) -> Result<(), Failure> {
    given.note_read("SIGNALBOX_AUDIT_TABLE");
    if audited.verify {
        given.note_read("SIGNALBOX_GRANTS_TABLE");
    }
    given.check("history without --verify")?;
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let resource = named(&audited.resource, &sessions).map_err(Failure::usage)?;
    let grants = Grants::new(&sessions, &audited.grants_table, &audited.audit_table, "signalbox");
    let history = read(&grants, &resource, audited.verify).await.map_err(Failure::service)?;
    output::print(output, &history)?;
    match history.chain {
        Some(Chain::Broken(why)) => Err(Failure::service(format!("the audit of {resource} is broken: {why}"))),
        _ => Ok(()),
    }
}

async fn read(grants: &Grants, resource: &Resource, is_to_be_verified: bool) -> Result<History, Error> {
    let arn = resource.arn();
    if !is_to_be_verified {
        return Ok(History { resource: arn, items: grants.history(resource).await?, chain: None });
    }
    let (items, head, verdict) = grants.verified(resource).await?;
    let chain = match verdict {
        Ok(()) => Chain::Consistent { seq: head.seq, hash: head.hash, is_open: head.pending.is_some() },
        Err(why) => Chain::Broken(why),
    };
    Ok(History { resource: arn, items, chain: Some(chain) })
}

/// The resource that the operator means; `ami-..` and `snap-..` lie in the region that was chosen.
fn named(text: &str, sessions: &Sessions) -> Result<Resource, Error> {
    const EXPECTED: &str = "an ARN, the id of an image or a snapshot, or s3://bucket";
    let home = sessions.home()?;
    if text.starts_with("arn:") {
        return Resource::of_arn(text, &home.account).map_err(Error::refused);
    }
    if let Some(bucket) = text.strip_prefix("s3://").filter(|bucket| !bucket.is_empty() && !bucket.contains('/')) {
        let partition = Partition::named(&home.partition).unwrap_or(Partition::Aws);
        return Ok(Resource::bucket(partition, &home.account, bucket));
    }
    let kind =
        [("ami-", Kind::Image), ("snap-", Kind::Snapshot)].into_iter().find(|(prefix, _)| text.starts_with(prefix));
    let (_, kind) = kind.ok_or_else(|| Error::refused(Malformed::new(text, EXPECTED)))?;
    let region = sessions.config().region().map(ToString::to_string).unwrap_or_default();
    Ok(Resource::new(kind, &home.account, &region.parse().map_err(Error::refused)?, text))
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.items.len() {
            0 => write!(f, "no change of {} is recorded", self.resource)?,
            _ => write!(f, "{}", self.resource)?,
        }
        for item in &self.items {
            write!(f, "\n{}", plain(&item.to_string()))?;
        }
        match &self.chain {
            Some(Chain::Consistent { seq, hash, is_open }) => {
                let open = if *is_open { "; the last change is open" } else { "" };
                write!(
                    f,
                    "\nthe items agree with their hashes and with the grants table: {seq} items, the last one {hash}{open}"
                )
            }
            Some(Chain::Broken(why)) => write!(f, "\nthe chain is broken: {}", plain(why)),
            None => Ok(()),
        }
    }
}
