//! What follows from what is there.

use std::collections::{BTreeMap, BTreeSet};

use jobs::Job;
use place::Partition;
use reaction::Plan;
use serde_json::json;
use sharing::{Head, Pending, Resource};

use super::{METADATA, READING, judged};
use crate::facts::{Content, Facts, OWNER, Present, Wanted};
use crate::plan::{How, Put, Step, plan};
use crate::policies::oldest_first;

fn job() -> Job {
    let keys = json!({"accessKeyId": "A", "secretAccessKey": "S", "sessionToken": "T"});
    let event =
        json!({"CodePipeline.job": {"id": "j-1", "accountId": "222233334444", "data": {"artifactCredentials": keys}}});
    Job::read(&event.to_string()).unwrap()
}

/// Facts of the policy that reads, where this is there.
fn facts(present: Option<Present>, head: Head) -> Facts {
    let judged = judged(READING, METADATA);
    let (metadata, document) = judged.right.unwrap();
    let account = "222233334444".parse().unwrap();
    let resource = Resource::managed_policy(Partition::Aws, &account, "signalbox/data-readers");
    Facts {
        verdict: judged.verdict,
        wanted: Some(Wanted { resource, metadata, document, sent: "sent".into(), present, head }),
    }
}

fn recorded() -> Head {
    Head { seq: 2, hash: "hash".into(), pending: None }
}

/// A policy of ours whose default says something else, with these other versions.
fn present(others: &[(&str, &str)]) -> Present {
    Present {
        tags: BTreeMap::from([(OWNER.to_owned(), "check-policy".to_owned())]),
        description: "Reads data".into(),
        default: "v5".into(),
        content: Content::of("{}"),
        others: others.iter().map(|(id, document)| ((*id).to_owned(), Content::of(document))).collect(),
    }
}

fn wanted_document() -> String {
    facts(None, Head::default()).wanted.unwrap().document
}

fn steps(facts: &Facts) -> Vec<Step> {
    match plan(&job(), facts) {
        Plan::Change { steps, .. } => steps,
        Plan::Ignore(why) => panic!("{why}"),
    }
}

fn how(facts: &Facts) -> How {
    match &steps(facts)[..] {
        [Step::Put(Put { how, .. })] => how.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_policy_that_is_not_there_is_made() {
    assert_eq!(how(&facts(None, Head::default())), How::Create);
}

#[test]
fn what_says_the_same_is_left_alone_whatever_its_white_space_and_the_order_of_its_keys() {
    let document: serde_json::Value = serde_json::from_str(&wanted_document()).unwrap();
    let pretty = serde_json::to_string_pretty(&document).unwrap();
    let same = Present { content: Content::of(&pretty), ..present(&[]) };
    assert_eq!(steps(&facts(Some(same), recorded())), []);
}

#[test]
fn of_five_versions_the_oldest_that_is_not_the_default_makes_room() {
    let four = [("v1", "1"), ("v2", "2"), ("v3", "3"), ("v4", "4")];
    assert_eq!(how(&facts(Some(present(&four)), recorded())), How::Renew { room: Some("v1".into()) });
    assert_eq!(how(&facts(Some(present(&four[..3])), recorded())), How::Renew { room: None });
}

/// IAM lists the newest first, and promises no order.
#[test]
fn versions_are_in_the_order_of_their_numbers_however_iam_lists_them() {
    let listed = ["v12", "v10", "v9", "v2"].map(String::from).to_vec();
    assert_eq!(oldest_first(listed), ["v2", "v9", "v10", "v12"]);
}

#[test]
fn a_version_that_was_left_behind_is_taken_up() {
    let document = wanted_document();
    let left = present(&[("v3", "3"), ("v6", document.as_str())]);
    assert_eq!(how(&facts(Some(left), recorded())), How::Adopt("v6".into()));
}

#[test]
fn a_policy_without_our_tag_or_without_a_record_is_refused() {
    let untagged = Present { tags: BTreeMap::new(), ..present(&[]) };
    for (facts, why) in [
        (facts(Some(untagged), recorded()), "has not the tag signalbox:created-by"),
        (facts(Some(present(&[])), Head::default()), "has no record"),
    ] {
        let Plan::Change { steps, findings, .. } = plan(&job(), &facts) else { panic!() };
        assert!(steps.is_empty() && findings.len() == 1 && findings[0].message.contains(why), "{findings:?}");
    }
}

#[test]
fn the_record_of_an_interrupted_run_is_closed_and_names_no_version_to_go_back_to() {
    let same = Present { content: Content::of(&wanted_document()), ..present(&[]) };
    let pending = Pending { add: same.content.recorded(), remove: BTreeSet::new(), until: 0 };
    let facts = facts(Some(same), Head { pending: Some(pending), ..recorded() });
    assert_eq!(how(&facts), How::Settle);
    let steps = steps(&facts);
    let [Step::Put(put)] = &steps[..] else { panic!() };
    assert_eq!(put.share.changes[0].name, "");
    assert_eq!(sharing_records::revert(&put.share.changes[0], ""), None);
}

#[test]
fn a_change_names_the_version_that_was_the_default() {
    let facts = facts(Some(present(&[])), recorded());
    let steps = steps(&facts);
    let [Step::Put(put)] = &steps[..] else { panic!() };
    let arn = "arn:aws:iam::222233334444:policy/signalbox/data-readers";
    let back = format!("aws iam set-default-policy-version --policy-arn {arn} --version-id v5");
    assert_eq!(sharing_records::revert(&put.share.changes[0], ""), Some(back));
}
