//! Proofs: those that forges document, and those that must not pass.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::base64;
use ring::hmac;
use serde_json::json;

use super::{FORGES, SECRET, hook, request};
use crate::hook::Hook;
use crate::keys::{Comparison, Keys};
use crate::proof::{content_of, verify};

/// The standard's example. <https://github.com/standard-webhooks/standard-webhooks>
const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SIGNED_AT: u64 = 1_614_265_330;

fn keys_of(hook: &Hook, text: &str) -> Result<Keys, String> {
    Keys::read(hook, &text.to_owned().into(), &Arc::new(Comparison::new()))
}

fn keys(hook: &Hook, secret: &str) -> Keys {
    keys_of(hook, &json!({"secret": secret}).to_string()).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// What is said of a request to a hook of this forge with this secret.
fn said(forge: &str, secret: &str, headers: &[(&str, &str)], body: &str) -> Result<(), &'static str> {
    let hook = hook(forge, "");
    verify(&hook, &keys(&hook, secret), &request(headers, body.as_bytes()), at(SIGNED_AT))
}

fn hex(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation>
#[test]
fn the_signature_that_github_documents_is_believed() {
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert_eq!(said("github", SECRET, &[("x-hub-signature-256", signature)], "Hello, World!"), Ok(()));
    assert!(said("github", SECRET, &[("x-hub-signature-256", signature)], "Hello, World?").is_err());
    let capitals = signature.to_uppercase().replace("SHA256", "sha256");
    assert_eq!(said("github", SECRET, &[("x-hub-signature-256", &capitals)], "Hello, World!"), Ok(()));
}

/// <https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/>
#[test]
fn the_signature_that_atlassian_documents_is_believed() {
    let signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
    for forge in ["bitbucket", "bitbucket-data-center"] {
        assert_eq!(said(forge, SECRET, &[("x-hub-signature", signature)], "Hello World!"), Ok(()));
        assert!(said(forge, SECRET, &[("x-hub-signature-256", signature)], "Hello World!").is_err());
    }
}

fn standard<'a>(signature: &'a str, time: &'a str) -> [(&'a str, &'a str); 3] {
    [("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("webhook-timestamp", time), ("webhook-signature", signature)]
}

#[test]
fn the_signature_of_the_standard_that_gitlab_follows_is_believed_for_five_minutes() {
    let (body, signature) = (r#"{"test": 2432232314}"#, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let time = SIGNED_AT.to_string();
    assert_eq!(said("gitlab", WHSEC, &standard(signature, &time), body), Ok(()));
    let two = format!("v1,AAAA {signature}");
    assert_eq!(said("gitlab", WHSEC, &standard(&two, &time), body), Ok(()), "while the forge rotates");
    let fifth = format!("{0} {0} {0} {0} {signature}", "v1,AAAA");
    assert!(said("gitlab", WHSEC, &standard(&fifth, &time), body).is_err(), "without end");
    for broken in ["v1,AAAA", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "g0hM9SsE", ""] {
        assert!(said("gitlab", WHSEC, &standard(broken, &time), body).is_err(), "{broken}");
    }
    let hook = hook("gitlab", "");
    let judge =
        |now| verify(&hook, &keys(&hook, WHSEC), &request(&standard(signature, &time), body.as_bytes()), at(now));
    for now in [SIGNED_AT - 300, SIGNED_AT + 300] {
        assert_eq!(judge(now), Ok(()));
    }
    for now in [SIGNED_AT - 301, SIGNED_AT + 301, 0] {
        assert!(judge(now).unwrap_err().contains("five minutes"), "{now}");
    }
    for moved in ["1614265331", "x", ""] {
        assert!(said("gitlab", WHSEC, &standard(signature, moved), body).is_err(), "the time is signed: {moved}");
    }
}

/// Gitea and Forgejo also send GitHub's headers, and Bitbucket's is GitHub's older one: the proof of one forge is not another's.
#[test]
fn a_proof_is_believed_for_its_own_forge_only() {
    let body = "{}";
    let (bare, prefixed) = (hex(SECRET, body.as_bytes()), format!("sha256={}", hex(SECRET, body.as_bytes())));
    let proofs = [
        ("github", "x-hub-signature-256", &prefixed),
        ("bitbucket", "x-hub-signature", &prefixed),
        ("bitbucket-data-center", "x-hub-signature", &prefixed),
        ("gitea", "x-gitea-signature", &bare),
        ("forgejo", "x-forgejo-signature", &bare),
    ];
    for (forge, header, value) in proofs {
        assert_eq!(said(forge, SECRET, &[(header, value)], body), Ok(()), "{forge}");
        for (other, _) in
            FORGES.iter().filter(|(it, _)| !proofs.iter().any(|proof| proof.0 == *it && proof.1 == header))
        {
            let secret = if *other == "gitlab" { WHSEC } else { SECRET };
            assert!(said(other, secret, &[(header, value)], body).is_err(), "{header} at {other}");
        }
        let twice = format!("{value},{value}");
        let broken =
            ["", "sha256=", &value[..value.len() - 1], &format!("{value}0"), &twice, &value.replace(&bare[..2], "gg")];
        for text in broken {
            assert!(said(forge, SECRET, &[(header, text)], body).is_err(), "{forge}: {text}");
        }
        assert!(said(forge, SECRET, &[], body).unwrap_err().contains("no signature"), "{forge}");
        assert!(
            said(forge, SECRET, &[("x-git-token", SECRET)], body).is_err(),
            "{forge}: a token that was not asked for"
        );
    }
    assert!(said("gitlab", WHSEC, &[("x-gitlab-token", WHSEC)], body).is_err(), "a token that was not asked for");
}

#[test]
fn while_a_secret_is_rotated_both_are_believed_and_no_third() {
    let hook = hook("github", "");
    let text = json!({"secret": "the new secret of acme", "previous": "the old secret of acme"}).to_string();
    let keys = keys_of(&hook, &text).unwrap();
    let judge = |secret: &str| {
        let signature = format!("sha256={}", hex(secret, b"{}"));
        verify(&hook, &keys, &request(&[("x-hub-signature-256", &signature)], b"{}"), at(0))
    };
    assert_eq!((judge("the new secret of acme"), judge("the old secret of acme")), (Ok(()), Ok(())));
    assert!(judge("the third secret").is_err() && judge("").is_err());
}

#[test]
fn the_secret_itself_is_believed_where_that_was_asked_for() {
    let asked = r#", "proofs": ["token"]"#;
    for (forge, _) in FORGES {
        let (hook, header) = (hook(forge, asked), if forge == "gitlab" { "x-gitlab-token" } else { "x-git-token" });
        let judge = |headers: &[(&str, &str)]| verify(&hook, &keys(&hook, SECRET), &request(headers, b"{}"), at(0));
        assert_eq!(judge(&[(header, SECRET)]), Ok(()), "{forge}");
        for wrong in ["", " ", "It's a Secret to Everybod", "It's a Secret to Everybody!", "it's a secret to everybody"]
        {
            assert!(judge(&[(header, wrong)]).is_err(), "{forge}: {wrong}");
        }
        assert!(judge(&[]).is_err() && judge(&[("x-other-token", SECRET)]).is_err(), "{forge}");
    }
}

/// Leaving the signature away, or breaking it, must not lead to the weaker proof while there is a signature.
#[test]
fn where_both_proofs_are_taken_a_request_with_a_signature_passes_by_it() {
    let hook = hook("gitlab", r#", "proofs": ["signature", "token"]"#);
    let keys = keys_of(&hook, &json!({"secret": WHSEC, "previous": "the old token of acme"}).to_string()).unwrap();
    let judge =
        |headers: &[(&str, &str)]| verify(&hook, &keys, &request(headers, br#"{"test": 2432232314}"#), at(SIGNED_AT));
    let time = SIGNED_AT.to_string();
    let token = ("x-gitlab-token", "the old token of acme");
    assert_eq!(judge(&[token]), Ok(()));
    assert_eq!(judge(&standard("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", &time)), Ok(()));
    let [id, time, broken] = standard("v1,AAAA", &time);
    assert!(judge(&[id, time, broken, token]).is_err());
}

#[test]
fn an_address_is_a_further_condition_and_the_one_that_aws_saw() {
    let body = b"{}";
    let signature = format!("sha256={}", hex(SECRET, body));
    let judge = |sources: &str, source: Option<&str>, signature: &str| {
        let hook = hook("github", &format!(r#", "sources": [{sources}]"#));
        let headers =
            [("x-hub-signature-256", signature), ("x-forwarded-for", "192.0.2.7"), ("x-real-ip", "192.0.2.7")];
        let source = source.map(|it| it.parse().unwrap());
        verify(&hook, &keys(&hook, SECRET), &reaction::Request { source, ..request(&headers, body) }, at(0))
    };
    let ranges = r#""192.0.2.0/24", "2001:db8::/32""#;
    for inside in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"] {
        assert_eq!(judge(ranges, Some(inside), &signature), Ok(()), "{inside}");
        assert!(judge(ranges, Some(inside), "sha256=00").is_err(), "an address is no proof");
    }
    for outside in [Some("198.51.100.1"), Some("2001:db9::1"), None] {
        assert!(judge(ranges, outside, &signature).unwrap_err().contains("sources"), "{outside:?}");
    }
}

#[test]
fn a_form_is_signed_as_a_whole_by_github_and_by_its_json_by_gitea() {
    let json = r#"{"ref": "refs/heads/a+b & c"}"#;
    let form: String = form_urlencoded::Serializer::new(String::new()).append_pair("payload", json).finish();
    let kind = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    for (forge, header) in [("gitea", "x-gitea-signature"), ("forgejo", "x-forgejo-signature")] {
        assert_eq!(said(forge, SECRET, &[kind, (header, &hex(SECRET, json.as_bytes()))], &form), Ok(()));
        assert!(said(forge, SECRET, &[kind, (header, &hex(SECRET, form.as_bytes()))], &form).is_err());
        let twice = format!("{form}&payload=%7B%7D");
        assert!(said(forge, SECRET, &[kind, (header, &hex(SECRET, json.as_bytes()))], &twice).is_err(), "two bodies");
    }
    let whole = format!("sha256={}", hex(SECRET, form.as_bytes()));
    assert_eq!(said("github", SECRET, &[kind, ("x-hub-signature-256", &whole)], &form), Ok(()));
    assert_eq!(content_of(&request(&[kind], form.as_bytes())).as_ref(), json.as_bytes());
    let twice = format!("{form}&payload=%7B%7D");
    assert!(content_of(&request(&[kind], twice.as_bytes())).is_empty(), "a body that is two is none");
}

#[test]
fn only_posts_are_taken() {
    let hook = hook("github", "");
    let signature = format!("sha256={}", hex(SECRET, b""));
    let get = reaction::Request { method: "GET".into(), ..request(&[("x-hub-signature-256", &signature)], b"") };
    assert_eq!(verify(&hook, &keys(&hook, SECRET), &get, at(0)), Err("its method is not POST"));
}

/// Nothing of a secret stands in what is said of it.
#[test]
fn a_secret_that_proves_nothing_is_refused_without_a_word_of_it() {
    let key = |bytes: usize| format!("whsec_{}", base64::encode(vec![7; bytes]));
    let gitlab = |text: &str| json!({"secret": text}).to_string();
    for (forge, text, why) in [
        ("github", String::new(), "JSON of the form"),
        ("github", "hunter2-hunter2-hunter2".into(), "JSON of the form"),
        ("github", r#""hunter2-hunter2-hunter2""#.into(), "JSON of the form"),
        ("github", r#"{"secret": ""}"#.into(), "shorter than 16"),
        ("github", r#"{"secret": "hunter2"}"#.into(), "shorter than 16"),
        ("github", r#"{"secret": "                         "}"#.into(), "white space"),
        ("github", r#"{"secret": "hunter2-hunter2-hunter2\n"}"#.into(), "white space"),
        ("github", r#"{"secret": "0000000000000000000000"}"#.into(), "one character"),
        ("github", r#"{"secret": "hunter2-hunter2-hunter2", "previous": ""}"#.into(), "`previous` is shorter"),
        ("github", r#"{"secret": "hunter2-hunter2-hunter2", "previuos": "x"}"#.into(), "JSON of the form"),
        (
            "github",
            r#"{"secret": "hunter2-hunter2-hunter2", "secret": "hunter2-hunter2-hunter3"}"#.into(),
            "JSON of the form",
        ),
        ("gitlab", gitlab("hunter2-hunter2-hunter2"), "begins with whsec_"),
        ("gitlab", gitlab("whsec_hunter2-hunter2-hunter2"), "begins with whsec_"),
        ("gitlab", gitlab(&key(15)), "begins with whsec_"),
    ] {
        let error = keys_of(&hook(forge, ""), &text).unwrap_err();
        assert!(error.contains(why) && !error.contains("hunter"), "{text}: {error}");
    }
    assert!(keys_of(&hook("gitlab", ""), &gitlab(&key(32))).is_ok());
    assert!(keys_of(&hook("gitlab", r#", "proofs": ["token"]"#), &gitlab("hunter2-hunter2-hunter2")).is_ok());
}
