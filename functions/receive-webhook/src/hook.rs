//! Which path belongs to which forge, by which proof a request is believed, and which repositories are known there. The forge is never
//! guessed from a request: one header's name means two algorithms at three forges, and Gitea and Forgejo send GitHub's headers, too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use mirror::{Forge, RefName, RepositoryName};
use place::{Arn, shortened};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::unique::unique;

/// The longest text. A function has 4 KB for all of its variables. <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LONGEST: usize = 3_500;

/// Every hook, by its path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hooks {
    /// The hooks, by the path of the function's URL that the forge sends to.
    #[serde(deserialize_with = "unique")]
    pub by_path: BTreeMap<String, Hook>,
}

/// What is known of one path.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hook {
    /// Who sends to it.
    pub forge: Forge,
    /// The ARN of the secret by which requests are proved.
    pub secret: String,
    /// The proofs that are taken; the forge's own signature unless others are named.
    #[serde(default = "signature")]
    pub proofs: BTreeSet<Proof>,
    /// The addresses that requests have to come from beside their proof. Empty, any.
    #[serde(default, deserialize_with = "ranges")]
    pub sources: Vec<IpNet>,
    /// The names under which repositories are mirrored, by the forge's id of each, or by its full name there.
    #[serde(deserialize_with = "unique")]
    pub repositories: BTreeMap<String, RepositoryName>,
    /// The branches that are told of. Empty, all.
    #[serde(default)]
    pub branches: BTreeSet<String>,
}

/// How a request shows that its sender knows the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// By the forge's signature of the body.
    Signature,
    /// By the secret itself, in a header: `X-Gitlab-Token` of GitLab, `X-Git-Token` of others. It says nothing of the body.
    Token,
}

fn signature() -> BTreeSet<Proof> {
    [Proof::Signature].into()
}

fn ranges<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let read = |text: &String| {
        let no_range = || {
            D::Error::custom(format_args!(
                "`{}` is not a range of addresses, such as 192.0.2.0/24",
                shortened(text, 80)
            ))
        };
        text.parse().map_err(|_| no_range())
    };
    Vec::<String>::deserialize(deserializer)?.iter().map(read).collect()
}

impl Hook {
    /// Whether requests from this address are taken.
    pub(crate) fn takes_from(&self, source: Option<IpAddr>) -> bool {
        // An address of IPv4 may be written as one of IPv6.
        let is_within = |it: IpAddr| self.sources.iter().any(|range| range.contains(&it.to_canonical()));
        self.sources.is_empty() || source.is_some_and(is_within)
    }

    fn problem(&self) -> Option<String> {
        let arn = Arn::parse(&self.secret);
        if !arn.is_some_and(|it| it.service == "secretsmanager" && it.resource.starts_with("secret:")) {
            return Some(format!(
                "`secret` is `{}`, which is not the ARN of a secret in Secrets Manager",
                shortened(&self.secret, 120)
            ));
        }
        if self.proofs.is_empty() {
            return Some(
                "`proofs` is empty, so that nothing could enter: name `signature` or `token`, or leave it out".into(),
            );
        }
        if self.repositories.is_empty() || self.repositories.contains_key("") {
            return Some(
                "`repositories` has to name one at least: {\"the forge's id or OWNER/REPO\": \"OWNER/REPO\"}".into(),
            );
        }
        let is_branch = |it: &&String| RefName::of_branch(it).is_err();
        let branch = self.branches.iter().find(is_branch)?;
        Some(format!("`{}` is not the name of a branch, such as main", shortened(branch, 80)))
    }
}

impl FromStr for Hooks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            let bytes = text.len();
            return Err(format!(
                "it has {bytes} bytes, and {LONGEST} are the most, since Lambda has 4 KB for all variables: deploy a second function"
            ));
        }
        let hooks: Self = serde_json::from_str(text).map_err(|error| format!("not the hooks in JSON: {error}"))?;
        for (path, hook) in &hooks.by_path {
            let shown = shortened(path, 80);
            if !is_path(path) {
                return Err(format!(
                    "`{shown}` is not a path, such as /github: it begins with a slash, and has letters, digits and ._-"
                ));
            }
            if let Some(problem) = hook.problem() {
                return Err(format!("{shown}: {problem}"));
            }
        }
        Ok(hooks)
    }
}

/// Whether a path is the same in a request, where it is percent-encoded.
fn is_path(path: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-".contains(it);
    path.starts_with('/') && path.len() <= 128 && path.chars().all(is_plain)
}
