//! The policies of the templates pass the check that Signalbox offers for others'.

use std::fmt::Write as _;

use policy::{Kind, Source};
use serde_json::{Map, Value, json};

use super::template::Template;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

/// The ARN that a resource of this type would have.
fn arn(of_type: &str, id: &str) -> String {
    let (service, kind) = match of_type {
        "AWS::DynamoDB::Table" => ("dynamodb", "table/"),
        "AWS::Lambda::Function" => ("lambda", "function:"),
        "AWS::Logs::LogGroup" => return format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{id}:*"),
        "AWS::IAM::Role" => return format!("arn:aws:iam::{ACCOUNT}:role/{id}"),
        "AWS::S3::Bucket" => return format!("arn:aws:s3:::{}", id.to_lowercase()),
        "AWS::SQS::Queue" => ("sqs", ""),
        "AWS::KMS::Key" => ("kms", "key/"),
        "AWS::Events::Rule" => ("events", "rule/"),
        "AWS::Events::EventBus" => ("events", "event-bus/"),
        other => panic!("{id}: what ARN has {other}?"),
    };
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}{id}")
}

/// What a name of the template stands for.
fn named(template: &Template, name: &str) -> String {
    let type_of = |id: &str| template.json["Resources"][id]["Type"].as_str().unwrap_or_default().to_owned();
    match name {
        "AWS::Partition" => "aws".into(),
        "AWS::Region" => REGION.into(),
        "AWS::URLSuffix" => "amazonaws.com".into(),
        "Manifest" | "Repositories" => "com-example-bucket/share.json".into(),
        "ConnectionArns" => format!("arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/1234abcd"),
        "CodeCommitArns" => format!("arn:aws:codecommit:{REGION}:{ACCOUNT}:templates"),
        "PolicyPath" => "/signalbox/".into(),
        "HubRoleArn" | "MemberRoleArns" | "PipelineRoleArn" => format!("arn:aws:iam::{ACCOUNT}:role/share-ami"),
        "SecretArns" | "MasterSecretArns" | "AdminSecretArns" => {
            format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app-AbCdEf")
        }
        it if it.ends_with("KeyArn") || it.ends_with("KeyArns") => {
            format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd")
        }
        "QueueArn" => format!("arn:aws:sqs:{REGION}:{ACCOUNT}:mirror-repository.fifo"),
        it if it.contains("AccountId") => ACCOUNT.into(),
        it if it.contains("OrganizationId") => "o-exampleorgid".into(),
        it => {
            it.split_once(".Arn").map_or_else(|| it.to_lowercase().replace("::", "-"), |(id, _)| arn(&type_of(id), id))
        }
    }
}

/// The value as CloudFormation would make it, with every condition met.
fn settled(template: &Template, value: &Value) -> Value {
    let Value::Object(fields) = value else {
        let settle =
            |items: &Vec<Value>| items.iter().map(|it| settled(template, it)).filter(|it| !it.is_null()).collect();
        return value.as_array().map_or_else(|| value.clone(), settle);
    };
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    match fields.iter().next().filter(|_| fields.len() == 1).map(|(name, it)| (name.as_str(), it)) {
        Some(("Ref", name)) if name == "AWS::NoValue" => Value::Null,
        Some(("Fn::GetAtt", Value::Array(parts))) => {
            json!(named(template, &format!("{}.{}", text(&parts[0]), text(&parts[1]))))
        }
        Some(("Ref" | "Fn::GetAtt", name)) => json!(named(template, &text(name))),
        Some(("Fn::If" | "Fn::Split", Value::Array(parts))) => settled(template, &parts[1]),
        // Of a list that was split, which is settled as a text.
        Some(("Fn::Select", Value::Array(parts))) => {
            let (index, whole) = (usize::try_from(parts[0].as_u64().unwrap()).unwrap(), settled(template, &parts[1]));
            json!(text(&whole).split(&text(&parts[1]["Fn::Split"][0])).nth(index).unwrap())
        }
        Some(("Fn::Join", Value::Array(parts))) => {
            let list = settled(template, &parts[1]);
            let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
            list.as_str().map_or_else(|| json!(texts.collect::<Vec<_>>().join(&text(&parts[0]))), |one| json!(one))
        }
        Some(("Fn::Sub", Value::Array(parts))) => {
            let names = parts[1].as_object().into_iter().flatten();
            let names = names.map(|(name, it)| (format!("${{{name}}}"), text(&settled(template, it))));
            json!(substituted(template, &names.fold(text(&parts[0]), |whole, (name, it)| whole.replace(&name, &it))))
        }
        Some(("Fn::Sub", it)) => json!(substituted(template, &text(it))),
        _ => {
            let fields = fields.iter().map(|(name, it)| (name.clone(), settled(template, it)));
            fields.filter(|(_, it)| !it.is_null()).collect::<Map<_, _>>().into()
        }
    }
}

/// The text with its names, other than IAM's own variables, replaced.
fn substituted(template: &Template, text: &str) -> String {
    let mut parts = text.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| {
        let (name, rest) = part.split_once('}').unwrap();
        match name.strip_prefix('!') {
            Some(literal) => format!("{whole}${{{literal}}}{rest}"),
            None => whole + &named(template, name) + rest,
        }
    })
}

/// Every policy in a value, with its place and what it is.
fn policies(place: &str, value: &Value, found: &mut Vec<(String, Option<Kind>, Value)>) {
    let Value::Object(fields) = value else {
        for (index, it) in value.as_array().into_iter().flatten().enumerate() {
            policies(&format!("{place}/{index}"), it, found);
        }
        return;
    };
    for (name, it) in fields {
        let place = format!("{place}/{name}");
        match name.as_str() {
            "AssumeRolePolicyDocument" => found.push((place, Some(Kind::Trust), it.clone())),
            "PolicyDocument" | "KeyPolicy" | "ResourcePolicy" | "Policy" => found.push((place, None, it.clone())),
            _ => policies(&place, it, found),
        }
    }
}

/// How many policies the template has, and a line for each finding.
fn judged(template: &Template) -> (usize, String) {
    let (mut found, mut told) = (Vec::new(), String::new());
    policies("", &template.json["Resources"], &mut found);
    for (place, kind, document) in &found {
        let document = settled(template, document);
        let text = document.as_str().map_or_else(|| document.to_string(), String::from);
        let name = format!("{}.yaml#{place}", template.name);
        for it in policy::check(&Source { name: &name, text: &text }, None, *kind).findings {
            let _ = writeln!(told, "{name}{}: {}: {}", it.path, it.rule, it.message);
        }
    }
    (found.len(), told)
}

#[test]
fn the_policies_of_the_templates_pass_the_check() {
    let judged: Vec<_> = Template::all().iter().map(judged).collect();
    let checked: usize = judged.iter().map(|it| it.0).sum();
    assert!(checked > 40, "{checked} policies are read");
    assert_eq!(judged.into_iter().map(|it| it.1).collect::<String>(), "");
}
