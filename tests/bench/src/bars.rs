//! The bars of the project, each with what was measured against it.

mod builds;
pub mod chains;
mod console;
mod deliveries;
mod fleet;
mod mirrors;
mod sweeps;
mod traces;

use serde::Serialize;

use crate::cpu_share::SHARE;
use crate::database::Engine;
use crate::fleet::Run;
use crate::job::Done;
use crate::life::{Event, Life};
use crate::matching::Matching;
use crate::measured::Measured;
use crate::policies::Checked;
use crate::rotation::{Step, turns};
use crate::subject::Subject::{self, BareHyper, Boto3, DoNothing, ShareAmi};

/// The settings by name, as `main` makes them.
pub mod setting {
    /// TLS on loopback.
    pub const TLS: &str = "tls";
    /// Plain HTTP on loopback.
    pub const PLAIN: &str = "plain";
    /// TLS, with 50 ms added to each call.
    pub const FAR: &str = "far";
    /// TLS, at the CPU share of 128 MB.
    pub const SMALL: &str = "small";
    /// TLS on loopback, by this build and by another one in turn.
    pub const BUILDS: [&str; 2] = ["this build", "the other build"];
    /// The same at the CPU share of 128 MB.
    pub const SMALL_BUILDS: [&str; 2] = ["this build, small", "the other build, small"];
    /// 20,000 events of one life, over TLS.
    pub const LOAD: &str = "20,000 events";
    /// TLS, without a daemon for traces.
    pub const UNTRACED: &str = "not traced";
    /// The same beside a daemon.
    pub const TRACED: &str = "traced";
    /// TLS, with so many milliseconds added to each call, and tables of grants and of the audit.
    pub const CHAINS: [(&str, f64); 2] = [("20 ms a call", 20.0), ("50 ms a call", 50.0)];
    /// The same by another build.
    pub const BEFORE: [&str; 2] = ["20 ms a call, the other build", "50 ms a call, the other build"];
    /// The sweep of 1,000 drifted images, 50 ms away.
    pub const SWEEP: &str = "sweep, 1,000 images";
    /// The same with the tables of grants and of the audit.
    pub const SWEEP_WITH_TABLES: &str = "sweep, 1,000 images, with tables";
    /// 150 drifted images, with EC2's documented buckets.
    pub const SWEEP_AT_RATES: &str = "sweep, 150 images, EC2's buckets";
    /// 10,000 images, of which 100 have drifted, with EC2's documented buckets: each is asked for.
    pub const SWEEP_OF_MANY: &str = "sweep, 10,000 images, 100 drifted";
    /// The same, where images are listed by account.
    pub const SWEEP_BY_LISTS: &str = "the same by listings";
    /// The way of 2015, with a part of the images.
    pub const SWEEP_OF_2015: &str = "way of 2015, 200 images";
    /// A sweep of names over 30 clusters, at EMR's default quotas.
    pub const CLUSTERS: &str = "30 clusters, EMR's quotas";
    /// A dry sweep of 600 images with one entry for all of them.
    pub const ONE_ENTRY: &str = "600 images, 1 entry";
    /// The same with an entry for each of many teams.
    pub const MANY_ENTRIES: &str = "600 images, 2,000 entries";
    /// An image for 300 accounts, one of which is closed.
    pub const CLOSED: &str = "300 accounts, one closed";
    /// The same, where EC2 names that account.
    pub const CLOSED_NAMED: &str = "300 accounts, one closed and named";
    /// 100 accounts that are chosen by a tag, at the rates of Organizations.
    pub const FLEET_BY_TAG: &str = "fleet, 100 by tag, Organizations' rates";
    /// The functions of the workflow over 10,000 accounts and 2 regions, 40 accounts at a time, 50 ms away.
    pub const WORKFLOW: &str = "workflow, 10,000 x 2, 40 at a time";
    /// The fleet over 200 accounts and 4 regions, 20 calls at a time, 50 ms away.
    pub const FLEET: &str = "fleet, 200 x 4, 20 at a time";
    /// The same, 100 calls at a time.
    pub const FLEET_AT_100: &str = "fleet, 200 x 4, 100 at a time";
    /// 10,000 accounts, on loopback.
    pub const FLEET_OF_MANY: &str = "fleet, 10,000 x 1, 100 at a time";
    /// 20 accounts and 4 regions, as botocove does them.
    pub const FLEET_OF_FEW: &str = "fleet, 20 x 4, 20 at a time";
    /// AWS's managed policies in one process: by Signalbox, parliament and cloudsplaining.
    pub const POLICIES: [&str; 3] = ["policies by signalbox", "policies by parliament", "policies by cloudsplaining"];
    /// One of them in a process.
    pub const ONE_POLICY: [&str; 3] = ["one by signalbox", "one by parliament", "one by cloudsplaining"];
    /// A repository of 20,000 files, by Signalbox.
    pub const MIRROR: &str = "mirror, 20,000 files";
    /// A part of it, in the published way.
    pub const MIRROR_PUBLISHED: &str = "published way, 2,000 files";
    /// A few files with a gigabyte of history.
    pub const MIRROR_HISTORY: &str = "mirror, 1 GB of history";
    /// A large file.
    pub const MIRROR_LARGE: &str = "mirror, a file of 300 MB";
    /// TLS, with 20 ms added to each call.
    pub const WEBHOOK: &str = "20 ms";
    /// Code for a function in each of 30 accounts.
    pub const DELIVERY: &str = "deploy, 30 targets";
    /// The same in 6 of them.
    pub const DELIVERY_OF_FEW: &str = "deploy, 6 targets";
    /// The same by processes of the AWS CLI.
    pub const DELIVERY_PUBLISHED: &str = "AWS CLI, 6 targets";
    /// Botocove over the 20 accounts and 4 regions.
    pub const BOTOCOVE: &str = "botocove, 20 x 4, 20 at a time";
}
use setting::{CLOSED, CLOSED_NAMED, CLUSTERS, FLEET_BY_TAG, MANY_ENTRIES, ONE_ENTRY, ONE_POLICY, POLICIES};
use setting::{LOAD, PLAIN, SMALL, TLS};

/// How a figure is compared and written.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// At most so many times another figure.
    Times(f64),
    /// At most one part in so many of another figure.
    OneIn(f64),
    /// At most so many milliseconds.
    Millis(f64),
    /// At most so many megabytes (10^6 bytes).
    Megabytes(f64),
    /// At most so many.
    Count(f64),
    /// At most `GLIBC_2.N`.
    Glibc(f64),
    /// At most so many percent.
    Percent(f64),
    /// No bar: worth knowing beside one.
    Reported,
}

/// One bar.
#[derive(Debug, Serialize)]
pub struct Bar {
    /// What is measured.
    pub what: String,
    /// The figure, unless it could not be measured.
    pub measured: Option<f64>,
    /// What it may be.
    pub limit: Limit,
    /// Whether it holds.
    pub holds: Option<bool>,
}

impl Bar {
    fn new(what: &str, measured: Option<f64>, limit: Limit) -> Self {
        let holds = measured.zip(limit.most()).map(|(measured, most)| measured <= most);
        Self { what: what.to_owned(), measured, limit, holds }
    }

    /// The same, said of a function by name.
    fn of(self, function: Subject) -> Self {
        Self { what: format!("{}: {}", function.name(), self.what), ..self }
    }

    /// The line of the table.
    pub fn line(&self) -> String {
        let measured = self.measured.map_or("not measured".to_owned(), |figure| self.limit.show(figure));
        let (bar, verdict) = match (self.limit.most(), self.holds) {
            (None, _) => (String::new(), "no bar"),
            (Some(most), holds) => (
                format!("<= {}", self.limit.show(most)),
                holds.map_or("", |holds| if holds { "holds" } else { "does not hold" }),
            ),
        };
        format!("{:<62}{measured:>12}   {bar:<14}{verdict}", self.what).trim_end().to_owned()
    }
}

impl Limit {
    /// The highest figure that holds.
    fn most(self) -> Option<f64> {
        match self {
            Self::Times(most)
            | Self::Millis(most)
            | Self::Megabytes(most)
            | Self::Count(most)
            | Self::Glibc(most)
            | Self::Percent(most) => Some(most),
            Self::OneIn(parts) => Some(1.0 / parts),
            Self::Reported => None,
        }
    }

    fn show(self, figure: f64) -> String {
        match self {
            Self::Times(_) | Self::Reported => format!("{figure:.2} x"),
            // Rounded down, so that 1/39.6 does not read as 1/40.
            Self::OneIn(_) => format!("1/{:.0}", (1.0 / figure + 1e-9).floor()),
            Self::Millis(_) => format!("{figure:.2} ms"),
            Self::Megabytes(_) => format!("{figure:.2} MB"),
            Self::Count(_) => format!("{figure:.0}"),
            Self::Percent(_) => format!("{figure:.2} %"),
            Self::Glibc(_) => format!("2.{figure:.0}"),
        }
    }
}

/// All bars, in the order of the life that they measure.
pub fn bars(measured: &Measured) -> Vec<Bar> {
    let share_ami = [
        init(measured, ShareAmi),
        init_to_peer(measured),
        warm_event(measured),
        first_event(measured),
        weight(measured, ShareAmi),
    ];
    let others = Subject::FUNCTIONS.into_iter().filter(|function| *function != ShareAmi);
    let others = others.flat_map(|function| {
        let bars = [init(measured, function), weight(measured, function)];
        bars.into_iter().flatten().map(move |bar| bar.of(function))
    });
    share_ami
        .into_iter()
        .flatten()
        .chain(others)
        .chain(builds::bars(measured))
        .chain(load(measured))
        .chain(traces::bars(measured))
        .chain(chains::bars(measured))
        .chain(sweeps::bars(measured))
        .chain(names(measured))
        .chain(quotas(measured))
        .chain(closed(measured))
        .chain(rotations(measured))
        .chain(fleet::bars(measured))
        .chain(policies(measured))
        .chain(mirrors::bars(measured))
        .chain(deliveries::bars(measured))
        .chain(console::bars(measured))
        .collect()
}

fn init(measured: &Measured, function: Subject) -> Vec<Bar> {
    let to_limit = ratio(measured.before_connection(function), measured.before_connection(DoNothing));
    let opened = measured.of(TLS, function, |life| life.init.cpu_ms);
    vec![
        Bar::new("init CPU before the first connection, to do-nothing", to_limit, Limit::Times(3.0)),
        Bar::new("init CPU with the connections opened", opened, Limit::Millis(9.0)),
    ]
}

fn init_to_peer(measured: &Measured) -> Vec<Bar> {
    let to_peer = ratio(measured.before_connection(ShareAmi), measured.before_connection(Boto3));
    vec![Bar::new("init CPU before the first connection, to boto3", to_peer, Limit::OneIn(50.0))]
}

fn warm_event(measured: &Measured) -> Vec<Bar> {
    let cpu = |setting, subject| measured.warm(setting, subject, |event| event.cost.cpu_ms);
    let wall = |subject| measured.warm(PLAIN, subject, |event| event.cost.wall_ms);
    let to_limit = ratio(cpu(PLAIN, ShareAmi), cpu(PLAIN, BareHyper));
    let to_peer = |setting| ratio(cpu(setting, ShareAmi), cpu(setting, Boto3));
    vec![
        Bar::new("warm event, CPU, to bare hyper", to_limit, Limit::Times(5.5)),
        Bar::new("warm event, wall, to bare hyper", ratio(wall(ShareAmi), wall(BareHyper)), Limit::Reported),
        Bar::new("warm event, CPU, to boto3", to_peer(PLAIN), Limit::OneIn(5.0)),
        Bar::new("warm event over TLS, CPU, to boto3", to_peer(TLS), Limit::OneIn(5.0)),
    ]
}

fn load(measured: &Measured) -> Vec<Bar> {
    let cpu = |subject| measured.of(LOAD, subject, Life::warm_cpu_s);
    let resident = measured.of(LOAD, ShareAmi, Life::resident_mb);
    vec![
        Bar::new("20,000 events, CPU, to boto3", ratio(cpu(ShareAmi), cpu(Boto3)), Limit::OneIn(3.0)),
        Bar::new("resident memory after these", resident, Limit::Megabytes(12.0)),
    ]
}

fn first_event(measured: &Measured) -> Vec<Bar> {
    let cpu = |subject| measured.of(TLS, subject, |life| life.first.cost.cpu_ms);
    let wall = measured.of(TLS, ShareAmi, |life| life.first.cost.wall_ms);
    let warm_cpu = measured.warm(TLS, ShareAmi, |event| event.cost.cpu_ms);
    let warm_wall = measured.warm(TLS, ShareAmi, |event| event.cost.wall_ms);
    let small = ratio(first_at_128_mb(measured, ShareAmi), first_at_128_mb(measured, Boto3));
    vec![
        Bar::new("first event over TLS, wall, to a warm one", ratio(wall, warm_wall), Limit::Times(5.0)),
        Bar::new("first event over TLS, CPU, to a warm one", ratio(cpu(ShareAmi), warm_cpu), Limit::Times(5.0)),
        Bar::new("first event over TLS, CPU, to boto3", ratio(cpu(ShareAmi), cpu(Boto3)), Limit::Reported),
        Bar::new("first event at the CPU share of 128 MB, to boto3", small, Limit::OneIn(18.0)),
    ]
}

fn weight(measured: &Measured, function: Subject) -> Vec<Bar> {
    let artifact = measured.artifacts.get(&function);
    let zip = artifact.map(|artifact| f64::from(artifact.zip) / 1e6);
    let glibc = artifact.map(|artifact| artifact.glibc_minor.into());
    let resident = measured.of(TLS, function, Life::resident_mb);
    let calls = measured.warm(TLS, function, Event::number_of_calls);
    vec![
        Bar::new("resident memory", resident, Limit::Megabytes(12.0)),
        Bar::new("zip", zip, Limit::Megabytes(3.5)),
        Bar::new("newest glibc that it needs", glibc, Limit::Glibc(34.0)),
        Bar::new("AWS calls of an event", calls, Limit::Count(8.0)),
    ]
}

fn names(measured: &Measured) -> Vec<Bar> {
    let cpu = |job| measured.done(job, |done| done.cost.cpu_ms);
    let to_one = ratio(cpu(MANY_ENTRIES), cpu(ONE_ENTRY));
    vec![
        Bar::new("600 images with 2,000 entries, CPU, to one entry", to_one, Limit::Times(1.5)),
        Bar::new("10,000 names in 2,000 entries, CPU", measured.matched(Matching::dearest_ms), Limit::Millis(200.0)),
        Bar::new("reading the manifest of 6,000 entries, CPU", measured.matched(|it| it.read), Limit::Millis(200.0)),
    ]
}

/// The pace costs a token of each bucket and 1 % of each rate; the rest is what calls take.
fn quotas(measured: &Measured) -> Vec<Bar> {
    let (clusters, tags) =
        (measured.done(CLUSTERS, Done::to_floor), measured.ran(FLEET_BY_TAG, Run::choosing_to_floor));
    let refused = measured.done(CLUSTERS, |done| done.refused.into());
    let refused_tags = measured.ran(FLEET_BY_TAG, |run| run.refused.into());
    vec![
        Bar::new("names of 30 clusters, to the floor of EMR's quotas", clusters, Limit::Times(1.15)),
        Bar::new("calls that EMR refused of these", refused, Limit::Count(0.0)),
        Bar::new("choosing 100 accounts by tag, to Organizations' floor", tags, Limit::Times(1.15)),
        Bar::new("calls that Organizations refused of these", refused_tags, Limit::Count(0.0)),
    ]
}

/// To halve 300 accounts takes nine rounds, of two requests each; the image is asked for twice: beside the snapshots, and without the closed account.
fn closed(measured: &Measured) -> Vec<Bar> {
    let shares = |job| measured.done(job, Done::number_of_shares);
    vec![
        Bar::new("changes asked for, one of 300 accounts closed", shares(CLOSED), Limit::Count(21.0)),
        Bar::new("the same, where EC2 names the account", shares(CLOSED_NAMED), Limit::Count(5.0)),
    ]
}

/// What proves a user and its clone costs logins and calls: each bar is what is made today. Decisions 39, 47 and 55 say what for.
fn rotations(measured: &Measured) -> Vec<Bar> {
    let bars = |(turn, calls, logins): (&str, f64, f64)| {
        let set = |figure: fn(&Step) -> f64| measured.rotated(turn, "setSecret", figure);
        [
            Bar::new(&format!("{turn}: calls of setSecret"), set(Step::number_of_calls), Limit::Count(calls)),
            Bar::new(&format!("{turn}: its logins"), set(|step| step.logins.into()), Limit::Count(logins)),
        ]
    };
    let most = [(Engine::Postgres, 4.0), (Engine::Mariadb, 5.0)].map(|(engine, proofs)| {
        let [single, new, original, clone, lost] = turns(engine);
        [(single, 11.0, 3.0), (new, 15.0, proofs), (original, 14.0, 5.0), (clone, 14.0, 5.0), (lost, 14.0, 7.0)]
    });
    most.into_iter().flatten().flat_map(bars).collect()
}

/// The peers begin with seconds of reading their lists of actions, so that one file is dear to them.
fn policies(measured: &Measured) -> Vec<Bar> {
    let cpu = |setting| measured.checked(setting, |it| it.cost.cpu_ms);
    let [own, parliament, cloudsplaining] = POLICIES.map(cpu);
    let [one, of_parliament, of_cloudsplaining] = ONE_POLICY.map(cpu);
    let cheaper = of_parliament.zip(of_cloudsplaining).map(|(one, other)| one.min(other));
    let peak = measured.checked(POLICIES[0], Checked::peak_mb);
    let each = measured.checked(POLICIES[0], Checked::cpu_each);
    vec![
        Bar::new("AWS's managed policies, CPU, to parliament", ratio(own, parliament), Limit::OneIn(50.0)),
        Bar::new("the same to cloudsplaining", ratio(own, cloudsplaining), Limit::OneIn(20.0)),
        Bar::new("its peak of resident memory", peak, Limit::Megabytes(30.0)),
        Bar::new("one policy of these, CPU", each, Limit::Millis(5.0)),
        Bar::new("one file in a process, CPU, to the cheaper peer", ratio(one, cheaper), Limit::OneIn(100.0)),
    ]
}

/// The first event at the CPU share of 128 MB, in milliseconds: as it was measured in a control group, else what its CPU
/// time takes at that share.
pub fn first_at_128_mb(measured: &Measured, subject: Subject) -> Option<f64> {
    if measured.lives.contains_key(SMALL) {
        return measured.of(SMALL, subject, |life| life.first.cost.wall_ms);
    }
    Some(measured.of(TLS, subject, |life| life.first.cost.cpu_ms)? / SHARE)
}

fn ratio(figure: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(figure? / other?)
}
