//! What bodies say, and which are refused: with a wrong signature none of them is read at all.

use mirror::Forge;
use serde_json::{Value, json};

use super::FORGES;
use crate::body::{News, read};

const COMMIT: &str = "59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5";
const NONE: &str = "0000000000000000000000000000000000000000";

/// A push of a branch, as each forge tells it.
fn push(forge: Forge, branch: &str, commit: &str) -> (&'static str, Value) {
    let reference = format!("refs/heads/{branch}");
    match forge {
        Forge::Github | Forge::Gitea | Forge::Forgejo => {
            ("push", json!({"ref": reference, "after": commit, "repository": {"id": 1, "full_name": "acme/x"}}))
        }
        Forge::Gitlab => {
            let project = json!({"id": 1, "path_with_namespace": "acme/x"});
            ("Push Hook", json!({"object_kind": "push", "ref": reference, "after": commit, "project": project}))
        }
        Forge::Bitbucket => {
            let side = json!({"type": "branch", "name": branch, "target": {"hash": commit}});
            let change =
                if commit == NONE { json!({"old": side, "new": null}) } else { json!({"old": null, "new": side}) };
            ("repo:push", json!({"push": {"changes": [change]}, "repository": {"uuid": "{1}", "full_name": "acme/x"}}))
        }
        Forge::BitbucketDataCenter => {
            let change = json!({"ref": {"id": reference}, "toHash": commit, "type": "UPDATE"});
            let repository = json!({"id": 1, "slug": "x", "project": {"key": "acme"}});
            ("repo:refs_changed", json!({"changes": [change], "repository": repository}))
        }
    }
}

fn news(forge: Forge, event: &str, body: &Value) -> News {
    read(forge, event, &body.to_string()).unwrap_or_else(|error| panic!("{forge:?}: {error}"))
}

fn refusal(forge: Forge, event: &str, body: &str) -> String {
    let error = read(forge, event, body).unwrap_err();
    assert!(error.is_refused());
    error.to_string()
}

#[test]
fn every_forge_tells_the_branch_and_the_commit_and_none_where_it_was_deleted() {
    for (_, forge) in FORGES {
        for (commit, known) in [(COMMIT, Some(COMMIT)), (NONE, None)] {
            let (event, body) = push(forge, "feature/ä", commit);
            let News::Pushed { repository, branches, others: 0 } = news(forge, event, &body) else {
                panic!("{forge:?}")
            };
            assert_eq!(repository.name, "acme/x");
            assert_eq!(repository.id.trim_matches(['{', '}']), "1");
            let [change] = &branches[..] else { panic!("{branches:?}") };
            assert_eq!(change.reference.as_str(), "refs/heads/feature/ä");
            assert_eq!(change.commit.as_ref().map(mirror::CommitId::as_str), known, "{forge:?}");
        }
    }
}

#[test]
fn what_is_not_a_push_is_said_to_be_none_whatever_its_body() {
    for (forge, event) in [
        (Forge::Github, "ping"),
        (Forge::Github, "issues"),
        (Forge::Github, ""),
        (Forge::Github, "create"),
        (Forge::Bitbucket, "pullrequest:created"),
        (Forge::BitbucketDataCenter, "diagnostics:ping"),
        (Forge::Gitea, "create"),
        (Forge::Forgejo, "repository"),
    ] {
        assert!(
            matches!(news(forge, event, &json!({"zen": "Design for failure."})), News::Other(_)),
            "{forge:?} {event}"
        );
    }
    // Its header is not signed, and not asked.
    let note = json!({"object_kind": "note", "project": {}});
    assert!(matches!(news(Forge::Gitlab, "Push Hook", &note), News::Other(why) if why.contains("`note`")));
}

#[test]
fn tags_are_counted_and_not_told_of() {
    let body = json!({"object_kind": "tag_push", "ref": "refs/tags/v1", "after": COMMIT,
        "project": {"id": 1, "path_with_namespace": "acme/x"}});
    assert!(matches!(news(Forge::Gitlab, "", &body), News::Pushed { branches, others: 1, .. } if branches.is_empty()));
    let body = json!({"ref": "v1", "ref_type": "tag", "repository": {"id": 1, "full_name": "acme/x"}});
    assert!(
        matches!(news(Forge::Gitea, "delete", &body), News::Pushed { branches, others: 1, .. } if branches.is_empty())
    );
}

#[test]
fn a_branch_that_was_deleted_at_gitea_is_told_by_its_short_name() {
    let body = json!({"ref": "feature/x", "ref_type": "branch", "repository": {"id": 1, "full_name": "acme/x"}});
    for forge in [Forge::Gitea, Forge::Forgejo] {
        let News::Pushed { branches, .. } = news(forge, "delete", &body) else { panic!("{forge:?}") };
        assert_eq!((branches[0].reference.as_str(), &branches[0].commit), ("refs/heads/feature/x", &None));
    }
}

#[test]
fn a_branch_that_one_push_has_twice_is_told_of_once() {
    let change = |hash: &str| json!({"ref": {"id": "refs/heads/main"}, "toHash": hash, "type": "UPDATE"});
    let body = json!({"changes": [change(NONE), change(COMMIT)], "repository": {"id": 1, "slug": "x", "project": {"key": "acme"}}});
    let News::Pushed { branches, .. } = news(Forge::BitbucketDataCenter, "repo:refs_changed", &body) else { panic!() };
    assert_eq!(branches.len(), 1);
    assert_eq!(branches[0].commit.as_ref().unwrap().as_str(), COMMIT, "as it was last");
}

/// Two readers could read it differently: the forge's own, and ours.
#[test]
fn a_field_that_comes_twice_is_refused() {
    for (_, forge) in FORGES {
        let (event, body) = push(forge, "main", COMMIT);
        let text = body.to_string();
        for (field, twice) in
            [("\"id\":1", "\"id\":2,\"id\":1"), ("\"uuid\":\"{1}\"", "\"uuid\":\"{2}\",\"uuid\":\"{1}\"")]
        {
            if text.contains(field) {
                let error = refusal(forge, event, &text.replace(field, twice));
                assert!(error.contains("there twice"), "{forge:?}: {error}");
            }
        }
        let outer = format!("{{{},{}", &text[1..text.len() - 1], &text[1..]);
        assert!(refusal(forge, event, &outer).contains("there twice"), "{forge:?}");
    }
}

#[test]
fn what_is_broken_deep_or_of_another_forge_is_refused_and_not_quoted() {
    let bomb = format!("{{\"ref\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = format!("{{\"x\": \"{}\"}}", "hunter2".repeat(100_000));
    for (_, forge) in FORGES {
        let (event, _) = push(forge, "main", COMMIT);
        for body in ["", "hunter2", "[]", "{\"ref\": \"hunter2\"", &bomb, &wide] {
            if let Err(error) = read(forge, event, body) {
                let error = error.to_string();
                assert!(
                    error.contains("line 1") && error.len() < 300 && !error.contains("hunter2"),
                    "{forge:?}: {error}"
                );
            } else {
                assert!(forge == Forge::Gitlab, "{forge:?}: {body:.80}");
            }
        }
    }
    let error = refusal(Forge::Github, "push", &push(Forge::Gitlab, "main", COMMIT).1.to_string());
    assert!(error.contains("configured for the forge"), "{error}");
}

#[test]
fn references_and_commits_that_git_does_not_have_are_refused() {
    for branch in ["a..b", "a b", "", "a\u{1b}[2J"] {
        let (event, body) = push(Forge::Github, branch, COMMIT);
        let error = refusal(Forge::Github, event, &body.to_string());
        assert!(error.contains("not a reference") && !error.contains('\u{1b}'), "{error}");
    }
    for commit in ["main", "59b20b8", &"g".repeat(40)] {
        let (event, body) = push(Forge::Github, "main", commit);
        assert!(refusal(Forge::Github, event, &body.to_string()).contains("not the id of a commit"), "{commit}");
    }
}
