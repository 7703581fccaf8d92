//! More clusters than EMR's quotas let a sweep describe at once, and a sweep whose time runs out.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use emr_dns::{EmrDns, Settings};
use futures_util::{StreamExt, stream};
use ledger::DynamoLedger;
use local_aws::{Fault, FaultKind};
use reaction::{Deadline, Mode, Outcome, Reaction, Report, Run, drive_json};

use super::in_fifteen_minutes;
use crate::world::emr::{apply, change, make_private_zone, make_vpc, records, run_cluster};
use crate::world::scene::read_sample;
use crate::world::{AWS, LEDGER, World, now};

/// Clusters in one VPC, each with a name in one zone.
struct Fleet {
    world: World,
    zone: String,
    function: EmrDns,
}

impl Fleet {
    async fn set_up(clusters: usize, rates: &str) -> Self {
        let world = World::new().await;
        let (vpc, subnet) = make_vpc(&world).await;
        let zone = make_private_zone(&world, "example.com", &vpc).await;
        let made = (0..clusters).map(async |it| {
            run_cluster(&world, &subnet, &[("cluster_name", &format!("etl-{it}.example.com"))]).await;
        });
        stream::iter(made).buffered(8).collect::<Vec<()>>().await;
        let variable = |name: &str| match name {
            "SIGNALBOX_DNS_ZONES" => Some(zone.clone()),
            "SIGNALBOX_RATES" => Some(rates.to_owned()),
            _ => None,
        };
        let function = EmrDns::new(world.sessions.clone(), Settings::read(&variable).unwrap());
        Self { world, zone, function }
    }

    /// EMR lets its default quotas be used, and no more.
    fn limit(&self, operation: &str, burst: u32, per_minute: u32) {
        let quota = Fault::new(&self.world.account, FaultKind::Quota { burst, per_minute });
        AWS.inject(&Fault { operation: Some(operation.into()), times: usize::MAX, ..quota });
    }

    async fn sweep(&self, run: &Run) -> Report {
        let ledger = DynamoLedger::new(&self.world.sessions, LEDGER, EmrDns::NAME);
        let event = read_sample(EmrDns::NAME, "it-is-time-to-sweep");
        drive_json(&self.function, &ledger, Mode::Apply, run, &event).await
    }

    /// How many names have both of their records.
    async fn named(&self) -> usize {
        let all = records(&self.world, &self.zone).await;
        let marks = all.lines().filter_map(|line| line.strip_prefix("_signalbox.")?.split_once(' '));
        marks.filter(|(name, _)| all.lines().any(|line| line.starts_with(&format!("{name} CNAME ")))).count()
    }
}

/// The quotas count the time that passes, and so does the pace. The test asks only whether the sweep reads everything.
#[tokio::test]
async fn a_sweep_of_more_clusters_than_the_quotas_of_emr_let_through_at_once_reads_them_all() {
    let fleet = Fleet::set_up(20, "documented").await;
    fleet.limit("DescribeCluster", 10, 60);
    fleet.limit("ListClusters", 10, 30);
    let report = fleet.sweep(&in_fifteen_minutes()).await;
    let counts = &report.counts["dns"];
    assert_eq!((report.outcome, counts["created"], counts["incomplete"]), (Outcome::Applied, 20, 0), "{report}");
    assert_eq!(fleet.named().await, 20);
}

thread_local! {
    /// How often the clock of [`ticking`] was asked.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// A clock by which a second has passed whenever it is asked, until it stops: of a minute 35 s are left then, which is too
/// late for clusters and not for where their names belong.
fn ticking() -> SystemTime {
    now() + Duration::from_secs(ASKED.replace(ASKED.get() + 1).min(25).into())
}

#[tokio::test]
async fn a_sweep_whose_time_runs_out_keeps_what_it_has_and_says_what_is_missing() {
    let fleet = Fleet::set_up(40, "unlimited").await;
    let mark = format!(
        "\"heritage=signalbox,owner=signalbox,cluster=j-0LDCLUSTER000,account={},region=eu-west-1\"",
        fleet.world.account
    );
    let left = [("old.example.com", "CNAME", "ip-10-0-9-9.ec2.internal"), ("_signalbox.old.example.com", "TXT", &mark)];
    let left = left.map(|(name, kind, value)| change("CREATE", name, kind, 60, &[value]));
    apply(&fleet.world, &fleet.zone, left.into()).await.unwrap();
    let report = fleet
        .sweep(&Run::new(EmrDns::NAME, "a-sweep", Deadline::new(ticking() + Duration::from_mins(1), ticking)))
        .await;
    assert_eq!(report.outcome, Outcome::Failed, "what is missing is told: {report}");
    let reason = report.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("other clusters: the invocation was about to end"), "{reason}");
    let made = fleet.named().await - 1;
    assert!((1..40).contains(&made), "{made} names were made, and they stay");
    assert_eq!(report.counts["dns"]["created"], u64::try_from(made).unwrap(), "{report}");
    let report = fleet.sweep(&in_fifteen_minutes()).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let counts = &report.counts["dns"];
    assert_eq!((counts["unchanged"], counts["deleted"]), (u64::try_from(made).unwrap(), 1), "{report}");
    assert_eq!(fleet.named().await, 40, "the one whose cluster is no more is gone only now");
}
