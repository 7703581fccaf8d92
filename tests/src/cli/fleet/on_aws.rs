//! Runs on AWS as the command line starts, follows, shows, stops and resumes them. The workflow of these tests ends at once, or never;
//! what the deployed one leaves in S3 is put there by the test.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_sdk_sfn::Client as Sfn;
use expect_test::expect;
use fleet::{Account, Entry, Reason};
use fleet_runs::{Manifest, Planned, Request, RunId, Tally, keys, lines};
use serde_json::{Value, json};

use super::{Ran, Scene};
use crate::cli::interrupt;

pub(in crate::cli) const ENDS: &str = r#"{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}"#;
const LASTS: &str = r#"{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": true}}}"#;

/// A workflow in the management account, and its bucket.
pub(in crate::cli) struct Deployed {
    pub(in crate::cli) scene: Scene,
    sfn: Sfn,
    s3: aws_sdk_s3::Client,
    name: &'static str,
}

impl Deployed {
    pub(in crate::cli) async fn with(name: &'static str, definition: &str) -> Self {
        let scene = Scene::set_up().await;
        let config = scene.world.sessions.config();
        let (sfn, s3) = (Sfn::new(config), aws_sdk_s3::Client::new(config));
        let role = format!("arn:aws:iam::{}:role/{name}", scene.world.account);
        sfn.create_state_machine().name(name).definition(definition).role_arn(role).send().await.unwrap();
        let deployed = Self { scene, sfn, s3, name };
        deployed.make_bucket(&deployed.bucket()).await;
        deployed
    }

    fn bucket(&self) -> String {
        format!("signalbox-{}-{}-eu-west-1", self.name, self.scene.world.account)
    }

    async fn make_bucket(&self, bucket: &str) {
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
        self.s3.create_bucket().bucket(bucket).create_bucket_configuration(place).send().await.unwrap();
    }

    pub(in crate::cli) fn run(&self, arguments: &[&str]) -> Ran {
        self.scene.tell(&self.scene.fleet(arguments).output().unwrap())
    }

    /// How an execution stands, and what it was given, as Step Functions says.
    async fn execution(&self, name: &str) -> (String, Value) {
        let arn = format!("arn:aws:states:eu-west-1:{}:execution:{}:{name}", self.scene.world.account, self.name);
        let told = self.sfn.describe_execution().execution_arn(arn).send().await.unwrap();
        (told.status.as_str().to_owned(), serde_json::from_str(&told.input.unwrap()).unwrap())
    }

    async fn put(&self, key: &str, bytes: Vec<u8>) {
        self.s3.put_object().bucket(self.bucket()).key(key).body(bytes.into()).send().await.unwrap();
    }

    async fn put_json(&self, key: &str, value: &Value) {
        self.put(key, serde_json::to_vec(value).unwrap()).await;
    }

    /// What a run of `caller-identity` leaves: a result, a failure, an account that was left alone and, at its end, a manifest.
    async fn leave(&self, run: &RunId, without_result: &[&str]) {
        let account = |name: &str| Account::unknown(self.scene.accounts[name].parse().unwrap());
        let region = || "eu-west-1".parse().unwrap();
        let entries = [
            ("dev", Entry::result(account("dev"), region(), json!({"Account": "1", "Arn": "arn:of:dev"}))),
            ("qa", Entry::exception(account("qa"), region(), "it failed".into())),
        ];
        for (name, entry) in entries {
            self.put(&keys::results(run, &account(name).id), lines::write(&[entry]).unwrap()).await;
        }
        let skipped = lines::write(&[Entry::skipped(account("old"), None, Reason::State("SUSPENDED".into()))]);
        self.put(&keys::skipped(run), skipped.unwrap()).await;
        let lines = Tally { results: 1, exceptions: 1, failed_assume_role: 0, skipped: 1 };
        let manifest = Manifest {
            run: run.clone(),
            operation: "caller-identity".into(),
            apply: false,
            execution: "arn".into(),
            began: 1,
            ended: 2,
            failure: None,
            accounts: 2 + without_result.len(),
            lines,
            without_result: without_result.iter().map(|name| account(name).id).collect(),
            changes: None,
        };
        self.put_json(&keys::manifest(run), &serde_json::to_value(&manifest).unwrap()).await;
    }

    async fn plan(&self, request: Value) {
        let request: Request = serde_json::from_value(request).unwrap();
        let planned = Planned {
            execution: "arn".into(),
            at: 1,
            version: "0.0.0".into(),
            regions: vec!["eu-west-1".parse().unwrap()],
            accounts: 3,
            skipped: 1,
            request,
        };
        self.put_json(&keys::plan(planned.run()), &serde_json::to_value(&planned).unwrap()).await;
    }
}

fn run_of(name: &str) -> RunId {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_run_is_asked_for_as_the_options_say() {
    let it = Deployed::with("read-fleet", ENDS).await;
    let options = "run sharing-inventory --target {unit},{dev},tag:team=data --ignore {qa} --include-caller --regions eu-west-1,eu-central-1 \
        --tolerate 5% --concurrency 7 --duration 900 --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess --run inventory-1 --remote";
    let ran = it.run(&options.split_whitespace().collect::<Vec<_>>());
    assert_eq!(ran.code, Some(254), "it has no plan: {}{}", ran.out, ran.said);
    let (status, input) = it.execution("inventory-1").await;
    assert_eq!(status, "SUCCEEDED");
    let mut told: Value = serde_json::from_str(&it.scene.with_names(&input.to_string())).unwrap();
    told["select"]["targets"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    let expected = json!({
        "run": "inventory-1",
        "select": {"targets": ["dev", "tag:team=data", "unit"], "ignore": ["qa"], "include_caller": true},
        "work": {
            "operation": "sharing-inventory", "apply": false, "regions": ["eu-west-1", "eu-central-1"], "regions_at_once": 8,
            "session": {"policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "seconds": 900},
        },
        "tolerance": {"percent": 5.0, "accounts": 1_000_000},
        "concurrency": 7,
    });
    assert_eq!(told, expected);
    let again = it.run(&["run", "rotation-state", "--all", "--run", "inventory-1", "--remote"]);
    assert_eq!(again.code, Some(254), "{}", again.said);
    assert!(
        again.said.contains("there is a run of the name inventory-1: give another one with --run"),
        "{}",
        again.said
    );
    let plan = it.run(&["run", "rotation-state", "--target", "{unit}", "--remote", "--plan"]);
    assert!(plan.code == Some(0) && plan.out.contains("3 accounts x 1 regions"), "{}{}", plan.out, plan.said);
}

#[tokio::test]
async fn what_a_workflow_does_not_do_is_refused_and_starts_nothing() {
    let it = Deployed::with("read-fleet", LASTS).await;
    let before = it.scene.world.calls();
    for (arguments, told) in [
        ("run exec --remote -- /bin/true", "exec runs on this computer"),
        ("run caller-identity --remote --role-name Other", "--role-name would have no effect with --remote"),
        ("run caller-identity --remote --checkpoint run.jsonl", "--checkpoint would have no effect with --remote"),
        ("run share-sweep --remote --all --manifest s3://b/k", "--manifest would have no effect: the workflow"),
        ("run share-sweep --remote", "share-sweep writes: say where"),
        ("run caller-identity --remote --run a/b", "`a/b` is not a name"),
        ("run caller-identity --run name", "--remote"),
        ("run caller-identity --remote --concurrency 0", "`0` is out of bounds"),
        ("show a/b", "`a/b` is not a name"),
    ] {
        let ran = it.run(&arguments.split(' ').collect::<Vec<_>>());
        assert!(ran.code == Some(252) && ran.said.contains(told), "{arguments}: {:?} {}", ran.code, ran.said);
    }
    assert_eq!(it.scene.world.calls(), before, "AWS was asked nothing");
    let writer = it.run(&["run", "dns-sweep", "--all", "--remote"]);
    assert!(
        writer.code == Some(254) && writer.said.contains("write-fleet: deploy infra/fleet.yaml"),
        "{}",
        writer.said
    );
    for command in ["show", "stop", "resume"] {
        let ran = it.run(&[command, "no-such-run"]);
        let told = "there is no run no-such-run: `signalbox fleet runs` lists those that there are";
        assert!(ran.code == Some(252) && ran.said.contains(told), "{command}: {:?} {}", ran.code, ran.said);
    }
}

/// A run that has ended at AWS, and what it has left there.
async fn ended(it: &Deployed, run: &str, options: &[&str], without_result: &[&str]) {
    let begin = ["run", "caller-identity", "--target", "{unit}", "--run", run, "--remote"];
    let started = it.run(&[&begin, options].concat());
    let told = format!("run {run} has begun; follow it by `signalbox fleet show --follow {run}`");
    assert!(started.code == Some(254) && started.said.contains(&told), "it has no plan: {}", started.said);
    it.plan(it.execution(run).await.1).await;
    it.leave(&run_of(run), without_result).await;
}

#[tokio::test]
async fn what_came_of_a_run_is_shown_as_lists_lines_or_a_table() {
    let it = Deployed::with("read-fleet", ENDS).await;
    ended(&it, "who-1", &[], &["prod"]).await;
    let shown = it.run(&["show", "who-1", "--output", "json"]);
    expect![[r#"
        Results dev eu-west-1
        Exceptions qa eu-west-1 it failed
        Skipped old  the account is SUSPENDED
        Skipped prod  it has no result: `signalbox fleet resume who-1` works on it
    "#]]
    .assert_eq(&shown.places());
    assert_eq!(shown.code, Some(254));
    assert!(shown.said.contains("run who-1: SUCCEEDED, "), "{}", shown.said);
    let lines = it.run(&["show", "who-1", "--lines"]);
    let ids = lines.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["Id"].take());
    let mut ids: Vec<_> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, ["dev", "old", "prod", "qa"]);
    let table = it.run(&["show", "who-1", "--table"]).out;
    let rows: Vec<_> = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for row in ["dev - eu-west-1 Results arn:of:dev", "qa - eu-west-1 Exceptions it failed"] {
        assert!(rows.iter().any(|it| it == row), "{row}: {table}");
    }
}

#[tokio::test]
async fn a_run_of_which_no_more_failed_than_it_tolerates_is_good_and_runs_are_listed() {
    let it = Deployed::with("read-fleet", ENDS).await;
    ended(&it, "who-1", &[], &["prod"]).await;
    ended(&it, "who-2", &["--tolerate", "1"], &[]).await;
    let shown = it.run(&["show", "who-2"]);
    assert_eq!(shown.code, Some(0), "{}{}", shown.out, shown.said);
    let listed: Value = serde_json::from_str(&it.run(&["runs", "--output", "json"]).out).unwrap();
    let rows = listed.as_array().unwrap().iter().map(|it| (it["run"].as_str().unwrap(), &it["status"]));
    let succeeded = json!("SUCCEEDED");
    assert_eq!(rows.collect::<Vec<_>>(), [("who-2", &succeeded), ("who-1", &succeeded)]);
    let one = it.run(&["runs", "--most", "1"]);
    assert!(one.out.contains("who-2") && !one.out.contains("who-1"), "{}", one.out);
    let done = it.run(&["resume", "who-2"]);
    assert!(done.code == Some(252) && done.said.contains("there is nothing to resume"), "{}", done.said);
}

#[tokio::test]
async fn an_interruption_leaves_the_run_going_on_and_it_is_stopped_and_resumed_by_its_name() {
    let it = Deployed::with("write-fleet", LASTS).await;
    let arguments = ["run", "dns-sweep", "--target", "{unit}", "--apply", "--run", "names-1", "--remote"];
    let mut running = it.scene.fleet(&arguments).stdin(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap()).lines().map_while(Result::ok);
    said.find(|line| line.starts_with("run names-1 has begun; ")).unwrap();
    interrupt(&running);
    let told = said.find(|line| line.starts_with("interrupted: ")).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    expect!["interrupted: run names-1 goes on by itself; follow it by `signalbox fleet show --follow names-1 --writes`, stop it by `signalbox fleet stop names-1 --writes`, go on with it afterwards by `signalbox fleet resume names-1 --writes`"]
        .assert_eq(&told);
    let (status, request) = it.execution("names-1").await;
    assert_eq!((status.as_str(), &request["work"]["apply"]), ("RUNNING", &json!(true)));
    it.plan(request.clone()).await;
    let early = it.run(&["resume", "names-1", "--writes"]);
    assert!(early.code == Some(252) && early.said.contains("run names-1 goes on; follow it"), "{}", early.said);
    let stopped = it.run(&["stop", "names-1", "--writes", "--output", "json"]);
    assert_eq!(stopped.code, Some(0), "{}", stopped.said);
    assert_eq!(serde_json::from_str::<Value>(&stopped.out).unwrap()["run"], "names-1");
    assert_eq!(it.execution("names-1").await.0, "ABORTED");
    let again = it.run(&["stop", "names-1", "--writes"]);
    assert!(
        again.code == Some(252) && again.said.contains("has ended (ABORTED): there is nothing to stop"),
        "{}",
        again.said
    );
    let shown = it.run(&["show", "names-1", "--writes"]);
    assert!(
        shown.code == Some(254) && shown.said.contains("go on with it by `signalbox fleet resume names-1 --writes`"),
        "{}",
        shown.said
    );
    // The local AWS does not redrive: a new execution works on what has no result.
    let mut resumed = it.scene.fleet(&["resume", "names-1", "--writes"]).stdin(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(resumed.stderr.take().unwrap()).lines().map_while(Result::ok);
    said.find(|line| line == "run names-1 goes on, by a new execution, with what has no result").unwrap();
    resumed.kill().unwrap();
    resumed.wait().unwrap();
    assert_eq!(it.execution("names-1--2").await, ("RUNNING".to_owned(), request));
}

/// Nothing but its end ends the command, and what is left then is shown.
#[tokio::test]
async fn a_run_that_goes_on_is_followed_to_its_end() {
    let it = Deployed::with("read-fleet", LASTS).await;
    let request = json!({
        "run": "who-1", "select": {"targets": "all"}, "work": {"operation": "caller-identity"},
        "tolerance": {"percent": 100, "accounts": 1_000_000}, "concurrency": 20,
    });
    let machine = format!("arn:aws:states:eu-west-1:{}:stateMachine:read-fleet", it.scene.world.account);
    let started = it.sfn.start_execution().state_machine_arn(machine).name("who-1").input(request.to_string());
    let execution = started.send().await.unwrap().execution_arn;
    it.plan(request).await;
    let mut following = it.scene.fleet(&["show", "who-1", "--follow", "--output", "json"]).spawn().unwrap();
    let mut said = BufReader::new(following.stderr.take().unwrap()).lines().map_while(Result::ok);
    said.find(|line| line == "run who-1: planning").unwrap();
    it.leave(&run_of("who-1"), &[]).await;
    assert!(following.try_wait().unwrap().is_none(), "it goes on as long as the run");
    it.sfn.stop_execution().execution_arn(execution).send().await.unwrap();
    let failed = said.find(|line| line.starts_with("failed: ")).unwrap();
    assert_eq!(it.scene.with_names(&failed), "failed: qa eu-west-1: it failed");
    let ran = it.scene.tell(&following.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(254), "{}", ran.out);
    expect![[r"
        Results dev eu-west-1
        Exceptions qa eu-west-1 it failed
        Skipped old  the account is SUSPENDED
    "]]
    .assert_eq(&ran.places());
}

/// Each of the commands asks where it is told to.
#[tokio::test]
async fn each_option_of_the_commands_of_runs_has_an_effect() {
    let it = Deployed::with("read-fleet", ENDS).await;
    it.run(&["run", "caller-identity", "--target", "{unit}", "--run", "who-1", "--remote"]);
    let elsewhere = format!("com-example-{}", it.scene.world.account);
    it.make_bucket(&elsewhere).await;
    let another = ["run", "caller-identity", "--target", "{unit}", "--run", "who-2", "--remote"];
    for command in [&another as &[_], &["show", "who-1"], &["resume", "who-1"]] {
        let ran = it.run(&[command, &["--runs-bucket", &elsewhere]].concat());
        assert_eq!(ran.code, Some(254), "{}", ran.said);
        let asked = it.scene.calls("GetObject");
        assert!(asked.last().unwrap().path.contains(&elsewhere), "{command:?}: {asked:?}");
    }
    it.plan(it.execution("who-1").await.1).await;
    for command in ["show", "resume"] {
        for (form, start) in [(&["--output", "json"] as &[_], "{\n"), (&["--table"], "ACCOUNT "), (&["--lines"], "")] {
            let ran = it.run(&[&[command, "who-1"], form].concat());
            assert!(ran.code == Some(254) && ran.out.starts_with(start), "{command} {form:?}: {}{}", ran.out, ran.said);
            assert!(!start.is_empty() || ran.out.is_empty(), "{}", ran.out);
        }
    }
    for command in [&["runs"] as &[_], &["show", "who-1"], &["stop", "who-1"], &["resume", "who-1"]] {
        for (option, value, told) in [
            ("--profile", "of-no-file", "the profile of-no-file"),
            ("--endpoint-url", "http://127.0.0.1:9", "Connection refused"),
            ("--ca-bundle", "of-no-file", "cannot read --ca-bundle of-no-file"),
        ] {
            let ran = it.run(&[command, &[option, value]].concat());
            assert!(ran.said.contains(told), "{command:?} {option}: {}", ran.said);
        }
        it.run(&[command, &["--region", "eu-central-1"]].concat());
        let operation = if command == ["runs"] { "ListExecutions" } else { "DescribeExecution" };
        let asked = it.scene.calls(operation).pop().unwrap();
        assert!(asked.region == "eu-central-1" && asked.body.contains(":states:eu-central-1:"), "{asked:?}");
    }
    let (text, json) = (it.run(&["runs"]), it.run(&["runs", "--output", "json"]));
    assert!(text.out.starts_with("RUN ") && json.out.starts_with("[\n"), "{}{}", text.out, json.out);
}
