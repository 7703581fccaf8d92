//! All that was measured, and its medians.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::artifact::{Artifact, inspect};
use crate::console::{Shown, look};
use crate::database::Engine;
use crate::deliver::{self, Delivered, deliver};
use crate::first_connection::before_connection;
use crate::fleet::{self, Run, run};
use crate::job::{Done, Job};
use crate::life::{Event, Life, Setting, live};
use crate::matching::{Matching, matching};
use crate::mirror::{self, Mirrored, mirror};
use crate::policies::{self, Checked, check};
use crate::rotation::{Step, rotate};
use crate::subject::{Subject, workspace};
use crate::sweep::{self, Sweep, sweep};
use crate::tls::Tls;

/// Every life, every sweep, and the artifacts.
#[derive(Debug, Default, Serialize)]
pub struct Measured {
    /// By setting and subject.
    pub lives: BTreeMap<&'static str, BTreeMap<Subject, Vec<Life>>>,
    /// CPU time until the first connection, in milliseconds, by subject.
    pub before_connection: BTreeMap<Subject, Vec<f64>>,
    /// Sweeps, by setting.
    pub sweeps: BTreeMap<&'static str, Vec<Sweep>>,
    /// Jobs of one event each, by setting.
    pub jobs: BTreeMap<&'static str, Vec<Done>>,
    /// Steps of rotations, by the turn and the step.
    pub rotations: BTreeMap<&'static str, BTreeMap<&'static str, Vec<Step>>>,
    /// Runs in many accounts, by setting.
    pub runs: BTreeMap<&'static str, Vec<Run>>,
    /// Repositories that were mirrored, by setting.
    pub mirrored: BTreeMap<&'static str, Vec<Mirrored>>,
    /// Code that was delivered, by setting.
    pub delivered: BTreeMap<&'static str, Vec<Delivered>>,
    /// Policies that were checked, by setting.
    pub checked: BTreeMap<&'static str, Vec<Checked>>,
    /// Pages of the console.
    pub shown: Vec<Shown>,
    /// A large manifest and many names.
    pub matchings: Vec<Matching>,
    /// What would be uploaded, by subject.
    pub artifacts: BTreeMap<Subject, Artifact>,
    /// What could not be measured, and why.
    pub missing: Vec<String>,
}

impl Measured {
    /// Lives all lives of a setting, the subjects in turn, so that what disturbs the machine disturbs all of them.
    pub async fn add(&mut self, setting: &Setting<'_>, subjects: &[Subject], folder: &Path) {
        let mut able = subjects.to_vec();
        for number in 1..=setting.lives {
            eprintln!("{}: {number} of {}", setting.name, setting.lives);
            for subject in std::mem::take(&mut able) {
                match live(subject, setting, folder).await {
                    Ok(life) => {
                        self.lives.entry(setting.name).or_default().entry(subject).or_default().push(life);
                        able.push(subject);
                    }
                    Err(error) => self.missing.push(format!("{error:#}")),
                }
            }
        }
    }

    /// Measures so many times what every subject needs until its first connection.
    pub async fn add_before_connection(&mut self, times: usize, tls: &Tls, folder: &Path) {
        let mut able = Subject::ALL.to_vec();
        for number in 1..=times {
            eprintln!("first connection: {number} of {times}");
            for subject in std::mem::take(&mut able) {
                match before_connection(subject, tls, folder).await {
                    Ok(cpu_ms) => {
                        self.before_connection.entry(subject).or_default().push(cpu_ms);
                        able.push(subject);
                    }
                    Err(error) => self.missing.push(format!("{error:#}")),
                }
            }
        }
    }

    /// Sweeps as often as the setting says.
    pub async fn add_sweeps(&mut self, setting: &sweep::Setting, tls: &Tls, folder: &Path) {
        for number in 1..=setting.times {
            eprintln!("{}: {number} of {}", setting.name, setting.times);
            match sweep(setting, tls, folder).await {
                Ok(swept) => self.sweeps.entry(setting.name).or_default().push(swept),
                Err(error) => return self.missing.push(format!("{error:#}")),
            }
        }
    }

    /// The median of a figure over the sweeps of a setting.
    pub fn swept(&self, setting: &str, figure: impl Fn(&Sweep) -> f64) -> Option<f64> {
        median(self.sweeps.get(setting)?.iter().map(figure).collect())
    }

    /// Does these jobs in turn, each as often as it says.
    pub async fn add_jobs(&mut self, jobs: &[Job], tls: &Tls, folder: &Path) {
        let mut able: Vec<_> = jobs.iter().collect();
        for number in 1..=jobs.iter().map(|job| job.times).max().unwrap_or_default() {
            for job in std::mem::take(&mut able).into_iter().filter(|job| number <= job.times) {
                eprintln!("{}: {number} of {}", job.name, job.times);
                match job.run(tls, folder).await {
                    Ok(done) => {
                        self.jobs.entry(job.name).or_default().push(done);
                        able.push(job);
                    }
                    Err(error) => self.missing.push(format!("{error:#}")),
                }
            }
        }
    }

    /// The median of a figure over the times that a job was done.
    pub fn done(&self, job: &str, figure: impl Fn(&Done) -> f64) -> Option<f64> {
        median(self.jobs.get(job)?.iter().map(figure).collect())
    }

    /// Rotates the passwords of users at a database.
    pub async fn add_rotations(&mut self, engine: Engine, tls: &Tls, folder: &Path) {
        eprintln!("rotations: {engine:?}");
        match rotate(engine, tls, folder).await {
            Ok(steps) => {
                for ((turn, step), all) in steps {
                    self.rotations.entry(turn).or_default().insert(step, all);
                }
            }
            Err(error) => self.missing.push(format!("{error:#}")),
        }
    }

    /// The median of a figure over the times that a step was made.
    pub fn rotated(&self, turn: &str, step: &str, figure: impl Fn(&Step) -> f64) -> Option<f64> {
        median(self.rotations.get(turn)?.get(step)?.iter().map(figure).collect())
    }

    /// Reads a large manifest and finds many names in it, so many times.
    pub fn add_matching(&mut self, times: usize) {
        for _ in 0..times {
            match matching() {
                Ok(done) => self.matchings.push(done),
                Err(error) => return self.missing.push(format!("{error:#}")),
            }
        }
    }

    /// The median of a figure over these.
    pub fn matched(&self, figure: impl Fn(&Matching) -> f64) -> Option<f64> {
        median(self.matchings.iter().map(figure).collect())
    }

    /// Mirrors a repository as often as the setting says.
    pub async fn add_mirrored(&mut self, setting: &mirror::Setting, tls: &Tls, folder: &Path) {
        for number in 1..=setting.times {
            eprintln!("{}: {number} of {}", setting.name, setting.times);
            match mirror(setting, tls, folder).await {
                Ok(mirrored) => self.mirrored.entry(setting.name).or_default().push(mirrored),
                Err(error) => return self.missing.push(format!("{error:#}")),
            }
        }
    }

    /// The median of a figure over the times that a repository was mirrored.
    pub fn mirrored(&self, setting: &str, figure: impl Fn(&Mirrored) -> Option<f64>) -> Option<f64> {
        median(self.mirrored.get(setting)?.iter().filter_map(figure).collect())
    }

    /// Delivers as often as the setting says.
    pub async fn add_delivered(&mut self, setting: &deliver::Setting, tls: &Tls, folder: &Path) {
        for number in 1..=setting.times {
            eprintln!("{}: {number} of {}", setting.name, setting.times);
            match deliver(setting, tls, folder).await {
                Ok(delivered) => self.delivered.entry(setting.name).or_default().push(delivered),
                Err(error) => return self.missing.push(format!("{error:#}")),
            }
        }
    }

    /// The median of a figure over the deliveries of a setting.
    pub fn delivered(&self, setting: &str, figure: impl Fn(&Delivered) -> f64) -> Option<f64> {
        median(self.delivered.get(setting)?.iter().map(figure).collect())
    }

    /// Checks policies once.
    pub async fn add_checked(&mut self, setting: &policies::Setting, number: usize, folder: &Path) {
        eprintln!("{}: {number} of {}", setting.name, setting.times);
        match check(setting, folder).await {
            Ok(checked) => self.checked.entry(setting.name).or_default().push(checked),
            Err(error) => self.missing.push(format!("{error:#}")),
        }
    }

    /// The median of a figure over the times that policies were checked.
    pub fn checked(&self, setting: &str, figure: impl Fn(&Checked) -> f64) -> Option<f64> {
        median(self.checked.get(setting)?.iter().map(figure).collect())
    }

    /// Runs in many accounts as often as the setting says.
    pub async fn add_runs(&mut self, setting: &fleet::Setting, tls: &Tls, folder: &Path) {
        for number in 1..=setting.times {
            eprintln!("{}: {number} of {}", setting.name, setting.times);
            match run(setting, tls, folder).await {
                Ok(run) => self.runs.entry(setting.name).or_default().push(run),
                Err(error) => return self.missing.push(format!("{error:#}")),
            }
        }
    }

    /// The median of a figure over the runs of a setting.
    pub fn ran(&self, setting: &str, figure: impl Fn(&Run) -> f64) -> Option<f64> {
        median(self.runs.get(setting)?.iter().map(figure).collect())
    }

    /// Looks at the console's pages, so many times.
    pub async fn add_shown(&mut self, times: usize, tls: &Tls, folder: &Path) {
        for number in 1..=times {
            eprintln!("console: {number} of {times}");
            match look(tls, folder).await {
                Ok(shown) => self.shown.push(shown),
                Err(error) => return self.missing.push(format!("{error:#}")),
            }
        }
    }

    /// The median of a figure over these.
    pub fn shown(&self, figure: impl Fn(&Shown) -> f64) -> Option<f64> {
        median(self.shown.iter().map(figure).collect())
    }

    /// Looks at what `make package` made of a subject.
    pub fn add_artifact(&mut self, subject: Subject) {
        let zip = workspace().join(format!("target/lambda/{}.zip", subject.name()));
        match subject.binary().and_then(|path| inspect(&path, &zip)) {
            Ok(artifact) => drop(self.artifacts.insert(subject, artifact)),
            Err(error) => self.missing.push(format!("{error:#}")),
        }
    }

    /// The median of a figure over the lives of a subject.
    pub fn of(&self, setting: &str, subject: Subject, figure: impl Fn(&Life) -> f64) -> Option<f64> {
        median(self.lives(setting, subject).iter().map(figure).collect())
    }

    /// The mean of a figure over the lives of a subject, where chance decides which of a few values a life has: a median would be one of
    /// these values, and jump.
    #[expect(clippy::cast_precision_loss, reason = "there are hundreds of lives")]
    pub fn mean(&self, setting: &str, subject: Subject, figure: impl Fn(&Life) -> f64) -> Option<f64> {
        let figures: Vec<f64> = self.lives(setting, subject).iter().map(figure).collect();
        (!figures.is_empty()).then(|| figures.iter().sum::<f64>() / figures.len() as f64)
    }

    /// The median CPU time until the first connection, in milliseconds.
    pub fn before_connection(&self, subject: Subject) -> Option<f64> {
        median(self.before_connection.get(&subject)?.clone())
    }

    /// The median of a figure over the warm events of all lives of a subject.
    pub fn warm(&self, setting: &str, subject: Subject, figure: impl Fn(&Event) -> f64) -> Option<f64> {
        median(self.lives(setting, subject).iter().flat_map(|life| &life.warm).map(figure).collect())
    }

    fn lives(&self, setting: &str, subject: Subject) -> &[Life] {
        self.lives.get(setting).and_then(|subjects| subjects.get(&subject)).map_or(&[], Vec::as_slice)
    }
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => None,
        length if length % 2 == 1 => Some(figures[middle]),
        _ => Some(f64::midpoint(figures[middle - 1], figures[middle])),
    }
}
