//! Whose a name is where several accounts ask for it: an event and a sweep say the same.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use ::events::emr::ClusterState::{self, Running, Starting, Terminated};
use expect_test::expect;
use naming::{Cluster, Facts, Mark, Place, RecordSet, Settings};
use naming_sweep::Survey;
use place::AccountId;

use super::{CLUSTER, NAME, NODE, OLD, cluster, facts, look, ours, settings, survey, told};
use crate::facts::{Kin, Look, Other};

const MEMBER: &str = "444455556666";

fn member() -> AccountId {
    MEMBER.parse().unwrap()
}

/// The cluster in the account of a member, made so many seconds after the first one.
fn of_member(id: &str, seconds: u64) -> Cluster {
    let created = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1 + seconds));
    Cluster { place: Place { account: member(), ..super::place() }, created, ..cluster(id) }
}

/// Our two records of the name, for this cluster.
fn held_by(owner: &Cluster) -> Vec<RecordSet> {
    let mark = Mark { place: owner.place.clone(), ..super::mark_of(owner.id.as_str()) };
    let mut records = ours(NAME, owner.id.as_str(), "ip-old.compute.internal");
    records[1].values = vec![mark.to_string()];
    records
}

fn suffixes(text: &'static str) -> Settings {
    Settings::read(&|name| (name == "SIGNALBOX_SUFFIX_ACCOUNTS").then(|| text.to_owned())).unwrap()
}

fn with_accounts<S>(settings: Settings, seen: S) -> Facts<S> {
    Facts { accounts: BTreeSet::from([super::account(), member()]), has_members: true, ..facts(settings, seen) }
}

/// What the event of `asking` leads to, and what a sweep, where `owner` has the name.
fn both(settings: &Settings, asking: &Cluster, owner: Option<&Cluster>, records: &[RecordSet]) -> [String; 2] {
    let other = match owner {
        Some(owner) => Other::Known(Box::new(owner.clone())),
        None => Other::Gone,
    };
    let look = Look { other, ..look(asking.clone(), records.to_vec()) };
    let event = told(with_accounts(settings.clone(), Some(Box::new(look))));
    let living = owner.into_iter().chain([asking]).filter(|it| !it.state.has_ended()).cloned().collect();
    // A sweep asks for whichever cluster no list has.
    let ended = match owner {
        Some(owner) if !owner.state.has_ended() => BTreeSet::new(),
        _ => [OLD.parse().unwrap()].into(),
    };
    let survey = Survey { ended, ..survey(living, records.to_vec()) };
    [event, told(with_accounts(settings.clone(), survey))]
}

/// Who is turned away, or what is done: the first words.
fn verdict(told: &str) -> &'static str {
    if told.contains("cannot have it") || told.contains("may not have") {
        "refused"
    } else if told.contains("the next sweep knows all of them and decides") {
        "left to a sweep"
    } else if told.starts_with("in Z1: update") {
        "taken over"
    } else {
        "kept"
    }
}

#[test]
fn a_newcomer_of_another_account_is_refused_while_the_owners_cluster_lives() {
    let (newer, owner) = (of_member(CLUSTER, 60), cluster(OLD));
    let [event, sweep] = both(&settings(), &newer, Some(&owner), &held_by(&owner));
    expect!["refused: etl.example.com is j-0LDCLUSTER000's of account 111122223333, and j-1YONHTCP3YZKC of account 444455556666 cannot have it: between accounts the owner keeps a name while its cluster lives, and a cluster that cannot be read counts as living; choose another name"].assert_eq(&event);
    expect![[r#"
        in Z1: update etl.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-0LDCLUSTER000 (was ip-old.compute.internal for j-0LDCLUSTER000)
          - etl.example.com. CNAME 60 ip-old.compute.internal
          + etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
        cannot name j-1YONHTCP3YZKC etl.example.com: etl.example.com is j-0LDCLUSTER000's of account 111122223333, and j-1YONHTCP3YZKC of account 444455556666 cannot have it: between accounts the owner keeps a name while its cluster lives, and a cluster that cannot be read counts as living; choose another name"#]].assert_eq(&sweep);
}

/// Every owner that there can be, beside an older and a newer cluster of its own and of another account.
#[test]
fn an_event_and_a_sweep_decide_the_same() {
    let states: [ClusterState; 3] = [Running, Starting, Terminated];
    let mut verdicts = Vec::new();
    for is_kin in [true, false] {
        for seconds in [0, 60] {
            let asking = of_member(CLUSTER, seconds);
            let place = if is_kin { asking.place.clone() } else { super::place() };
            let known = states.map(|state| Some(Cluster { state, place: place.clone(), ..of_member(OLD, 30) }));
            let renamed = |tag: Option<&str>| Some(Cluster { tag: tag.map(Into::into), ..known[0].clone().unwrap() });
            let owners = known.clone().into_iter().chain([None, renamed(None), renamed(Some("other.example.com"))]);
            for owner in owners.chain([renamed(Some("no name"))]) {
                let records = held_by(owner.as_ref().or(known[0].as_ref()).unwrap());
                let [event, sweep] = both(&settings(), &asking, owner.as_ref(), &records).map(|it| verdict(&it));
                // Within an account a sweep sets the target of the owner right, too, and an event does.
                let whose = format!("is_kin {is_kin}, {seconds} s, {owner:?}");
                if is_kin {
                    assert_ne!(event, "refused", "{whose}");
                    assert_ne!(sweep, "refused", "{whose}");
                } else {
                    // An event gives no other account the name: the sweep that comes next says whether it goes there.
                    assert!(event == sweep || (event, sweep) == ("left to a sweep", "taken over"), "{whose}");
                    verdicts.push(sweep);
                }
            }
        }
    }
    let lives = ["refused", "refused", "taken over", "taken over", "taken over", "taken over", "refused"];
    assert_eq!(verdicts, [lives, lives].concat(), "of another account, older or newer");
}

/// The owner has ended, and its account has an older cluster that asks for the name, with a node or without.
#[test]
fn an_event_and_a_sweep_keep_the_name_for_another_cluster_of_the_owner() {
    let (ended, stranger) = (Cluster { state: Terminated, ..cluster(CLUSTER) }, of_member(OLD, 60));
    let records = held_by(&ended);
    for (state, by_sweep) in [(Running, "taken over"), (Starting, "refused")] {
        let primary = (state == Running).then(|| NODE.to_owned());
        let kin = Cluster { state, primary, ..cluster("j-2") };
        let of_end = |kin| Look { kin, ..look(ended.clone(), records.clone()) };
        let event = |look| told(with_accounts(settings(), Some(Box::new(look))));
        let told_of_end = event(of_end(Kin::Known(vec![numbered(), kin.clone()])));
        assert!(told_of_end.starts_with("note: etl.example.com is not deleted: j-2"), "{told_of_end}");
        assert!(event(of_end(Kin::TooMany(51))).contains("not deleted: account 111122223333 has 51 other clusters"));
        assert!(event(of_end(Kin::Known(vec![numbered()]))).starts_with("in Z1: delete"));
        let other = Other::Known(Box::new(ended.clone()));
        let of_stranger = event(Look { other, ..look(stranger.clone(), records.clone()) });
        assert_eq!(verdict(&of_stranger), "left to a sweep", "{of_stranger}");
        let survey = survey(vec![kin, stranger.clone()], records.clone());
        let ended = [CLUSTER.parse().unwrap()].into();
        let sweep = told(with_accounts(settings(), Survey { ended, ..survey }));
        assert_eq!(sweep.contains("in Z1: update") && sweep.contains("for j-2"), by_sweep == "taken over", "{sweep}");
        assert!(verdict(&sweep) == "refused" && !sweep.contains("delete"), "the stranger: {sweep}");
    }
}

#[test]
fn an_account_that_was_not_read_whole_loses_no_name_to_another_one() {
    let ended = [OLD.parse().unwrap()].into();
    let survey = survey(vec![of_member(CLUSTER, 60)], held_by(&cluster(OLD)));
    let survey = Survey { ended, unread: vec!["j-2".into()], ..survey };
    let told = told(with_accounts(settings(), survey));
    assert!(told.contains("of another account, but not everything could be read") && !told.contains("in Z1"), "{told}");
}

#[test]
fn where_nothing_is_held_the_account_of_the_oldest_cluster_has_asked_first() {
    let survey = survey(vec![cluster(OLD), of_member(CLUSTER, 60)], vec![]);
    let told = told(with_accounts(settings(), survey));
    assert!(told.starts_with("in Z1: create etl.example.com") && told.contains("cluster=j-0LDCLUSTER000"), "{told}");
    assert_eq!(verdict(&told), "refused", "{told}");
}

/// The list has the newcomer, and nothing could be read of the owner.
#[test]
fn an_owner_that_could_not_be_read_counts_as_living() {
    let owner = cluster(OLD);
    let survey = Survey { unread: vec![OLD.into()], ..survey(vec![of_member(CLUSTER, 60)], held_by(&owner)) };
    let told = told(with_accounts(settings(), survey));
    assert!(!told.contains("in Z1") && verdict(&told) == "refused", "{told}");
    // We may not act in the owner's account (any more): its records are not ours to change.
    let stranger = Cluster { place: super::place(), ..of_member(CLUSTER, 60) };
    let records = held_by(&of_member(OLD, 0));
    let told = super::told(facts(settings(), Some(Box::new(look(stranger, records)))));
    assert!(told.starts_with("refused: etl.example.com in Z1 is somebody else's"), "{told}");
}

#[test]
fn an_account_whose_cluster_ended_comes_first_where_another_of_its_clusters_asks() {
    let (kin, stranger) = (Cluster { created: None, ..cluster("j-2") }, of_member(CLUSTER, 60));
    let ended = [OLD.parse().unwrap()].into();
    let survey = Survey { ended, ..survey(vec![kin, stranger], held_by(&cluster(OLD))) };
    let told = told(with_accounts(settings(), survey));
    assert!(told.starts_with("in Z1: update") && told.contains("cluster=j-2") && verdict(&told) == "refused", "{told}");
}

#[test]
fn an_account_that_may_not_have_a_name_gets_none_and_loses_what_it_has() {
    let settings = suffixes("example.com=111122223333");
    let intruder = of_member(OLD, 0);
    for told in both(&settings, &cluster(CLUSTER), Some(&intruder), &held_by(&intruder)) {
        assert!(told.contains("-> ip-10-0-0-1.eu-west-1.compute.internal for j-1YONHTCP3YZKC"), "{told}");
    }
    let of_owner = held_by(&cluster(CLUSTER));
    for told in both(&settings, &of_member(CLUSTER, 60), None, &of_owner) {
        assert!(told.contains("account 444455556666 may not have etl.example.com"), "{told}");
    }
    let alone = Survey { ..survey(vec![intruder.clone(), numbered()], held_by(&intruder)) };
    let told = told(with_accounts(settings, alone));
    assert!(told.starts_with("in Z1: delete etl.example.com") && verdict(&told) == "refused", "{told}");
}

/// A cluster of our own with another name, so that not every name goes.
fn numbered() -> Cluster {
    Cluster { tag: Some("www.example.com".into()), primary: Some(NODE.into()), ..cluster("j-9") }
}

/// Our two records of this name, for this cluster.
fn named(name: &str, owner: &Cluster) -> Vec<RecordSet> {
    let mark = Mark { place: owner.place.clone(), ..super::mark_of(owner.id.as_str()) };
    let mut records = ours(name, owner.id.as_str(), NODE);
    records[1].values = vec![mark.to_string()];
    records
}

#[test]
fn a_member_that_could_not_be_read_keeps_its_names_and_no_others() {
    let (living, ended, unread) = (cluster(CLUSTER), cluster(OLD), of_member("j-9", 0));
    let records =
        [named(NAME, &living), named("old.example.com", &ended), named("theirs.example.com", &unread)].concat();
    let seen = |complete: &[AccountId]| {
        let (ended, unread) = ([OLD, "j-9"].map(|id| id.parse().unwrap()).into(), vec!["clusters of a member".into()]);
        let complete = complete.iter().cloned().collect();
        let survey = Survey { ended, unread, complete, ..survey(vec![living.clone()], records.clone()) };
        let told = told(with_accounts(settings(), survey));
        let lines = told.lines().filter(|line| line.contains("delete")).map(|line| line.split("; ").last().unwrap());
        lines.fold(String::new(), |all, line| all + line + "\n")
    };
    expect![[r#"
        in Z1: delete old.example.com -> ip-10-0-0-1.eu-west-1.compute.internal of j-0LDCLUSTER000
        note: theirs.example.com would be deleted, but not everything could be read
    "#]]
    .assert_eq(&seen(&[super::account()]));
    expect![[r#"
        note: old.example.com, theirs.example.com would be deleted, but not everything could be read
    "#]]
    .assert_eq(&seen(&[]));
}
