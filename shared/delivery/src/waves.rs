//! Which targets there are, and which wave has each.

use std::collections::{BTreeMap, BTreeSet};

use place::{AccountId, shortened};
use reaction::{Finding, Severity};

use crate::parse::FILE;
use crate::{Order, Target, Wave, stage};

/// How many targets one deployment may have: its record is one item of DynamoDB.
pub(crate) const TARGETS: usize = 200;

/// The accounts below each unit that an order names.
pub(crate) type Units = BTreeMap<String, BTreeSet<AccountId>>;

impl Order {
    /// Every target, by account, Region and function; one more than there may be, where there are too many.
    pub(crate) fn all_targets(&self, units: &Units) -> BTreeSet<Target> {
        let mut all = BTreeSet::new();
        for group in &self.targets {
            let below = group.units.iter().filter_map(|unit| units.get(unit)).flatten();
            for account in group.accounts.iter().chain(below) {
                for (region, it) in
                    group.regions.iter().flat_map(|region| self.functions.iter().map(move |it| (region, it)))
                {
                    // A few names can ask for millions.
                    if all.len() > TARGETS {
                        return all;
                    }
                    let (account, region) = (account.clone(), region.clone());
                    all.insert(Target { account, region, function: it.name.clone(), alias: it.alias.clone() });
                }
            }
        }
        all
    }

    /// The targets of each wave. Those of a stage are waves of their own, once the whole order was found good: what is wrong with the last
    /// stage is said in the first one.
    ///
    /// # Errors
    /// Findings: a wave without targets, targets without a wave, too many of them, or none in the accounts of the stage.
    pub(crate) fn divide(&self, units: &Units) -> Result<Vec<Vec<Target>>, Vec<Finding>> {
        let all = self.all_targets(units);
        let Some(stage) = &self.stage else { return self.divided(all, false, units) };
        self.divided(all.clone(), false, units)?;
        let own: BTreeSet<_> = all.into_iter().filter(|it| stage.contains(&it.account)).collect();
        if own.is_empty() {
            let message = format!("no target of {FILE} is in an account of this stage");
            return Err(vec![stage::wrong(
                message,
                "name targets in its accounts, or take the stage out of the pipeline",
            )]);
        }
        self.divided(own, true, units)
    }

    fn divided(&self, all: BTreeSet<Target>, is_part: bool, units: &Units) -> Result<Vec<Vec<Target>>, Vec<Finding>> {
        let total = all.len();
        if total == 0 || total > TARGETS {
            let message =
                if total == 0 { "there is no target".into() } else { format!("there are more than {TARGETS} targets") };
            return Err(vec![wrong("/targets", &message, "name some, or deliver in several deployments")]);
        }
        let mut found = if is_part { Vec::new() } else { self.strangers(&all, units) };
        let (mut left, mut waves) = (all, Vec::new());
        for (at, wave) in self.waves.iter().enumerate() {
            let taken: Vec<Target> = match wave {
                Wave::Selected(selectors) => {
                    let is_taken = |it: &&Target| selectors.iter().any(|selector| selects(selector, it, units));
                    left.iter().filter(is_taken).cloned().collect()
                }
                Wave::UpTo(percent) => {
                    let wanted = (total * usize::try_from(*percent).unwrap_or(100)).div_ceil(100);
                    left.iter().take(wanted.saturating_sub(total - left.len())).cloned().collect()
                }
            };
            if taken.is_empty() && is_part {
                continue;
            }
            if taken.is_empty() {
                let message = "this wave has no target: the waves before took all that it selects";
                found.push(wrong(&format!("/waves/{at}"), message, "leave it out, or select others"));
            }
            left.retain(|it| !taken.contains(it));
            waves.push(taken);
        }
        if let Some(first) = left.first() {
            let message = format!("{} of {total} targets are in no wave, such as {first}", left.len());
            found.push(wrong("/waves", &message, "end with {\"percent\": 100}"));
        }
        if found.is_empty() { Ok(waves) } else { Err(found) }
    }
}

impl Order {
    /// What is named in a wave and is not a target, beside others that are.
    fn strangers(&self, all: &BTreeSet<Target>, units: &Units) -> Vec<Finding> {
        let is_named = |selector: &String| all.iter().any(|target| selects(selector, target, units));
        let mut found = Vec::new();
        for (at, wave) in self.waves.iter().enumerate() {
            let Wave::Selected(selectors) = wave else { continue };
            let is_wave = selectors.iter().any(is_named);
            for (number, selector) in selectors.iter().enumerate().filter(|(_, it)| is_wave && !is_named(it)) {
                let message = format!("`{}` is not a target of this deployment", shortened(selector, 80));
                let remedy = "name it in /targets, or leave it out of the wave";
                found.push(wrong(&format!("/waves/{at}/targets/{number}"), &message, remedy));
            }
        }
        found
    }
}

/// Whether a wave's selector means the target.
fn selects(selector: &str, target: &Target, units: &Units) -> bool {
    let (account, region) = (target.account.as_str(), target.region.as_str());
    match selector.split_once('/') {
        Some((of_account, of_region)) => of_account == account && of_region == region,
        None => {
            let below = units.get(selector).is_some_and(|accounts| accounts.contains(&target.account));
            selector == account || selector == region || below
        }
    }
}

fn wrong(place: &str, message: &str, remedy: &str) -> Finding {
    let path = format!("{FILE}:{place}");
    Finding { path, severity: Severity::Error, rule: "waves".into(), message: message.into(), remedy: remedy.into() }
}
