//! A wire to the database that breaks anywhere, or falls silent: no client is locked out, no attempt is lost, and when it is mended the
//! rotation ends.

use futures_util::future::join_all;
use reaction::{Outcome, Report};
use rotation::Attempts;

use super::kill::end;
use super::secrecy::passwords;
use super::{Scene, in_both};
use crate::world::databases::wire::{Carried, Cut, Wire};
use crate::world::databases::{HOST, MASTER_PASSWORD, Server};
use crate::world::rotations::{Rotation, STEPS};

in_both! {
    a_wire_that_breaks_at_any_message_of_one_user
    a_wire_that_breaks_at_any_message_of_two_users
    a_wire_that_breaks_after_some_bytes
    a_wire_that_falls_silent_at_any_message
}

/// The steps that speak to the database, by their number.
const SPEAKING: [usize; 2] = [1, 2];

/// What is said of what was being done, each before the server's place.
const DOING: [&str; 9] = [
    "asking ",
    "logging in to ",
    "setting the password of ",
    "like ",
    "running the probe in ",
    "reading the powers of ",
    "looking for ",
    "marking a login in ",
    "reading the accounts of one name in ",
];

async fn scene(server: &'static Server, is_alternating: bool) -> (Scene, Wire) {
    let wire = Wire::lay(server).await;
    (Scene::at(server, wire.port, is_alternating).await, wire)
}

/// What a step has carried when nothing breaks.
async fn undisturbed(server: &'static Server, is_alternating: bool, step: usize) -> Carried {
    let (scene, wire) = scene(server, is_alternating).await;
    let rotation = scene.begin().await;
    scene.steps(&rotation, &STEPS[..step]).await;
    wire.mend();
    scene.steps(&rotation, &STEPS[step..=step]).await;
    let (carried, _) = wire.mend();
    assert!(carried.messages >= 5, "the wire sees messages: {carried:?}");
    carried
}

/// It says what was being done to which server, and what to look at; and nothing that is secret.
async fn assert_telling(scene: &Scene, wire: &Wire, report: &Report, told: &str) {
    assert_eq!(report.outcome, Outcome::Failed, "{told}");
    let place = format!(" at {HOST}:{}", wire.port);
    let said = report.reason.as_deref().unwrap_or_default();
    assert!(DOING.iter().any(|it| said.contains(it)) && said.contains(&place), "{told}");
    assert!(said.contains("it does not answer; see its address, its security group and its load"), "{told}");
    for secret in passwords(scene).await.iter().map(String::as_str).chain([MASTER_PASSWORD]) {
        assert!(!format!("{report:?}{report}").contains(secret), "{told}");
    }
}

/// What a step left that was carried out over a wire that broke.
struct Left {
    scene: Scene,
    rotation: Rotation,
    step: usize,
    /// What was reported.
    told: String,
    /// Whether the step felt it.
    is_felt: bool,
}

async fn meet(server: &'static Server, is_alternating: bool, step: usize, cut: Cut) -> Left {
    let (scene, wire) = scene(server, is_alternating).await;
    let rotation = scene.begin().await;
    scene.steps(&rotation, &STEPS[..step]).await;
    wire.cut(cut);
    let report = scene.step(&rotation, STEPS[step]).await;
    let (_, is_whole) = wire.mend();
    let told = format!("{}, {cut:?}: {report}", STEPS[step]);
    // What breaks when all is said does no harm.
    let is_felt = report.outcome != Outcome::Applied;
    if is_felt {
        assert!(!is_whole, "{told}");
        assert_telling(&scene, &wire, &report, &told).await;
    }
    assert_eq!(scene.attempts(&rotation).await, Attempts(0), "{told}");
    Left { scene, rotation, step, told, is_felt }
}

impl Left {
    /// Repeats it, and goes on to the end.
    async fn end(&self) {
        end(&self.scene, &self.rotation, self.step, &self.told).await;
    }
}

/// Each of these breaks in turn; most of them are felt.
async fn meet_each(server: &'static Server, is_alternating: bool, step: usize, cuts: &[Cut]) {
    let mut felt = 0;
    for cut in cuts {
        let left = meet(server, is_alternating, step, *cut).await;
        felt += usize::from(left.is_felt);
        left.end().await;
    }
    assert!(felt * 3 > cuts.len() * 2, "{felt} of {} were felt at {}", cuts.len(), STEPS[step]);
}

async fn break_at_any_message(server: &'static Server, is_alternating: bool) {
    for step in SPEAKING {
        let Carried { messages, .. } = undisturbed(server, is_alternating, step).await;
        let cuts: Vec<_> = (1..=messages).flat_map(|nth| [Cut::Ask(nth), Cut::Answer(nth)]).collect();
        meet_each(server, is_alternating, step, &cuts).await;
    }
}

async fn a_wire_that_breaks_at_any_message_of_one_user(server: &'static Server) {
    break_at_any_message(server, false).await;
}

async fn a_wire_that_breaks_at_any_message_of_two_users(server: &'static Server) {
    break_at_any_message(server, true).await;
}

/// In the middle of what the server says, too.
async fn a_wire_that_breaks_after_some_bytes(server: &'static Server) {
    const PARTS: usize = 16;
    for step in SPEAKING {
        let Carried { bytes, .. } = undisturbed(server, false, step).await;
        let cuts: Vec<_> = (0..PARTS).map(|part| Cut::Bytes(1 + bytes * part / PARTS)).collect();
        meet_each(server, false, step, &cuts).await;
    }
}

/// All at once, since each takes as long as a function waits.
async fn a_wire_that_falls_silent_at_any_message(server: &'static Server) {
    for step in SPEAKING {
        let Carried { messages, .. } = undisturbed(server, false, step).await;
        let met = (1..=messages).map(|nth| meet(server, false, step, Cut::Silence(nth)));
        let left = join_all(met).await;
        let felt = left.iter().filter(|it| it.is_felt).count();
        assert!(felt * 3 > messages * 2, "{felt} of {messages} were felt at {}", STEPS[step]);
        // Not before: they all have one clock.
        for left in left {
            left.end().await;
        }
    }
}
