//! Roles of the templates, made in the accounts of a test by CloudFormation, so that the local AWS has IAM judge what is done in their
//! names.

use std::path::PathBuf;

use local_aws::deploy::{Deployment, Stack};
use serde_json::{Value, json};

use crate::templates::{IN_MEMBERS, Template};
use crate::world::{AUDIT, GRANTS, LEDGER, World};

/// The role that the functions assume in members.
pub const MEMBER_ROLE: &str = "signalbox-member";

/// What a function has to say to assume it.
pub const EXTERNAL_ID: &str = "an-external-id";

/// A role of the hub that members trust, and which may do everything there: an operator's.
pub const OPERATOR: &str = "operator";

/// What stays of a function's template where only its role is made: the role, and what its policies refer to.
const KEPT: [&str; 3] = ["AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::SQS::Queue"];

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
        ("MemberRoleName", MEMBER_ROLE),
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

/// Deploys `infra/member-account.yaml` in a member: every function of the hub that acts in members may act there, by the role that
/// the template makes. `changed` may change the template.
pub async fn make_member(member: &World, hub: &str, given: &[(&str, &str)], changed: impl FnOnce(&mut Value)) {
    let mut template = Template::read("member-account").json;
    changed(&mut template);
    let roles = IN_MEMBERS.into_iter().chain(["rotate-bearer-token", OPERATOR]);
    let roles: Vec<_> = roles.map(|role| format!("arn:aws:iam::{hub}:role/{role}")).collect();
    let roles = roles.join(",");
    let usual = [
        ("HubAccountId", hub),
        ("HubRegion", "eu-west-1"),
        ("HubRoleArns", &roles),
        ("ExternalId", EXTERNAL_ID),
        ("CopyAutomated", "true"),
        ("EmrDns", "Yes"),
        ("ReactOrgChange", "Yes"),
        ("ReconcileShares", "Yes"),
        ("ShareAmi", "Yes"),
        ("ShareEbsSnapshot", "Yes"),
        ("ShareRdsSnapshot", "Yes"),
    ];
    deploy(member, "signalbox-member-account", &template, &[&usual, given].concat()).await;
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
