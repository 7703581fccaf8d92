//! A secret and its versions: which label is where, and what moves with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// What clients get.
pub(super) const CURRENT: &str = "AWSCURRENT";
/// What is to become that.
pub(super) const PENDING: &str = "AWSPENDING";
/// What was that before.
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

/// A value, as it is sent; bytes are in base64.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Held {
    Text(String),
    Binary(String),
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held(..)")
    }
}

/// A version; `RotateSecret` makes one without a value.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) value: Option<Held>,
    pub(super) stages: BTreeSet<String>,
    pub(super) created: Duration,
}

/// How a secret is rotated.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) is_on: bool,
    pub(super) function: String,
    pub(super) rules: Option<Value>,
    /// Since when it is so.
    pub(super) since: Duration,
}

impl Schedule {
    /// How often, where that is said in days or by a rate.
    fn period(&self) -> Option<Duration> {
        let rules = self.rules.as_ref()?;
        if let Some(days) = rules["AutomaticallyAfterDays"].as_u64() {
            return Some(Duration::from_secs(days * 86_400));
        }
        let inside = rules["ScheduleExpression"].as_str()?.strip_prefix("rate(")?.strip_suffix(')')?;
        let (number, unit) = inside.split_once(' ')?;
        let hours = if unit.starts_with("day") { 24 } else { 1 };
        Some(Duration::from_secs(number.parse::<u64>().ok()? * hours * 3_600))
    }
}

/// A secret; its versions stand in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) kms_key: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    /// The service of AWS that manages it.
    pub(super) owner: Option<String>,
    pub(super) created: Duration,
    pub(super) changed: Duration,
    pub(super) rotated: Option<Duration>,
    pub(super) deleted: Option<Duration>,
    pub(super) schedule: Option<Schedule>,
    /// The partner that holds it, of a managed external secret.
    pub(super) partner: Option<String>,
    /// Where its primary is, of one that has replicas or is one.
    pub(super) primary: Option<String>,
    /// Where its replicas are.
    pub(super) replicas: BTreeSet<String>,
    pub(super) versions: Vec<Version>,
}

impl Secret {
    /// One that was made now, without anything else.
    pub(super) fn new(arn: String, name: String, now: Duration) -> Self {
        Self {
            arn,
            name,
            description: None,
            kms_key: None,
            tags: BTreeMap::new(),
            owner: None,
            created: now,
            changed: now,
            rotated: None,
            deleted: None,
            schedule: None,
            partner: None,
            primary: None,
            replicas: BTreeSet::new(),
            versions: Vec::new(),
        }
    }

    /// When it is to be rotated next. After a rotation that did not come about the date is one that has passed.
    pub(super) fn next_rotation(&self) -> Option<Duration> {
        let schedule = self.schedule.as_ref().filter(|it| it.is_on)?;
        let last = self.rotated.unwrap_or_default().max(schedule.since);
        Some(last + schedule.period()?)
    }

    /// Whether this is its ARN, its ARN without the six characters at the end, or its name.
    pub(super) fn is_called(&self, id: &str) -> bool {
        let partial = self.arn.rsplit_once('-').map(|(partial, _)| partial);
        id == self.arn || id == self.name || partial == Some(id)
    }

    pub(super) fn version(&self, id: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The version that has a label.
    pub(super) fn with(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.stages.contains(stage))
    }

    /// The version that is being rotated in: pending, and not current already.
    pub(super) fn in_rotation(&self) -> Option<&Version> {
        self.with(PENDING).filter(|version| !version.stages.contains(CURRENT))
    }

    /// Gives a label to a version and takes it from the one that has it. AWSPREVIOUS follows AWSCURRENT.
    pub(super) fn attach(&mut self, stage: &str, to: &str, now: Duration) {
        let from = self.with(stage).map(|version| version.id.clone());
        if from.as_deref() == Some(to) {
            return;
        }
        self.detach(stage);
        let mut was_pending = false;
        if let Some(version) = self.versions.iter_mut().find(|version| version.id == to) {
            version.stages.insert(stage.to_owned());
            was_pending = version.stages.contains(PENDING);
        }
        if stage == CURRENT {
            self.rotated = if was_pending { Some(now) } else { self.rotated };
            if let Some(from) = from {
                self.attach(PREVIOUS, &from, now);
            }
        }
        self.changed = now;
    }

    /// Takes a label away. A version without any stays, and is found by its id only.
    pub(super) fn detach(&mut self, stage: &str) {
        for version in &mut self.versions {
            version.stages.remove(stage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(stages: &[(&str, &[&str])]) -> Secret {
        let versions = stages.iter().map(|(id, stages)| Version {
            id: (*id).into(),
            value: None,
            stages: stages.iter().map(ToString::to_string).collect(),
            created: Duration::ZERO,
        });
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf";
        Secret { versions: versions.collect(), ..Secret::new(arn.into(), "app/db".into(), Duration::ZERO) }
    }

    fn shown(secret: &Secret) -> String {
        let versions = secret.versions.iter();
        let shown = versions.map(|it| format!("{} {}", it.id, it.stages.iter().cloned().collect::<Vec<_>>().join(" ")));
        shown.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn previous_follows_current_forth_and_back() {
        let mut it = secret(&[("1", &[PREVIOUS]), ("2", &[CURRENT]), ("3", &[PENDING])]);
        it.attach(CURRENT, "3", Duration::from_secs(1));
        assert_eq!(shown(&it), "1 ; 2 AWSPREVIOUS; 3 AWSCURRENT AWSPENDING");
        assert_eq!(it.rotated, Some(Duration::from_secs(1)));
        assert!(it.in_rotation().is_none(), "pending and current at once is a rotation that is done");
        it.attach(CURRENT, "2", Duration::from_secs(2));
        assert_eq!(shown(&it), "1 ; 2 AWSCURRENT; 3 AWSPENDING AWSPREVIOUS");
        assert!(it.in_rotation().is_some());
    }

    #[test]
    fn a_label_of_ones_own_moves_alone() {
        let mut it = secret(&[("1", &[CURRENT, "mine"]), ("2", &[])]);
        it.attach("mine", "2", Duration::ZERO);
        assert_eq!(shown(&it), "1 AWSCURRENT; 2 mine");
        it.attach("mine", "2", Duration::ZERO);
        it.detach("mine");
        assert_eq!(shown(&it), "1 AWSCURRENT; 2 ");
    }

    #[test]
    fn a_secret_has_three_names_and_shows_no_value() {
        let mut it = secret(&[("1", &[CURRENT])]);
        let partial = it.arn.trim_end_matches("-AbCdEf").to_owned();
        assert!(it.is_called(&it.arn.clone()) && it.is_called("app/db") && it.is_called(&partial));
        assert!(!it.is_called("app") && !it.is_called("app/db-AbCdEf"));
        it.versions[0].value = Some(Held::Text("the value".into()));
        assert!(!format!("{it:?}").contains("the value"));
    }
}
