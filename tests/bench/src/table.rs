//! The tables of figures that the bars are made of: of events, one column a subject, and of sweeps, one row a setting.

use crate::bars::{first_at_128_mb, setting};
use crate::fleet::Run;
use crate::life::{Event, Life};
use crate::measured::Measured;
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

const FIGURES: [(&str, Figure); 14] = [
    ("init before the first connection, CPU ms", Figure::BeforeConnection),
    ("init, CPU ms", Figure::Life(setting::TLS, |life| life.init.cpu_ms)),
    ("init, wall ms", Figure::Life(setting::TLS, |life| life.init.wall_ms)),
    ("first event over TLS, CPU ms", Figure::Life(setting::TLS, |life| life.first.cost.cpu_ms)),
    ("first event over TLS, wall ms", Figure::Life(setting::TLS, |life| life.first.cost.wall_ms)),
    ("warm event over TLS, CPU ms", Figure::Warm(setting::TLS, |event| event.cost.cpu_ms)),
    ("warm event over TLS, wall ms", Figure::Warm(setting::TLS, |event| event.cost.wall_ms)),
    ("warm event over plain HTTP, CPU ms", Figure::Warm(setting::PLAIN, |event| event.cost.cpu_ms)),
    ("warm event over plain HTTP, wall ms", Figure::Warm(setting::PLAIN, |event| event.cost.wall_ms)),
    ("first event, 50 ms a call, wall ms", Figure::Life(setting::FAR, |life| life.first.cost.wall_ms)),
    ("warm event, 50 ms a call, wall ms", Figure::Warm(setting::FAR, |event| event.cost.wall_ms)),
    ("first event at the CPU share of 128 MB, ms", Figure::Small),
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

/// The lines of the runs in many accounts, one a setting.
pub fn runs(measured: &Measured) -> Vec<String> {
    let figures: [fn(&Run) -> f64; 5] = [
        |run| run.cost.wall_ms / 1e3,
        |run| run.accounts_ms / 1e3,
        |run| run.cost.cpu_ms / 1e3,
        Run::peak_mb,
        |run| run.assumed.into(),
    ];
    let row = |what: &str, cells: [String; 5]| {
        let [wall, inside, cpu, peak, roles] = cells;
        format!("{what:<40}{wall:>12}{inside:>12}{cpu:>12}{peak:>12}{roles:>12}")
    };
    let of = |setting: &str| figures.map(|figure| measured.ran(setting, figure).map_or("-".to_owned(), written));
    let names = ["wall s", "in them s", "CPU s", "peak MB", "roles"].map(String::from);
    let lines = measured.runs.keys().map(|setting| row(setting, of(setting)));
    [row("accounts x regions, medians", names)].into_iter().chain(lines).collect()
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
