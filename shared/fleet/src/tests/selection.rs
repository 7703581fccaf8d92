//! Who is chosen, who is left alone, and why.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};

use super::{HOME, account, id};
use crate::{Organization, Selection, Target, Targets, select};

/// A hub, two accounts in a unit, one below it, and one that is suspended.
fn organization() -> Organization {
    let accounts = [
        account(HOME, "hub", "ACTIVE"),
        account("222233334444", "dev", "ACTIVE"),
        account("333344445555", "qa", "ACTIVE"),
        account("444455556666", "prod", "ACTIVE"),
        account("555566667777", "old", "SUSPENDED"),
    ];
    let members = [
        ("r-ab12", &[HOME, "222233334444", "333344445555", "444455556666", "555566667777"] as &[&str]),
        ("ou-ab12-cd34ef56", &["222233334444", "333344445555", "444455556666"]),
        ("ou-ab12-below000", &["444455556666"]),
        ("ou-ab12-empty000", &[]),
        ("tag:stage=test", &["222233334444", "333344445555"]),
    ];
    Organization {
        accounts: accounts.into_iter().map(|account| (account.id.clone(), account)).collect(),
        members: members
            .into_iter()
            .map(|(target, ids)| (target.parse().unwrap(), ids.iter().map(|text| id(text)).collect()))
            .collect(),
    }
}

fn targets(chosen: Option<&str>, ignored: &str) -> Targets {
    let parse = |text: &str| -> BTreeSet<Target> { text.split_whitespace().map(|it| it.parse().unwrap()).collect() };
    Targets { chosen: chosen.map(parse), ignored: parse(ignored), with_caller: false }
}

fn assert_selected(targets: &Targets, organization: Option<Organization>, expected: &Expect) {
    let shown = match select(targets, organization, &id(HOME)) {
        Ok(Selection { accounts, skipped }) => {
            let name = |it: &crate::Account| it.name.clone().unwrap_or_else(|| it.id.to_string());
            let skipped = skipped.iter().map(|(it, reason)| format!("{}: {reason}", name(it)));
            let accounts: Vec<_> = accounts.iter().map(name).collect();
            [accounts.join(" ")].into_iter().chain(skipped).collect::<Vec<_>>().join("\n")
        }
        Err(error) => format!("{}: {error}", if error.is_refused() { "refused" } else { "failed" }),
    };
    expected.assert_eq(&shown);
}

fn in_organization(chosen: Option<&str>, ignored: &str, expected: Expect) {
    assert_selected(&targets(chosen, ignored), Some(organization()), &expected);
}

#[test]
fn unset_means_all_of_the_organization_but_the_caller_and_what_is_suspended() {
    in_organization(
        None,
        "",
        expect![[r#"
        dev qa prod
        hub: it is the calling account
        old: the account is SUSPENDED"#]],
    );
}

#[test]
fn accounts_are_chosen_by_whatever_they_belong_to() {
    in_organization(Some("ou-ab12-cd34ef56"), "", expect!["dev qa prod"]);
    in_organization(Some("ou-ab12-below000 tag:stage=test"), "", expect!["dev qa prod"]);
    in_organization(
        Some("r-ab12"),
        "",
        expect![[r#"
        dev qa prod
        hub: it is the calling account
        old: the account is SUSPENDED"#]],
    );
}

#[test]
fn who_is_ignored_is_left_alone_whatever_chose_it() {
    in_organization(
        Some("ou-ab12-cd34ef56 222233334444"),
        "222233334444",
        expect![[r#"
        qa prod
        dev: it is ignored"#]],
    );
    in_organization(
        None,
        "ou-ab12-below000 tag:stage=test 555566667777",
        expect![
            "refused: no account is left in which something could be done: 111122223333 (it is the calling account), 222233334444 (it is ignored), 333344445555 (it is ignored), 444455556666 (it is ignored), 555566667777 (it is ignored)"
        ],
    );
}

#[test]
fn a_choice_that_is_set_and_empty_is_an_error_and_never_everything() {
    in_organization(
        Some(""),
        "",
        expect!["refused: the targets are set, and there are none: name some, or leave the setting away"],
    );
    in_organization(
        Some("ou-ab12-empty000"),
        "",
        expect!["refused: no account is left in which something could be done: what was chosen has no accounts"],
    );
    in_organization(
        Some("555566667777"),
        "",
        expect![
            "refused: no account is left in which something could be done: 555566667777 (the account is SUSPENDED)"
        ],
    );
}

#[test]
fn ids_need_no_organization_and_everything_else_does() {
    assert_selected(
        &targets(Some("222233334444 666677778888"), "666677778888"),
        None,
        &expect![[r#"
        222233334444
        666677778888: it is ignored"#]],
    );
    assert_selected(
        &targets(None, ""),
        None,
        &expect!["refused: there is no organization that says which accounts are meant: name them by their ids"],
    );
    assert_selected(
        &targets(Some("222233334444"), "ou-ab12-cd34ef56"),
        None,
        &expect!["refused: there is no organization that says which accounts are meant: name them by their ids"],
    );
    in_organization(Some("666677778888"), "", expect!["666677778888"]);
}

#[test]
fn the_caller_is_meant_where_it_is_asked_for() {
    in_organization(Some(HOME), "", expect!["hub"]);
    let all = Targets { with_caller: true, ..targets(None, "ou-ab12-cd34ef56") };
    assert_selected(
        &all,
        Some(organization()),
        &expect![[r#"
        hub
        dev: it is ignored
        qa: it is ignored
        prod: it is ignored
        old: the account is SUSPENDED"#]],
    );
}

#[test]
fn whom_nobody_asked_about_is_no_empty_group() {
    in_organization(Some("ou-ab12-unknown0"), "", expect!["failed: nobody asked who ou-ab12-unknown0 is"]);
}

#[test]
fn targets_are_read_as_organizations_writes_them() {
    for text in ["111122223333", "r-ab12", "ou-ab12-cd34ef56", "o-exampleorgid", "tag:stage", "tag:stage=", "tag:a=b=c"]
    {
        assert_eq!(text.parse::<Target>().map(|it| it.to_string()).as_deref(), Ok(text));
    }
    for text in
        ["", "11112222333", "ou-ab12", "ou-AB12-cd34ef56", "r-ab1", "o-short", "tag:", "tag:=x", "r-ab12-cd34ef56"]
    {
        assert!(text.parse::<Target>().is_err(), "{text}");
    }
    assert_eq!("ou-1".parse::<Target>().unwrap_err().to_string(), format!("`ou-1` is not {}", Target::EXPECTED));
}
