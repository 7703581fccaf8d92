//! Roles of the templates, made in the accounts of a test by CloudFormation, so that the local AWS has IAM judge what is done in their
//! names.

use std::path::PathBuf;

use local_aws::deploy::{Deployment, Stack};
use serde_json::{Value, json};

use crate::templates::Template;
use crate::world::{AUDIT, GRANTS, LEDGER, World};

/// What a function has to say to assume its role in a member.
pub const EXTERNAL_ID: &str = "an-external-id";

/// A role of the hub that may do everything there, and enter every role that lets it in: an operator's.
pub const OPERATOR: &str = "operator";

/// What stays of a function's template where only its role is made: the role, and what its policies refer to.
const KEPT: [&str; 3] = ["AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::SQS::Queue"];

/// The role that a function assumes in members, as its templates call it by default; and that of an operator.
pub fn member_role(function: &str) -> String {
    format!("signalbox-{function}")
}

/// Makes the role of a function in the hub as its template says, and calls it by the function's name.
pub async fn make_role(hub: &World, function: &str, given: &[(&str, &str)]) {
    make_changed_role(hub, function, given, |_| {}).await;
}

/// The same, where `changed` may change the template.
pub async fn make_changed_role(hub: &World, function: &str, given: &[(&str, &str)], changed: impl FnOnce(&mut Value)) {
    let mut template = Template::read(function).json;
    changed(&mut template);
    template.as_object_mut().unwrap().remove("Outputs");
    let resources = template["Resources"].as_object_mut().unwrap();
    resources.retain(|_, it| KEPT.contains(&it["Type"].as_str().unwrap()));
    resources["Role"]["Properties"]["RoleName"] = json!(function);
    let bucket = hub.bucket();
    let (manifest, plans) = (format!("s3://{bucket}/share.json"), format!("s3://{bucket}/"));
    let usual = [
        ("Manifest", manifest.as_str()),
        ("StoredPlans", &plans),
        ("AllowedAccounts", "everybody"),
        ("LedgerTable", LEDGER),
        ("GrantsTable", GRANTS),
        ("AuditTable", AUDIT),
        ("ExternalId", EXTERNAL_ID),
        ("CodeBucket", &bucket),
        ("CodeKey", "function.zip"),
    ];
    deploy(hub, &format!("role-{function}"), &template, &[&usual, given].concat()).await;
}

/// Makes a role that may do everything in its account, and enter every role that lets it in.
pub async fn make_operator(hub: &World) {
    let everything = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let role = json!({
        "RoleName": OPERATOR,
        "AssumeRolePolicyDocument": {"Statement": []},
        "Policies": [{"PolicyName": "everything", "PolicyDocument": everything}],
    });
    let template = json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}});
    deploy(hub, "role-operator", &template, &[]).await;
}

/// Makes a managed policy in an account that allows these actions, to be the boundary of a role: its ARN.
pub async fn make_boundary(account: &World, actions: &[&str]) -> String {
    let document = json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let policy = json!({"ManagedPolicyName": "boundary", "PolicyDocument": document});
    let template = json!({"Resources": {"Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}}});
    deploy(account, "boundary", &template, &[]).await;
    format!("arn:aws:iam::{}:policy/boundary", account.account)
}

/// Deploys the role of a function in a member, by the function's template for members: the function of the hub may act there.
/// `changed` may change the template.
pub async fn make_member(
    member: &World,
    hub: &str,
    function: &str,
    given: &[(&str, &str)],
    changed: impl FnOnce(&mut Value),
) {
    let mut template = Template::of_members(function).json;
    changed(&mut template);
    let role = format!("arn:aws:iam::{hub}:role/{function}");
    let usual = [
        ("HubRoleArn", role.as_str()),
        ("HubRegion", "eu-west-1"),
        ("ExternalId", EXTERNAL_ID),
        ("CopyAutomated", "true"),
    ];
    let stack = format!("signalbox-{function}-member");
    deploy(member, &stack, &template, &[&usual, &[("Forward", "No")][..], given].concat()).await;
}

/// Deploys the same template a second time, for [`OPERATOR`]: a role of its own, which lets the operator of the hub act as the
/// function does.
pub async fn make_operators_member(member: &World, hub: &str, function: &str, given: &[(&str, &str)]) {
    let (role, name) = (format!("arn:aws:iam::{hub}:role/{OPERATOR}"), member_role(OPERATOR));
    let own = [
        ("HubRoleArn", role.as_str()),
        ("HubRegion", "eu-west-1"),
        ("ExternalId", EXTERNAL_ID),
        ("MemberRoleName", &name),
        ("Forward", "No"),
    ];
    let template = Template::of_members(function).json;
    deploy(member, &name, &template, &[&own, given].concat()).await;
}

/// Takes an action out of the statements of a template's role.
pub fn without_action<'a>(role: &'a str, action: &'a str) -> impl FnOnce(&mut Value) + 'a {
    move |template| {
        let mut taken = 0;
        take(&mut template["Resources"][role]["Properties"]["Policies"], action, &mut taken);
        assert!(taken > 0, "{role} has no {action}");
    }
}

fn take(value: &mut Value, action: &str, taken: &mut usize) {
    match value {
        Value::Object(fields) => {
            if fields.get("Action").is_some_and(|it| it == action) {
                fields.insert("Action".into(), json!("none:None"));
                *taken += 1;
            }
            for it in fields.values_mut() {
                take(it, action, taken);
            }
        }
        Value::Array(items) => {
            let before = items.len();
            items.retain(|it| it != action);
            *taken += before - items.len();
            for it in items {
                take(it, action, taken);
            }
        }
        _ => {}
    }
}

/// Creates or updates a stack of this template with those of the parameters that it has; the last of one name counts.
pub async fn deploy(world: &World, name: &str, template: &Value, given: &[(&str, &str)]) {
    let path: PathBuf = std::env::temp_dir().join(format!("signalbox-{name}-{}.json", world.account));
    std::fs::write(&path, template.to_string()).unwrap();
    let is_known = |name: &str| template["Parameters"].get(name).is_some();
    let parameters = given.iter().filter(|(name, _)| is_known(name));
    let parameters = parameters.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let stack = Stack { name: name.into(), template: path.clone(), parameters };
    Deployment::new(world.sessions.config()).apply(&stack).await.unwrap();
    std::fs::remove_file(path).unwrap();
}
