//! The names of clusters on the command line: `signalbox dns` shows them, and `signalbox run` makes them true.

use std::io::Write;
use std::process::{Command, Stdio};

use expect_test::expect;
use local_aws::{Fault, FaultKind};
use serde_json::Value;

use super::Ran;
use crate::functions::reconcile_shares::SWEEP;
use crate::world::built::binary;
use crate::world::emr::{
    CREATED, PRIMARY, STATE, make_private_zone, make_vpc, put_record, records, replace_primary, run_cluster, terminate,
};
use crate::world::{AWS, LEDGER, REGION, World};

/// An account with a network and a zone, and what its ids are called here: names of the same length.
pub(super) struct Names {
    pub(super) world: World,
    subnet: String,
    zone: String,
    called: Vec<(String, String)>,
}

impl Names {
    async fn new() -> Self {
        let world = World::new().await;
        let (vpc, subnet) = make_vpc(&world).await;
        let zone = make_private_zone(&world, "example.com", &vpc).await;
        let called = vec![
            (world.account.clone(), "111122223333".into()),
            (zone.clone(), format!("{:0<1$}", "ZONE", zone.len())),
            (vpc, "vpc-1".into()),
        ];
        Self { world, subnet, zone, called }
    }

    /// One of each: a name that is missing, right (and asked for twice), stale, dangling, awaited, another owner's, another
    /// Signalbox's, and a tag that is no name.
    pub(super) async fn with_one_of_each() -> Self {
        let mut names = Self::new().await;
        names.cluster("missing", 1, &[]).await;
        let right = names.cluster("right", 2, &[]).await;
        names.record("right", 2, &right, "signalbox").await;
        let rival = [("cluster_name", "right.example.com"), (CREATED, "2020-01-02T03:04:05Z")];
        names.cluster("rival", 3, &rival).await;
        let stale = names.cluster("stale", 4, &[]).await;
        names.record("stale", 4, &stale, "signalbox").await;
        replace_primary(&names.world, &stale, &node(5)).await;
        let dangling = names.cluster("dangling", 6, &[]).await;
        names.record("dangling", 6, &dangling, "signalbox").await;
        terminate(&names.world, &dangling).await;
        names.cluster("waiting", 7, &[(STATE, "STARTING")]).await;
        names.cluster("taken", 8, &[]).await;
        put_record(&names.world, &names.zone, "taken.example.com", "A", 300, &["10.0.0.99"]).await;
        names.record("other", 9, "j-0THERCLUSTER0", "staging").await;
        names.cluster("bad", 10, &[("cluster_name", "*.example.com")]).await;
        names
    }

    /// Runs a cluster whose tag says so, with a primary node of this number, if `tags` do not say something else: its id.
    async fn cluster(&mut self, host: &str, number: usize, tags: &[(&str, &str)]) -> String {
        let (name, node) = (format!("{host}.example.com"), node(number));
        let all = [&[("cluster_name", name.as_str()), (PRIMARY, node.as_str())], tags].concat();
        let id = run_cluster(&self.world, &self.subnet, &all).await;
        self.called.push((id.clone(), format!("j-{:0<1$}", host.to_uppercase(), id.len() - 2)));
        id
    }

    /// Puts the records there that an owner makes for a cluster.
    async fn record(&self, host: &str, number: usize, cluster: &str, owner: &str) {
        let (name, account) = (format!("{host}.example.com"), &self.world.account);
        let mark = format!("\"heritage=signalbox,owner={owner},cluster={cluster},account={account},region={REGION}\"");
        put_record(&self.world, &self.zone, &name, "CNAME", 60, &[&node(number)]).await;
        put_record(&self.world, &self.zone, &format!("_signalbox.{name}"), "TXT", 60, &[&mark]).await;
    }

    fn run(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = Command::new(binary("signalbox"));
        command.env_clear().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs([
            ("AWS_ENDPOINT_URL", AWS.endpoint()),
            ("AWS_REGION", REGION),
            ("SIGNALBOX_LEDGER_TABLE", LEDGER),
        ]);
        command.envs([("AWS_ACCESS_KEY_ID", self.world.account.as_str()), ("AWS_SECRET_ACCESS_KEY", "test")]);
        let mut running = command.spawn().unwrap();
        running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ran = running.wait_with_output().unwrap();
        let text = |bytes: &[u8]| self.tell(&String::from_utf8_lossy(bytes));
        Ran { code: ran.status.code(), out: text(&ran.stdout), said: text(&ran.stderr) }
    }

    fn tell(&self, text: &str) -> String {
        self.called.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    }

    /// What there is to say on standard error, without the line that says which AWS it is.
    fn said(ran: &Ran) -> String {
        ran.said.lines().filter(|line| !line.starts_with("AWS is ")).flat_map(|line| [line, "\n"]).collect()
    }
}

fn node(number: usize) -> String {
    format!("ip-10-0-0-{number}.eu-west-1.compute.internal")
}

#[tokio::test]
async fn names_are_shown_with_what_is_wrong_with_them() {
    let names = Names::with_one_of_each().await;
    let before = records(&names.world, &names.zone).await;
    let ran = names.run(&["dns"], "");
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    expect![[r#"
         NAME                  TARGET                                  CLUSTER          STATE     OWNER          ZONE            DRIFT
         dangling.example.com  ip-10-0-0-6.eu-west-1.compute.internal  j-DANGLING00000  ended     signalbox      ZONE0000000000  dangling
         missing.example.com   -                                       j-MISSING000000  WAITING   -              ZONE0000000000  missing: to be ip-10-0-0-1.eu-west-1.compute.internal
         other.example.com     ip-10-0-0-9.eu-west-1.compute.internal  -                -         somebody else  ZONE0000000000  foreign: other.example.com is somebody else's and is left alone: the owner is `staging`, for cluster j-0THERCLUSTER0 in account 111122223333, eu-west-1
         right.example.com     ip-10-0-0-2.eu-west-1.compute.internal  j-RIGHT00000000  WAITING   signalbox      ZONE0000000000  none: right.example.com is j-RIGHT00000000's, the newest that is RUNNING or WAITING; so tagged are also j-RIVAL00000000 (WAITING)
         stale.example.com     ip-10-0-0-4.eu-west-1.compute.internal  j-STALE00000000  WAITING   signalbox      ZONE0000000000  stale: to be ip-10-0-0-5.eu-west-1.compute.internal
         taken.example.com     10.0.0.99                               j-TAKEN00000000  WAITING   somebody else  ZONE0000000000  refused: taken.example.com in ZONE0000000000 is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name
         waiting.example.com   -                                       j-WAITING000000  STARTING  -              ZONE0000000000  waiting
         *.example.com         -                                       j-BAD0000000000  WAITING   -              -               refused: the tag `cluster_name` of cluster j-BAD0000000000: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
    "#]].assert_eq(&ran.out);
    expect![[r#"
        reading clusters, zones and their records
    "#]]
    .assert_eq(&Names::said(&ran));
    assert_eq!(records(&names.world, &names.zone).await, before, "nothing is changed");
}

#[tokio::test]
async fn programs_read_the_same_as_json() {
    let names = Names::with_one_of_each().await;
    let ran = names.run(&["dns", "--output", "json"], "");
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    let table: Value = serde_json::from_str(&ran.out).unwrap();
    let drift = |row: &Value| format!("{} {}", row["name"].as_str().unwrap(), row["drift"].as_str().unwrap());
    let drifts: Vec<_> = table["names"].as_array().unwrap().iter().map(drift).collect();
    expect![[r#"
        dangling.example.com dangling
        missing.example.com missing
        other.example.com foreign
        right.example.com none
        stale.example.com stale
        taken.example.com refused
        waiting.example.com waiting
        *.example.com refused"#]]
    .assert_eq(&drifts.join("\n"));
    let stale = table["names"].as_array().unwrap().iter().find(|row| row["drift"] == "stale").unwrap();
    expect![[r#"
        {
          "cluster": "j-STALE00000000",
          "drift": "stale",
          "name": "stale.example.com",
          "owner": "signalbox",
          "state": "WAITING",
          "target": "ip-10-0-0-4.eu-west-1.compute.internal",
          "why": "to be ip-10-0-0-5.eu-west-1.compute.internal",
          "zone": "ZONE0000000000"
        }"#]]
    .assert_eq(&format!("{stale:#}"));
    assert_eq!((&table["incomplete"], &table["interlock"]), (&Value::Array(Vec::new()), &Value::Null));
}

#[tokio::test]
async fn after_a_sweep_only_what_it_cannot_mend_has_drifted() {
    let names = Names::with_one_of_each().await;
    let swept = names.run(&["run", "-", "--function", "emr-dns"], SWEEP);
    assert_eq!(swept.code, Some(254), "what was refused is told: {}{}", swept.out, swept.said);
    expect![[r#"
        emr-dns: refused (the tag `cluster_name` of cluster j-BAD0000000000: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com)
          - in ZONE0000000000: delete dangling.example.com -> ip-10-0-0-6.eu-west-1.compute.internal of j-DANGLING00000; create missing.example.com -> ip-10-0-0-1.eu-west-1.compute.internal for j-MISSING000000; update stale.example.com -> ip-10-0-0-5.eu-west-1.compute.internal for j-STALE00000000 (was ip-10-0-0-4.eu-west-1.compute.internal for j-STALE00000000)
          - cannot name j-BAD0000000000 *.example.com: the tag `cluster_name` of cluster j-BAD0000000000: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
            not done: the tag `cluster_name` of cluster j-BAD0000000000: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
          - cannot name taken.example.com: taken.example.com in ZONE0000000000 is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name
            not done: taken.example.com in ZONE0000000000 is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name
          note: right.example.com is j-RIGHT00000000's, the newest that is RUNNING or WAITING; so tagged are also j-RIVAL00000000 (WAITING)
        SECTION  CREATED  DELETED  INCOMPLETE  REFUSED  UNCHANGED  UPDATED
        dns            1        1           0        2          3        1
    "#]].assert_eq(&swept.out);
    let ran = names.run(&["dns", "--drift"], "");
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    expect![[r#"
         NAME               TARGET     CLUSTER          STATE    OWNER          ZONE            DRIFT
         taken.example.com  10.0.0.99  j-TAKEN00000000  WAITING  somebody else  ZONE0000000000  refused: taken.example.com in ZONE0000000000 is somebody else's: there is a record of type A, and no TXT record beside it says whose it is; take the record away or choose another name
         *.example.com      -          j-BAD0000000000  WAITING  -              -               refused: the tag `cluster_name` of cluster j-BAD0000000000: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com
    "#]].assert_eq(&ran.out);
    expect![[r#"
        missing.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal
        _signalbox.missing.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-MISSING000000,account=111122223333,region=eu-west-1"
        other.example.com CNAME 60 ip-10-0-0-9.eu-west-1.compute.internal
        _signalbox.other.example.com TXT 60 "heritage=signalbox,owner=staging,cluster=j-0THERCLUSTER0,account=111122223333,region=eu-west-1"
        right.example.com CNAME 60 ip-10-0-0-2.eu-west-1.compute.internal
        _signalbox.right.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-RIGHT00000000,account=111122223333,region=eu-west-1"
        stale.example.com CNAME 60 ip-10-0-0-5.eu-west-1.compute.internal
        _signalbox.stale.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-STALE00000000,account=111122223333,region=eu-west-1"
        taken.example.com A 300 10.0.0.99
    "#]].assert_eq(&names.tell(&records(&names.world, &names.zone).await));
}

#[tokio::test]
async fn what_could_not_be_read_is_told_and_the_rest_is_shown() {
    let names = Names::with_one_of_each().await;
    let kind = FaultKind::AccessDenied;
    let fault = Fault { operation: Some("ListClusters".into()), ..Fault::new(&names.world.account, kind) };
    AWS.inject(&fault);
    let ran = names.run(&["dns", "--drift"], "");
    assert_eq!(ran.code, Some(254));
    expect![[r#"
         NAME                  TARGET                                  CLUSTER          STATE  OWNER      ZONE            DRIFT
         dangling.example.com  ip-10-0-0-6.eu-west-1.compute.internal  j-DANGLING00000  ended  signalbox  ZONE0000000000  kept: dangling.example.com would be deleted, but not everything could be read
         right.example.com     ip-10-0-0-2.eu-west-1.compute.internal  j-RIGHT00000000  -      signalbox  ZONE0000000000  kept: right.example.com is j-RIGHT00000000's and is left alone
         stale.example.com     ip-10-0-0-4.eu-west-1.compute.internal  j-STALE00000000  -      signalbox  ZONE0000000000  kept: stale.example.com is j-STALE00000000's and is left alone
    "#]].assert_eq(&ran.out);
    expect![[r#"
        reading clusters, zones and their records
        error: not everything could be read, and names may be missing here:
          the clusters in eu-west-1 of account 111122223333: AWS answered AccessDeniedException: You are not authorized to perform this operation; give the role this permission and send the event again
    "#]].assert_eq(&Names::said(&ran));
}

#[tokio::test]
async fn an_interlock_is_told_with_the_payload_that_forces() {
    let names = Names::new().await;
    names.record("etl", 1, "j-0LDCLUSTER000", "signalbox").await;
    let ran = names.run(&["dns"], "");
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    expect![[r#"
         NAME             TARGET                                  CLUSTER          STATE  OWNER      ZONE            DRIFT
         etl.example.com  ip-10-0-0-1.eu-west-1.compute.internal  j-0LDCLUSTER000  ended  signalbox  ZONE0000000000  dangling
    "#]].assert_eq(&ran.out);
    expect![[r#"
        reading clusters, zones and their records
        a sweep refuses this unless it is forced: no cluster lives at all, and 1 of 1 names would go; nothing was changed; see that EMR's list is right, and invoke with the names that may go: {"signalbox": "sweep", "force": ["etl.example.com"]}
    "#]].assert_eq(&Names::said(&ran));
    let payload = r#"{"signalbox": "sweep", "force": ["etl.example.com"]}"#;
    assert!(ran.said.contains(payload), "{}", ran.said);
    let swept = names.run(&["run", "-", "--function", "emr-dns"], payload);
    assert_eq!(swept.code, Some(0), "{}{}", swept.out, swept.said);
    assert_eq!(records(&names.world, &names.zone).await, "");
}

#[tokio::test]
async fn where_there_is_nothing_it_is_said_what_to_look_at() {
    let mut names = Names::new().await;
    let ran = names.run(&["dns", "--dns-tag", "Name"], "");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.said);
    expect![[r#"
        reading clusters, zones and their records
        there are no names: no living cluster of this region has a tag `Name` (--dns-tag), and no record of Signalbox stands in the account's private hosted zones (--dns-zones)
    "#]].assert_eq(&Names::said(&ran));
    let right = names.cluster("right", 1, &[]).await;
    names.record("right", 1, &right, "signalbox").await;
    let ran = names.run(&["dns", "--drift"], "");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.said);
    assert!(ran.said.ends_with("\nevery name is as it should be\n"), "{}", ran.said);
}

#[tokio::test]
async fn a_setting_that_is_wrong_is_named() {
    let names = Names::new().await;
    for (option, variable) in [
        ("--owner", "SIGNALBOX_OWNER"),
        ("--dns-tag", "SIGNALBOX_DNS_TAG"),
        ("--dns-ttl", "SIGNALBOX_DNS_TTL"),
        ("--dns-policy", "SIGNALBOX_DNS_POLICY"),
        ("--dns-zones", "SIGNALBOX_DNS_ZONES"),
    ] {
        let ran = names.run(&["dns", option, " "], "");
        assert_eq!(ran.code, Some(253), "{option}");
        assert!(ran.said.contains(&format!("error: the environment variable {variable}: `")), "{}", ran.said);
        let ran = names.run(&["plan", "-", "--function", "emr-dns", option, " "], SWEEP);
        assert_eq!(ran.code, Some(253), "{option}");
        assert!(ran.said.contains(&format!("{variable}: `")), "{}", ran.said);
    }
}
