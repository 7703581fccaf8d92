//! Reads `deploy.json` within the bounds of the settings. Everything that is wrong with it is said at once, each with its place.

use std::collections::BTreeSet;
use std::fmt::Display;

use place::{AccountId, Region, shortened};
use reaction::{Finding, Severity, byte_order_mark};
use serde::Deserialize;

use crate::bounds::is_name;
use crate::{Function, Group, OnFailure, Order, RedAlarms, Settings, Traffic, Wave};

/// The file's name.
pub(crate) const FILE: &str = "deploy.json";

/// The code of an artifact with one function.
const CODE: &str = "lambda.zip";

/// What one deployment may hold. A session's policy of 2,048 characters names every function.
const FUNCTIONS: usize = 5;
const GROUPS: usize = 50;
const WAVES: usize = 20;
const ALARMS: usize = 10;
/// How many accounts and units one group may name, and targets one wave.
const NAMED: usize = 200;
/// How many units all groups may name: each is asked of Organizations, page by page.
const UNITS: usize = 20;

/// A job may go on for 24 hours; the last one is for what is not waiting.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const LONGEST: u64 = 23 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    functions: Vec<WrittenFunction>,
    targets: Vec<WrittenGroup>,
    waves: Option<Vec<WrittenWave>>,
    traffic: Option<WrittenTraffic>,
    #[serde(default)]
    bake_minutes: u64,
    on_failure: Option<OnFailure>,
    red_alarms: Option<RedAlarms>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFunction {
    name: String,
    alias: Option<String>,
    code: Option<String>,
    #[serde(default)]
    alarms: Vec<String>,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    #[serde(default)]
    accounts: Vec<String>,
    #[serde(default)]
    units: Vec<String>,
    regions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWave {
    targets: Option<Vec<String>>,
    percent: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTraffic {
    shift: String,
    percent: Option<u64>,
    minutes: Option<u64>,
}

/// What was found, and the place in the file at which the next finding is.
struct Findings(Vec<Finding>);

impl Findings {
    fn wrong(&mut self, place: impl Display, rule: &str, message: impl Display, remedy: impl Display) {
        let (path, severity) = (format!("{FILE}:{place}"), Severity::Error);
        let (message, remedy) = (message.to_string(), remedy.to_string());
        self.0.push(Finding { path, severity, rule: rule.into(), message, remedy });
    }
}

impl Order {
    /// Reads `deploy.json`.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn read(text: &str, settings: &Settings) -> Result<Self, Vec<Finding>> {
        let mut found = Findings(Vec::new());
        if let Some(mark) = byte_order_mark(text) {
            found.wrong("1:1", "byte-order-mark", mark, "remove it");
            return Err(found.0);
        }
        let written: Written = match serde_json::from_str(text) {
            Ok(written) => written,
            Err(error) => {
                let message = format!("it cannot be read: {}", shortened(&error.to_string(), 300));
                let remedy = "write {\"functions\": [{\"name\": \"..\"}], \"targets\": [{\"accounts\": [\"..\"], \"regions\": [\"..\"]}]}";
                found.wrong(format_args!("{}:{}", error.line(), error.column().max(1)), "deploy", message, remedy);
                return Err(found.0);
            }
        };
        let order = of_written(written, settings, &mut found);
        if found.0.is_empty() { Ok(order) } else { Err(found.0) }
    }
}

fn of_written(written: Written, settings: &Settings, found: &mut Findings) -> Order {
    let Written { functions, targets, waves, traffic, bake_minutes: bake, on_failure, red_alarms } = written;
    found.count("/functions", functions.len(), 1, FUNCTIONS);
    found.count("/targets", targets.len(), 1, GROUPS);
    let functions: Vec<_> =
        functions.into_iter().enumerate().map(|(at, it)| function(at, it, settings, found)).collect();
    let mut names = BTreeSet::new();
    for (at, it) in functions.iter().enumerate() {
        if !names.insert(&it.name) {
            found.wrong(format_args!("/functions/{at}/name"), "twice", "this function is there twice", "leave one");
        }
    }
    let targets: Vec<_> = targets.into_iter().enumerate().map(|(at, it)| group(at, it, found)).collect();
    let units: BTreeSet<_> = targets.iter().flat_map(|it| &it.units).collect();
    if units.len() > UNITS {
        let message = format!("there are {} units, and there may be {UNITS}", units.len());
        found.wrong("/targets", "count", message, "name a unit above them, or deliver in several deployments");
    }
    let waves = waves.map_or_else(|| vec![Wave::UpTo(100)], |waves| read_waves(waves, found));
    let traffic = traffic.map_or(Traffic::AllAtOnce, |it| shift(&it, found));
    let longest = (waves.len() as u64).saturating_mul(traffic.minutes().saturating_add(bake));
    if longest > LONGEST {
        let message = format!("all waves together would take {longest} minutes, and a job may take {LONGEST}");
        found.wrong("/bake-minutes", "too-long", message, "shorten it, or traffic/minutes, or take fewer waves");
    }
    let on_failure = on_failure.unwrap_or(OnFailure::Rollback);
    let red_alarms = red_alarms.unwrap_or(RedAlarms::Refuse);
    Order { functions, targets, waves, traffic, bake, on_failure, red_alarms, stage: None }
}

impl Findings {
    fn count(&mut self, place: &str, count: usize, least: usize, most: usize) {
        if !(least..=most).contains(&count) {
            let message = format!("there are {count}, and there may be {least} to {most}");
            self.wrong(place, "count", message, "deliver in several deployments, or name one at least");
        }
    }

    /// That a name is one, and that the settings allow it.
    fn name(&mut self, place: impl Display, name: &str, allowed: &crate::Names, variable: &str) {
        if !is_name(name) {
            let message = format!("`{}` is not 1 to 64 letters, digits, hyphens and underscores", shortened(name, 80));
            self.wrong(place, "name", message, "write the name by itself, without an ARN or a version");
        } else if !allowed.have(name) {
            let message = format!("`{name}` may not be touched by deployments");
            let remedy = format!("allowed is {allowed}; have it added to {variable}, or leave it out");
            self.wrong(place, "bounds", message, remedy);
        }
    }
}

fn function(at: usize, it: WrittenFunction, settings: &Settings, found: &mut Findings) -> Function {
    let WrittenFunction { name, alias, code, alarms, before, after } = it;
    let (alias, code) = (alias.unwrap_or_else(|| "live".into()), code.unwrap_or_else(|| CODE.into()));
    found.name(format_args!("/functions/{at}/name"), &name, &settings.functions, "SIGNALBOX_DEPLOY_FUNCTIONS");
    found.name(format_args!("/functions/{at}/alias"), &alias, &settings.aliases, "SIGNALBOX_DEPLOY_ALIASES");
    for (key, hook) in [("before", &before), ("after", &after)] {
        if let Some(hook) = hook {
            found.name(format_args!("/functions/{at}/{key}"), hook, &settings.hooks, "SIGNALBOX_DEPLOY_HOOKS");
        }
    }
    let is_file = |it: char| it.is_ascii_alphanumeric() || "._-".contains(it);
    if code.is_empty() || code.len() > 100 || !code.chars().all(is_file) {
        let message = format!("`{}` is not the name of a file", shortened(&code, 80));
        let remedy = "write the name of a zip in the artifact, without its folder, such as lambda.zip";
        found.wrong(format_args!("/functions/{at}/code"), "code", message, remedy);
    }
    found.count(&format!("/functions/{at}/alarms"), alarms.len(), 0, ALARMS);
    for (number, alarm) in alarms.iter().enumerate() {
        let is_strange = |it: char| it.is_control() || it == '*';
        let is_arn = alarm.starts_with("arn:");
        if alarm.is_empty() || alarm.chars().count() > 255 || is_arn || alarm.chars().any(is_strange) {
            let place = format!("/functions/{at}/alarms/{number}");
            let message = format!("`{}` is not the name of one alarm", shortened(alarm, 80));
            let remedy = "write its name by itself in 1 to 255 characters, without an ARN or a wildcard";
            found.wrong(place, "alarm", message, remedy);
        }
    }
    Function { name, alias, code, alarms: alarms.into_iter().collect(), before, after }
}

fn group(at: usize, it: WrittenGroup, found: &mut Findings) -> Group {
    let mut group = Group::default();
    found.count(&format!("/targets/{at}"), it.accounts.len() + it.units.len(), 1, NAMED);
    found.count(&format!("/targets/{at}/regions"), it.regions.len(), 1, 30);
    for (number, text) in it.accounts.iter().enumerate() {
        match text.parse::<AccountId>() {
            Ok(account) => drop(group.accounts.insert(account)),
            Err(why) => {
                found.wrong(format_args!("/targets/{at}/accounts/{number}"), "account", why, "write such an id");
            }
        }
    }
    for (number, text) in it.regions.iter().enumerate() {
        match text.parse::<Region>() {
            Ok(region) => drop(group.regions.insert(region)),
            Err(why) => {
                found.wrong(
                    format_args!("/targets/{at}/regions/{number}"),
                    "region",
                    why,
                    "write the name of a Region",
                );
            }
        }
    }
    for (number, unit) in it.units.into_iter().enumerate() {
        if is_unit(&unit) {
            group.units.insert(unit);
        } else {
            let message = format!("`{}` is not a unit", shortened(&unit, 80));
            let remedy = "write its id, such as ou-ab12-cd34ef56, or r-ab12 for the root";
            found.wrong(format_args!("/targets/{at}/units/{number}"), "unit", message, remedy);
        }
    }
    group
}

/// Whether the text is the id of a unit or a root.
fn is_unit(text: &str) -> bool {
    let is_of_id = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    (text.starts_with("ou-") || text.starts_with("r-")) && text.len() <= 68 && text.chars().all(is_of_id)
}

fn read_waves(waves: Vec<WrittenWave>, found: &mut Findings) -> Vec<Wave> {
    found.count("/waves", waves.len(), 1, WAVES);
    let mut least = 0;
    let mut of_one = |(at, it): (usize, WrittenWave)| match it {
        WrittenWave { targets: Some(selected), percent: None } if !selected.is_empty() => {
            found.count(&format!("/waves/{at}/targets"), selected.len(), 1, NAMED);
            Some(Wave::Selected(selected))
        }
        WrittenWave { targets: None, percent: Some(percent) } if percent > least && percent <= 100 => {
            least = percent;
            Some(Wave::UpTo(percent))
        }
        WrittenWave { targets: None, percent: Some(_) } => {
            let message = "percentages are of all targets: each is above the one before, and none above 100";
            found.wrong(format_args!("/waves/{at}/percent"), "percent", message, "write such as 10, 50, 100");
            None
        }
        _ => {
            let remedy = "write {\"targets\": [\"111122223333/eu-west-1\"]} or {\"percent\": 100}";
            found.wrong(format_args!("/waves/{at}"), "wave", "a wave has either targets or percent", remedy);
            None
        }
    };
    waves.into_iter().enumerate().filter_map(&mut of_one).collect()
}

fn shift(it: &WrittenTraffic, found: &mut Findings) -> Traffic {
    match (it.shift.as_str(), it.percent, it.minutes) {
        ("all-at-once", None, None) => Traffic::AllAtOnce,
        ("canary" | "linear", Some(percent @ 1..=99), Some(minutes @ 1..=2_880)) => match it.shift.as_str() {
            "canary" => Traffic::Canary { percent, minutes },
            _ => Traffic::Linear { percent, minutes },
        },
        _ => {
            let message = "this is not a way to move traffic";
            let remedy = "write {\"shift\": \"all-at-once\"}, or canary or linear with percent (1 to 99) and minutes (1 to 2880)";
            found.wrong("/traffic", "traffic", message, remedy);
            Traffic::AllAtOnce
        }
    }
}
