//! Settings of functions as options: one for each environment variable that a function reads.

use clap::Args;

/// What a function has to know.
#[derive(Debug, Args)]
pub(crate) struct FunctionSettings {
    #[arg(
        help = "Where the share manifest lies: s3://bucket/key or ssm:/name (`plan` without an event also takes a file)"
    )]
    #[arg(long, env = "SIGNALBOX_MANIFEST", value_name = "LOCATION", hide_env_values = true)]
    pub(crate) manifest: Option<String>,
    /// The account that owns the bucket of the manifest; the account of your credentials by default
    #[arg(long, env = "SIGNALBOX_MANIFEST_ACCOUNT", value_name = "ID", hide_env_values = true)]
    pub(crate) manifest_account: Option<String>,
    #[command(flatten)]
    pub(crate) allowed: AllowedAccounts,
    /// Whether snapshots that RDS made for itself are copied, so that the copies can be shared: true or false
    #[arg(long, env = "SIGNALBOX_COPY_AUTOMATED", value_name = "BOOLEAN", hide_env_values = true)]
    pub(crate) copy_automated: Option<String>,
    #[command(flatten)]
    pub(crate) tables: Tables,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    #[command(flatten)]
    pub(crate) naming: Naming,
    #[command(flatten)]
    pub(crate) elsewhere: Elsewhere,
}

/// What it takes to carry a stored plan out.
#[derive(Debug, Args)]
pub(crate) struct ApplySettings {
    #[command(flatten)]
    pub(crate) allowed: AllowedAccounts,
    #[command(flatten)]
    pub(crate) tables: Tables,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    #[command(flatten)]
    pub(crate) elsewhere: Elsewhere,
}

/// With which accounts things may be shared. It is checked where it is read.
#[derive(Debug, Args)]
pub(crate) struct AllowedAccounts {
    /// With which accounts things may be shared: ids of accounts, organizations and organizational units, separated by
    /// commas, or the word `everybody`. What changes something needs it; a plan without it says that nothing bounds it
    #[arg(long, env = "SIGNALBOX_ALLOWED_ACCOUNTS", value_name = "IDS", hide_env_values = true)]
    pub(crate) allowed_accounts: Option<String>,
}

/// Where changes are recorded.
#[derive(Debug, Args)]
pub(crate) struct Tables {
    /// The DynamoDB table of grants, where changes are recorded; give --audit-table too
    #[arg(long, env = "SIGNALBOX_GRANTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    pub(crate) grants_table: Option<String>,
    /// The DynamoDB table of the audit; give --grants-table too
    #[arg(long, env = "SIGNALBOX_AUDIT_TABLE", value_name = "TABLE", hide_env_values = true)]
    pub(crate) audit_table: Option<String>,
}

/// How fast AWS is called. It is checked where it is read.
#[derive(Debug, Args)]
pub(crate) struct Pacing {
    /// How fast AWS is called: documented (the default) or unlimited
    #[arg(long, env = "SIGNALBOX_RATES", value_name = "RATES", hide_env_values = true)]
    pub(crate) rates: Option<String>,
}

/// The other accounts in which a function may act. It is checked where it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Other accounts")]
pub(crate) struct Elsewhere {
    /// In which accounts the function acts: ids of accounts, organizational units and organizations, separated by
    /// commas; its own only by default
    #[arg(long, env = "SIGNALBOX_ACCOUNTS", value_name = "IDS", hide_env_values = true)]
    pub(crate) accounts: Option<String>,
    /// The role that it assumes in the others
    #[arg(long, env = "SIGNALBOX_MEMBER_ROLE", value_name = "NAME", hide_env_values = true)]
    pub(crate) member_role: Option<String>,
    /// What the trust of that role asks for
    #[arg(long, env = "SIGNALBOX_EXTERNAL_ID", value_name = "ID", hide_env_values = true)]
    pub(crate) external_id: Option<String>,
}

/// How much a sweep may take away. They are checked where they are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "The sweep's limits")]
pub(crate) struct Removals {
    /// How many shares, or names, one sweep may take away; 25 by default
    #[arg(long, env = "SIGNALBOX_MAX_REMOVALS", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) max_removals: Option<String>,
    /// Which part of the shares, or names, one sweep may take away where there are ten or more; 30 by default
    #[arg(long, env = "SIGNALBOX_MAX_REMOVED_PERCENT", value_name = "PERCENT", hide_env_values = true)]
    pub(crate) max_removed_percent: Option<String>,
}

/// What bounds a sweep. They are checked where they are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "The sweep's limits")]
pub(crate) struct Limits {
    #[command(flatten)]
    pub(crate) removals: Removals,
    /// Minutes between two sweeps, by which missed events are counted; a day by default
    #[arg(long, env = "SIGNALBOX_SWEEP_PERIOD", value_name = "MINUTES", hide_env_values = true)]
    pub(crate) sweep_period: Option<String>,
}

/// How clusters are named. It is checked where it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Names of clusters")]
pub(crate) struct Naming {
    /// Whose the records are; signalbox by default
    #[arg(long, env = "SIGNALBOX_OWNER", value_name = "NAME", hide_env_values = true)]
    pub(crate) owner: Option<String>,
    /// The key of the tag that holds a cluster's name; `cluster_name` by default
    #[arg(long, env = "SIGNALBOX_DNS_TAG", value_name = "KEY", hide_env_values = true)]
    pub(crate) dns_tag: Option<String>,
    /// How long a resolver may keep a name; 60 by default
    #[arg(long, env = "SIGNALBOX_DNS_TTL", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) dns_ttl: Option<String>,
    /// Whether names are taken away too: sync (the default) or upsert-only
    #[arg(long, env = "SIGNALBOX_DNS_POLICY", value_name = "POLICY", hide_env_values = true)]
    pub(crate) dns_policy: Option<String>,
    /// The hosted zones that may be changed: their ids, separated by commas; every private one of the account by default
    #[arg(long, env = "SIGNALBOX_DNS_ZONES", value_name = "IDS", hide_env_values = true)]
    pub(crate) dns_zones: Option<String>,
    /// Which accounts may have names under which suffix: pairs such as `example.com=111122223333|222233334444`, separated by
    /// commas; every account that the function acts in by default
    #[arg(long, env = "SIGNALBOX_SUFFIX_ACCOUNTS", value_name = "PAIRS", hide_env_values = true)]
    pub(crate) suffix_accounts: Option<String>,
}

impl FunctionSettings {
    /// A setting by the name of the function's environment variable, where it is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "SIGNALBOX_MANIFEST" => self.manifest.as_ref(),
            "SIGNALBOX_MANIFEST_ACCOUNT" => self.manifest_account.as_ref(),
            "SIGNALBOX_ALLOWED_ACCOUNTS" => self.allowed.allowed_accounts.as_ref(),
            "SIGNALBOX_COPY_AUTOMATED" => self.copy_automated.as_ref(),
            "SIGNALBOX_RATES" => self.pacing.rates.as_ref(),
            "SIGNALBOX_GRANTS_TABLE" | "SIGNALBOX_AUDIT_TABLE" => self.tables.variable(name),
            "SIGNALBOX_ACCOUNTS" | "SIGNALBOX_MEMBER_ROLE" | "SIGNALBOX_EXTERNAL_ID" => self.elsewhere.variable(name),
            "SIGNALBOX_MAX_REMOVALS" | "SIGNALBOX_MAX_REMOVED_PERCENT" | "SIGNALBOX_SWEEP_PERIOD" => {
                self.limits.variable(name)
            }
            _ => return self.naming.variable(name),
        };
        value.cloned().filter(|value| !value.is_empty())
    }
}

impl ApplySettings {
    /// A setting by the name of the function's environment variable, where it is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "SIGNALBOX_ALLOWED_ACCOUNTS" => self.allowed.allowed_accounts.as_ref(),
            "SIGNALBOX_RATES" => self.pacing.rates.as_ref(),
            "SIGNALBOX_GRANTS_TABLE" | "SIGNALBOX_AUDIT_TABLE" => self.tables.variable(name),
            _ => self.elsewhere.variable(name),
        };
        value.cloned().filter(|value| !value.is_empty())
    }
}

impl Tables {
    pub(crate) fn variable(&self, name: &str) -> Option<&String> {
        match name {
            "SIGNALBOX_GRANTS_TABLE" => self.grants_table.as_ref(),
            "SIGNALBOX_AUDIT_TABLE" => self.audit_table.as_ref(),
            _ => None,
        }
    }
}

impl Elsewhere {
    fn variable(&self, name: &str) -> Option<&String> {
        match name {
            "SIGNALBOX_ACCOUNTS" => self.accounts.as_ref(),
            "SIGNALBOX_MEMBER_ROLE" => self.member_role.as_ref(),
            "SIGNALBOX_EXTERNAL_ID" => self.external_id.as_ref(),
            _ => None,
        }
    }
}

impl Removals {
    pub(crate) fn variable(&self, name: &str) -> Option<&String> {
        match name {
            "SIGNALBOX_MAX_REMOVALS" => self.max_removals.as_ref(),
            "SIGNALBOX_MAX_REMOVED_PERCENT" => self.max_removed_percent.as_ref(),
            _ => None,
        }
    }
}

impl Limits {
    pub(crate) fn variable(&self, name: &str) -> Option<&String> {
        match name {
            "SIGNALBOX_SWEEP_PERIOD" => self.sweep_period.as_ref(),
            _ => self.removals.variable(name),
        }
    }
}

impl Naming {
    /// A setting by the name of the function's environment variable, where it is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "SIGNALBOX_OWNER" => self.owner.as_ref(),
            "SIGNALBOX_DNS_TAG" => self.dns_tag.as_ref(),
            "SIGNALBOX_DNS_TTL" => self.dns_ttl.as_ref(),
            "SIGNALBOX_DNS_POLICY" => self.dns_policy.as_ref(),
            "SIGNALBOX_DNS_ZONES" => self.dns_zones.as_ref(),
            "SIGNALBOX_SUFFIX_ACCOUNTS" => self.suffix_accounts.as_ref(),
            _ => return without_option(name),
        };
        value.cloned().filter(|value| !value.is_empty())
    }
}

/// A variable that no option stands for: those of the functions that rotate, of which `plan --help` says that the environment has
/// them.
fn without_option(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the operator's, as clap reads those that are options")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
