//! Our own statements: their canonical form, which of a policy's statements are ours, and the principals that they admit.
//!
//! An account is its root, which lets that account decide who of its users and roles has the share. An organization is a
//! condition of its own statement.

use std::collections::{BTreeMap, BTreeSet};

use place::AccountId;
use policy::in_force::{ORGANIZATION, Statement, Who, account_of, is_root, texts};
use reaction::Error;
use serde_json::{Map, Value, json};

use crate::principal::is_id;
use crate::{Kind, Principal, Resource};

/// What the `Sid` of every statement of ours begins with.
const PREFIX: &str = "Signalbox";

/// What it ends with where it is for an organization.
const ORGANIZATIONS: &str = "Organization";

/// The `Sid` of the statement that the function of 2015 gave a bucket.
const ADOPTED: &str = "S3ReadAccessToRole";

/// A statement of ours: what it allows, without its principals.
struct Form {
    sid: &'static str,
    actions: &'static [&'static str],
    /// Whether only services of AWS may do it on behalf of a principal.
    is_for_services: bool,
}

const READ: Form = Form { sid: "SignalboxRead", actions: &["s3:Get*", "s3:List*"], is_for_services: false };

/// What a pull needs.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html>
const PULL: Form = Form {
    sid: "SignalboxPull",
    actions: &["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    is_for_services: false,
};

/// What the use of an encrypted snapshot needs, and then the grants by which services use the key for its new owner.
/// <https://docs.aws.amazon.com/ebs/latest/userguide/share-kms-key.html>
const DECRYPT: Form = Form {
    sid: "SignalboxDecrypt",
    actions: &["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
    is_for_services: false,
};

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-service-integration>
const GRANT: Form = Form {
    sid: "SignalboxGrant",
    actions: &["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
    is_for_services: true,
};

fn forms(kind: Kind) -> &'static [Form] {
    match kind {
        Kind::Bucket => &[READ],
        Kind::Repository => &[PULL],
        Kind::Key => &[DECRYPT, GRANT],
        _ => &[],
    }
}

impl Form {
    fn statement(&self, resource: &Resource, ending: &str, principal: &Value, organizations: &[&str]) -> Value {
        let mut statement = json!({
            "Sid": format!("{}{ending}", self.sid), "Effect": "Allow", "Principal": principal, "Action": self.actions,
        });
        match resource.kind {
            Kind::Bucket => statement["Resource"] = json!([resource.arn(), format!("{}/*", resource.arn())]),
            Kind::Key => statement["Resource"] = json!("*"),
            // ECR takes no `Resource`.
            _ => {}
        }
        if self.is_for_services {
            statement["Condition"]["Bool"]["kms:GrantIsForAWSResource"] = json!("true");
        }
        if let Some((first, more)) = organizations.split_first() {
            let ids = if more.is_empty() { json!(first) } else { json!(organizations) };
            statement["Condition"]["StringEquals"][ORGANIZATION] = ids;
        }
        statement
    }

    fn for_accounts(&self, resource: &Resource, accounts: &BTreeSet<&AccountId>) -> Value {
        let root = |account: &&AccountId| format!("arn:{}:iam::{account}:root", resource.partition);
        let roots: Vec<_> = accounts.iter().map(root).collect();
        self.statement(resource, "", &json!({"AWS": roots}), &[])
    }

    fn for_organizations(&self, resource: &Resource, organizations: &[&str]) -> Value {
        self.statement(resource, ORGANIZATIONS, &json!("*"), organizations)
    }

    /// The principals that a statement with this form's `Sid` admits; `None` where it was altered.
    fn principals(&self, resource: &Resource, statement: &Statement<'_>) -> Option<BTreeSet<Principal>> {
        if statement.sid().ends_with(ORGANIZATIONS) {
            let organizations: Vec<_> = statement.organizations().collect();
            let is_ours = is_same(statement.0, &self.for_organizations(resource, &organizations))
                && statement.principals().eq([Who::Everybody])
                && organizations.iter().all(|id| is_id(id, "o-"));
            return is_ours.then(|| organizations.into_iter().map(|id| Principal::Members(id.into())).collect());
        }
        let is_ours = is_same(statement.0, &self.for_accounts(resource, &BTreeSet::new()))
            && statement.principals().all(|who| matches!(who, Who::Aws(_)));
        is_ours.then(|| statement.named().map(principal).collect())
    }
}

/// Whether two statements mean the same, apart from their principals and whatever their `Sid`.
fn is_same(statement: &Map<String, Value>, canonical: &Value) -> bool {
    let meaning = |statement: &Map<String, Value>| {
        let elements = statement.iter().filter(|(name, _)| !["Sid", "Principal"].contains(&name.as_str()));
        let elements = elements.map(|(name, value)| match name.as_str() {
            "Action" | "Resource" => (name.clone(), json!(texts(value).collect::<BTreeSet<_>>())),
            "Condition" => (name.clone(), conditions(value)),
            _ => (name.clone(), value.clone()),
        });
        elements.collect::<BTreeMap<_, _>>()
    };
    canonical.as_object().is_some_and(|canonical| meaning(statement) == meaning(canonical))
}

/// A condition with each of its texts as a sorted list.
fn conditions(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), conditions(value))).collect(),
        Value::Bool(value) => json!([value.to_string()]),
        value => json!(texts(value).collect::<BTreeSet<_>>()),
    }
}

fn principal(text: &str) -> Principal {
    match account_of(text).filter(|_| is_root(text)) {
        Some(account) => Principal::Account(account),
        None => Principal::Stray(text.into()),
    }
}

/// Whether the statement is ours: by its `Sid`, or what the function of 2015 wrote.
pub(super) fn is_own(resource: &Resource, statement: &Statement<'_>) -> bool {
    statement.sid().starts_with(PREFIX) || is_adopted(resource, statement)
}

fn is_adopted(resource: &Resource, statement: &Statement<'_>) -> bool {
    resource.kind == Kind::Bucket
        && statement.sid() == ADOPTED
        && is_same(statement.0, &READ.for_accounts(resource, &BTreeSet::new()))
        && statement.principals().all(|who| matches!(who, Who::Aws(_)))
}

/// The principals that our statements admit together. Of a key, one that stands in one of our two statements alone is a stray, so that it
/// is mended.
pub(super) fn principals(resource: &Resource, own: &[Statement<'_>]) -> BTreeSet<Principal> {
    let forms = forms(resource.kind);
    let mut admitted: BTreeMap<Principal, BTreeSet<&str>> = BTreeMap::new();
    let mut strays = BTreeSet::new();
    for statement in own {
        let form = forms
            .iter()
            .find(|form| is_of(statement, form))
            .or(forms.first().filter(|_| is_adopted(resource, statement)));
        match form.and_then(|form| Some((form, form.principals(resource, statement)?))) {
            Some((form, principals)) => {
                for who in principals {
                    admitted.entry(who).or_default().insert(form.sid);
                }
            }
            None => drop(strays.insert(Principal::Stray(statement.sid().into()))),
        }
    }
    let whole = |(who, sids): (Principal, BTreeSet<&str>)| match &who {
        Principal::Stray(_) => who,
        _ if sids.len() == forms.len() => who,
        _ => Principal::Stray(format!("{who} in {} alone", sids.into_iter().collect::<String>())),
    };
    admitted.into_iter().map(whole).chain(strays).collect()
}

fn is_of(statement: &Statement<'_>, form: &Form) -> bool {
    statement.sid().strip_prefix(form.sid).is_some_and(|ending| ending.is_empty() || ending == ORGANIZATIONS)
}

/// The statements that admit exactly these, in their canonical form.
pub(super) fn statements(resource: &Resource, after: &BTreeSet<Principal>) -> Result<Vec<Value>, Error> {
    let (mut accounts, mut organizations) = (BTreeSet::new(), Vec::new());
    for who in after {
        match who {
            Principal::Account(account) => drop(accounts.insert(account)),
            Principal::Members(id) => organizations.push(id.as_str()),
            who => {
                return Err(Error::refused(format!(
                    "{who} is neither an account nor an organization's id, and cannot stand in the policy of {resource}"
                )));
            }
        }
    }
    let forms = forms(resource.kind);
    let mut statements = Vec::new();
    if !accounts.is_empty() {
        statements.extend(forms.iter().map(|form| form.for_accounts(resource, &accounts)));
    }
    if !organizations.is_empty() {
        statements.extend(forms.iter().map(|form| form.for_organizations(resource, &organizations)));
    }
    Ok(statements)
}
