//! What a committer may put into an artifact, and whose jobs are believed: each is refused with its place, and nothing is made.

use local_aws::JobState;
use reaction::{Mode, Outcome, Report};

use super::{GIVEN, METADATA, READING, Scene, zip_of};
use crate::world::scene::Scene as _;

/// What becomes of an artifact of these files.
async fn sent(files: &[(&str, &[u8])]) -> (Report, String) {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    scene.send(&zip_of(files)).await;
    let report = scene.hear(Mode::Apply).await;
    let Some(JobState::Failed(_, message)) = scene.state() else { panic!("{:?}", scene.state()) };
    assert!(!scene.picture().await.contains("signalbox/"), "nothing was made");
    (report, message)
}

async fn assert_refused(files: &[(&str, &[u8])], why: &str) {
    let (report, message) = sent(files).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(message.contains(why), "{why} is not in {message}");
}

#[tokio::test]
async fn an_archive_that_is_not_plain_is_refused() {
    let (policy, metadata) = (READING.as_bytes(), METADATA.as_bytes());
    assert_refused(&[("policy.json", policy)], "has no metadata.json").await;
    assert_refused(
        &[("a/policy.json", policy), ("b/policy.json", policy), ("metadata.json", metadata)],
        "several policy.json",
    )
    .await;
    assert_refused(&[("../policy.json", policy), ("metadata.json", metadata)], "`../policy.json` is not a path inside")
        .await;
    let large = vec![b' '; 10_000_000];
    assert_refused(&[("policy.json", &large), ("metadata.json", metadata)], "policy.json has more than 1000000 bytes")
        .await;
    assert_refused(&[("policy.json", b"\xff"), ("metadata.json", metadata)], "policy.json is not UTF-8: see byte 0")
        .await;
}

#[tokio::test]
async fn what_is_not_json_is_refused_with_its_place() {
    let (policy, metadata) = (READING.as_bytes(), METADATA.as_bytes());
    let marked = format!("\u{feff}{READING}");
    for (file, wrong) in
        [("policy.json", marked.as_bytes()), ("policy.json", b"{\n  \"Version\"".as_slice()), ("metadata.json", b"{")]
    {
        let files = match file {
            "policy.json" => [("policy.json", wrong), ("metadata.json", metadata)],
            _ => [("policy.json", policy), ("metadata.json", wrong)],
        };
        let (report, message) = sent(&files).await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert!(message.contains(&format!("error: {file}:")), "{message}");
    }
}

/// The two messages of 2017 and the findings, in as many characters as an answer may have.
#[tokio::test]
async fn of_many_findings_the_answer_has_as_many_as_fit_and_the_report_has_all() {
    let statements: Vec<_> = (0..200)
        .map(|it| format!(r#"{{"Effect": "Allow", "Action": "s3:NoSuchAction{it}", "Resource": "*"}}"#))
        .collect();
    let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{all}, {}]}}"#, statements.join(", "));
    let (report, message) = sent(&[("policy.json", policy.as_bytes()), ("metadata.json", METADATA.as_bytes())]).await;
    assert!(message.starts_with("Policy creation request rejected: * permissions not allowed in both actions and resources\nerror: policy.json:1:"), "{message}");
    assert!(message.chars().count() <= 5_000 && report.findings.len() > 100, "{}", report.findings.len());
    assert!(message.ends_with(" more; the log has all"), "{message}");
}

/// Its credentials are of the pipeline's account, and it says that it is of the function's.
#[tokio::test]
async fn a_job_that_says_it_is_of_another_account_is_refused_and_no_account_is_entered() {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    let (before, of_own) = (scene.requester.calls(), scene.world.calls());
    let (account, own) = (&scene.requester.account, &scene.world.account);
    let event = scene.event().replace(&format!("\"accountId\": \"{account}\""), &format!("\"accountId\": \"{own}\""));
    let report = scene.hear_of(&event).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("its artifact credentials are of account"));
    assert_eq!(by_the_job(&scene, before), ["s3:GetObject", "sts:GetCallerIdentity"]);
    let own = scene.world.operations_since(of_own);
    assert!(!own.iter().any(|it| it.contains("AssumeRole")), "{own:?}");
}

/// What was asked for by the credentials that a job brought.
fn by_the_job(scene: &Scene, before: usize) -> Vec<String> {
    let mut operations = scene.requester.operations_since(before);
    operations.sort();
    operations
}

/// Without its admission the account is not entered, not even to answer; and what its own credentials fetched is not opened.
#[tokio::test]
async fn a_job_of_an_account_that_the_settings_do_not_name_is_not_opened() {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    let scene = scene.admitting("333344445555").await;
    scene.send(b"this is not a zip").await;
    let (before, of_own) = (scene.requester.calls(), scene.world.calls());
    let report = scene.hear_of(scene.event()).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("is not one of SIGNALBOX_ACCOUNTS"));
    assert_eq!(by_the_job(&scene, before), ["s3:GetObject", "sts:GetCallerIdentity"]);
    let own = scene.world.operations_since(of_own);
    assert!(!own.iter().any(|it| it.contains("AssumeRole")), "{own:?}");
}
