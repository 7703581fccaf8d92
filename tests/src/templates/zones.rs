//! `emr-dns` may change names in the zones that were given to its template, and nothing else.

use std::collections::BTreeSet;

use emr_dns::Settings;
use local_aws::deploy::{Deployment, Stack};
use naming::Policy;
use serde_json::{Value, json};

use super::role::texts;
use super::template::{Parameters, Template, resolved};
use crate::world::World;

/// Route 53 documents no more of an id than its length.
const ZONES: [&str; 3] = ["Z0123456789ABCDEFGHIJ", "Z1XYZ", "0123456789abcdef0123456789abcdef"];

/// What the role allows where these zones were given.
fn statements() -> Vec<Value> {
    let parameters = Parameters::from([("HostedZoneIds", json!(ZONES))]);
    Template::read("emr-dns").statements().iter().map(|it| resolved(it, &parameters)).collect()
}

fn is_read_only(action: &str) -> bool {
    let (_, name) = action.split_once(':').unwrap();
    name.starts_with("Describe") || name.starts_with("List")
}

/// The partition is an asterisk, as CloudFormation joins with constants only; an account is in one partition.
#[test]
fn records_are_read_and_changed_in_the_zones_that_were_given_and_in_no_others() {
    let given: Vec<_> = ZONES.iter().map(|id| format!("arn:*:route53:::hostedzone/{id}")).collect();
    let of_records = ["route53:ListResourceRecordSets", "route53:ChangeResourceRecordSets"];
    let mut found = BTreeSet::new();
    for statement in statements() {
        let actions = texts(&statement["Action"]);
        if actions.iter().any(|it| of_records.contains(&it.as_str())) {
            assert_eq!(statement["Resource"], json!(given), "{statement}");
            found.extend(actions);
        }
    }
    assert_eq!(found, of_records.map(String::from).into());
}

#[test]
fn nothing_is_changed_but_simple_records_that_are_made_and_deleted_as_they_were_seen() {
    let all = statements();
    let changes = all.iter().filter(|it| it["Action"].to_string().contains("route53:Change"));
    let [change] = changes.collect::<Vec<_>>()[..] else { panic!("one statement says what may change") };
    let condition = json!({
        "Null": {
            "route53:ChangeResourceRecordSetsRecordTypes": "false",
            "route53:ChangeResourceRecordSetsActions": "false",
        },
        "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsRecordTypes": ["CNAME", "TXT"],
            "route53:ChangeResourceRecordSetsActions": ["CREATE", "DELETE"],
        },
    });
    assert_eq!(change["Condition"], condition, "an UPSERT overwrites what another writer has made meanwhile");
}

#[test]
fn what_may_be_done_everywhere_changes_nothing() {
    for statement in statements().iter().filter(|it| is_everything(&it["Resource"])) {
        let mut changing = texts(&statement["Action"]);
        changing.retain(|action| !is_read_only(action) && !action.starts_with("xray:"));
        assert!(changing.is_empty(), "{changing:?} of everything");
    }
}

fn is_everything(resource: &Value) -> bool {
    let resource = resource.to_string();
    resource.contains("\"*\"") || resource.contains("hostedzone/*")
}

/// Where zones are named, the function asks for no list of them.
#[test]
fn zones_that_were_not_given_are_not_even_listed() {
    let actions: Vec<_> = statements().iter().flat_map(|it| texts(&it["Action"])).collect();
    assert!(!actions.contains(&"route53:ListHostedZones".into()), "{actions:?}");
    assert!(!actions.iter().any(|action| action.contains('*')), "{actions:?}");
}

/// The defaults of the template are those of the function, and the zones are what it reads.
#[test]
fn the_function_reads_what_the_template_gives() {
    let template = Template::read("emr-dns");
    let defaults = template.json["Parameters"].as_object().unwrap().iter();
    let defaults = defaults.filter_map(|(name, it)| Some((name.as_str(), json!(plain(it.get("Default")?)))));
    let parameters: Parameters = defaults.chain([("HostedZoneIds", json!(ZONES))]).collect();
    let environment = resolved(template.environment(), &parameters);
    let settings =
        Settings::read(&|name| environment[name].as_str().filter(|it| !it.is_empty()).map(String::from)).unwrap();
    let zones = BTreeSet::from(ZONES.map(|id| id.parse().unwrap()));
    let mut expected = Settings::read(&|_| None).unwrap();
    expected.naming.zones = Some(zones);
    assert_eq!(settings, expected);
    for (text, policy) in [("sync", Policy::Sync), ("upsert-only", Policy::UpsertOnly)] {
        let settings = Settings::read(&|name| (name == "SIGNALBOX_DNS_POLICY").then(|| text.into())).unwrap();
        assert_eq!(settings.naming.policy, policy);
    }
    assert_eq!(template.json["Parameters"]["Policy"]["AllowedValues"], json!(["sync", "upsert-only"]));
}

/// An id of one character more than Route 53 documents.
const TOO_LONG: &str = "Z01234567890123456789012345678901";

fn plain(default: &Value) -> String {
    default.as_str().map_or_else(|| default.to_string(), String::from)
}

#[tokio::test]
async fn without_zones_or_with_what_is_none_nothing_is_deployed() {
    let deployment = Deployment::new(World::new().await.sessions.config());
    for zones in [
        None,
        Some(""),
        Some("*"),
        Some("Z1XYZ,*"),
        Some("Z1XYZ,"),
        Some("Z1/*"),
        Some("Z?"),
        Some("Z1:2"),
        Some(TOO_LONG),
    ] {
        let code = [("CodeBucket", "code"), ("CodeKey", "function.zip")];
        let parameters = code.into_iter().chain(zones.map(|zones| ("HostedZoneIds", zones)));
        let stack = Stack {
            name: "signalbox-emr-dns".into(),
            template: local_aws::workspace().join("infra/emr-dns.yaml"),
            parameters: parameters.map(|(name, value)| (name.into(), value.into())).collect(),
        };
        let error = format!("{:#}", deployment.apply(&stack).await.unwrap_err());
        assert!(error.contains("HostedZoneIds"), "{zones:?}: {error}");
    }
}
