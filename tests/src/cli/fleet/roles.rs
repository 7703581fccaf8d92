//! How accounts are entered, and what becomes of those that cannot be.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use local_aws::{Fault, FaultKind};

use super::Scene;
use crate::world::AWS;

/// The fields of a form, sorted.
fn fields(body: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn a_role_is_assumed_once_an_account_with_every_option() {
    let scene = Scene::set_up().await;
    std::fs::write(scene.path("policy.json"), r#"{"Version": "2012-10-17", "Statement": []}"#).unwrap();
    let options = [
        &["caller-identity", "--target", "{unit}", "--regions", "eu-west-1,eu-central-1,us-east-1"] as &[_],
        &["--role-name", "Auditor", "--role-path", "/team/", "--session-name", "audit-2026"],
        &["--session-policy", "policy.json", "--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
        &["--external-id", "only-us", "--duration", "900", "--source-identity", "somebody", "--output", "json"],
    ];
    let ran = scene.run(&options.concat());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    assert_eq!(ran.places().matches("Results").count(), 9);
    let is_so = |(name, id): (&&str, &String)| {
        *name == "hub" || ran.out.contains(&format!("::{name}:assumed-role/Auditor/audit-2026")) || id.is_empty()
    };
    assert!(scene.accounts.iter().filter(|(name, _)| **name != "old").all(is_so), "{}", ran.out);
    let calls = scene.calls("AssumeRole");
    assert_eq!(calls.len(), 3);
    let dev = calls.iter().map(|call| fields(&call.body)).find(|it| it["RoleArn"].contains(&scene.accounts["dev"]));
    let shown: String = dev.unwrap().iter().flat_map(|(name, value)| [name, "=", value, "\n"]).collect();
    expect![[r#"
        Action=AssumeRole
        DurationSeconds=900
        ExternalId=only-us
        Policy={"Version": "2012-10-17", "Statement": []}
        PolicyArns.member.1.arn=arn:aws:iam::aws:policy/ReadOnlyAccess
        RoleArn=arn:aws:iam::dev:role/team/Auditor
        RoleSessionName=audit-2026
        SourceIdentity=somebody
        Version=2011-06-15
    "#]]
    .assert_eq(&scene.with_names(&shown));
}

#[tokio::test]
async fn an_operation_that_reads_may_do_nothing_else_by_default() {
    let scene = Scene::set_up().await;
    let policy_of = |operation: &str, options: &[&str]| {
        let before = scene.calls("AssumeRole").len();
        scene.run(&[&[operation, "--target", "{dev}"], options].concat());
        let body = fields(&scene.calls("AssumeRole")[before].body);
        assert_eq!(body["RoleSessionName"], "OrganizationAccountAccessRole");
        body.get("Policy").cloned().unwrap_or_default()
    };
    expect![[r#"{"Statement":[{"Action":["secretsmanager:ListSecrets","ec2:DescribeRegions"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#]].assert_eq(&policy_of("rotation-state", &[]));
    expect![[r#"{"Statement":[{"Action":["ec2:DescribeImageAttribute","ec2:DescribeImages","ec2:DescribeSnapshotAttribute","ec2:DescribeSnapshots","rds:DescribeDBClusterSnapshotAttributes","rds:DescribeDBClusterSnapshots","rds:DescribeDBSnapshotAttributes","rds:DescribeDBSnapshots","ec2:DescribeRegions"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#]].assert_eq(&policy_of("sharing-inventory", &[]));
    assert_eq!(policy_of("rotation-state", &["--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"]), "");
}

/// The role is one that may do everything, as AWS makes it in accounts of an organization.
#[tokio::test]
async fn what_the_session_policy_does_not_allow_is_denied() {
    let scene = Scene::set_up().await;
    let run = |actions: &str| {
        let statement = format!(r#"{{"Effect": "Allow", "Action": [{actions}], "Resource": "*"}}"#);
        let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        std::fs::write(scene.path("policy.json"), policy).unwrap();
        let options = ["--target", "{dev}", "--session-policy", "policy.json", "--output", "json"];
        scene.run(&[&["sharing-inventory", "--regions", "eu-west-1"], &options[..]].concat())
    };
    let ran = run(r#""ec2:*""#);
    expect![[r#"
        Exceptions dev eu-west-1 listing snapshots of databases: AWS answered AccessDenied: User: arn:aws:sts::dev:assumed-role/OrganizationAccountAccessRole/OrganizationAccountAccessRole is not authorized to perform: rds:DescribeDBSnapshots on resource: arn:aws:rds:eu-west-1:dev:snapshot:*; give the role this permission and send the event again
    "#]].assert_eq(&ran.places());
    assert_eq!(ran.code, Some(254));
    let ran = run(r#""ec2:*", "rds:Describe*""#);
    assert_eq!((ran.places().as_str(), ran.code), ("Results dev eu-west-1\n", Some(0)));
}

#[tokio::test]
async fn who_cannot_be_entered_is_told_and_the_others_are_done() {
    let scene = Scene::set_up().await;
    let at_qa = |operation: &str, kind| Fault {
        operation: Some(operation.into()),
        contains: Some(scene.accounts["qa"].clone()),
        times: 100,
        ..Fault::new(&scene.world.account, kind)
    };
    AWS.inject(&at_qa("AssumeRole", FaultKind::AccessDenied));
    let ran = scene.run(&["caller-identity", "--regions", "eu-west-1,eu-central-1", "--output", "json"]);
    expect![[r#"
        Results dev eu-central-1
        Results dev eu-west-1
        Results prod eu-central-1
        Results prod eu-west-1
        FailedAssumeRole qa  assuming arn:aws:iam::qa:role/OrganizationAccountAccessRole: AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again
        Skipped hub  it is the calling account
        Skipped old  the account is SUSPENDED
    "#]].assert_eq(&ran.places());
    assert_eq!(ran.code, Some(254));
    let tolerant = scene.run(&["caller-identity", "--target", "{dev},{qa},{old}", "--tolerate", "50%"]);
    assert_eq!(tolerant.code, Some(0), "{}", tolerant.out);
    expect![[r#"
        dev dev eu-west-1
          arn:aws:sts::dev:assumed-role/OrganizationAccountAccessRole/OrganizationAccountAccessRole
        qa qa
          failed: assuming arn:aws:iam::qa:role/OrganizationAccountAccessRole: AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again
        old old
          skipped: the account is SUSPENDED
        1 results, 0 exceptions, 1 failed to assume the role, 1 skipped
    "#]].assert_eq(&tolerant.out);
}

#[tokio::test]
async fn what_fails_in_an_account_is_told_with_its_region() {
    let scene = Scene::set_up().await;
    // One operation alone: four lists are asked for side by side, and the first refusal is the one that is told.
    let fault = Fault {
        operation: Some("DescribeImages".into()),
        region: Some("eu-central-1".into()),
        times: 100,
        ..Fault::new(&scene.accounts["dev"], FaultKind::AccessDenied)
    };
    AWS.inject(&fault);
    let ran = scene.run(&["sharing-inventory", "--regions", "eu-west-1,eu-central-1", "--output", "json"]);
    expect![[r#"
        Results dev eu-west-1
        Results prod eu-central-1
        Results prod eu-west-1
        Results qa eu-central-1
        Results qa eu-west-1
        Exceptions dev eu-central-1 listing images: AWS answered UnauthorizedOperation: You are not authorized to perform this operation; give the role this permission and send the event again
        Skipped hub  it is the calling account
        Skipped old  the account is SUSPENDED
    "#]].assert_eq(&ran.places());
    assert_eq!(ran.code, Some(254));
}

#[tokio::test]
async fn nothing_more_is_begun_where_more_fails_than_is_tolerated() {
    let scene = Scene::set_up().await;
    let kind = FaultKind::AccessDenied;
    AWS.inject(&Fault { operation: Some("AssumeRole".into()), times: 100, ..Fault::new(&scene.world.account, kind) });
    let ran = scene.run(&["caller-identity", "--tolerate", "0", "--concurrency", "1", "--output", "json"]);
    assert_eq!((ran.code, scene.calls("AssumeRole").len()), (Some(254), 1));
    assert_eq!(ran.places().matches("more accounts failed than are tolerated (0)").count(), 2, "{}", ran.places());
}

#[tokio::test]
async fn a_throttled_sts_is_waited_for() {
    let scene = Scene::set_up().await;
    let kind = FaultKind::Throttle;
    AWS.inject(&Fault { operation: Some("AssumeRole".into()), times: 4, ..Fault::new(&scene.world.account, kind) });
    let ran = scene.run(&["caller-identity", "--output", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.places());
    assert_eq!((ran.places().matches("Results").count(), scene.calls("AssumeRole").len()), (3, 7));
}

#[tokio::test]
async fn options_that_sts_would_refuse_are_refused_before_anything_is_asked() {
    let scene = Scene::set_up().await;
    let before = scene.world.calls();
    for (option, value) in
        [("--role-name", "a b"), ("--duration", "60"), ("--session-name", "x"), ("--policy-arn", "x")]
    {
        let ran = scene.run(&["caller-identity", option, value]);
        assert_eq!(ran.code, Some(252), "{option}: {}", ran.said);
    }
    assert_eq!(scene.world.calls(), before);
}

/// As EC2 says it where the policy of an organization leaves some Regions only.
const DENIED: &str = "You are not authorized to perform this operation. User: \
    arn:aws:sts::222233334444:assumed-role/OrganizationAccountAccessRole/OrganizationAccountAccessRole is not authorized to \
    perform: ACTION with an explicit deny in a service control policy";

#[tokio::test]
async fn a_region_that_a_service_control_policy_denies_is_skipped() {
    let scene = Scene::set_up().await;
    let denies = |service: &str, code: &str| {
        let (status, code, message) = (403, code.to_owned(), DENIED.to_owned());
        let (region, service) = (Some("eu-central-1".into()), Some(service.to_owned()));
        let fault = Fault::new(&scene.accounts["dev"], FaultKind::Error { status, code, message });
        AWS.inject(&Fault { region, service, times: 100, ..fault });
    };
    for (service, code) in [
        ("ec2", "UnauthorizedOperation"),
        ("rds", "AccessDenied"),
        ("secretsmanager", "AccessDeniedException"),
        ("elasticmapreduce", "AccessDeniedException"),
    ] {
        denies(service, code);
    }
    for operation in ["sharing-inventory", "rotation-state", "dns-sweep"] {
        let regions = "eu-west-1,eu-central-1";
        let ran = scene.run(&[operation, "--target", "{dev}", "--regions", regions, "--output", "json"]);
        let expected = "Results dev eu-west-1\n\
            Skipped dev eu-central-1 explicit deny in a service control policy\n";
        assert_eq!((ran.places().as_str(), ran.code), (expected, Some(0)), "{operation}: {}", ran.said);
    }
    // A region that only some of it can be done in is none that was skipped, and no permission is asked for.
    let share = r#"{"ami": {"base_": {"eu-west-1": ["123456789012"], "eu-central-1": ["123456789012"]}}}"#;
    scene.world.put_manifest(share).await;
    let place = format!("s3://{}/share.json", scene.world.bucket());
    let ran = scene.run(&["share-sweep", "--target", "{dev}", "--manifest", &place]);
    assert_eq!(ran.code, Some(254), "{}", ran.out);
    assert!(ran.out.contains("explicit deny in a service control policy"), "{}", ran.out);
    assert!(!ran.out.contains("give the role this permission"), "{}", ran.out);
}

#[tokio::test]
async fn a_session_of_a_role_may_not_ask_for_longer_than_an_hour_and_is_told_once() {
    let scene = Scene::set_up().await;
    let sts = aws_sdk_sts::Client::new(scene.world.sessions.config());
    let role = format!("arn:aws:iam::{}:role/Admin", scene.world.account);
    let session = sts.assume_role().role_arn(role).role_session_name("ann").send().await.unwrap().credentials.unwrap();
    let run = |duration: &str, is_session: bool| {
        let mut command = scene.command(&["caller-identity", "--target", "{unit}", "--duration", duration]);
        if is_session {
            command.env("AWS_ACCESS_KEY_ID", &session.access_key_id);
            command.env("AWS_SECRET_ACCESS_KEY", &session.secret_access_key);
            command.env("AWS_SESSION_TOKEN", &session.session_token);
        }
        scene.tell(&command.output().unwrap())
    };
    let before = scene.calls("AssumeRole").len();
    let refused = run("3601", true);
    assert_eq!(refused.code, Some(252), "{}{}", refused.out, refused.said);
    expect![[r#"
        error: the session's duration: `3601 s` is more than the 3600 s that STS allows where a role is assumed by a session of another role, as arn:aws:sts::hub:assumed-role/Admin/ann is; ask for at most 3600, or use credentials of a user
    "#]].assert_eq(&refused.said);
    assert_eq!(scene.calls("AssumeRole").len(), before, "no account is entered");
    assert_eq!((run("3600", true).code, run("3601", false).code), (Some(0), Some(0)));
}

/// What botocove calls its assuming session: keys of a person, a role that they assume, and a role of another account by that one.
#[tokio::test]
async fn a_profile_that_chains_roles_enters_accounts_by_the_last_of_them() {
    let scene = Scene::set_up().await;
    let [hub, qa] = ["hub", "qa"].map(|name| scene.accounts[name].clone());
    let profiles = format!(
        "[profile person]\naws_access_key_id = {hub}\naws_secret_access_key = test\n\
         [profile operator]\nrole_arn = arn:aws:iam::{hub}:role/Operator\nsource_profile = person\n\
         [profile deputy]\nrole_arn = arn:aws:iam::{qa}:role/Deputy\nsource_profile = operator\n"
    );
    std::fs::create_dir_all(scene.path(".aws")).unwrap();
    std::fs::write(scene.path(".aws/config"), profiles).unwrap();
    let before = [&hub, &qa].map(|id| AWS.count(id));
    let mut command = scene.command(&["caller-identity", "--target", "{dev}", "--profile", "deputy", "--table"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", scene.path(""));
    let ran = scene.tell(&command.output().unwrap());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    let rows: Vec<_> = ran.out.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    expect![[r#"
        ACCOUNT NAME REGION LIST TOLD
        dev - eu-west-1 Results arn:aws:sts::dev:assumed-role/OrganizationAccountAccessRole/OrganizationAccountAccessRole"#]]
    .assert_eq(&rows.join("\n"));
    let assumed = [(&hub, before[0]), (&qa, before[1])].map(|(id, before)| {
        let calls = AWS.calls_since(id, before).into_iter().filter(|it| it.operation == "AssumeRole");
        let role = |body: &str| {
            let arn =
                form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "RoleArn").unwrap().1.into_owned();
            scene.with_names(&arn)
        };
        // The chain is gone through once more before the run, to say where credentials are missing.
        calls.map(|it| (it.access_key.starts_with("ASIA"), role(&it.body))).collect::<BTreeSet<_>>()
    });
    let by_session = |role: &str| (true, role.to_owned());
    let of_hub = [(false, "arn:aws:iam::hub:role/Operator".to_owned()), by_session("arn:aws:iam::qa:role/Deputy")];
    let of_qa = [by_session("arn:aws:iam::dev:role/OrganizationAccountAccessRole")];
    assert_eq!(assumed, [of_hub.into(), of_qa.into()]);
}
