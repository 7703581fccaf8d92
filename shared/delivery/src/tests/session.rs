//! What a session at a target may do.

use expect_test::expect;

use super::{goods, record, settings};
use crate::record::Record;
use crate::session::Scope;
use crate::{Goods, Traffic};

/// The statements of a session's policy, one in each line.
fn policy(record: &Record) -> String {
    let account = "222233334444".parse().unwrap();
    let text = Scope::of(record).policy("aws", &account, &settings()).unwrap();
    let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
    let lines: Vec<_> = policy["Statement"].as_array().unwrap().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn delivering() -> Record {
    record(&[&["222233334444/eu-west-1/orders:live"]])
}

#[test]
fn a_session_may_touch_the_functions_of_its_deployment_and_read_their_code() {
    expect![[r#"
        {"Action":["lambda:GetAlias","lambda:GetFunction*","lambda:GetProvisionedConcurrencyConfig","lambda:ListAliases","lambda:ListProvisionedConcurrencyConfigs","lambda:ListVersionsByFunction","lambda:PublishVersion","lambda:PutProvisionedConcurrencyConfig","lambda:UpdateAlias","lambda:UpdateFunctionCode","lambda:DeleteFunction"],"Effect":"Allow","Resource":["arn:aws:lambda:*:222233334444:function:orders","arn:aws:lambda:*:222233334444:function:orders:*"]}
        {"Action":["s3:GetObject","s3:GetObjectVersion"],"Effect":"Allow","Resource":"arn:aws:s3:::com-example-code-*/code/*"}
        {"Action":"kms:Decrypt","Effect":"Allow","Resource":"*"}"#]].assert_eq(&policy(&delivering()));
}

#[test]
fn hooks_may_be_invoked_and_alarms_read_where_there_are_some() {
    let goods = Goods { before: Some("orders-check".into()), after: Some("orders-smoke".into()), ..goods() };
    let hooked = Record { goods: [("orders".to_owned(), goods)].into(), bake: 5, ..delivering() };
    let more = policy(&hooked).replace(&policy(&delivering()), "");
    expect![[r#"
        {"Action":"lambda:InvokeFunction","Effect":"Allow","Resource":["arn:aws:lambda:*:222233334444:function:orders-check","arn:aws:lambda:*:222233334444:function:orders-smoke"]}
        {"Action":["cloudwatch:DescribeAlarms","cloudwatch:GetMetricData"],"Effect":"Allow","Resource":"*"}"#]].assert_eq(more.trim());
    let canary = Record { traffic: Traffic::Canary { percent: 10, minutes: 5 }, ..delivering() };
    assert!(policy(&canary).contains("cloudwatch:GetMetricData"));
}

#[test]
fn a_policy_that_sts_would_not_take_is_refused_before_it_is_asked() {
    let long = |number: usize| format!("{number}{}", "a".repeat(63));
    let of = |number| Goods { before: Some(long(number + 10)), after: Some(long(number + 20)), ..goods() };
    let many = Record { goods: (0..5).map(|number| (long(number), of(number))).collect(), ..delivering() };
    let account = "222233334444".parse().unwrap();
    let refused = Scope::of(&many).policy("aws", &account, &settings()).unwrap_err();
    assert!(refused.is_refused() && refused.to_string().contains("deliver fewer functions"), "{refused}");
}
