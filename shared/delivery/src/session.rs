//! What a session at a target may do: what this deployment needs there, of its functions only.

use std::collections::BTreeSet;

use place::AccountId;
use reaction::Error;
use serde_json::json;

use crate::record::{Goods, Record};
use crate::{Settings, code};

/// The characters of a session's policy, at most.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
const LONGEST: usize = 2_048;

/// What a deployment does to its functions. Whatever of it is missing in the role is not allowed by this either.
const ACTIONS: [&str; 11] = [
    "lambda:GetAlias",
    "lambda:GetFunction*",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:ListAliases",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListVersionsByFunction",
    "lambda:PublishVersion",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:UpdateAlias",
    "lambda:UpdateFunctionCode",
    "lambda:DeleteFunction",
];

/// What moves aliases to versions that are there.
const MOVES: [&str; 6] = [
    "lambda:GetAlias",
    "lambda:GetFunction*",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:UpdateAlias",
];

/// What it takes to look at aliases and versions.
const READS: [&str; 2] = ["lambda:GetAlias", "lambda:GetFunction*"];

/// The functions of a deployment, and the hooks that it invokes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    functions: BTreeSet<String>,
    hooks: BTreeSet<String>,
    is_judged: bool,
    has_code: bool,
    reads: bool,
}

impl Scope {
    /// What this deployment needs.
    pub(crate) fn of(record: &Record) -> Self {
        let hooks = record.goods.values().flat_map(|it| [&it.before, &it.after]).flatten().cloned();
        let has_alarms = record.goods.values().any(|it| !it.alarms.is_empty());
        let is_judged = has_alarms || record.bake > 0 || record.traffic.minutes() > 0;
        let has_code = record.goods.values().any(Goods::has_code);
        Self {
            functions: record.goods.keys().cloned().collect(),
            hooks: hooks.collect(),
            is_judged,
            has_code,
            reads: false,
        }
    }

    /// What it takes to look at a function's aliases and versions.
    pub(crate) fn reading(function: &str) -> Self {
        Self { functions: [function.to_owned()].into(), reads: true, ..Self::default() }
    }

    /// The policy of a session in this account.
    ///
    /// # Errors
    /// `Refused` where STS would not take it.
    pub(crate) fn policy(&self, partition: &str, account: &AccountId, settings: &Settings) -> Result<String, Error> {
        let arn = |name: &String| format!("arn:{partition}:lambda:*:{account}:function:{name}");
        let functions: Vec<_> = self.functions.iter().flat_map(|name| [arn(name), arn(name) + ":*"]).collect();
        let objects = format!("arn:{partition}:s3:::{}/{}*", settings.bucket_in("*"), code::PREFIX);
        let actions = match (self.reads, self.has_code) {
            (true, _) => READS.as_slice(),
            (false, true) => ACTIONS.as_slice(),
            (false, false) => MOVES.as_slice(),
        };
        let mut statements = vec![json!({"Effect": "Allow", "Action": actions, "Resource": functions})];
        if self.has_code {
            let actions = ["s3:GetObject", "s3:GetObjectVersion"];
            statements.push(json!({"Effect": "Allow", "Action": actions, "Resource": objects}));
            statements.push(json!({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}));
        }
        if !self.hooks.is_empty() {
            let hooks: Vec<_> = self.hooks.iter().map(arn).collect();
            statements.push(json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": hooks}));
        }
        if self.is_judged {
            let actions = ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"];
            statements.push(json!({"Effect": "Allow", "Action": actions, "Resource": "*"}));
        }
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        if policy.len() > LONGEST {
            return Err(Error::refused(format!(
                "the policy of a session in account {account} has {} characters, and STS takes {LONGEST}; deliver fewer functions at \
                 once, or such with shorter names",
                policy.len()
            )));
        }
        Ok(policy)
    }
}
