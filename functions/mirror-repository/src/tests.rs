//! What a message is read as, and what follows from the facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::expect;
use mirror::{BlobId, Entry, Head, Mode, Push, Rules, Turn};
use reaction::interlock::Limits;
use reaction::settings::Variables;
use reaction::{Plan, Reaction};
use serde_json::value::RawValue;

use crate::facts::{Facts, OfCopy, OfLayout, OfRepository};
use crate::{Asked, MirrorRepository, Settings, Step, Subject};

fn parse(text: &str) -> Result<Option<Subject>, String> {
    let event = RawValue::from_string(text.into()).unwrap();
    MirrorRepository::parse(event).map_err(|error| error.to_string())
}

fn asked(force: Option<&str>) -> Subject {
    let force = force.map(|it| it.parse().unwrap());
    Subject::Mirror(Asked { repository: "acme/templates".parse().unwrap(), reference: None, force })
}

#[test]
fn a_push_names_a_repository_and_what_else_it_says_is_not_believed() {
    let commit = "1f".repeat(20);
    let push = format!(
        r#"{{"repository": "acme/templates", "ref": "refs/heads/main", "commit": "{commit}", "delivery": "1", "forge": "github"}}"#
    );
    let Ok(Some(Subject::Mirror(read))) = parse(&push) else { panic!("a push") };
    assert_eq!((read.repository.as_str(), read.force), ("acme/templates", None));
    let other = push.replace(&commit, &"2e".repeat(20)).replace(r#""delivery": "1""#, r#""delivery": "2""#);
    let [one, two] = [&push, &other].map(|it| MirrorRepository::key(&parse(it).unwrap().unwrap()));
    assert_eq!(one, two, "one copy of a repository at a time, whatever asks for it");
}

#[test]
fn the_schedule_and_codecommit_ask_for_messages() {
    assert_eq!(parse(r#"{"sweep": "all"}"#), Ok(Some(Subject::Sweep)));
    let event = r#"{"source": "aws.codecommit", "detail-type": "CodeCommit Repository State Change", "account": "111122223333",
        "region": "eu-west-1", "detail": {"repositoryName": "templates", "event": "referenceUpdated"}}"#;
    assert_eq!(parse(event), Ok(Some(Subject::CodeCommit("codecommit:eu-west-1:111122223333:templates".into()))));
    assert_eq!(parse(&event.replace("State Change", "Comment")), Ok(None));
}

#[test]
fn what_cannot_be_read_is_refused_with_what_was_expected() {
    for text in
        [r#"{"sweep": "acme/templates"}"#, r#"{"repository": "templates"}"#, "{}", r#"{"sweep": "all", "force": 1}"#]
    {
        let error = parse(text).unwrap_err();
        assert!(error.contains("sweep"), "{text}: {error}");
    }
}

#[test]
fn settings_that_are_missing_or_malformed_are_named() {
    let read = |without: &str, percent: &str| {
        let (without, percent) = (without.to_owned(), percent.to_owned());
        let variables = move |name: &str| match name {
            _ if name == without => None,
            "SIGNALBOX_REPOSITORIES" => Some("ssm:/repositories".to_owned()),
            "SIGNALBOX_MIRROR_BUCKET" => Some("mirror".to_owned()),
            "SIGNALBOX_MIRROR_QUEUE" => Some("https://sqs.eu-west-1.amazonaws.com/111122223333/mirror.fifo".to_owned()),
            "SIGNALBOX_MAX_DELETED_PERCENT" => Some(percent.clone()),
            _ => None,
        };
        let variables: Variables = &variables;
        Settings::read(variables).map(|it| it.limits.percent).map_err(|error| error.to_string())
    };
    assert_eq!(read("SIGNALBOX_MAX_DELETED_PERCENT", ""), Ok(50));
    assert_eq!(read("", "0"), Ok(0));
    for name in ["SIGNALBOX_REPOSITORIES", "SIGNALBOX_MIRROR_BUCKET"] {
        let error = read(name, "50").unwrap_err();
        assert!(error.contains(name), "{error}");
    }
    assert!(read("", "101").unwrap_err().contains("SIGNALBOX_MAX_DELETED_PERCENT"));
}

fn head(digit: u8) -> Arc<Head> {
    let entry =
        Entry { path: b"vpc.yaml".to_vec(), mode: Mode::File, blob: BlobId::from_bytes([digit; 20]), size: Some(4) };
    let commit = format!("{digit:x}").repeat(40).parse().unwrap();
    Arc::new(Head { commit, entries: vec![entry], pointers: BTreeMap::new() })
}

fn of_repository(layout: Option<Arc<Head>>, copy: Option<Arc<Head>>) -> OfRepository {
    let copies = copy.map(|head| OfCopy {
        branch: "main".into(),
        pointer: None,
        turn: Turn::of(&"acme/templates".parse().unwrap(), "main", &head.commit, None, 2),
        present: BTreeMap::new(),
        manifests: BTreeMap::new(),
        head,
    });
    OfRepository {
        name: "acme/templates".parse().unwrap(),
        branch: "main".into(),
        rules: Rules { largest: 100, lfs: false },
        layout: layout.map(|head| OfLayout { head, manifest: None, journal: None }),
        has_pointer: copies.is_some(),
        copies: copies.into_iter().collect(),
        overdue: BTreeMap::new(),
        absent: Vec::new(),
        limits: Limits { removals: usize::MAX, percent: 50 },
    }
}

fn plan(subject: &Subject, facts: &Facts) -> String {
    MirrorRepository::plan(subject, facts).unwrap().to_string()
}

#[test]
fn the_copy_and_its_pointer_come_before_the_layout() {
    let facts = Facts::Repository(Box::new(of_repository(Some(head(1)), Some(head(1)))));
    expect![[r#"
        note in .signalbox/acme/templates/main/1111111111111111111111111111111111111111.json that the copy has 1 file
        write 1 object (4 bytes) below .signalbox/acme/templates/main/1111111111111111111111111111111111111111/: vpc.yaml
        make the pointer .signalbox/acme/templates/main/pointer.json: commit 1111111111111111111111111111111111111111
        note in the journal that 1 path change
        write 1 object (4 bytes): vpc.yaml
        write the manifest: commit 1111111111111111111111111111111111111111, 1 file
        delete the journal
        note: who follows the pointer sees one commit at every moment; who reads OWNER/REPO/.. sees new objects beside former ones while they are written
    "#]].assert_eq(&plan(&asked(None), &facts));
    let Plan::Change { steps, .. } = MirrorRepository::plan(&asked(None), &facts).unwrap() else { panic!("steps") };
    assert!(steps.is_sorted_by_key(MirrorRepository::phase));
}

#[test]
fn without_a_pointer_the_report_says_what_a_reader_sees() {
    let facts = Facts::Repository(Box::new(of_repository(Some(head(1)), None)));
    expect![[r#"
        note in the journal that 1 path change
        write 1 object (4 bytes): vpc.yaml
        write the manifest: commit 1111111111111111111111111111111111111111, 1 file
        delete the journal
        note: no pointer is configured: what is new or changed is written before what vanished is deleted, and a reader sees new objects beside former ones while they are written
    "#]].assert_eq(&plan(&asked(None), &facts));
}

#[test]
fn a_branch_that_is_gone_is_told_and_its_copies_stay() {
    let facts = OfRepository { absent: vec!["release".into()], ..of_repository(None, None) };
    let text = plan(&asked(None), &Facts::Repository(Box::new(facts)));
    assert!(text.contains("the forge has no branch release (any more)"), "{text}");
}

#[test]
fn a_sweep_sends_each_repository_a_message_of_its_own_group() {
    let push = |name: &str| Push {
        repository: name.parse().unwrap(),
        reference: "refs/heads/main".parse().unwrap(),
        commit: None,
        delivery: "a-message".into(),
        forge: None,
    };
    let facts = Facts::Dispatch(vec![push("acme/other"), push("acme/templates")]);
    expect![[r#"
        send a message that asks for a copy of acme/other
        send a message that asks for a copy of acme/templates
    "#]]
    .assert_eq(&plan(&Subject::Sweep, &facts));
    let Plan::Change { steps, .. } = MirrorRepository::plan(&Subject::Sweep, &facts).unwrap() else { panic!("steps") };
    let groups: Vec<_> = steps.iter().map(|it| if let Step::Send(push) = it { push.group() } else { "" }).collect();
    assert_eq!(groups, ["acme/other", "acme/templates"]);
}

#[test]
fn as_many_copies_stay_as_the_setting_says() {
    let read = |kept: &'static str| {
        let variables = move |name: &str| match name {
            "SIGNALBOX_REPOSITORIES" => Some("ssm:/repositories".to_owned()),
            "SIGNALBOX_MIRROR_BUCKET" => Some("mirror".to_owned()),
            "SIGNALBOX_KEPT_COPIES" => Some(kept.to_owned()).filter(|it| !it.is_empty()),
            _ => None,
        };
        Settings::read(&variables).map(|it| it.kept_copies).map_err(|error| error.to_string())
    };
    assert_eq!((read(""), read("2"), read("1000")), (Ok(10), Ok(2), Ok(1000)));
    for mistake in ["1", "0", "1001"] {
        expect_says(
            &read(mistake),
            &format!("SIGNALBOX_KEPT_COPIES: `{mistake}` is not a whole number from 2 to 1000"),
        );
    }
    expect_says(&read("few"), "SIGNALBOX_KEPT_COPIES: `few` is not a whole number");
}

fn expect_says(read: &Result<usize, String>, says: &str) {
    assert!(read.as_ref().unwrap_err().contains(says), "{read:?}");
}
