//! Settings of functions as options: one for each environment variable that a function reads. Clap keeps their values by these
//! variables, and [`Given::setting`](crate::given::Given::setting) reads them.

use clap::Args;

/// What functions have to know, and the sweeps of a fleet too.
#[derive(Debug, Args)]
pub(crate) struct SharedSettings {
    #[arg(
        help = "Where the share manifest lies: s3://bucket/key or ssm:/name; `plan` without an event also takes a file"
    )]
    #[arg(long, env = "SIGNALBOX_MANIFEST", value_name = "LOCATION", hide_env_values = true)]
    manifest: Option<String>,
    /// The account that owns the bucket of the manifest; the account of your credentials by default
    #[arg(long, env = "SIGNALBOX_MANIFEST_ACCOUNT", value_name = "ID", hide_env_values = true)]
    manifest_account: Option<String>,
    #[command(flatten)]
    allowed: AllowedAccounts,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    pacing: Pacing,
    #[command(flatten)]
    naming: Naming,
}

/// What a function has to know.
#[derive(Debug, Args)]
pub(crate) struct FunctionSettings {
    /// Whether snapshots that RDS made for itself are copied, so that the copies can be shared: true or false
    #[arg(long, env = "SIGNALBOX_COPY_AUTOMATED", value_name = "BOOLEAN", hide_env_values = true)]
    copy_automated: Option<String>,
    #[command(flatten)]
    shared: SharedSettings,
    #[command(flatten)]
    elsewhere: Elsewhere,
}

/// What it takes to carry a stored plan out.
#[derive(Debug, Args)]
pub(crate) struct ApplySettings {
    #[command(flatten)]
    allowed: AllowedAccounts,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    pacing: Pacing,
    #[command(flatten)]
    elsewhere: Elsewhere,
}

/// With which accounts things may be shared. It is checked where it is read.
#[derive(Debug, Args)]
struct AllowedAccounts {
    /// With which accounts things may be shared: ids of accounts, organizations and organizational units, separated by
    /// commas, or the word `everybody`. What changes something needs it; a plan without it says that nothing bounds it
    #[arg(long, env = "SIGNALBOX_ALLOWED_ACCOUNTS", value_name = "IDS", hide_env_values = true)]
    allowed_accounts: Option<String>,
}

/// Where changes are recorded.
#[derive(Debug, Args)]
struct Tables {
    /// The DynamoDB table of grants, where changes are recorded; give --audit-table too
    #[arg(long, env = "SIGNALBOX_GRANTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    grants_table: Option<String>,
    /// The DynamoDB table of the audit; give --grants-table too
    #[arg(long, env = "SIGNALBOX_AUDIT_TABLE", value_name = "TABLE", hide_env_values = true)]
    audit_table: Option<String>,
}

/// How fast AWS is called. It is checked where it is read.
#[derive(Debug, Args)]
pub(crate) struct Pacing {
    /// How fast AWS is called: documented (the default) or unlimited. Organizations is never called faster than AWS documents
    #[arg(long, env = "SIGNALBOX_RATES", value_name = "RATES", hide_env_values = true)]
    rates: Option<String>,
}

/// The other accounts in which a function may act. It is checked where it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Other accounts")]
pub(crate) struct Elsewhere {
    /// In which accounts the function acts: ids of accounts, organizational units and organizations, separated by
    /// commas; its own only by default
    #[arg(long, env = "SIGNALBOX_ACCOUNTS", value_name = "IDS", hide_env_values = true)]
    accounts: Option<String>,
    /// The role that it assumes in the others
    #[arg(long, env = "SIGNALBOX_MEMBER_ROLE", value_name = "NAME", hide_env_values = true)]
    member_role: Option<String>,
    /// What the trust of that role asks for
    #[arg(long, env = "SIGNALBOX_EXTERNAL_ID", value_name = "ID", hide_env_values = true)]
    external_id: Option<String>,
}

/// How much a sweep may take away. They are checked where they are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "The sweep's limits")]
pub(crate) struct Removals {
    /// How many shares, or names, one sweep may take away; 25 by default
    #[arg(long, env = "SIGNALBOX_MAX_REMOVALS", value_name = "NUMBER", hide_env_values = true)]
    max_removals: Option<String>,
    /// Which part of the shares, or names, one sweep may take away where there are ten or more; 30 by default
    #[arg(long, env = "SIGNALBOX_MAX_REMOVED_PERCENT", value_name = "PERCENT", hide_env_values = true)]
    max_removed_percent: Option<String>,
}

/// What bounds a sweep. They are checked where they are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "The sweep's limits")]
struct Limits {
    #[command(flatten)]
    removals: Removals,
    /// Minutes between two sweeps, by which missed events are counted; a day by default
    #[arg(long, env = "SIGNALBOX_SWEEP_PERIOD", value_name = "MINUTES", hide_env_values = true)]
    sweep_period: Option<String>,
}

/// How clusters are named. It is checked where it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Names of clusters")]
pub(crate) struct Naming {
    /// Whose the records are; signalbox by default
    #[arg(long, env = "SIGNALBOX_OWNER", value_name = "NAME", hide_env_values = true)]
    owner: Option<String>,
    /// The key of the tag that holds a cluster's name; `cluster_name` by default
    #[arg(long, env = "SIGNALBOX_DNS_TAG", value_name = "KEY", hide_env_values = true)]
    dns_tag: Option<String>,
    /// How long a resolver may keep a name; 60 by default
    #[arg(long, env = "SIGNALBOX_DNS_TTL", value_name = "SECONDS", hide_env_values = true)]
    dns_ttl: Option<String>,
    /// Whether names are taken away too: sync (the default) or upsert-only
    #[arg(long, env = "SIGNALBOX_DNS_POLICY", value_name = "POLICY", hide_env_values = true)]
    dns_policy: Option<String>,
    /// The hosted zones that may be changed: their ids, separated by commas; every private one of the account by default
    #[arg(long, env = "SIGNALBOX_DNS_ZONES", value_name = "IDS", hide_env_values = true)]
    dns_zones: Option<String>,
    /// Which accounts may have names under which suffix: pairs such as `example.com=111122223333|222233334444`, separated by
    /// commas; every account that the function acts in by default
    #[arg(long, env = "SIGNALBOX_SUFFIX_ACCOUNTS", value_name = "PAIRS", hide_env_values = true)]
    suffix_accounts: Option<String>,
}
