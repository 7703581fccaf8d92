//! What members and the management account forward to the bus: the samples that a function hears, of their own account and
//! region, and nothing that came from a bus or a replay.

use aws_sdk_eventbridge::Client as EventBridge;
use serde_json::{Value, json};

use super::bus::{ACCOUNTS, parameters, pattern_in};
use super::role::texts;
use super::rules::{Forwarding, event_bridge, forwarding, matches, samples};
use super::template::{Parameters, Template, resolved};

/// The fields of an event that a pattern looks at by themselves: the rest is the same for a function wherever it runs.
const OF_THE_PLACE: [&str; 3] = ["account", "region", "replay-name"];

/// The functions for which members forward events, each by its own template for members.
fn forwarded() -> Vec<String> {
    let of_members = forwarding().into_iter().filter(|it| it.template.ends_with("-member"));
    let functions: Vec<_> =
        of_members.inspect(|it| assert_eq!(it.template, format!("{}-member", it.function))).collect();
    assert!(functions.len() > 1, "functions hear events of members");
    functions.into_iter().map(|it| it.function).collect()
}

/// The pattern of a rule where it stands in this account and region.
fn pattern_at(template: &str, id: &str, (account, region): (&str, &str)) -> String {
    let place = [("AWS::AccountId", json!(account)), ("AWS::Region", json!(region))];
    let parameters: Parameters = parameters().into_iter().chain(place).collect();
    let template = Template::read(template);
    let patterns = template.event_patterns(&parameters);
    patterns.into_iter().find(|(it, _)| *it == id).unwrap_or_else(|| panic!("no {id}")).1
}

/// The functions to which a member forwards an event.
async fn forwards(events: &EventBridge, place: (&str, &str), event: &Value) -> Vec<String> {
    let mut to = Vec::new();
    for function in forwarded() {
        let pattern = pattern_at(&format!("{function}-member"), "Rule", place);
        if matches(events, &pattern, &event.to_string()).await {
            to.push(function);
        }
    }
    to
}

/// The sample events of a function, with their names.
fn events_of(function: &str) -> Vec<(String, Value)> {
    let of_function = samples().into_iter().filter(|(of, ..)| of == function);
    let events = of_function.map(|(_, name, text)| (name, serde_json::from_str::<Value>(&text).unwrap()));
    events.filter(|(_, event)| event.get("detail-type").is_some()).collect()
}

#[tokio::test]
async fn a_member_forwards_a_sample_where_the_rule_of_its_function_hears_it_and_no_other() {
    let events = event_bridge().await;
    for function in forwarded() {
        let own = pattern_in(&function, "Rule").to_string();
        for (name, event) in events_of(&function) {
            let (account, region) = (event["account"].as_str().unwrap(), event["region"].as_str().unwrap());
            let is_heard = matches(&events, &own, &event.to_string()).await && event.get("replay-name").is_none();
            let expected = Vec::from_iter(is_heard.then(|| function.clone()));
            assert_eq!(forwards(&events, (account, region), &event).await, expected, "{name}");
            // What another rule sent to this bus keeps the account and region of where it happened.
            let strangers = [("000000000012", region), (account, "us-west-2")];
            for place in strangers {
                assert_eq!(forwards(&events, place, &event).await, [] as [String; 0], "{name} in {place:?}");
            }
        }
    }
}

/// A replay comes to the bus of the archive, and stays there.
#[tokio::test]
async fn what_is_replayed_is_not_forwarded() {
    let events = event_bridge().await;
    for function in forwarded() {
        let (name, mut event) =
            events_of(&function).into_iter().find(|(_, it)| it.get("replay-name").is_none()).unwrap();
        event["replay-name"] = json!("after-the-manifest-was-mended");
        let place = (event["account"].as_str().unwrap().to_owned(), event["region"].as_str().unwrap().to_owned());
        assert_eq!(forwards(&events, (&place.0, &place.1), &event).await, [] as [String; 0], "{name}");
    }
}

/// Beside where it happened, a rule that forwards says what the function's own rule says.
#[test]
fn what_is_forwarded_is_what_the_function_hears() {
    let place = json!({"account": [ACCOUNTS[0]], "region": ["eu-west-1"], "replay-name": [{"exists": false}]});
    for Forwarding { template, id, function } in forwarding() {
        let mut pattern = pattern_in(&template, &id);
        for field in OF_THE_PLACE {
            let said = pattern.as_object_mut().unwrap().remove(field);
            // Organizations is in one region.
            let is_left_out = field == "region" && template == "management-account";
            assert_eq!(said, (!is_left_out).then(|| place[field].clone()), "{function}: {field}");
        }
        assert_eq!(pattern, pattern_in(&function, "BusRule"), "{function}");
    }
}

/// Where the operator chooses no names, the templates mean the same bus and the same roles.
#[test]
fn what_is_forwarded_finds_the_bus_and_the_roles_by_the_names_that_all_have_by_default() {
    let templates = Template::all();
    for (name, least) in [("BusName", 9), ("ForwardingRoleName", 3), ("OrganizationRoleName", 2)] {
        let told = templates.iter().filter_map(|it| it.json["Parameters"].get(name)?.get("Default"));
        let told: Vec<_> = told.collect();
        assert!(told.len() >= least && told.iter().all(|it| it.is_string() && *it == told[0]), "{name}: {told:?}");
    }
}

/// A rule for members sends by the role of the account's template, and what it cannot send waits in that template's queue, which
/// admits it by its name.
#[test]
fn a_rule_of_a_member_uses_the_role_and_the_queue_that_all_functions_share() {
    let account = Template::read("member-account");
    let resource = |id: &str| resolved(&account.json["Resources"][id]["Properties"], &parameters());
    let arn = |service: &str, rest: &Value| json!(format!("arn:aws:{service}:123456789012:{}", rest.as_str().unwrap()));
    let sender = json!(format!("role/{}", resource("ForwardingRole")["RoleName"].as_str().unwrap()));
    let (sender, queue) = (arn("iam:", &sender), arn("sqs:eu-west-1", &resource("FailureQueue")["QueueName"]));
    let admits = resource("FailureQueuePolicy")["PolicyDocument"]["Statement"][0].clone();
    let admitted = admits["Condition"]["ArnLike"]["aws:SourceArn"].as_str().unwrap();
    for function in forwarded() {
        let rule = resolved(&Template::of_members(&function).json["Resources"]["Rule"]["Properties"], &parameters());
        let target = &rule["Targets"][0];
        assert_eq!((&target["RoleArn"], &target["DeadLetterConfig"]["Arn"]), (&sender, &queue), "{function}");
        let source = format!("arn:aws:events:eu-west-1:123456789012:rule/{}", rule["Name"].as_str().unwrap());
        assert!(source.starts_with(admitted.strip_suffix('*').unwrap()), "{function}: {source}");
    }
}

/// Every rule has one target, the bus, by a role that may send to it and do nothing else.
#[test]
fn what_is_forwarded_goes_to_the_bus_and_nowhere_else() {
    const BUS: &str = "arn:aws:events:eu-west-1:123456789012:event-bus/signalbox";
    for Forwarding { template: name, id, .. } in forwarding() {
        let targets = resolved(&Template::read(&name).json["Resources"][&id]["Properties"]["Targets"], &parameters());
        let [target] = &targets.as_array().unwrap()[..] else { panic!("{name}: {id} has one target") };
        assert_eq!(target["Arn"], BUS, "{name}: {id}");
        assert_eq!(target.get("Input").or(target.get("InputTransformer")), None, "{name}: {id} changes nothing");
    }
    for name in ["management-account", "member-account"] {
        let template = Template::read(name);
        let role = resolved(&template.json["Resources"]["ForwardingRole"]["Properties"], &parameters());
        let [policy] = &role["Policies"].as_array().unwrap()[..] else { panic!("{name}: one policy") };
        let [statement] = &policy["PolicyDocument"]["Statement"].as_array().unwrap()[..] else { panic!("{name}") };
        assert_eq!(
            (texts(&statement["Action"]), &statement["Resource"]),
            (vec!["events:PutEvents".into()], &json!(BUS))
        );
        let [trust] = &role["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap()[..] else { panic!("{name}") };
        let condition = json!({"StringEquals": {"aws:SourceAccount": ACCOUNTS[0]}});
        assert_eq!(
            (&trust["Principal"], &trust["Condition"]),
            (&json!({"Service": "events.amazonaws.com"}), &condition)
        );
    }
}

macro_rules! samples {
    ($($name:ident: $expected:expr;)*) => {
        #[test]
        fn every_sample_of_organizations_is_told() {
            let mut told = vec![$(format!("{}.json", stringify!($name).replace('_', "-"))),*];
            told.sort();
            let mut there: Vec<_> = events_of("react-org-change").into_iter().map(|(name, _)| name).collect();
            there.sort();
            assert!(there.iter().zip(&told).all(|(it, told)| it.ends_with(told.as_str())) && there.len() == told.len(), "{there:?}");
        }

        $(
            #[tokio::test]
            async fn $name() {
                assert_eq!(of_organizations(&stringify!($name).replace('_', "-")).await, $expected);
            }
        )*
    };
}

/// Whether the management account forwards this sample; what happened in another one it never does.
async fn of_organizations(sample: &str) -> bool {
    let events = event_bridge().await;
    let mut event: Value = serde_json::from_str(&crate::world::scene::read_sample("react-org-change", sample)).unwrap();
    let account = event["account"].as_str().unwrap().to_owned();
    let pattern = pattern_at("management-account", "Rule", (&account, "us-east-1"));
    let is_forwarded = matches(&events, &pattern, &event.to_string()).await;
    for (field, other) in [
        ("account", "222233334444"),
        ("source", "custom.aws.organizations"),
        ("detail/eventSource", "account.amazonaws.com"),
        ("detail/eventName", "DescribeAccount"),
    ] {
        let mut other_event = event.clone();
        *other_event.pointer_mut(&format!("/{field}")).unwrap() = json!(other);
        assert!(!matches(&events, &pattern, &other_event.to_string()).await, "{sample}: {field}");
    }
    event["replay-name"] = json!("again");
    assert!(!matches(&events, &pattern, &event.to_string()).await, "{sample}: replayed");
    is_forwarded
}

samples! {
    an_account_was_moved: true;
    an_account_could_not_be_moved: false;
    an_account_was_created: true;
    an_account_was_removed: true;
    an_account_was_closed: true;
    an_account_left_by_itself: true;
    an_account_was_moved_out_of_the_unit: true;
    an_account_was_moved_and_back_again: true;
    an_account_was_moved_to_whom_a_key_has_to_be_open: true;
    an_account_was_moved_while_a_bucket_was_not_ours: true;
    an_account_was_moved_that_only_entries_by_account_name: true;
    an_account_could_not_be_created: true;
    an_account_joined_by_invitation: true;
    the_closing_of_an_account_is_done: true;
}
