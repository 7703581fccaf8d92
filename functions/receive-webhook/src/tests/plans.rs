//! Plans: which messages follow from what was pushed.

use expect_test::expect;
use mirror::Forge;
use reaction::{Plan, Reaction, Request};

use super::{hook, request};
use crate::ReceiveWebhook;
use crate::body::{Change, News, Repository};
use crate::delivery::{Admitted, Delivery};
use crate::hook::Hook;
use crate::plan::{Step, plan};

fn change(branch: &str, commit: Option<char>) -> Change {
    let commit = commit.map(|it| it.to_string().repeat(40).parse().unwrap());
    Change { reference: format!("refs/heads/{branch}").parse().unwrap(), commit }
}

fn delivery(id: &str, name: &str, branches: Vec<Change>, others: usize) -> Delivery {
    let repository = Repository { id: id.into(), name: name.into() };
    let news = News::Pushed { repository, branches, others };
    Delivery { path: "/hook".into(), forge: Forge::Bitbucket, id: "d-1".into(), news }
}

fn of_main() -> Vec<Change> {
    vec![change("main", Some('a'))]
}

fn steps(delivery: &Delivery, hook: &Hook) -> Vec<Step> {
    match plan(delivery, hook).unwrap() {
        Plan::Change { steps, .. } => steps,
        Plan::Ignore(why) => panic!("{why}"),
    }
}

fn ignored(delivery: &Delivery, hook: &Hook) -> String {
    match plan(delivery, hook).unwrap() {
        Plan::Ignore(why) => why,
        Plan::Change { steps, .. } => panic!("{steps:?}"),
    }
}

#[test]
fn several_branches_of_a_push_are_one_request_and_ten_are_the_most() {
    let branches: Vec<_> = (0..23).map(|it| change(&format!("b{it}"), (it % 2 == 0).then_some('c'))).collect();
    let steps = steps(&delivery("1296269", "acme/x", branches, 0), &hook("bitbucket", ""));
    assert_eq!(steps.iter().map(|it| it.0.len()).collect::<Vec<_>>(), [10, 10, 3]);
    expect!["tell of acme/templates: b20 at cccccccccccc, b21, which was deleted, b22 at cccccccccccc"]
        .assert_eq(&steps[2].to_string());
    assert!(steps.iter().flat_map(|it| &it.0).all(|it| it.group() == "acme/templates" && it.delivery == "d-1"));
}

#[test]
fn the_name_is_of_the_configuration_by_the_id_and_else_by_the_full_name() {
    let both = hook("github", r#", "branches": []"#);
    let hook = Hook {
        repositories: [("7", "acme/by-id"), ("acme/x", "acme/by-name")]
            .map(|(key, name)| (key.into(), name.parse().unwrap()))
            .into(),
        ..both
    };
    let name = |id: &str, name: &str| steps(&delivery(id, name, of_main(), 0), &hook)[0].0[0].repository.to_string();
    assert_eq!(name("7", "acme/x"), "acme/by-id", "the id stays when a name goes to another repository");
    assert_eq!(name("8", "acme/x"), "acme/by-name");
    let why = ignored(&delivery("8", "acme/unknown\u{1b}[2J", of_main(), 0), &hook);
    expect![["the repository 8 (acme/unknown\\u{1b}[2J) is not among those of /hook"]].assert_eq(&why);
}

#[test]
fn branches_that_the_hook_does_not_name_and_tags_are_left_out_and_said() {
    let hook = hook("github", r#", "branches": ["main"]"#);
    let both = vec![change("main", Some('a')), change("other", Some('b'))];
    let Plan::Change { steps, notes, .. } = plan(&delivery("1296269", "x", both, 1), &hook).unwrap() else { panic!() };
    assert_eq!(steps[0].0.len(), 1);
    assert_eq!(notes, ["of the push, 2 not mirrored: tags, or branches that the hook does not name"]);
    let why = ignored(&delivery("1296269", "x", vec![change("other", Some('b'))], 0), &hook);
    assert!(why.contains("branches beside those that the hook names"), "{why}");
    let why = ignored(&delivery("1296269", "x", vec![], 2), &hook);
    assert!(why.contains("only tags"), "{why}");
}

#[test]
fn a_push_of_more_branches_than_a_person_pushes_is_refused() {
    let branches: Vec<_> = (0..101).map(|it| change(&format!("b{it}"), Some('a'))).collect();
    let error = plan(&delivery("1296269", "x", branches, 0), &hook("github", "")).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("101 branches"), "{error}");
}

#[test]
fn a_delivery_is_known_by_the_forges_id_or_else_by_its_body() {
    let id = |forge, headers: &[(&str, &str)], body: &str| {
        Admitted::of(forge, &request(headers, body.as_bytes())).unwrap().delivery
    };
    for (forge, header) in [
        (Forge::Github, "x-github-delivery"),
        (Forge::Gitlab, "webhook-id"),
        (Forge::Gitlab, "idempotency-key"),
        (Forge::Bitbucket, "x-request-uuid"),
        (Forge::BitbucketDataCenter, "x-request-id"),
        (Forge::Gitea, "x-gitea-delivery"),
        (Forge::Forgejo, "x-forgejo-delivery"),
    ] {
        assert_eq!(id(forge, &[(header, "72d3162e")], "{}"), "72d3162e");
        let hashed = id(forge, &[], "{}");
        assert!(hashed.starts_with("sha256:") && hashed == id(forge, &[(header, "a b")], "{}"), "{hashed}");
        assert_eq!(hashed, id(forge, &[(header, &"x".repeat(129))], "{}"));
        assert_ne!(hashed, id(forge, &[], "[]"));
    }
}

#[test]
fn a_body_that_is_not_text_is_refused_by_its_place() {
    let error = Admitted::of(Forge::Github, &request(&[], b"{\"a\": \"\xff\"}")).unwrap_err();
    assert!(error.is_refused() && error.to_string().ends_with("the body is not UTF-8, at byte 7"), "{error}");
}

#[test]
fn an_event_is_read_again_as_it_was_admitted() {
    let Request { path, .. } = request(&[], b"");
    let event: Admitted = serde_json::from_value(serde_json::json!({
        "path": path, "forge": "github", "event": "ping", "delivery": "72d3162e", "body": "{}",
    }))
    .unwrap();
    let delivery = ReceiveWebhook::parse(event).unwrap().unwrap();
    assert_eq!(ReceiveWebhook::key(&delivery).to_string(), "hook/72d3162e");
    assert!(ignored(&delivery, &hook("github", "")).contains("`ping`"));
}
