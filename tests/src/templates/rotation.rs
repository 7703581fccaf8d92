//! What the functions that rotate secrets may do and hear: secrets that were named and no others, for Secrets Manager of this
//! account, and an event for each rotation that ended.

use local_aws::deploy::{Deployment, Stack};
use serde_json::{Value, json};

use super::role::texts;
use super::rules::Rule;
use super::template::{Parameters, Template, resolved};
use crate::world::World;
use crate::world::scene::read_sample;

/// The functions that rotate, each with a secret that is not the other's, as in their samples.
pub const ROTATING: [(&str, &str); 2] = [
    ("rotate-bearer-token", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/bearer-token-AbCdEf"),
    ("rotate-db-user", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/database-GhIjKl"),
];

const MASTER: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/master-MnOpQr";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn parameters(secret: &str) -> Parameters<'static> {
    let given = [("SecretArns", secret), ("MasterSecretArns", MASTER), ("KmsKeyArns", KEY), ("MemberRoleArns", MEMBER)];
    given.map(|(name, value)| (name, json!([value]))).into()
}

const MEMBER: &str = "arn:aws:iam::222233334444:role/of/signalbox-member";

/// What the role of a function allows of one service: the actions, the resources, and the whole statement.
fn allowed(function: &str, secret: &str, service: &str) -> Vec<(Vec<String>, Value, Value)> {
    let statements = Template::read(function).statements();
    let resolved = statements.iter().map(|it| resolved(it, &parameters(secret)));
    let with_actions = resolved.map(|it| (texts(&it["Action"]), it["Resource"].clone(), it));
    with_actions.filter(|(actions, ..)| actions.iter().any(|it| it.starts_with(service))).collect()
}

#[test]
fn a_function_may_rotate_the_secrets_that_were_given_and_read_their_masters_and_no_others() {
    for (function, secret) in ROTATING {
        let found: Vec<_> = allowed(function, secret, "secretsmanager:").into_iter().map(|(a, r, _)| (a, r)).collect();
        let rotate = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"];
        // Which service manages a master's secret is asked for a database only.
        let read = if function == "rotate-db-user" { &rotate[..2] } else { &rotate[1..2] };
        let named = |actions: &[&str]| actions.iter().map(|it| format!("secretsmanager:{it}")).collect::<Vec<_>>();
        let mut expected = vec![(named(&rotate), json!([secret])), (named(read), json!([MASTER]))];
        if function == "rotate-db-user" {
            expected.push((vec!["secretsmanager:GetRandomPassword".into()], json!("*")));
        }
        assert_eq!(found, expected, "{function}");
    }
}

#[test]
fn keys_are_used_for_secrets_only() {
    for (function, secret) in ROTATING {
        let found = allowed(function, secret, "kms:");
        let [(actions, keys, statement), (_, of_stack, _)] = &found[..] else { panic!("two statements") };
        assert_eq!((actions.len(), keys), (2, &json!([KEY])), "{function}");
        assert_eq!(of_stack, &json!({"Ref": "KmsKeyArn"}), "{function}: what the stack keeps");
        let via = &statement["Condition"]["StringLike"]["kms:ViaService"];
        assert_eq!(via, "secretsmanager.*.amazonaws.com*", "{function}");
    }
}

/// Whatever is allowed beside what was named, and why it cannot be narrower.
#[test]
fn what_may_be_done_everywhere_is_what_aws_knows_no_resource_for() {
    for (function, _) in ROTATING {
        let statements = Template::read(function).statements();
        let mut everywhere = statements.iter().filter(|it| it["Resource"] == "*").collect::<Vec<_>>();
        everywhere.retain(|it| it["Sid"] != "WriteTraces" && it["Sid"] != "MakePasswords");
        let [network] = everywhere[..] else { panic!("{function}: {everywhere:?}") };
        assert!(texts(&network["Action"]).iter().all(|it| it.starts_with("ec2:")), "{function}");
        let by_lambda_itself = json!({"Null": {"lambda:SourceFunctionArn": "true"}});
        assert_eq!(network["Condition"], by_lambda_itself, "{function}: not by the code of the function");
        assert!(!statements.iter().any(|it| it["Action"].to_string().contains('*')), "{function}");
    }
}

/// What another account's secret allows of itself has no part in it: its own role is assumed for it, and no other.
#[test]
fn secrets_of_other_accounts_are_reached_by_the_roles_that_were_given_and_no_others() {
    for (function, secret) in ROTATING {
        let [(actions, roles, statement)] = &allowed(function, secret, "sts:")[..] else { panic!("one statement") };
        assert_eq!(actions, &["sts:AssumeRole", "sts:SetSourceIdentity"], "{function}");
        assert_eq!((roles, statement.get("Condition")), (&json!([MEMBER]), None), "{function}");
        let [(_, _, rotating), ..] = &allowed(function, secret, "secretsmanager:")[..] else { panic!("{function}") };
        let ours = json!({"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}});
        assert_eq!(rotating["Condition"], ours, "{function}");
        let pattern = &Template::read(function).json["Parameters"]["MemberRoleArns"]["AllowedPattern"];
        assert!(!text(pattern).contains('*'), "{function}: no account and no name is left open: {pattern}");
    }
}

/// One name for all: it is that of the first role. Where accounts are named, ours is one of them.
#[test]
fn where_a_function_may_act_is_told_by_the_same_roles() {
    for (function, _) in ROTATING {
        let another = MEMBER.replace("222233334444", "333344445555");
        let given = [
            ("MemberRoleArns", json!([MEMBER, another])),
            ("MemberAccountIds", json!(["222233334444", "333344445555"])),
            ("AWS::AccountId", json!("111122223333")),
            ("ExternalId", json!("an-id")),
        ];
        let template = Template::read(function);
        let told = |name: &str, given: &[(&'static str, Value)]| {
            resolved(&template.environment()[name], &given.iter().cloned().collect())
        };
        let accounts = "111122223333,222233334444,333344445555";
        assert_eq!(told("SIGNALBOX_ACCOUNTS", &given), json!({"Fn::If": ["HasMembers", accounts, ""]}), "{function}");
        assert_eq!(told("SIGNALBOX_MEMBER_ROLE", &given), "of/signalbox-member", "{function}");
        assert_eq!(told("SIGNALBOX_EXTERNAL_ID", &given), "an-id", "{function}");
        assert_eq!(told("SIGNALBOX_MEMBER_ROLE", &[("MemberRoleArns", json!([""]))]), "", "{function}: an empty list");
    }
}

/// A role of a function that runs in no VPC has nothing to do with networks, and so on.
#[test]
fn what_was_not_asked_for_is_not_allowed() {
    for (function, _) in ROTATING {
        let role = Template::read(function).resources("AWS::IAM::Role")[0].1.clone();
        let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap().clone();
        let conditional = statements.iter().filter_map(|it| it.get("Fn::If"));
        let found: Vec<_> = conditional.map(|it| format!("{}: {}", text(&it[0]), text(&it[1]["Sid"]))).collect();
        let mut expected =
            vec!["HasMasterSecrets: ReadMasterSecrets", "HasMasterSecrets: FindDatabases", "HasKmsKeys: UseKeys"];
        expected.push("HasMembers: ActInMembers");
        expected.push("IsInVpc: JoinNetwork");
        expected.push("IsTraced: WriteTraces");
        expected.push("HasKmsKey: UseKeyOfStack");
        expected.retain(|it| function == "rotate-db-user" || !it.contains("Master"));
        assert_eq!(found, expected, "{function}");
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Secrets Manager has one name for every account: without the condition, another account's could have it rotate.
#[test]
fn only_secrets_manager_of_the_accounts_that_were_named_may_ask_for_a_step() {
    for (function, _) in ROTATING {
        let template = Template::read(function);
        let permissions = template.resources("AWS::Lambda::Permission");
        let of_secrets = permissions.iter().filter(|(_, it)| it["Principal"] == "secretsmanager.amazonaws.com");
        let accounts: Vec<_> = of_secrets.map(|(id, it)| (*id, it["SourceAccount"].clone())).collect();
        let first = json!({"Fn::Select": [0, {"Ref": "MemberAccountIds"}]});
        let ours = json!({"Ref": "AWS::AccountId"});
        assert_eq!(accounts, [("MemberPermission", first), ("RotationPermission", ours)], "{function}");
        assert_eq!(template.json["Resources"]["MemberPermission"]["Condition"], "HasMembers", "{function}");
        let schedule = &template.json["Resources"]["ScheduledRotation"];
        assert_eq!(schedule["DependsOn"], "RotationPermission", "{function}: it is rotated at once");
        assert_eq!(schedule["Properties"]["RotationRules"], json!({"ScheduleExpression": {"Ref": "RotationSchedule"}}));
        assert_eq!(template.json["Parameters"]["RotationSchedule"]["Default"], "rate(30 days)", "{function}");
    }
}

/// A proof of a rotation is in every event of Secrets Manager, and is to be shown nowhere.
#[test]
fn no_event_of_secrets_manager_is_kept_in_a_queue() {
    for (function, _) in ROTATING {
        for (id, config) in Template::read(function).resources("AWS::Lambda::EventInvokeConfig") {
            assert_eq!(config.get("DestinationConfig"), None, "{function}: {id}");
        }
    }
}

/// Rules that match, alarms that count them: each alarm of EventBridge's measures has the name of a rule of ours.
#[test]
fn alarms_count_what_the_rules_match() {
    for (function, _) in ROTATING {
        let template = Template::read(function);
        let alarms = template.resources("AWS::CloudWatch::Alarm");
        let of_rules = alarms.iter().filter(|(_, it)| it["Namespace"] == "AWS/Events");
        let counted: Vec<_> = of_rules.map(|(id, it)| (*id, it["Dimensions"].clone())).collect();
        let by = |rule: &str| json!([{"Name": "RuleName", "Value": {"Ref": rule}}]);
        assert_eq!(counted, [("FailedAlarm", by("FailedRule"))], "{function}");
    }
}

/// The function never gets these: they are for the alarms, which count the rules that match.
#[tokio::test]
async fn each_end_of_a_rotation_is_heard_by_its_rule() {
    let events = super::rules::event_bridge().await;
    let ends = [
        ("a-rotation-succeeded", "SucceededRule"),
        ("a-rotation-failed", "FailedRule"),
        ("a-rotation-was-abandoned", "FailedRule"),
    ];
    for ((function, _), (sample, rule)) in ROTATING.into_iter().flat_map(|it| ends.map(|end| (it, end))) {
        let event = read_sample(function, sample);
        let mut heard = Vec::new();
        for other in Rule::all() {
            if other.matches(&events, &event).await {
                heard.push((other.function, other.id));
            }
        }
        assert_eq!(heard, [(function.to_owned(), rule.to_owned())], "{sample}");
    }
}

#[test]
fn the_schedule_sends_what_the_sample_of_a_sweep_says() {
    for (function, sample, often) in [
        ("rotate-bearer-token", "it-is-time-to-revoke-old-tokens", "rate(15 minutes)"),
        ("rotate-db-user", "it-is-time-to-look-at-the-secrets", "rate(12 hours)"),
    ] {
        let template = Template::read(function);
        let rules = template.resources("AWS::Events::Rule");
        let sweep = rules.iter().find(|(_, it)| it.get("ScheduleExpression").is_some()).unwrap().1;
        let sent: Value = serde_json::from_str(text(&sweep["Targets"][0]["Input"])).unwrap();
        let sample = read_sample(function, sample);
        assert_eq!(sent, serde_json::from_str::<Value>(&sample).unwrap());
        assert_eq!(sweep["ScheduleExpression"], often, "{function}");
    }
}

/// Of one table for all that rotates.
#[test]
fn of_the_records_of_rotations_each_function_reaches_its_own() {
    for (function, _) in ROTATING {
        let template = Template::read(function);
        let statements = template.statements();
        let records = statements.iter().find(|it| it["Sid"] == "KeepRecords").unwrap();
        assert_eq!(records["Action"], json!(["dynamodb:GetItem", "dynamodb:UpdateItem"]), "{function}");
        let own = json!({
            "Null": {"dynamodb:LeadingKeys": "false"},
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [format!("{function}#*")]},
        });
        assert_eq!(records["Condition"], own, "{function}");
        assert!(records["Resource"].to_string().ends_with(":table/${RotationsTable}\"}"), "{function}: {records}");
        let default = &template.json["Parameters"]["RotationsTable"]["Default"];
        assert_eq!(default, &Template::read("rotations").json["Parameters"]["TableName"]["Default"], "{function}");
    }
}

/// The defaults of the template are those of the function.
#[test]
fn a_function_reads_what_its_template_gives() {
    let environment = |function: &str, given: &[(&'static str, Value)]| {
        let template = Template::read(function);
        let defaults = template.json["Parameters"].as_object().unwrap().iter();
        let defaults = defaults.filter_map(|(name, it)| Some((name.as_str(), it.get("Default")?)));
        let defaults = defaults.map(|(name, it)| (name, json!(it.as_str().map_or_else(|| it.to_string(), Into::into))));
        // A condition is not decided here: both of its sides have to be there.
        let members = [("MemberRoleArns", json!([MEMBER])), ("MemberAccountIds", json!(["222233334444"]))];
        let lists = members.into_iter().chain([("Masters", json!([""]))]);
        let parameters: Parameters = defaults.chain(lists).chain(given.iter().cloned()).collect();
        resolved(template.environment(), &parameters)
    };
    let read = |from: &Value, name: &str| from[name].as_str().filter(|it| !it.is_empty()).map(String::from);
    let (arns, url) = (ROTATING.map(|(_, arn)| arn), "https://id.example.com/");
    let given = [("SecretArns", json!(arns)), ("TokenUrl", json!(url)), ("VerifyUrl", json!(url))];
    let given = environment("rotate-bearer-token", &given);
    let least = json!({"OAUTH2_TOKEN_URL": url, "OAUTH2_VERIFY_URL": url});
    let settings = |from: &Value| rotate_bearer_token::settings::Settings::read(&|name| read(from, name)).unwrap();
    assert_eq!(settings(&given), settings(&least));
    let swept = rotate_bearer_token::BearerToken::swept(&|name| read(&given, name)).unwrap();
    assert_eq!(swept.iter().map(ToString::to_string).collect::<Vec<_>>(), arns);
    let masters = |from: &Value| rotation_steps::Bindings::read(&|name| read(from, name)).unwrap();
    for (function, secret) in ROTATING {
        let pair = ("Masters", json!([format!("{secret}={MASTER}")]));
        let least = [("SecretArns", json!([secret])), ("TokenUrl", json!("")), ("VerifyUrl", json!(""))];
        let given = environment(function, &[&least[..], &[pair]].concat());
        let master = masters(&given).master_of(&secret.parse().unwrap(), None).unwrap();
        assert_eq!(master.unwrap().to_string(), MASTER, "{function}");
    }
    let given = environment("rotate-db-user", &[("SecretArns", json!(arns))]);
    assert_eq!(masters(&given), rotation_steps::Bindings::default());
    let watched = rotation_steps::secrets_in(&|name| read(&given, name)).unwrap();
    assert_eq!(watched.iter().map(ToString::to_string).collect::<Vec<_>>(), arns);
    let passwords = |from: &Value| rotation_steps::Passwords::read(&|name| read(from, name)).unwrap();
    assert_eq!(passwords(&given), passwords(&json!({})));
}

#[tokio::test]
async fn without_secrets_or_with_what_is_none_nothing_is_deployed() {
    let deployment = Deployment::new(World::new().await.sessions.config());
    for (function, secret) in ROTATING {
        let short = secret.trim_end_matches(char::is_alphanumeric).trim_end_matches('-');
        let (any, pair) = (format!("{short}-*"), format!("{secret}={MASTER}"));
        for secrets in ["", "*", "app", short, any.as_str()] {
            let urls = [("TokenUrl", "https://id.example.com/"), ("VerifyUrl", "https://id.example.com/")];
            let own = urls.into_iter().filter(|_| function == "rotate-bearer-token").chain([("SecretArns", secrets)]);
            let code =
                [("CodeBucket", "code"), ("CodeKey", "function.zip"), ("MasterSecretArns", MASTER), ("Masters", &pair)];
            let stack = Stack {
                name: format!("signalbox-{function}"),
                template: local_aws::workspace().join(format!("infra/{function}.yaml")),
                parameters: own.chain(code).map(|(name, value)| (name.into(), value.into())).collect(),
            };
            let error = format!("{:#}", deployment.apply(&stack).await.unwrap_err());
            assert!(error.contains("SecretArns"), "{function}: {secrets}: {error}");
        }
    }
}
