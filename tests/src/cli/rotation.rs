//! What rotates, on the command line: `signalbox list` knows it, `signalbox plan` tells what a step would do, and `signalbox run` sweeps
//! but leaves the steps to Secrets Manager.

use std::io::Write;
use std::process::{Command, Stdio};

use expect_test::expect;

use super::Ran;
use crate::functions::{rotate_bearer_token, rotate_db_user};
use crate::world::built::binary;
use crate::world::scene::Scene;
use crate::world::{AWS, LEDGER, REGION, ROTATIONS};

type Token = rotate_bearer_token::stories::Told;
type Password = rotate_db_user::stories::Told;

/// Runs a command with the scene's event on standard input. A thread of its own waits for it, since the scene's server has
/// to answer meanwhile.
async fn run<S: Scene>(scene: &S, variables: &[(&str, String)], words: &str) -> Ran {
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().args(words.split(' ')).envs(variables.iter().map(|(name, value)| (name, value)));
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.envs([("AWS_ACCESS_KEY_ID", scene.world().account.as_str()), ("SIGNALBOX_LEDGER_TABLE", LEDGER)]);
    command.env("SIGNALBOX_ROTATIONS_TABLE", ROTATIONS);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is built");
    // Whatever needs no event does not wait for it.
    let _ = child.stdin.take().unwrap().write_all(scene.event().as_bytes());
    let ran = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let text = |bytes: &[u8]| scene.with_sample_ids(&String::from_utf8_lossy(bytes));
    Ran { code: ran.status.code(), out: text(&ran.stdout), said: text(&ran.stderr) }
}

async fn token(done: usize, sample: &str) -> Token {
    Token::set_up(&rotate_bearer_token::stories::after(done), sample).await
}

#[tokio::test]
async fn the_list_says_who_asks_for_what_rotates() {
    let scene = token(0, "a-token-is-to-be-created").await;
    let listed = run(&scene, &[], "list").await;
    let lines = listed.out.lines().filter(|line| line.starts_with("rotate-"));
    let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n");
    expect![[r#"
        rotate-bearer-token step of a rotation (Secrets Manager), schedule (EventBridge) Rotates the bearer token of an OAuth2 client; on a schedule, revokes old ones whose overlap is over
        rotate-db-user step of a rotation (Secrets Manager), schedule (EventBridge) Rotates the password of a user of PostgreSQL, MariaDB or MySQL
    "#]]
    .assert_eq(&lines.collect::<String>());
}

/// Each step of a rotation that is as far as that: what the plan says of it.
async fn planned() -> String {
    let mut told = String::new();
    for (done, sample) in ["created", "set", "tested", "finished"].into_iter().enumerate() {
        let scene = token(done, &format!("a-token-is-to-be-{sample}")).await;
        let before = scene.picture().await;
        let ran = run(&scene, &scene.variables(), "plan - --function rotate-bearer-token").await;
        assert_eq!(ran.code, Some(0), "{}", ran.said);
        assert_eq!(scene.picture().await, before, "a plan changes nothing");
        scene.assert_shows_nothing(&format!("{}{}", ran.out, ran.said)).await;
        told += &ran.out;
    }
    told
}

#[tokio::test]
async fn a_plan_tells_what_each_step_would_do_and_shows_no_value() {
    expect![[r#"
        rotate-bearer-token: planned
          - make a credential and keep it as AWSPENDING
        rotate-bearer-token: planned
          - have the server take it
        rotate-bearer-token: planned
          - prove that the server takes it
        rotate-bearer-token: planned
          - make it AWSCURRENT in place of old
    "#]]
    .assert_eq(&planned().await);
}

#[tokio::test]
async fn a_plan_tells_what_a_step_would_do_to_a_password() {
    let scene = Password::set_up(&rotate_db_user::stories::GIVEN, "a-password-is-to-be-created").await;
    let ran = run(&scene, &[], "plan - --function rotate-db-user").await;
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    expect![[r#"
        rotate-db-user: planned
          - make a credential and keep it as AWSPENDING
    "#]]
    .assert_eq(&ran.out);
}

#[tokio::test]
async fn a_step_is_secrets_managers_to_ask_for() {
    let scene = token(0, "a-token-is-to-be-created").await;
    let before = scene.picture().await;
    let ran = run(&scene, &scene.variables(), "run - --function rotate-bearer-token").await;
    assert_eq!(ran.code, Some(252), "{}", ran.out);
    expect![[r#"
        error: the steps of a rotation are Secrets Manager's to ask for, all four of them: begin a rotation with `aws secretsmanager rotate-secret --secret-id ARN`; what this step would do, `signalbox plan` shows
    "#]].assert_eq(&ran.said);
    assert_eq!(scene.picture().await, before, "nothing was done");
}

#[tokio::test]
async fn whose_a_step_is_has_to_be_said() {
    let scene = token(0, "a-token-is-to-be-created").await;
    let ran = run(&scene, &scene.variables(), "plan -").await;
    assert_eq!(ran.code, Some(252), "{}", ran.out);
    expect![[r#"
        error: a step of a rotation does not say whose it is; give --function rotate-bearer-token or rotate-db-user
    "#]]
    .assert_eq(&ran.said);
}

#[tokio::test]
async fn a_sweep_from_the_command_line_revokes_what_was_given_up() {
    let scene = Token::set_up(&rotate_bearer_token::stories::GIVEN_UP, "it-is-time-to-revoke-old-tokens").await;
    let before = scene.picture().await;
    let planned = run(&scene, &scene.variables(), "plan - --function rotate-bearer-token").await;
    assert_eq!((planned.code, scene.picture().await), (Some(0), before.clone()), "{}", planned.said);
    let ran = run(&scene, &scene.variables(), "run - --function rotate-bearer-token").await;
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    scene.assert_shows_nothing(&format!("{}{}{}", planned.out, ran.out, ran.said)).await;
    let after = scene.picture().await;
    expect![[r#"
        rotate-bearer-token: planned
          - revoke version new of arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/bearer-token-AbCdEf
        SECTION   OVERDUE  SHORT LIVED  UNREAD
        rotation        0            0       0
        rotate-bearer-token: applied
          - revoke version new of arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/bearer-token-AbCdEf
        SECTION   OVERDUE  SHORT LIVED  UNREAD
        rotation        0            0       0
        before
        old: AWSCURRENT, a token that works
        new: -, a token that works
        server: 2 alive, 1 to be revoked
        after
        old: AWSCURRENT, a token that works
        new: -, a token that is dead
        server: 1 alive, 0 to be revoked
    "#]]
    .assert_eq(&format!("{}{}before\n{before}after\n{after}", planned.out, ran.out));
}
