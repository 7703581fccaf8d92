//! The tables of figures that the bars are made of: of events, one column a subject, and of sweeps, one row a setting.

use crate::bars::chains::depth;
use crate::bars::{first_at_128_mb, setting};
use crate::deliver::Delivered;
use crate::fleet::Run;
use crate::job::Done;
use crate::life::{Event, Life};
use crate::measured::Measured;
use crate::mirror::{Copied, Mirrored};
use crate::policies::Checked;
use crate::rotation::{STEPS, Step};
use crate::subject::Subject;
use crate::sweep::Sweep;

type OfLife = fn(&Life) -> f64;
type OfEvent = fn(&Event) -> f64;

enum Figure {
    Life(&'static str, OfLife),
    Warm(&'static str, OfEvent),
    BeforeConnection,
    Small,
}

const FIGURES: [(&str, Figure); 26] = [
    ("init before the first connection, CPU ms", Figure::BeforeConnection),
    ("init, CPU ms", Figure::Life(setting::TLS, |life| life.init.cpu_ms)),
    ("init, wall ms", Figure::Life(setting::TLS, |life| life.init.wall_ms)),
    ("first event over TLS, CPU ms", Figure::Life(setting::TLS, |life| life.first.cost.cpu_ms)),
    ("first event over TLS, wall ms", Figure::Life(setting::TLS, |life| life.first.cost.wall_ms)),
    ("warm event over TLS, CPU ms", Figure::Warm(setting::TLS, |event| event.cost.cpu_ms)),
    ("warm event over TLS, wall ms", Figure::Warm(setting::TLS, |event| event.cost.wall_ms)),
    ("warm event over plain HTTP, CPU ms", Figure::Warm(setting::PLAIN, |event| event.cost.cpu_ms)),
    ("warm event over plain HTTP, wall ms", Figure::Warm(setting::PLAIN, |event| event.cost.wall_ms)),
    ("warm event, 20 ms a call, CPU ms", Figure::Warm(setting::WEBHOOK, |event| event.cost.cpu_ms)),
    ("warm event, 20 ms a call, wall ms", Figure::Warm(setting::WEBHOOK, |event| event.cost.wall_ms)),
    ("first event, 50 ms a call, wall ms", Figure::Life(setting::FAR, |life| life.first.cost.wall_ms)),
    ("warm event, 50 ms a call, wall ms", Figure::Warm(setting::FAR, |event| event.cost.wall_ms)),
    ("first event at the CPU share of 128 MB, ms", Figure::Small),
    ("init by this build, CPU ms", Figure::Life(setting::BUILDS[0], |life| life.init.cpu_ms)),
    ("init by the other build, CPU ms", Figure::Life(setting::BUILDS[1], |life| life.init.cpu_ms)),
    ("first event by this build, CPU ms", Figure::Life(setting::BUILDS[0], |life| life.first.cost.cpu_ms)),
    ("first event by the other build, CPU ms", Figure::Life(setting::BUILDS[1], |life| life.first.cost.cpu_ms)),
    ("warm event by this build, CPU ms", Figure::Warm(setting::BUILDS[0], |event| event.cost.cpu_ms)),
    ("warm event by the other build, CPU ms", Figure::Warm(setting::BUILDS[1], |event| event.cost.cpu_ms)),
    ("the first at 128 MB by this build, ms", Figure::Life(setting::SMALL_BUILDS[0], |life| life.first.cost.wall_ms)),
    ("the first at 128 MB by the other, ms", Figure::Life(setting::SMALL_BUILDS[1], |life| life.first.cost.wall_ms)),
    ("20,000 events, CPU s", Figure::Life(setting::LOAD, Life::warm_cpu_s)),
    ("resident memory after these, MB", Figure::Life(setting::LOAD, Life::resident_mb)),
    ("resident memory, MB", Figure::Life(setting::PLAIN, Life::resident_mb)),
    ("AWS calls of an event", Figure::Warm(setting::PLAIN, Event::number_of_calls)),
];

/// The lines of the table.
pub fn lines(measured: &Measured) -> Vec<String> {
    let names = Subject::ALL.map(|subject| subject.name().to_owned());
    let mut lines = vec![line("medians", &names)];
    for (what, figure) in &FIGURES {
        let cells = Subject::ALL.map(|subject| value(measured, subject, figure).map_or("-".to_owned(), written));
        lines.push(line(what, &cells));
    }
    lines
}

/// The lines of the chains of calls, one a function.
pub fn chains(measured: &Measured) -> Vec<String> {
    let row = |what: &str, [calls, near, near_before, deep, far, far_before, deep_far]: [String; 7]| {
        format!("{what:<24}{calls:>12}{near:>12}{near_before:>12}{deep:>12}{far:>12}{far_before:>12}{deep_far:>12}")
    };
    let names = ["calls", "wall at 20", "before", "deep", "wall at 50", "before", "deep"].map(String::from);
    let figure = |it: Option<f64>| it.map_or("-".to_owned(), written);
    let [(near, near_ms), (far, far_ms)] = setting::CHAINS;
    let [near_before, far_before] = setting::BEFORE;
    let of = |function: Subject| {
        let wall = |setting| measured.warm(setting, function, |event: &Event| event.cost.wall_ms);
        let calls = measured.warm(near, function, Event::number_of_calls)?;
        let deep = |setting, ms| depth(measured, setting, ms, function);
        let figures = [Some(calls), wall(near), wall(near_before), deep(near, near_ms)];
        let [calls, near, before, deep_near] = figures.map(figure);
        let [far, far_before, deep_far] = [wall(far), wall(far_before), deep(far, far_ms)].map(figure);
        Some(row(function.name(), [calls, near, before, deep_near, far, far_before, deep_far]))
    };
    let lines: Vec<_> = Subject::FUNCTIONS.into_iter().filter_map(of).collect();
    if lines.is_empty() { lines } else { [row("chains of calls, ms", names)].into_iter().chain(lines).collect() }
}

/// The lines of the sweeps, one a setting.
pub fn sweeps(measured: &Measured) -> Vec<String> {
    let names = ["wall s", "CPU s", "peak MB", "calls", "refused"].map(String::from);
    let cells = |setting: &str| {
        let figures: [fn(&Sweep) -> f64; 5] = [
            |sweep| sweep.cost.wall_ms / 1e3,
            |sweep| sweep.cost.cpu_ms / 1e3,
            Sweep::peak_mb,
            Sweep::number_of_calls,
            |sweep| sweep.refused.into(),
        ];
        figures.map(|figure| measured.swept(setting, figure).map_or("-".to_owned(), written))
    };
    let row = |what: &str, cells: [String; 5]| {
        let [wall, cpu, peak, number, refused] = cells;
        format!("{what:<40}{wall:>12}{cpu:>12}{peak:>12}{number:>12}{refused:>12}")
    };
    let lines = measured.sweeps.keys().map(|setting| row(setting, cells(setting)));
    [row("sweeps, 50 ms a call, medians", names)].into_iter().chain(lines).collect()
}

/// The lines of the rotations, one a step.
pub fn rotations(measured: &Measured) -> Vec<String> {
    let figures: [fn(&Step) -> f64; 4] =
        [Step::number_of_calls, |step| step.logins.into(), |step| step.cost.wall_ms, |step| step.cost.cpu_ms];
    let row = |what: &str, cells: [String; 4]| {
        let [calls, logins, wall, cpu] = cells;
        format!("{what:<52}{calls:>12}{logins:>12}{wall:>12}{cpu:>12}")
    };
    let of = |turn: &str, step: &str| {
        figures.map(|figure| measured.rotated(turn, step, figure).map_or("-".to_owned(), written))
    };
    let all = measured.rotations.keys().flat_map(|turn| STEPS.map(|step| (turn, step)));
    let lines = all.map(|(turn, step)| row(&format!("{turn}: {step}"), of(turn, step)));
    let names = ["calls", "logins", "wall ms", "CPU ms"].map(String::from);
    [row("rotations, medians", names)].into_iter().chain(lines).collect()
}

/// The lines of the jobs, one each.
pub fn jobs(measured: &Measured) -> Vec<String> {
    let figures: [fn(&Done) -> f64; 5] = [
        |done| done.floor_ms / 1e3,
        |done| done.cost.wall_ms / 1e3,
        |done| done.cost.cpu_ms / 1e3,
        Done::number_of_calls,
        |done| done.refused.into(),
    ];
    let row = |what: &str, cells: [String; 5]| {
        let [floor, wall, cpu, calls, refused] = cells;
        format!("{what:<40}{floor:>12}{wall:>12}{cpu:>12}{calls:>12}{refused:>12}")
    };
    let of = |job: &str| figures.map(|figure| measured.done(job, figure).map_or("-".to_owned(), written));
    let names = ["floor s", "wall s", "CPU s", "calls", "refused"].map(String::from);
    let lines = measured.jobs.keys().map(|job| row(job, of(job)));
    [row("jobs, medians", names)].into_iter().chain(lines).collect()
}

/// The lines of the runs in many accounts, one a setting.
pub fn runs(measured: &Measured) -> Vec<String> {
    let figures: [fn(&Run) -> f64; 7] = [
        |run| run.choosing_floor_ms / 1e3,
        |run| run.choosing_ms / 1e3,
        |run| run.cost.wall_ms / 1e3,
        |run| run.accounts_ms / 1e3,
        |run| run.cost.cpu_ms / 1e3,
        Run::peak_mb,
        |run| run.assumed.into(),
    ];
    let row = |what: &str, cells: [String; 7]| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>12}")).collect();
        format!("{what:<40}{}", cells.concat())
    };
    let of = |setting: &str| figures.map(|figure| measured.ran(setting, figure).map_or("-".to_owned(), written));
    let names = ["floor s", "choosing s", "wall s", "in them s", "CPU s", "peak MB", "roles"].map(String::from);
    let lines = measured.runs.keys().map(|setting| row(setting, of(setting)));
    [row("accounts x regions, medians", names)].into_iter().chain(lines).collect()
}

/// The lines of the repositories that were mirrored, one a message.
pub fn mirrored(measured: &Measured) -> Vec<String> {
    type OfMirrored = fn(&Mirrored) -> Option<&Copied>;
    let messages: [(&str, OfMirrored); 3] = [
        ("first copy", |it| Some(&it.first)),
        ("again, /tmp warm", |it| it.warm.as_ref()),
        ("100 changed", |it| it.push.as_ref()),
    ];
    let row = |what: &str, cells: [String; 5]| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>12}")).collect();
        format!("{what:<52}{}", cells.concat())
    };
    let mut lines =
        vec![row("mirrors, 20 ms a call, medians", ["wall s", "CPU s", "peak MB", "calls", "files"].map(String::from))];
    for setting in measured.mirrored.keys() {
        for (message, of) in messages {
            let figure = |figure: fn(&Copied) -> f64| measured.mirrored(setting, |it| of(it).map(figure));
            let peak = measured.mirrored(setting, |it| of(it).map(|_| it.peak_mb()));
            let cells = [
                figure(|it| it.cost.wall_ms / 1e3),
                figure(|it| it.cost.cpu_ms / 1e3),
                peak,
                figure(Copied::number_of_calls),
                figure(|it| it.files.into()),
            ];
            if cells.iter().any(Option::is_some) {
                lines.push(row(&format!("{setting}: {message}"), cells.map(|it| it.map_or("-".to_owned(), written))));
            }
        }
    }
    lines
}

/// The lines of the deliveries, one a setting.
pub fn delivered(measured: &Measured) -> Vec<String> {
    let figures: [fn(&Delivered) -> f64; 8] = [
        |it| it.forward.cost.wall_ms,
        |it| it.forward.cost.cpu_ms,
        |it| it.forward.path.into(),
        Delivered::wall_each,
        Delivered::cpu_each,
        Delivered::calls_each,
        |it| it.back.as_ref().map_or(f64::NAN, |it| it.cost.wall_ms),
        |it| it.back.as_ref().map_or(f64::NAN, |it| it.path.into()),
    ];
    let row = |what: &str, cells: [String; 8]| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>12}")).collect();
        format!("{what:<40}{}", cells.concat())
    };
    let of = |setting: &str| figures.map(|figure| measured.delivered(setting, figure).map_or("-".to_owned(), written));
    let names = ["wall ms", "CPU ms", "path", "wall each", "CPU each", "calls each", "back ms", "its path"];
    let lines = measured.delivered.keys().map(|setting| row(setting, of(setting)));
    [row("deliveries, 50 ms a call, medians", names.map(String::from))].into_iter().chain(lines).collect()
}

/// The lines of the policies that were checked, one a setting.
pub fn checks(measured: &Measured) -> Vec<String> {
    let figures: [fn(&Checked) -> f64; 4] =
        [|it| it.files.into(), |it| it.cost.wall_ms, |it| it.cost.cpu_ms, Checked::peak_mb];
    let row = |what: &str, cells: [String; 4]| {
        let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>12}")).collect();
        format!("{what:<40}{}", cells.concat())
    };
    let of = |setting: &str| figures.map(|figure| measured.checked(setting, figure).map_or("-".to_owned(), written));
    let names = ["files", "wall ms", "CPU ms", "peak MB"].map(String::from);
    let lines = measured.checked.keys().map(|setting| row(setting, of(setting)));
    [row("policies, medians", names)].into_iter().chain(lines).collect()
}

fn line(what: &str, cells: &[String; Subject::ALL.len()]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>20}")).collect();
    format!("{what:<46}{}", cells.concat())
}

fn value(measured: &Measured, subject: Subject, figure: &Figure) -> Option<f64> {
    match figure {
        Figure::Life(setting, figure) => measured.of(setting, subject, figure),
        Figure::Warm(setting, figure) => measured.warm(setting, subject, figure),
        Figure::BeforeConnection => measured.before_connection(subject),
        Figure::Small => first_at_128_mb(measured, subject),
    }
}

fn written(figure: f64) -> String {
    if figure.fract() == 0.0 { format!("{figure}") } else { format!("{figure:.2}") }
}
