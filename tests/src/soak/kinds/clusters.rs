//! Clusters that start, run and end, and their names in Route 53. The model is the number of a cluster: every fourth one ends, every
//! fourth one starts late, every fourth one runs all the time, and every fourth one wants a name that another hand has.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, DONE, Kind, time_of};
use crate::world::World;
use crate::world::emr::{
    CREATED, PRIMARY, STATE, make_private_zone, make_vpc, put_record, records, run_cluster, set_state, terminate,
};
use crate::world::scene::read_sample;

/// What the events say of the clusters' states, which is not what counts.
const STATES: [&str; 4] = ["RUNNING", "STARTING", "TERMINATED", "WAITING"];

/// What a schedule sends.
const SWEEP: &str = r#"{"signalbox": "sweep", "force": null}"#;

/// The clusters of an account, and the zone of their names.
pub struct Clusters {
    world: World,
    zone: String,
    ids: Vec<String>,
}

impl Clusters {
    /// So many clusters.
    pub async fn new(count: usize) -> Self {
        let world = World::new().await;
        let (vpc, subnet) = make_vpc(&world).await;
        let zone = make_private_zone(&world, "example.com", &vpc).await;
        let mut ids = Vec::new();
        for number in 0..count {
            let state = if number % 4 == 1 { "STARTING" } else { "RUNNING" };
            let (name, node) = (name(number), node(number));
            let tags =
                [("cluster_name", name.as_str()), (PRIMARY, &node), (STATE, state), (CREATED, "2026-11-01T00:00:00Z")];
            ids.push(run_cluster(&world, &subnet, &tags).await);
            if number % 4 == 3 {
                put_record(&world, &zone, &name, "A", 300, &["10.0.9.9"]).await;
            }
        }
        Self { world, zone, ids }
    }

    /// The records of a cluster in the end.
    fn expected(&self, number: usize) -> Vec<String> {
        let (name, node, id) = (name(number), node(number), &self.ids[number]);
        match number % 4 {
            0 => Vec::new(),
            3 => vec![format!("{name} A 300 10.0.9.9")],
            _ => vec![
                format!("{name} CNAME 60 {node}"),
                format!(
                    "_signalbox.{name} TXT 60 \"heritage=signalbox,owner=signalbox,cluster={id},account={},region=eu-west-1\"",
                    self.world.account
                ),
            ],
        }
    }

    fn event_of(&self, thing: usize, number: usize) -> Value {
        let text = read_sample("emr-dns", "a-cluster-is-running").replace("111122223333", &self.world.account);
        let mut event: Value = serde_json::from_str(&text).unwrap();
        event["time"] = json!(format!("{}Z", time_of(number)));
        event["detail"]["clusterId"] = json!(self.ids[thing]);
        event["detail"]["state"] = json!(STATES[number % STATES.len()]);
        event
    }
}

fn name(number: usize) -> String {
    format!("etl-{number}.example.com")
}

fn node(number: usize) -> String {
    format!("ip-10-0-{}-{}.eu-west-1.compute.internal", number / 250, number % 250)
}

impl Kind for Clusters {
    fn function(&self) -> &'static str {
        "emr-dns"
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn parameters(&self) -> Vec<(String, String)> {
        given([("HostedZoneIds", &self.zone), ("Rates", "unlimited")])
    }

    fn things(&self) -> usize {
        self.ids.len()
    }

    fn calls(&self) -> &'static [Calls] {
        &[("dynamodb", None, 2), ("ec2", None, 1), ("elasticmapreduce", None, 1), ("route53", None, 2)]
    }

    fn at_once(&self) -> usize {
        2
    }

    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        async move { self.event_of(thing, number) }.boxed_local()
    }

    /// A name that another hand has is refused.
    fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        let cluster = self.ids.iter().position(|id| event["detail"]["clusterId"] == id.as_str()).unwrap();
        let outcome = report["outcome"].as_str().unwrap();
        assert!(if cluster % 4 == 3 { outcome == "refused" } else { DONE.contains(&outcome) }, "{report} of {event}");
        None
    }

    fn change(&self) -> LocalBoxFuture<'_, ()> {
        async {
            for (number, id) in self.ids.iter().enumerate() {
                match number % 4 {
                    0 => terminate(&self.world, id).await,
                    1 => set_state(&self.world, id, "RUNNING").await,
                    _ => {}
                }
            }
        }
        .boxed_local()
    }

    fn check<'a>(&'a self, functions: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            let expect: Vec<String> = (0..self.ids.len()).flat_map(|number| self.expected(number)).collect();
            let mut expected: Vec<&str> = expect.iter().map(String::as_str).collect();
            let found = records(&self.world, &self.zone).await;
            let mut found: Vec<&str> = found.lines().collect();
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected);
            let (report, _) = functions.ask_until_done(&serde_json::from_str(SWEEP).unwrap()).await;
            let counts = &report["counts"]["dns"];
            let done = ["created", "deleted", "updated"].map(|it| counts[it].as_u64().unwrap());
            assert_eq!(done, [0, 0, 0], "a sweep has nothing left to do: {report}");
        }
        .boxed_local()
    }
}
