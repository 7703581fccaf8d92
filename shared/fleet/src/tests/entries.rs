//! How entries are written, listed, and what options are refused.

use std::collections::HashSet;
use std::time::Duration;

use expect_test::expect;

use super::{account, id, plan, region};
use crate::{Entry, List, Plan, Reason, Results, Role, Scope, Tolerance};

fn each() -> [Entry<u8>; 4] {
    let dev = account("222233334444", "dev", "ACTIVE");
    [
        Entry::skipped(account("555566667777", "old", "SUSPENDED"), None, Reason::State("SUSPENDED".into())),
        Entry::failed_assume_role(account("333344445555", "qa", "ACTIVE"), "no".into()),
        Entry::exception(dev.clone(), region("eu-west-1"), "broken".into()),
        Entry::result(dev, region("eu-central-1"), 42),
    ]
}

#[test]
fn the_keys_are_botocoves() {
    let results = Results::of(each());
    let lists = serde_json::to_value(&results).unwrap();
    let lines: Vec<_> = lists.as_object().unwrap().iter().map(|(list, it)| format!("{list} {}", it[0])).collect();
    expect![[r#"
        Exceptions {"AssumeRoleSuccess":true,"Email":"dev@example.com","ExceptionDetails":"broken","Id":"222233334444","Name":"dev","Region":"eu-west-1","Status":"ACTIVE"}
        FailedAssumeRole {"AssumeRoleSuccess":false,"Email":"qa@example.com","ExceptionDetails":"no","Id":"333344445555","Name":"qa","Status":"ACTIVE"}
        Results {"AssumeRoleSuccess":true,"Email":"dev@example.com","Id":"222233334444","Name":"dev","Region":"eu-central-1","Result":42,"Status":"ACTIVE"}
        Skipped {"AssumeRoleSuccess":false,"Email":"old@example.com","Id":"555566667777","Name":"old","Reason":"the account is SUSPENDED","Status":"SUSPENDED"}"#]].assert_eq(&lines.join("\n"));
    let text = serde_json::to_string(&results).unwrap();
    assert_eq!(serde_json::from_str::<Results<u8>>(&text).unwrap(), results);
}

#[test]
fn the_order_of_arrival_does_not_show() {
    let places = |entries: &mut dyn Iterator<Item = Entry<u8>>| serde_json::to_string(&Results::of(entries)).unwrap();
    assert_eq!(places(&mut each().into_iter()), places(&mut each().into_iter().rev()));
}

#[test]
fn an_entry_is_known_again_by_what_is_written() {
    for entry in each() {
        let again: Entry<u8> = serde_json::from_str(&serde_json::to_string(&entry).unwrap()).unwrap();
        assert_eq!((again.list(), &again), (entry.list(), &entry));
    }
    assert_eq!(each().map(|it| it.list()), [List::Skipped, List::FailedAssumeRole, List::Exceptions, List::Results]);
    for reason in [Reason::Caller, Reason::Ignored, Reason::NotEnabled, Reason::NotBegun("it was late".into())] {
        assert_eq!(Reason::from(reason.to_string()), reason);
    }
}

#[test]
fn what_is_tolerated_is_a_number_or_a_part() {
    let is_exceeded = |text: &str, failed| text.parse::<Tolerance>().unwrap().is_exceeded(failed, 200);
    assert_eq!([is_exceeded("3", 3), is_exceeded("3", 4)], [false, true]);
    assert_eq!([is_exceeded("10%", 20), is_exceeded("10%", 21)], [false, true]);
    assert_eq!([is_exceeded("0", 0), is_exceeded("0%", 1)], [false, true]);
    for text in ["", "-1", "101%", "x%", "NaN%"] {
        assert!(text.parse::<Tolerance>().is_err(), "{text}");
    }
}

#[test]
fn a_plan_is_of_what_is_left_of_it() {
    let places = |regions: &[(&str, &str)]| -> HashSet<_> {
        regions.iter().map(|(account, name)| (id(account), region(name))).collect()
    };
    let all = plan(2, &["eu-central-1", "eu-west-1"]);
    assert_eq!(all.size(), (2, 4));
    let done = places(&[("100000000000", "eu-central-1"), ("100000000000", "eu-west-1")]);
    let rest = Plan { scope: Scope::Except(done.clone()), ..all.clone() };
    assert_eq!((rest.size(), rest.regions_of(&id("100000000000"))), ((1, 2), Vec::new()));
    assert_eq!(Plan { scope: Scope::Only(done), ..all }.size(), (1, 2));
}

#[test]
fn a_role_that_sts_would_refuse_everywhere_is_refused_at_once() {
    assert!(Role::default().check().is_ok());
    let said = |role: Role| role.check().map_err(|error| error.to_string()).expect_err("it is wrong");
    let some = |text: &str| Some(text.to_owned());
    let wrong = [
        Role { name: "a b".into(), ..Role::default() },
        Role { path: "team".into(), ..Role::default() },
        Role { session_name: some("x"), ..Role::default() },
        Role { source_identity: some("a/b"), ..Role::default() },
        Role { policy: some("{"), ..Role::default() },
        Role { policy_arns: vec!["ReadOnlyAccess".into()], ..Role::default() },
        Role { duration: Some(Duration::from_mins(1)), ..Role::default() },
    ];
    expect![[r#"
        the role's name: `a b` is not 2 to 64 letters, digits or any of _+=,.@-
        the role's path: `team` is not from slash to slash, such as /team/
        the session's name: `x` is not 2 to 64 letters, digits or any of _+=,.@-
        the source identity: `a/b` is not 2 to 64 letters, digits or any of _+=,.@-
        the session's policy: `{` is not JSON of at most 2048 characters
        the session's managed policies: `ReadOnlyAccess` is not at most 10 ARNs
        the session's duration: `60 s` is not 15 minutes to 12 hours"#]]
    .assert_eq(&wrong.map(said).join("\n"));
    let role = Role { path: "/team/".into(), ..Role::default() };
    assert_eq!(
        role.arn("aws-cn", &id("111122223333")),
        "arn:aws-cn:iam::111122223333:role/team/OrganizationAccountAccessRole"
    );
    assert_eq!(role.session_name(), role.name);
}
