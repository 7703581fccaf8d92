//! The parts of the benchmark, and the settings of each.

use std::path::Path;
use std::time::Duration;

use crate::bars::setting;
use crate::clock::{FAR, NEAR};
use crate::job::Job;
use crate::life::Setting;
use crate::measured::Measured;
use crate::mirror::{self, What};
use crate::policies::{self, Checker};
use crate::subject::Subject::{self, BareHyper, Boto3, CheckPolicy, DoNothing, EmrDns, ShareAmi};
use crate::subject::Subject::{MirrorRepository, ReceiveWebhook, RotateBearerToken, RotateDbUser};
use crate::subject::Subject::{ShareEbsSnapshot, ShareRdsSnapshot};
use crate::subject::{self, Build};
use crate::tls::Tls;
use crate::{database, deliver, fleet, sweep};

/// The parts by name, in the order in which they are measured. The sweeps take ten minutes, since EC2's rates are kept.
pub const PARTS: [&str; 14] = [
    "events",
    "builds",
    "load",
    "traces",
    "chains",
    "sweep",
    "jobs",
    "rotations",
    "matching",
    "policies",
    "mirrors",
    "deliveries",
    "fleet",
    "console",
];

/// Measures one of these.
pub async fn measure(part: &str, measured: &mut Measured, can_be_small: bool, tls: &Tls, folder: &Path) {
    match part {
        "events" => events(measured, can_be_small, tls, folder).await,
        "builds" => builds(measured, can_be_small, tls, folder).await,
        "load" => load(measured, tls, folder).await,
        "traces" => traces(measured, tls, folder).await,
        "chains" => chains(measured, tls, folder).await,
        "sweep" => sweeps(measured, tls, folder).await,
        "jobs" => measured.add_jobs(&jobs(), tls, folder).await,
        "rotations" => {
            for engine in [database::Engine::Postgres, database::Engine::Mariadb] {
                measured.add_rotations(engine, tls, folder).await;
            }
        }
        "matching" => measured.add_matching(5),
        "policies" => policies_of_aws(measured, folder).await,
        "mirrors" => mirrors(measured, tls, folder).await,
        "deliveries" => deliveries(measured, tls, folder).await,
        "fleet" => runs(measured, tls, folder).await,
        _ => measured.add_shown(5, tls, folder).await,
    }
}

/// Lives over TLS of which nothing else is said yet.
fn over_tls<'a>(name: &'static str, tls: &'a Tls) -> Setting<'a> {
    Setting {
        name,
        tls: Some(tls),
        latency: Duration::ZERO,
        small: false,
        traced: false,
        recorded: false,
        build: Build::This,
        warm: 0,
        lives: 1,
    }
}

fn jobs() -> Vec<Job> {
    let entries = Job::entries([setting::ONE_ENTRY, setting::MANY_ENTRIES]);
    let closed = Job::closed([setting::CLOSED, setting::CLOSED_NAMED]);
    entries.into_iter().chain(closed).chain([Job::clusters(setting::CLUSTERS)]).collect()
}

async fn events(measured: &mut Measured, can_be_small: bool, tls: &Tls, folder: &Path) {
    let near = Setting { warm: 50, lives: 10, ..over_tls(setting::TLS, tls) };
    let plain = Setting { name: setting::PLAIN, tls: None, ..near };
    let far = Setting { name: setting::FAR, latency: FAR, warm: 3, lives: 2, ..near };
    let small = Setting { name: setting::SMALL, small: true, warm: 0, ..near };

    for function in Subject::FUNCTIONS {
        measured.add_artifact(function);
    }
    measured.add_before_connection(near.lives, tls, folder).await;
    // Bare hyper has no TLS: the limit is that of the round trips.
    let on_aws_alone = [RotateBearerToken, RotateDbUser, MirrorRepository, ReceiveWebhook, CheckPolicy];
    measured.add(&near, &[&[ShareAmi, EmrDns], &on_aws_alone[..], &[DoNothing, Boto3]].concat(), folder).await;
    measured.add(&plain, &[ShareAmi, EmrDns, DoNothing, BareHyper, Boto3], folder).await;
    measured.add(&far, &[ShareAmi, EmrDns, Boto3], folder).await;
    if can_be_small {
        measured.add(&small, &[ShareAmi, EmrDns, Boto3], folder).await;
    }
}

/// A life of each build in turn, so that what disturbs the machine disturbs both, with the tables of a deployed function.
/// When a period of its CPU share ends is chance to a life, so that there are many.
async fn builds(measured: &mut Measured, can_be_small: bool, tls: &Tls, folder: &Path) {
    if subject::other_build().is_none() {
        return eprintln!("builds: there is no other one; AGAINST= names a revision");
    }
    let near = Setting { recorded: true, warm: 20, ..over_tls(setting::BUILDS[0], tls) };
    let other = Setting { name: setting::BUILDS[1], build: Build::Other, ..near };
    let small = Setting { name: setting::SMALL_BUILDS[0], small: true, warm: 0, ..near };
    let other_small = Setting { name: setting::SMALL_BUILDS[1], build: Build::Other, ..small };
    let settings = [near, other, small, other_small];
    let missing = measured.missing.len();
    for _ in 0..300 {
        for setting in settings.iter().filter(|it| can_be_small || !it.small) {
            measured.add(setting, &[ShareAmi], folder).await;
            if measured.missing.len() > missing {
                return;
            }
        }
    }
}

/// As many events as a soak has, in one life.
async fn load(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let load = Setting { warm: 20_000, ..over_tls(setting::LOAD, tls) };
    measured.add(&load, &[ShareAmi, Boto3], folder).await;
}

/// A life of each in turn, so that what disturbs the machine disturbs both.
async fn traces(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let untraced = Setting { warm: 100, ..over_tls(setting::UNTRACED, tls) };
    let traced = Setting { name: setting::TRACED, traced: true, ..untraced };
    for _ in 0..20 {
        measured.add(&untraced, &[ShareAmi], folder).await;
        measured.add(&traced, &[ShareAmi], folder).await;
    }
}

/// A life of each build in turn, so that what disturbs the machine disturbs both.
async fn chains(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let on_aws_alone = [RotateBearerToken, RotateDbUser, MirrorRepository, ReceiveWebhook, CheckPolicy];
    let functions = [&[ShareAmi, ShareEbsSnapshot, ShareRdsSnapshot, EmrDns], &on_aws_alone[..]].concat();
    for _ in 0..3 {
        for (index, latency) in [NEAR, FAR].into_iter().enumerate() {
            let this = Setting { recorded: true, latency, warm: 10, ..over_tls(setting::CHAINS[index].0, tls) };
            measured.add(&this, &functions, folder).await;
            if subject::other_build().is_some() {
                let other = Setting { name: setting::BEFORE[index], build: Build::Other, ..this };
                measured.add(&other, &functions, folder).await;
            }
        }
    }
}

async fn sweeps(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let today = sweep::Setting {
        name: setting::SWEEP,
        is_of_2015: false,
        images: 1000,
        drifted: 1000,
        reading: sweep::Reading::Asking,
        has_buckets: false,
        has_tables: false,
        times: 3,
    };
    let with_tables = sweep::Setting { name: setting::SWEEP_WITH_TABLES, has_tables: true, ..today };
    let at_rates = sweep::Setting {
        name: setting::SWEEP_AT_RATES,
        images: 150,
        drifted: 150,
        has_buckets: true,
        times: 1,
        ..today
    };
    // A fifth of the images, for the whole would take minutes: one call after the other, each takes as long.
    let of_2015 =
        sweep::Setting { name: setting::SWEEP_OF_2015, is_of_2015: true, images: 200, drifted: 200, times: 1, ..today };
    // To ask for each of 10,000 takes eight minutes at EC2's rates.
    let of_many = sweep::Setting { name: setting::SWEEP_OF_MANY, images: 10_000, drifted: 100, ..at_rates };
    let by_lists = sweep::Setting { name: setting::SWEEP_BY_LISTS, reading: sweep::Reading::Listing, ..of_many };
    for setting in [of_2015, today, with_tables, at_rates, by_lists, of_many] {
        measured.add_sweeps(&setting, tls, folder).await;
    }
}

/// In turn, so that what disturbs the machine disturbs all of them.
async fn policies_of_aws(measured: &mut Measured, folder: &Path) {
    let [all, one] = [setting::POLICIES, setting::ONE_POLICY].map(|names| {
        let checkers = [Checker::Signalbox, Checker::Parliament, Checker::Cloudsplaining];
        let of = |(checker, name)| policies::Setting {
            name,
            checker,
            is_one: names == setting::ONE_POLICY,
            times: if checker == Checker::Signalbox { 5 } else { 3 },
        };
        checkers.into_iter().zip(names).map(of).collect::<Vec<_>>()
    });
    for number in 1..=5 {
        for setting in all.iter().chain(&one).filter(|it| number <= it.times) {
            measured.add_checked(setting, number, folder).await;
        }
    }
}

async fn mirrors(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let near = Setting { latency: NEAR, warm: 50, lives: 3, ..over_tls(setting::WEBHOOK, tls) };
    measured.add(&near, &[ReceiveWebhook, DoNothing], folder).await;
    let templates = mirror::Setting { name: setting::MIRROR, what: What::Templates(20_000), is_peer: false, times: 3 };
    // A tenth of the files, for the whole would take a quarter of an hour: one upload after the other, each takes as long.
    let published =
        mirror::Setting { name: setting::MIRROR_PUBLISHED, what: What::Templates(2_000), is_peer: true, times: 1 };
    let history = mirror::Setting { name: setting::MIRROR_HISTORY, what: What::History(1_000), times: 1, ..templates };
    let large = mirror::Setting { name: setting::MIRROR_LARGE, what: What::Large(300), times: 1, ..templates };
    for setting in [published, templates, history, large] {
        measured.add_mirrored(&setting, tls, folder).await;
    }
}

async fn deliveries(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let all = deliver::Setting { name: setting::DELIVERY, is_peer: false, targets: 30, times: 5 };
    let few = deliver::Setting { name: setting::DELIVERY_OF_FEW, targets: 6, ..all };
    // A fifth of the targets, for the whole would take minutes: one process after the other, each takes as long.
    let published = deliver::Setting { name: setting::DELIVERY_PUBLISHED, is_peer: true, times: 1, ..few };
    for setting in [published, few, all] {
        measured.add_delivered(&setting, tls, folder).await;
    }
}

async fn runs(measured: &mut Measured, tls: &Tls, folder: &Path) {
    let by_20 = fleet::Setting {
        name: setting::FLEET,
        is_peer: false,
        is_workflow: false,
        by_tag: false,
        accounts: 200,
        regions: 4,
        concurrency: 20,
        latency: FAR,
        times: 3,
    };
    let by_100 = fleet::Setting { name: setting::FLEET_AT_100, concurrency: 100, ..by_20 };
    let many = fleet::Setting {
        name: setting::FLEET_OF_MANY,
        accounts: 10_000,
        regions: 1,
        latency: Duration::ZERO,
        ..by_100
    };
    let few = fleet::Setting { name: setting::FLEET_OF_FEW, accounts: 20, ..by_20 };
    let by_tag = fleet::Setting {
        name: setting::FLEET_BY_TAG,
        by_tag: true,
        accounts: 99,
        regions: 1,
        latency: Duration::ZERO,
        times: 1,
        ..by_20
    };
    let peer = fleet::Setting { name: setting::BOTOCOVE, is_peer: true, times: 1, ..few };
    let workflow = workflow(by_20);
    for setting in [peer, few, by_20, by_100, many, by_tag, workflow] {
        measured.add_runs(&setting, tls, folder).await;
    }
}

/// The functions of the workflow, over more accounts than most organizations have.
fn workflow(like: fleet::Setting) -> fleet::Setting {
    let (accounts, regions, concurrency) = (10_000, 2, 40);
    fleet::Setting { name: setting::WORKFLOW, is_workflow: true, accounts, regions, concurrency, times: 1, ..like }
}
