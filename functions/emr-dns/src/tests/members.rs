//! What one member account takes away by ending its clusters holds up its own names, and those of no other account.

use std::collections::BTreeSet;

use naming::{Cluster, Facts, Mark, Name, Place};
use naming_sweep::{Survey, Table};
use place::AccountId;

use super::{account, cluster, facts, ours, place, settings, survey, told};

const MEMBERS: [&str; 5] = ["444455556666", "555566667777", "666677778888", "777788889999", "888899990000"];

fn member(index: usize) -> AccountId {
    MEMBERS[index].parse().unwrap()
}

fn named(account: &AccountId, number: usize) -> String {
    format!("etl-{number}-of-{account}.example.com")
}

/// A hundred clusters live and one asks for a new name, all here; and of so many of each of these accounts the records are left.
fn left_behind(accounts: &[(AccountId, usize)]) -> Facts<Survey> {
    const NODE: &str = "ip-10-0-0-1.eu-west-1.compute.internal";
    let living = (0..100).map(|number| Cluster {
        tag: Some(format!("living-{number}.example.com")),
        primary: Some(NODE.into()),
        ..cluster(&format!("j-{number}"))
    });
    let living: Vec<_> = living.collect();
    let mut records: Vec<_> =
        living.iter().flat_map(|it| ours(it.tag.as_deref().unwrap(), it.id.as_str(), NODE)).collect();
    let mut ended = BTreeSet::new();
    for (account, count) in accounts {
        for number in 0..*count {
            let id = format!("j-{account}{number}");
            let place = Place { account: account.clone(), ..place() };
            let mark = Mark { place, ..super::mark_of(&id) };
            let mut of_one = ours(&named(account, number), &id, NODE);
            of_one[1].values = vec![mark.to_string()];
            records.extend(of_one);
            ended.insert(id.parse().unwrap());
        }
    }
    let newcomer = Cluster { tag: Some("new.example.com".into()), ..cluster("j-100") };
    let survey = Survey { ended, ..survey(living.into_iter().chain([newcomer]).collect(), records) };
    let all = (0..MEMBERS.len()).map(member).chain([account()]).collect();
    Facts { accounts: all, has_members: true, ..facts(settings(), survey) }
}

/// How many names go of each of these accounts, and whether the new one is made; `None` where nothing is done.
fn done(facts: &Facts<Survey>, accounts: &[(AccountId, usize)]) -> Option<Vec<usize>> {
    let told = told(facts.clone());
    if told.starts_with("refused: ") {
        assert!(told.contains("nothing was changed"), "{told}");
        return None;
    }
    assert!(told.contains("create new.example.com"), "{told}");
    let gone = |account: &AccountId, number: usize| told.contains(&format!("  - {}", named(account, number)));
    Some(accounts.iter().map(|(account, count)| (0..*count).filter(|it| gone(account, *it)).count()).collect())
}

fn outcome(accounts: &[(AccountId, usize)]) -> Option<Vec<usize>> {
    done(&left_behind(accounts), accounts)
}

#[test]
fn a_member_that_ends_many_clusters_keeps_their_names_and_all_others_are_done() {
    let accounts = [(member(0), 40), (member(1), 3), (account(), 5)];
    assert_eq!(outcome(&accounts), Some(vec![0, 3, 5]));
    let told = told(left_behind(&accounts));
    let line = told.lines().find(|line| line.starts_with("cannot name ")).unwrap_or_else(|| panic!("{told}"));
    assert!(
        line.contains("48 names would go, and 25 may (SIGNALBOX_MAX_REMOVALS), 40 of them of account 444455556666"),
        "{line}"
    );
    assert!(line.contains(r#"{"signalbox": "sweep", "force": ["etl-0-of-444455556666.example.com", "#), "{line}");
    assert!(!line.contains("-of-555566667777"), "{line}");
    let table = Table::of(&left_behind(&accounts));
    assert_eq!(table.interlock, None);
    let kept = table
        .names
        .iter()
        .filter(|row| row.why.as_deref().is_some_and(|why| why.contains("too many names of account")));
    assert_eq!(kept.count(), 40, "the table shows what is held back");
}

#[test]
fn what_is_forced_goes_of_a_member_that_is_held_back_too() {
    let accounts = [(member(0), 40), (member(1), 3)];
    let mut facts = left_behind(&accounts);
    facts.seen.force = (0..4).map(|number| named(&member(0), number).parse::<Name>().unwrap()).collect();
    assert_eq!(done(&facts, &accounts), Some(vec![4, 3]));
    facts.seen.force = (0..40).map(|number| named(&member(0), number).parse::<Name>().unwrap()).collect();
    assert_eq!(done(&facts, &accounts), Some(vec![40, 3]));
}

#[test]
fn what_this_account_or_many_accounts_would_lose_is_taken_for_a_list_that_is_wrong() {
    assert_eq!(outcome(&[(account(), 40)]), None, "its own");
    assert_eq!(outcome(&[(account(), 26), (member(0), 40)]), None, "the rest keeps to the limits");
    let three: Vec<_> = (0..3).map(|index| (member(index), 14)).collect();
    assert_eq!(outcome(&three), Some(vec![0, 0, 0]));
    let four: Vec<_> = (0..4).map(|index| (member(index), 14)).collect();
    assert_eq!(outcome(&four), None, "four are many");
    let little: Vec<_> = (0..5).map(|index| (member(index), 6)).collect();
    assert_eq!(outcome(&little), None, "little of each of many");
    assert_eq!(
        outcome(&[(member(0), 13), (member(1), 12)]),
        Some(vec![13, 12]),
        "within the limits nothing is held back"
    );
}
