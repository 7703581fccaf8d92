//! `IfExists` in a `Deny`: where the key is missing it denies too. That is meant of a login without a second factor, and not of a
//! push that has no branch yet, or of AWS's own services.

use crate::Kind;
use crate::document::{Condition, Statement};
use crate::finding::Found;
use crate::operator::{Compares, Operator, Quantifier};

/// Keys that identities alone have: AWS's services that call for themselves have none of them.
const OF_IDENTITIES: [&str; 4] =
    ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalAccount", "aws:PrincipalArn"];
/// Keys of the network that a caller comes from: what AWS's services do for a caller has none of them, or the service's.
const OF_NETWORKS: [&str; 5] = ["aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpceOrgID"];
/// Keys that keep AWS's services out of a deny.
const SERVICES_EXCEPTED: [&str; 8] = [
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:ViaAWSService",
    "aws:CalledVia",
    "aws:CalledViaLast",
    "aws:SourceOrgID",
    "aws:SourceAccount",
];

pub(super) fn find(
    condition: &Condition<'_>,
    operator: Operator,
    statement: &Statement<'_>,
    kind: Kind,
    found: &mut Vec<Found>,
) {
    if statement.is_allow || !operator.if_exists || statement.asks_for(condition.key.value) {
        return;
    }
    let key = condition.key.value;
    if let Some((hit, remedy)) = wrongly_hit(condition, operator, statement, kind) {
        let message = format!("IfExists makes this Deny hit requests without `{key}` too: {hit}");
        found.push(Found::warning(condition.operator.at, "if-exists", message, remedy));
    }
}

/// Which callers a missing key hits that are not meant, and what to do.
fn wrongly_hit(
    condition: &Condition<'_>,
    operator: Operator,
    statement: &Statement<'_>,
    kind: Kind,
) -> Option<(&'static str, String)> {
    let is_any = |keys: &[&str]| keys.iter().any(|it| condition.is_on(it));
    let excepts_services = statement.conditions.iter().any(|it| SERVICES_EXCEPTED.iter().any(|key| it.is_on(key)));
    // A `false` that is missing is no `true`: no second factor, no TLS, no service.
    if operator.compares == Compares::Bool {
        let is_for_true = condition.values.iter().any(|it| it.value.eq_ignore_ascii_case("true"));
        return is_for_true.then(|| ("the condition asks for true, and they have nothing", without_ending(condition)));
    }
    if operator.is_negative {
        let of_services = is_any(&OF_IDENTITIES) && matches!(kind, Kind::Resource | Kind::Rcp);
        if (of_services || is_any(&OF_NETWORKS)) && !excepts_services {
            let remedy = "add \"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}, or of aws:ViaAWSService for networks";
            return Some(("AWS's services have none", remedy.into()));
        }
        return None;
    }
    // How old a login is: one that has no second factor has no age of it, and is meant.
    if condition.is_on("aws:MultiFactorAuthAge") || operator.quantifier == Quantifier::All {
        return None;
    }
    Some(("it is meant for some values, and they have none", without_ending(condition)))
}

fn without_ending(condition: &Condition<'_>) -> String {
    let plain = condition.operator.value;
    let plain = &plain[..plain.len().saturating_sub("IfExists".len())];
    format!("write {plain}, or add \"Null\": {{\"{}\": \"false\"}}", condition.key.value)
}
