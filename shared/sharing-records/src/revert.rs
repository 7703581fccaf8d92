//! The command that takes a change back. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sharing::{Change, Difference, Kind, Principal, Resource, Share};

/// The command that takes the change back, where anybody gained or lost: those that gained lose, and those that lost gain.
///
/// A policy cannot be edited by one call of AWS's, so there it is a plan to be applied.
#[must_use]
pub fn revert(change: &Change, manifest: &str) -> Option<String> {
    let back = Change { before: change.after.clone(), after: change.before.clone(), ..change.clone() };
    let difference = back.difference();
    if difference.is_empty() {
        return None;
    }
    let Resource { kind, id, region, .. } = &change.resource;
    let region = region.as_ref().map(|region| format!(" --region {region}")).unwrap_or_default();
    Some(match kind {
        Kind::ManagedPolicy => return of_policy(change),
        Kind::Image => {
            let permission = modifications(&difference);
            format!("aws ec2 modify-image-attribute{region} --image-id {id} --launch-permission {permission}")
        }
        Kind::Snapshot => {
            let (call, attribute) = ("aws ec2 modify-snapshot-attribute", "--attribute createVolumePermission");
            let permission = modifications(&difference);
            format!("{call}{region} --snapshot-id {id} {attribute} --create-volume-permission {permission}")
        }
        Kind::DbSnapshot => {
            let restore = restore(&difference);
            format!("aws rds modify-db-snapshot-attribute{region} --db-snapshot-identifier {id} {restore}")
        }
        Kind::DbClusterSnapshot => {
            let restore = restore(&difference);
            format!(
                "aws rds modify-db-cluster-snapshot-attribute{region} --db-cluster-snapshot-identifier {id} {restore}"
            )
        }
        Kind::Key | Kind::Repository | Kind::Bucket => {
            let back = Change { why: format!("takes back: {}", change.why), ..back };
            let plan = Share { changes: vec![back], manifest: manifest.into() };
            format!("printf %s {} | signalbox apply -", quoted(&serde_json::to_string(&plan).unwrap_or_default()))
        }
    })
}

/// IAM deletes no policy that is attached, and none with several versions.
fn of_policy(Change { resource, name, before, .. }: &Change) -> Option<String> {
    let arn = resource.arn();
    match (before.is_empty(), name.as_str()) {
        (true, _) => Some(format!("aws iam delete-policy --policy-arn {arn}")),
        (false, "") => None,
        (false, version) => {
            Some(format!("aws iam set-default-policy-version --policy-arn {arn} --version-id {version}"))
        }
    }
}

/// `{"Add": [..], "Remove": [..]}`, as EC2 takes it, as a word of a shell.
fn modifications(Difference { add, remove }: &Difference<Principal>) -> String {
    let sides = [("Add", add), ("Remove", remove)].into_iter().filter(|(_, who)| !who.is_empty());
    let sides = sides.map(|(side, who)| (side.into(), who.iter().map(permission).collect()));
    quoted(&Value::Object(sides.collect::<Map<_, _>>()).to_string())
}

fn permission(who: &Principal) -> Value {
    match who {
        Principal::Organization(arn) => json!({"OrganizationArn": arn}),
        Principal::OrganizationalUnit(arn) => json!({"OrganizationalUnitArn": arn}),
        account => json!({"UserId": account.to_string()}),
    }
}

fn restore(Difference { add, remove }: &Difference<Principal>) -> String {
    let list = |who: &BTreeSet<Principal>| who.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let sides = [("values-to-add", add), ("values-to-remove", remove)].into_iter().filter(|(_, who)| !who.is_empty());
    let sides = sides.map(|(option, who)| format!("--{option} {}", list(who)));
    format!("--attribute-name restore {}", sides.collect::<Vec<_>>().join(" "))
}

/// One word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
