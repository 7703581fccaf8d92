//! Who may use a resource or assume a role: everybody, everybody but some, and names that cannot be principals.

use crate::Kind;
use crate::document::{Principal, Statement, Text};
use crate::finding::Found;

const RULE: &str = "principal";

/// Keys by which a condition keeps strangers out. Tags of a principal do not: in an account of theirs, strangers set them.
const OF_CALLERS: [&str; 26] = [
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceVpcArn",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:SourceIp",
    "aws:VpcSourceIp",
    "aws:userid",
    "kms:CallerAccount",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "lambda:EventSourceToken",
    "elasticfilesystem:AccessedViaMountTarget",
    "sns:Endpoint",
];

/// Identity providers at which everybody may have an account.
const SHARED: [&str; 3] = ["token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io"];

/// What a role's trust policy may allow. <https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html>
const OF_TRUST: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

pub(super) fn find(statement: &Statement<'_>, kind: Kind, found: &mut Vec<Found>) {
    if !kind.has_principals() {
        return;
    }
    for it in &statement.principals {
        found.extend(name(*it, kind));
        if statement.is_allow && !statement.excepts_principals {
            found.extend(open(*it, statement));
        }
    }
    if let Some(first) = statement.principals.first().filter(|_| statement.excepts_principals && statement.is_allow) {
        let message = "NotPrincipal with Allow lets in everybody but these, anonymous callers too";
        found.push(Found::error(first.name.at, RULE, message, "name in Principal who is let in"));
    }
    if kind == Kind::Trust {
        trust(statement, found);
    }
}

/// A principal that is everybody.
fn open(principal: Principal<'_>, statement: &Statement<'_>) -> Option<Found> {
    let Principal { of, name } = principal;
    if name.value == "*" && matches!(of, "Service" | "Federated") {
        let message =
            format!("every {} is let in", if of == "Service" { "service of AWS" } else { "identity provider" });
        return Some(Found::error(name.at, RULE, message, "name the one that is meant"));
    }
    if name.value == "*" && !statement.is_narrowed_by(&OF_CALLERS) {
        let message = "everybody is let in: no condition keeps strangers out";
        let remedy = "name accounts or roles, or add a condition such as StringEquals on aws:PrincipalOrgID";
        return Some(Found::error(name.at, RULE, message, remedy));
    }
    if of == "Federated" { open_provider(name, statement) } else { None }
}

/// An identity provider of which everybody is let in.
fn open_provider(name: Text<'_>, statement: &Statement<'_>) -> Option<Found> {
    let of_iam = name.value.split_once("oidc-provider/").map(|it| it.1);
    let host = of_iam.or((name.value == "cognito-identity.amazonaws.com").then_some(name.value))?;
    let host = host.split('/').next().unwrap_or(host);
    let is_shared = SHARED.iter().any(|it| host.eq_ignore_ascii_case(it)) || host.contains("githubusercontent");
    let is_firm_on = |ending: &str| {
        let is_of_host =
            |key: &str| key.get(..host.len()).is_some_and(|it| it.eq_ignore_ascii_case(host)) && key.ends_with(ending);
        let names_owner = |it: &str| !is_shared || names_owner(it);
        statement.conditions.iter().any(|it| {
            it.is_firm()
                && is_of_host(&it.key.value.to_ascii_lowercase())
                && it.values.iter().all(|it| names_owner(it.value))
        })
    };
    // Everybody has an account there, so that the audience says nothing.
    let endings: &[&str] = if is_shared {
        &[":sub", ":repository", ":repository_owner", ":repository_owner_id", ":repository_id", ":job_workflow_ref"]
    } else {
        &[":sub", ":aud", ":amr"]
    };
    if endings.iter().any(|it| is_firm_on(it)) {
        return None;
    }
    let message = format!("every identity of {host} is let in");
    Some(Found::error(name.at, RULE, message, format!("add a condition on {host}:sub")))
}

/// Whether a subject gives an owner's whole name, and not only its beginning: `repo:owner/*`.
fn names_owner(subject: &str) -> bool {
    let given = subject.split(['*', '?']).next().unwrap_or_default();
    let owner = given.split_once(':').map_or(given, |it| it.1);
    given.len() == subject.len() || owner.contains(['/', ':'])
}

/// A name that cannot be a principal's.
fn name(Principal { of, name }: Principal<'_>, kind: Kind) -> Option<Found> {
    let value = name.value;
    if kind == Kind::Rcp && value != "*" {
        return Some(Found::error(
            name.at,
            RULE,
            "a resource control policy is about every principal",
            "write \"*\" and a condition",
        ));
    }
    let (is_valid, remedy) = match of {
        "AWS" => (is_aws(value), "write an account's id, or the ARN of an account, role, user or session, or \"*\""),
        "Service" => (
            value == "*" || !value.contains('*') && (value.contains(".amazon") || value.contains(".aws")),
            "write a name such as lambda.amazonaws.com",
        ),
        _ => (true, ""),
    };
    (!is_valid).then(|| Found::error(name.at, RULE, format!("`{value}` cannot be a principal of type {of}"), remedy))
}

/// Principals have no wildcards in them. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn is_aws(value: &str) -> bool {
    let is_id = |it: &str| it.len() == 12 && it.bytes().all(|it| it.is_ascii_digit());
    let is_unique = value.len() >= 16
        && value.starts_with('A')
        && value.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit());
    let is_arn = || {
        let parts: Vec<_> = value.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", _, "iam" | "sts", "", account, _] if is_id(account) || account.contains("${") || *account == "cloudfront")
            && !value.contains('*')
    };
    value == "*" || value.contains("${") || is_id(value) || is_unique || is_arn()
}

fn trust(statement: &Statement<'_>, found: &mut Vec<Found>) {
    for it in &statement.actions {
        if statement.is_allow && !OF_TRUST.iter().any(|action| action.eq_ignore_ascii_case(it.value)) {
            let message = format!("`{}` is more than a role's trust policy needs", it.value);
            found.push(Found::warning(
                it.at,
                "trust-action",
                message,
                "write sts:AssumeRole, or the one that is meant",
            ));
        }
    }
}
