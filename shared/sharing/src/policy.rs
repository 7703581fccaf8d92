//! The arithmetic of resource policies: who may use a bucket, a repository or a key by its policy, and the policy that
//! admits other principals.
//!
//! Ours are the statements whose `Sid` begins with `Signalbox`, and of a bucket the one that the function of 2015 wrote.
//! Every other statement is another writer's: it is listed, and kept as it is.

mod admits;
mod condition;
mod own;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use policy::in_force::{self, Statement, Who, account_of, is_deleted, is_root};
use reaction::Error;
use serde_json::{Map, Value, json};

use crate::{Kind, Principal, Resource};
use condition::callers;

pub use admits::{Admitted, admits};

/// The principals that a policy admits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyHolders {
    /// The principals that our statements admit. What stands in them and is neither an account nor an organization's condition is a
    /// [`Principal::Stray`], and so is a statement of ours that was altered, by its `Sid`.
    pub ours: BTreeSet<Principal>,
    /// The principals that the statements of others admit from elsewhere than the owner's account: accounts by their ids, others as
    /// they are written. AWS's services are left out.
    pub foreign: BTreeSet<String>,
    /// Whether a statement admits everybody: it has no condition, or none that keeps anonymous callers out.
    pub is_public: bool,
}

/// The principals that the policy of this bucket, repository or key admits; `None` is no policy.
///
/// # Errors
/// Why the text is no policy.
pub fn holders(resource: &Resource, text: Option<&str>) -> Result<PolicyHolders, String> {
    let policy = read(text)?;
    let (own, others) = parted(resource, &policy)?;
    let mut holders = PolicyHolders { ours: own::principals(resource, &own), ..PolicyHolders::default() };
    for statement in own.iter().chain(&others).filter(|it| it.is_allow()) {
        holders.is_public |= statement.is_for_everybody() && callers(statement, resource.kind).is_anonymous;
    }
    holders.foreign = others.iter().filter(|it| it.is_allow()).flat_map(|it| elsewhere(it, resource)).collect();
    Ok(holders)
}

/// The policy in which our statements admit exactly `after`, and those of others stand as they were; `None` where no
/// statement is left, and the policy is to be deleted.
///
/// # Errors
/// `Refused` where AWS would not take the policy: it is too long, the statement of another writer names a principal that was
/// deleted, or no identity could change the key's policy any more.
pub fn edit(resource: &Resource, text: Option<&str>, after: &BTreeSet<Principal>) -> Result<Option<String>, Error> {
    let mut policy = read(text).map_err(|reason| unreadable(resource, &reason))?;
    let (_, others) = parted(resource, &policy).map_err(|reason| unreadable(resource, &reason))?;
    admit_no_deleted(resource, &others)?;
    if resource.kind == Kind::Key && !others.iter().any(|it| keeps_editors(it, resource)) {
        return Err(Error::refused(format!(
            "no statement of others in the policy of {resource} lets account {} change that policy, so nobody could \
             mend it any more; give the key a statement that allows kms:* to arn:{}:iam::{}:root",
            resource.account, resource.partition, resource.account
        )));
    }
    let kept = others.iter().map(|it| Value::Object(it.0.clone()));
    let statements: Vec<Value> = kept.chain(own::statements(resource, after)?).collect();
    if statements.is_empty() {
        return Ok(None);
    }
    policy.insert("Statement".into(), Value::Array(statements));
    let text = Value::Object(policy).to_string();
    fits(resource, &text)?;
    Ok(Some(text))
}

/// The most bytes that a policy of this kind may have.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html>
/// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>
fn longest(kind: Kind) -> usize {
    match kind {
        Kind::Bucket => 20_480,
        Kind::Repository => 10_240,
        _ => 32_768,
    }
}

fn fits(resource: &Resource, text: &str) -> Result<(), Error> {
    let (bytes, longest) = (text.len(), longest(resource.kind));
    if bytes <= longest {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the policy of {resource} would have {bytes} bytes, and AWS takes {longest} at most; name an organization in place of \
         its accounts ({{\"organization\": \"o-..\"}}), or take statements out that nobody needs"
    )))
}

/// AWS takes no policy that names a principal which was deleted, in any statement.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html>
fn admit_no_deleted(resource: &Resource, others: &[Statement<'_>]) -> Result<(), Error> {
    for (index, statement) in others.iter().enumerate() {
        if let Some(deleted) = statement.named().find(|text| is_deleted(text)) {
            let place = match statement.sid() {
                "" => format!("the statement number {} of others, which has no Sid,", index + 1),
                sid => format!("the statement {sid}"),
            };
            return Err(Error::refused(format!(
                "{place} in the policy of {resource} names {deleted}, a user or role that was deleted, and so AWS takes no \
                 change of that policy; take {deleted} out of it"
            )));
        }
    }
    Ok(())
}

/// Whether the statement lets an identity of the owner's account change the key's policy. AWS checks the same of the caller.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>
fn keeps_editors(statement: &Statement<'_>, resource: &Resource) -> bool {
    let is_owner = |who: Who<'_>| match who {
        Who::Everybody => true,
        Who::Aws(text) => account_of(text).as_ref() == Some(&resource.account),
        Who::Outside(_) | Who::Service => false,
    };
    statement.is_allow() && statement.is_about("kms:PutKeyPolicy") && statement.principals().any(is_owner)
}

/// Who of elsewhere the statement of others admits, as far as its conditions tell: an account, where it is certain that
/// callers are of that one, or an organization; otherwise as the statement writes it.
fn elsewhere(statement: &Statement<'_>, resource: &Resource) -> Vec<String> {
    let callers = callers(statement, resource.kind);
    let accounts = callers.accounts_beside(&resource.account);
    let of_everybody = |as_written: String| match (&accounts, &callers.organizations) {
        (Some(accounts), _) => accounts.clone(),
        (None, Some(organizations)) => organizations.iter().cloned().collect(),
        // It is public.
        (None, None) if callers.is_anonymous => Vec::new(),
        (None, None) => vec![as_written],
    };
    // It may be anybody's: nothing but the conditions says that it is ours.
    let of_unknown = |text: &str| {
        let is_ours = accounts.as_ref().is_some_and(Vec::is_empty);
        if is_ours { Vec::new() } else { vec![text.to_owned()] }
    };
    let admitted = statement.principals().flat_map(|who| match who {
        Who::Everybody => of_everybody("* under conditions".into()),
        Who::Aws(text) => match account_of(text) {
            Some(account) if account == resource.account || callers.leave_out(&account) => Vec::new(),
            Some(account) if is_root(text) => vec![account.to_string()],
            Some(_) => vec![text.to_owned()],
            None => of_unknown(text),
        },
        Who::Outside(text) => of_unknown(text),
        Who::Service => Vec::new(),
    });
    let mut admitted: Vec<_> = admitted.collect();
    if statement.has_exceptions() {
        admitted.extend(of_everybody(all_but(statement)));
    }
    admitted
}

/// Everybody but those that a statement excepts, as far as it names any.
fn all_but(statement: &Statement<'_>) -> String {
    let named = statement.exceptions().filter_map(|who| match who {
        Who::Aws(text) => Some(account_of(text).filter(|_| is_root(text)).map_or(text.to_owned(), |it| it.to_string())),
        Who::Outside(text) => Some(text.to_owned()),
        Who::Everybody | Who::Service => None,
    });
    match named.collect::<Vec<_>>().join(", ").as_str() {
        "" => "* under conditions".into(),
        named => format!("* but {named} under conditions"),
    }
}

fn read(text: Option<&str>) -> Result<Map<String, Value>, String> {
    let Some(text) = text else {
        let Value::Object(policy) = json!({"Version": "2012-10-17"}) else { return Ok(Map::new()) };
        return Ok(policy);
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(policy)) => Ok(policy),
        Ok(_) => Err("it is no JSON object".into()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}

/// Our statements, and those of others.
fn parted<'a>(
    resource: &Resource,
    policy: &'a Map<String, Value>,
) -> Result<(Vec<Statement<'a>>, Vec<Statement<'a>>), String> {
    let statements = in_force::all(policy)?;
    Ok(statements.into_iter().partition(|statement| own::is_own(resource, statement)))
}

fn unreadable(resource: &Resource, reason: &str) -> Error {
    Error::refused(format!("the policy of {resource} cannot be read: {reason}"))
}
