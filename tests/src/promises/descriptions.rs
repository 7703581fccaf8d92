//! What a function says of itself is true: its triggers are what its templates hand to it, its settings are what it reads and what
//! its template sets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use function::{Setting, Trigger, Unset};
use serde_json::{Value, json};
use suite::{Entry, FUNCTIONS};

use crate::templates::{Template, texts};
use crate::tidy::folders;
use crate::world::World;

/// A setting that only a function with a schedule needs: without one, the time between two sweeps has no other value than its own.
const OF_A_SCHEDULE: &str = "SIGNALBOX_SWEEP_PERIOD";

#[test]
fn every_folder_is_a_function_of_the_suite() {
    let names: Vec<_> = FUNCTIONS.iter().map(|it| it.name).collect();
    assert_eq!(names, folders("functions"));
    for Entry { name, purpose, hears, .. } in FUNCTIONS {
        assert!(!purpose.is_empty() && !purpose.ends_with('.') && !purpose.contains('\n'), "{name}: {purpose}");
        assert!(!hears.is_empty(), "{name} hears nothing");
    }
}

/// The kinds of events that a pattern names, as `detail-type (source)`.
fn kinds_in(pattern: &Value) -> BTreeSet<String> {
    let alternatives = pattern["$or"].as_array().map_or(std::slice::from_ref(pattern), Vec::as_slice);
    let of_one = |it: &Value| {
        let (sources, kinds) = (texts(&it["source"]), texts(&it["detail-type"]));
        let of = |source: &String| kinds.iter().map(|kind| format!("{kind} ({source})")).collect::<Vec<_>>();
        sources.iter().flat_map(of).collect::<Vec<_>>()
    };
    alternatives.iter().flat_map(of_one).collect()
}

/// The kinds of events that a function says it hears.
fn events_of(entry: &Entry) -> BTreeSet<String> {
    let events = entry.hears.iter().filter(|it| matches!(it, Trigger::Event { .. }));
    events.map(ToString::to_string).collect()
}

/// What the function's own template hands to it. Nothing in a template says that a pipeline or a workflow invokes a function.
fn handed_over(template: &Template) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // A rule hands over to the function, or to the queue that feeds it.
    let queues = template.resources("AWS::Lambda::EventSourceMapping").into_iter();
    let mut takers: Vec<_> = queues.map(|(_, it)| it["EventSourceArn"].clone()).collect();
    takers.push(json!({"Fn::GetAtt": "Function.Arn"}));
    for (_, rule) in template.resources("AWS::Events::Rule") {
        let targets = rule["Targets"].as_array().unwrap();
        if !targets.iter().any(|it| takers.contains(&it["Arn"])) {
            continue;
        }
        match rule.get("EventPattern") {
            Some(pattern) => found.append(&mut kinds_in(pattern)),
            None => drop(found.insert(Trigger::Schedule.to_string())),
        }
    }
    let permissions = template.resources("AWS::Lambda::Permission");
    let principals = permissions.iter().map(|(_, it)| it["Principal"].to_string());
    if principals.into_iter().any(|it| it.contains("secretsmanager")) {
        found.insert(Trigger::Step.to_string());
    }
    for (resource, trigger) in
        [("AWS::Lambda::Url", Trigger::Webhook), ("AWS::Lambda::EventSourceMapping", Trigger::Queue)]
    {
        if !template.resources(resource).is_empty() {
            found.insert(trigger.to_string());
        }
    }
    found
}

#[test]
fn a_function_hears_what_its_template_hands_to_it() {
    for entry in FUNCTIONS {
        let said =
            entry.hears.iter().filter(|it| !matches!(it, Trigger::Job | Trigger::Workflow)).map(ToString::to_string);
        assert_eq!(said.collect::<BTreeSet<_>>(), handed_over(&Template::read(entry.name)), "{}", entry.name);
    }
}

/// A rule of the bus or of a member says in its description which function it is for.
#[test]
fn what_is_forwarded_for_a_function_is_what_it_hears() {
    let mut found = BTreeSet::new();
    for template in Template::all() {
        for (id, rule) in template.resources("AWS::Events::Rule") {
            let described = rule["Description"].as_str().unwrap_or_default();
            let Some((_, rest)) = described.split_once(" for the function ") else { continue };
            let Some(pattern) = rule.get("EventPattern") else { continue };
            let name = rest.split([' ', '.']).next().unwrap_or_default();
            let entry = FUNCTIONS.iter().find(|it| it.name == name);
            let entry = entry.unwrap_or_else(|| panic!("{}: {id} is for {name}, which is no function", template.name));
            assert_eq!(kinds_in(pattern), events_of(entry), "infra/{}.yaml: {id}", template.name);
            found.insert(entry.name);
        }
    }
    assert!(found.len() > 1, "rules say which function they are for: {found:?}");
}

#[test]
fn a_template_sets_what_its_function_reads_and_nothing_else() {
    for entry in FUNCTIONS {
        let template = Template::read(entry.name);
        let set: BTreeSet<_> = template.environment().as_object().unwrap().keys().map(String::as_str).collect();
        let mut read: BTreeSet<_> = entry.all_settings().map(|it| it.variable).collect();
        // A function that acts in its own account alone is told of no others.
        if aws::MEMBERS.iter().all(|it| !set.contains(it.variable)) {
            read.retain(|name| aws::MEMBERS.iter().all(|it| it.variable != *name));
        }
        if !entry.hears.contains(&Trigger::Schedule) {
            read.remove(OF_A_SCHEDULE);
        }
        assert_eq!(set, read, "infra/{}.yaml: the function's variables", entry.name);
    }
}

/// A value that the setting takes where it has to be set.
fn accepted(setting: &Setting) -> &'static str {
    let queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/mirror-repository.fifo";
    let candidates = ["everybody", "ssm:/share", "https://auth.example.com/", queue];
    let is_taken = |value: &&str| (setting.check)(&|name| (name == setting.variable).then(|| (*value).into())).is_ok();
    candidates.into_iter().find(is_taken).unwrap_or_else(|| panic!("say which value {} takes", setting.variable))
}

/// The least that a function has to be told.
fn required(entry: &Entry) -> BTreeMap<&'static str, &'static str> {
    let settings = entry.all_settings().filter(|it| it.unset == Unset::Refused);
    settings.map(|it| (it.variable, accepted(it))).collect()
}

#[tokio::test]
async fn a_function_reads_the_settings_that_it_names_and_no_others() {
    let sessions = World::new().await.sessions.clone();
    for entry in FUNCTIONS {
        let (told, asked) = (required(entry), Mutex::new(BTreeSet::new()));
        let variables = |name: &str| {
            asked.lock().unwrap().insert(name.to_owned());
            told.get(name).map(|it| (*it).to_owned())
        };
        if let Err(error) = entry.open(sessions.clone(), &variables) {
            panic!("{}: {error}", entry.name);
        }
        let named: BTreeSet<_> = entry.settings.iter().copied().flatten().map(|it| it.variable.to_owned()).collect();
        assert_eq!(asked.into_inner().unwrap(), named, "{}", entry.name);
    }
}

#[tokio::test]
async fn without_a_setting_that_it_needs_a_function_is_not_opened_and_names_it() {
    let sessions = World::new().await.sessions.clone();
    for entry in FUNCTIONS {
        let needed = entry.settings.iter().copied().flatten().filter(|it| it.unset == Unset::Refused);
        for setting in needed {
            let mut told = required(entry);
            told.remove(setting.variable);
            let variables = |name: &str| told.get(name).map(|it| (*it).to_owned());
            let Err(error) = entry.open(sessions.clone(), &variables) else {
                panic!("{} without {}", entry.name, setting.variable)
            };
            assert!(error.to_string().contains(setting.variable), "{error}");
        }
    }
}

/// What stands for an unset variable is taken, and what the check refuses is what opening refuses, with the variable's name.
#[tokio::test]
async fn a_check_says_what_opening_says() {
    const NONSENSE: &str = "\u{7f},nonsense=";
    let sessions = World::new().await.sessions.clone();
    for entry in FUNCTIONS {
        for setting in entry.settings.iter().copied().flatten() {
            let with = |value: &'static str| {
                let mut told = required(entry);
                told.insert(setting.variable, value);
                move |name: &str| told.get(name).map(|it| (*it).to_owned())
            };
            if let Unset::Is(value) = setting.unset {
                assert!((setting.check)(&with(value)).is_ok(), "{}", setting.variable);
            }
            let checked = (setting.check)(&with(NONSENSE)).err().map(|it| it.to_string());
            let opened = entry.open(sessions.clone(), &with(NONSENSE)).err().map(|it| it.to_string());
            if let Some(error) = &checked {
                assert!(error.contains(setting.variable), "{}: {error}", setting.variable);
            }
            // Of two tables one is not enough, and a path that is not there is known only when it is opened.
            if checked.is_some() {
                assert_eq!(opened, checked, "{}: {}", entry.name, setting.variable);
            }
            assert!(!setting.meaning.is_empty() && !setting.meaning.ends_with('.'), "{}", setting.variable);
        }
    }
}

/// `make deploy` reads from a template what has to be given: with that, each function is deployed, and without a part of it none.
#[test]
fn deploying_takes_what_the_template_needs_from_the_template() {
    for Entry { name, .. } in FUNCTIONS {
        let parameters = Template::read(name).json["Parameters"].as_object().unwrap().clone();
        let needed = parameters.iter().filter(|(_, it)| it.get("Default").is_none()).map(|(name, _)| name.as_str());
        let needed: Vec<_> = needed.filter(|it| !it.starts_with("Code")).map(|it| format!("{name}.{it}=x")).collect();
        let ask = |given: &[String]| {
            let mut python = std::process::Command::new(local_aws::workspace().join(".local/venv/bin/python"));
            python.current_dir(local_aws::workspace()).args(["infra/parameters.py", name, "--"]).args(given);
            let told = python.output().expect("python runs (`make setup` installs it)");
            (told.status.success(), String::from_utf8(told.stdout).unwrap(), String::from_utf8(told.stderr).unwrap())
        };
        let (is_done, told, error) = ask(&needed);
        assert!(is_done && told.starts_with(name), "{error}");
        for parameter in needed.iter().filter_map(|it| it.split_once('.')) {
            assert!(told.contains(&format!(" {}", parameter.1)), "{told}");
        }
        let unknown = ask(&[needed.as_slice(), &[format!("{name}.NoSuchParameter=x")]].concat());
        assert!(!unknown.0 && unknown.2.contains("NoSuchParameter"), "{unknown:?}");
        if let [_, rest @ ..] = needed.as_slice()
            && !rest.is_empty()
        {
            let part = ask(rest);
            assert!(!part.0 && part.2.contains("needs"), "{part:?}");
        }
    }
}
