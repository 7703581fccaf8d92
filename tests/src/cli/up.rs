//! `signalbox up` and `signalbox demo`: what they tell to try is tried, line by line.

mod members;
mod policies;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use aws::{Options, Sessions};
use aws_sdk_ec2::Client as Ec2;
use aws_sdk_ec2::config::Credentials;
use aws_sdk_emr::types::Tag;
use aws_sdk_organizations::Client as Organizations;
use expect_test::expect;
use serde_json::{Deserializer, Value, json};

use super::interrupt;
use crate::templates::deployed::alarms;
use crate::world::built::binary;
use crate::world::now;

/// A local AWS that was started as an operator does it, and what it told: the console's link, what to export, and the lines to try.
pub(super) struct Up {
    running: Child,
    link: String,
    environment: BTreeMap<String, String>,
    lines: Vec<String>,
}

impl Up {
    pub(super) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        let (mut running, lines) = started(&["--output", "json", "--port", &port]);
        let exported = Deserializer::from_reader(running.stdout.take().unwrap()).into_iter().next();
        let link = lines.iter().find(|line| line.starts_with("http://127.0.0.1:")).unwrap().clone();
        let lines = lines.iter().filter_map(|line| line.strip_prefix("  ")).map(String::from).collect();
        let environment: BTreeMap<String, String> = exported.unwrap().unwrap();
        assert_eq!(environment["AWS_ENDPOINT_URL"], format!("http://127.0.0.1:{port}"));
        Self { running, link, environment, lines }
    }

    /// What opens the console in a browser, once.
    pub(super) fn link(&self) -> &str {
        &self.link
    }

    /// The lines about the image, those about the cluster, those about the pipeline of policies, and those about the organization.
    fn lines(&self) -> [&[String]; 4] {
        let first = |command: &str| self.lines.iter().position(|line| line.starts_with(command)).unwrap();
        let [clusters, policies, accounts] = ["signalbox dns", "AWS_ACCESS_KEY_ID=", "signalbox fleet"].map(first);
        let lines = &self.lines;
        [&lines[..clusters], &lines[clusters..policies], &lines[policies..accounts], &lines[accounts..]]
    }

    /// What the line prints in a shell that has what is to be exported.
    fn try_out(&self, line: &str) -> String {
        let path = format!("{}:/usr/bin:/bin", binary("signalbox").parent().unwrap().display());
        let mut shell = Command::new("/bin/sh");
        shell.env_clear().args(["-c", line]).envs(&self.environment).env("PATH", path);
        let ran = shell.output().unwrap();
        let out = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success(), "{line}\n{out}{}", String::from_utf8_lossy(&ran.stderr));
        out
    }

    /// What the AWS CLI would do, which need not be installed here.
    async fn ask_aws(&self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["aws", "emr", "add-tags", "--resource-id", id, "--tags", tag] => {
                let (key, value) = tag.split_once('=').unwrap();
                let tag = Tag::builder().key(key).value(value).build();
                self.emr().await.add_tags().resource_id(id).tags(tag).send().await.unwrap();
            }
            ["aws", "emr", "terminate-clusters", "--cluster-ids", id] => {
                self.emr().await.terminate_job_flows().job_flow_ids(id).send().await.unwrap();
            }
            [
                "aws",
                "organizations",
                "move-account",
                "--account-id",
                id,
                "--source-parent-id",
                from,
                "--destination-parent-id",
                to,
            ] => {
                let organizations = Organizations::new(self.account(None).await.config());
                let request = organizations.move_account().account_id(id).source_parent_id(from);
                request.destination_parent_id(to).send().await.unwrap();
            }
            _ => panic!("{line}"),
        }
    }

    /// A way into the local AWS, in the name of the account that is exported or of another one.
    async fn account(&self, other: Option<&str>) -> Sessions {
        let of = |name: &str| self.environment[name].clone();
        let account = other.map_or_else(|| of("AWS_ACCESS_KEY_ID"), String::from);
        let keys = Credentials::new(account, of("AWS_SECRET_ACCESS_KEY"), None, None, "tests");
        let (region, endpoint_url) = (Some(of("AWS_REGION")), Some(of("AWS_ENDPOINT_URL")));
        let options = Options { region, endpoint_url, credentials: Some(keys), ..Options::new(now) };
        Sessions::load(&options).await.unwrap()
    }

    async fn emr(&self) -> aws_sdk_emr::Client {
        aws_sdk_emr::Client::new(self.account(None).await.config())
    }

    pub(super) async fn ec2(&self, account: Option<&str>) -> Ec2 {
        Ec2::new(self.account(account).await.config())
    }

    /// Tries the line out: the line, what it prints, and what `signalbox dns` shows then.
    async fn follow(&self, line: &str) -> String {
        let out = if line.starts_with("aws ") {
            self.ask_aws(line).await;
            String::new()
        } else {
            self.try_out(line)
        };
        let words = line.split("   #").next().unwrap();
        format!("$ {words}\n{out}signalbox dns: {}\n", self.try_out("signalbox dns | tail -n +2").trim_end())
    }

    /// The text with single spaces, and names in place of the ids that were made up.
    fn tell(&self, text: &str) -> String {
        let cluster = self.lines.iter().find_map(|line| line.strip_prefix("aws emr terminate-clusters --cluster-ids "));
        let text = text.replace(cluster.unwrap(), "j-1").replace(&format!("-{}.json", self.running.id()), "-1.json");
        let zone = self.environment["SIGNALBOX_DNS_ZONES"].as_str();
        let node = |word: &str| word.starts_with("ip-10-0-") && !word.starts_with("ip-10-0-9-9.");
        let word = |word: &str| if node(word) { "NODE".into() } else { word.replace(zone, "ZONE") };
        let line = |line: &str| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ") + "\n";
        text.lines().map(line).collect()
    }

    /// Ends it as Ctrl-C does.
    fn interrupt(&mut self) -> ExitStatus {
        interrupt(&self.running);
        self.running.wait().unwrap()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

/// `signalbox up`, and what it has told when it is up.
fn started(options: &[&str]) -> (Child, Vec<String>) {
    let mut up = Command::new(binary("signalbox"));
    up.env_clear().arg("up").args(options).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = up.spawn().unwrap();
    let (mut told, mut lines) = (BufReader::new(running.stderr.take().unwrap()).lines(), Vec::new());
    while lines.last().is_none_or(|line: &String| !line.contains("/signalbox-moved-")) {
        let line = told.next().unwrap_or_else(|| panic!("it has ended: {lines:#?}"));
        lines.push(line.unwrap());
    }
    (running, lines)
}

/// With both options, [`Up::start`] reads JSON and finds the port.
#[test]
fn what_up_prints_and_where_it_listens_are_options() {
    let (mut running, _) = started(&[]);
    let line = BufReader::new(running.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    running.kill().unwrap();
    running.wait().unwrap();
    let port = line.strip_prefix("export AWS_ENDPOINT_URL=http://127.0.0.1:").and_then(|it| it.split(' ').next());
    assert!(port.is_some_and(|it| it.parse::<u16>().is_ok_and(|it| it > 0)), "a shell can read it: {line}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = Command::new(binary("signalbox")).env_clear().args(["up", "--port", &port]).output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}; choose another port")), "{said}");
}

#[tokio::test]
async fn every_line_to_try_does_what_it_says() {
    let mut up = Up::start();
    let [about_image, about_cluster, about_policies, about_organization] = up.lines();
    about_image.iter().filter(|line| !line.starts_with("aws ")).for_each(|line| drop(up.try_out(line)));
    a_cluster_comes_and_goes(&up, about_cluster).await;
    policies::try_out(&up, about_policies).await;
    members::try_out(&up, about_organization).await;
    assert_watched(&up).await;
    let event = format!("/tmp/signalbox-cluster-{}.json", up.running.id());
    assert!(Path::new(&event).exists(), "{event}");
    assert_eq!(up.interrupt().code(), Some(130));
    assert!(!Path::new(&event).exists(), "what it wrote goes with it");
}

/// All alarms of the functions, and those of `infra/operations.yaml`, go to its topic.
async fn assert_watched(up: &Up) {
    let account = &up.environment["AWS_ACCESS_KEY_ID"];
    let alarms = alarms((up.environment["AWS_ENDPOINT_URL"].as_str(), account.as_str())).await;
    let topic = json!([format!("arn:aws:sns:{}:{account}:signalbox-alarms", up.environment["AWS_REGION"])]);
    assert!(["signalbox-event-age", "share-ami-errors"].iter().all(|name| alarms.contains_key(*name)), "{alarms:?}");
    let elsewhere: Vec<_> = alarms.iter().filter(|(_, it)| it["AlarmActions"] != topic).map(|(name, _)| name).collect();
    assert_eq!(elsewhere, [""; 0]);
}

/// Tries the lines about the cluster out, one after the other.
async fn a_cluster_comes_and_goes(up: &Up, lines: &[String]) {
    let mut story = String::new();
    for line in lines {
        story += &up.follow(line).await;
    }
    expect![[r#"
        $ signalbox dns
        NAME TARGET CLUSTER STATE OWNER ZONE DRIFT
        etl.example.com - j-1 WAITING - ZONE missing: to be NODE
        signalbox dns: etl.example.com - j-1 WAITING - ZONE missing: to be NODE
        $ signalbox send /tmp/signalbox-cluster-1.json
        rule emr-dns -> arn:aws:lambda:eu-west-1:111122223333:function:emr-dns
        emr-dns: applied
        - in ZONE: create etl.example.com -> NODE for j-1
        signalbox dns: etl.example.com NODE j-1 WAITING signalbox ZONE none
        $ aws emr add-tags --resource-id j-1 --tags local-aws:primary=ip-10-0-9-9.eu-west-1.compute.internal
        signalbox dns: etl.example.com NODE j-1 WAITING signalbox ZONE stale: to be ip-10-0-9-9.eu-west-1.compute.internal
        $ echo '{"signalbox": "sweep"}' | signalbox run - --function emr-dns
        emr-dns: applied
        - in ZONE: update etl.example.com -> ip-10-0-9-9.eu-west-1.compute.internal for j-1 (was NODE for j-1)
        SECTION CREATED DELETED INCOMPLETE REFUSED UNCHANGED UPDATED
        dns 0 0 0 0 0 1
        signalbox dns: etl.example.com ip-10-0-9-9.eu-west-1.compute.internal j-1 WAITING signalbox ZONE none
        $ aws emr terminate-clusters --cluster-ids j-1
        signalbox dns: etl.example.com ip-10-0-9-9.eu-west-1.compute.internal j-1 ended signalbox ZONE dangling
        $ sed s/RUNNING/TERMINATED/ /tmp/signalbox-cluster-1.json | signalbox send -
        rule emr-dns -> arn:aws:lambda:eu-west-1:111122223333:function:emr-dns
        emr-dns: applied
        - in ZONE: delete etl.example.com -> ip-10-0-9-9.eu-west-1.compute.internal of j-1
        signalbox dns:
    "#]].assert_eq(&up.tell(&story));
}

#[test]
fn the_demo_comes_out_as_it_should() {
    let ran = Command::new(binary("signalbox")).env_clear().args(["demo", "--output", "json"]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let story: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let outcome = |delivery: &str| story[delivery]["report"]["outcome"].clone();
    assert_eq!((outcome("delivery"), outcome("again")), ("applied".into(), "repeated".into()), "{story:#}");
    for (program, arguments) in [("signalbox", &["demo"][..]), ("demo", &[])] {
        let ran = Command::new(binary(program)).env_clear().args(arguments).output().unwrap();
        assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
        let story = String::from_utf8(ran.stdout).unwrap();
        assert!(
            story.starts_with("Account 111122223333 has registered image ami-"),
            "without --output it is prose: {story}"
        );
    }
}
