//! What there is before an event comes, in the words of the samples.

/// The VPCs of the samples, and their regions.
pub const VPCS: [(&str, &str); 3] =
    [(HOME, "eu-west-1"), ("vpc-0123456789abcdef1", "eu-west-1"), ("vpc-0123456789abcdef2", "eu-central-1")];

/// The VPC of most clusters.
pub const HOME: &str = "vpc-0123456789abcdef0";

/// The cluster of most sample events.
pub const NIGHTLY: &str = "j-1YONHTCP3YZKC";

/// What most clusters are called.
pub const ETL: &str = "etl.example.com";

/// What there is before the event comes.
#[derive(Clone, Copy)]
pub struct Given {
    /// The clusters that EMR knows.
    pub clusters: &'static [Cluster],
    /// The zones.
    pub zones: &'static [Zone],
    /// Variables of the function; an empty one is not set. `SIGNALBOX_DNS_ZONES` names the private zones, unless it is
    /// here.
    pub variables: &'static [(&'static str, &'static str)],
    /// Whether the clusters' subnets were deleted.
    pub has_lost_subnets: bool,
}

/// A cluster before the event comes.
#[derive(Clone, Copy)]
pub struct Cluster {
    /// Its id.
    pub id: &'static str,
    /// What it is doing now.
    pub state: &'static str,
    /// The value of the tag that the function reads.
    pub tag: Option<&'static str>,
    /// When it was made.
    pub created: &'static str,
    /// What its primary node is called.
    pub primary: &'static str,
    /// Whether it ended before it had a node.
    pub has_failed_early: bool,
    /// Its VPC.
    pub vpc: &'static str,
}

/// A hosted zone before the event comes.
#[derive(Clone, Copy)]
pub struct Zone {
    /// Its id.
    pub id: &'static str,
    /// Its domain.
    pub domain: &'static str,
    /// The VPCs that see it; a zone without any is public.
    pub vpcs: &'static [&'static str],
    /// What stands in it.
    pub records: &'static [Record],
}

/// What stands in a zone.
#[derive(Clone, Copy)]
pub enum Record {
    /// CNAME and TXT as the function writes them: the name, where it leads to, and the cluster.
    Ours(&'static str, &'static str, &'static str),
    /// So many of them, `forgotten-1.example.com` and so on, of clusters that EMR does not know any more.
    Forgotten(usize),
    /// Something else: name, type, time to live and value.
    Plain(&'static str, &'static str, i64, &'static str),
}

/// A cluster at its work.
pub const CLUSTER: Cluster = Cluster {
    id: NIGHTLY,
    state: "RUNNING",
    tag: Some(ETL),
    created: "2026-11-02T05:20:00Z",
    primary: "ip-10-0-0-11.eu-west-1.compute.internal",
    has_failed_early: false,
    vpc: HOME,
};

/// One that was made a day before, and has ended.
pub const OLD: Cluster = Cluster {
    id: "j-2OLDCLUSTER77",
    state: "TERMINATED",
    created: "2026-11-01T05:20:00Z",
    primary: "ip-10-0-0-22.eu-west-1.compute.internal",
    ..CLUSTER
};

/// One that was made a day after.
pub const NEW: Cluster = Cluster {
    id: "j-3NEWCLUSTER88",
    state: "WAITING",
    created: "2026-11-03T05:20:00Z",
    primary: "ip-10-0-0-33.eu-west-1.compute.internal",
    ..CLUSTER
};

/// A private zone with a record that is none of ours.
pub const ZONE: Zone = Zone { id: "Z1EXAMPLECOM", domain: "example.com", vpcs: &[HOME], records: &[WIKI] };

/// Another owner's record.
pub const WIKI: Record = Record::Plain("wiki.example.com", "A", 300, "10.0.9.9");

/// What is there once the cluster runs.
pub const OURS: Record = Record::Ours(ETL, CLUSTER.primary, CLUSTER.id);

/// A running cluster, and a zone that has nothing of it yet.
pub const GIVEN: Given = Given { clusters: &[CLUSTER], zones: &[ZONE], variables: &[], has_lost_subnets: false };

/// These clusters and zones.
pub const fn with(clusters: &'static [Cluster], zones: &'static [Zone]) -> Given {
    Given { clusters, zones, ..GIVEN }
}
