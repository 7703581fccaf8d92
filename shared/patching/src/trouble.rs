//! What is wrong, in words that stay the same as long as it is wrong: what was told once is known by its text.

use std::collections::BTreeSet;

use crate::{Aim, DAY, Head, Instance, Limits, Survey, Window, pending_since, so_many};

/// How long an instance may run before it has to be managed, in seconds: its agent registers it after it has booted.
const BOOT: u64 = 60 * 60;

/// What is wrong with one instance, or with the account.
pub type Troubles = BTreeSet<String>;

/// What is wrong with an instance at a time; `None` while that is not known, since its patches were not read.
#[must_use]
pub fn of_instance(instance: &Instance, head: &Head, now: u64, limits: &Limits) -> Option<Troubles> {
    let mut found = Troubles::new();
    let days_since = |at: u64| now.saturating_sub(at) / DAY;
    let Some(managed) = &instance.managed else {
        let is_young = instance.launched.is_some_and(|it| now.saturating_sub(it) < BOOT);
        if instance.is_running && !is_young {
            found.insert("it runs and is not managed".into());
        }
        return Some(found);
    };
    let Some(scan) = &instance.scan else {
        let is_old = managed.since.is_none_or(|it| days_since(it) > limits.scan_days);
        if instance.is_running && is_old {
            found.insert(format!("it was never scanned in more than {}", days(limits.scan_days)));
        }
        return Some(found);
    };
    let is_recorded = head.at == Some(scan.at);
    found.extend(scan.problems.as_ref().or(is_recorded.then_some(&head.problems))?.iter().cloned());
    if pending_since(scan, head).is_some_and(|it| days_since(it) > limits.reboot_days) {
        found.insert(format!("it waits for a reboot for more than {}", days(limits.reboot_days)));
    }
    if instance.is_running && days_since(scan.at) > limits.scan_days {
        found.insert(format!("it was not scanned for more than {}", days(limits.scan_days)));
    }
    Some(found)
}

/// What is wrong with no single instance: groups without a baseline, and windows that reach no instance.
#[must_use]
pub fn of_account(survey: &Survey) -> Troubles {
    let groups: BTreeSet<_> = survey.instances.iter().filter_map(|it| it.group.as_deref()).collect();
    let mut found: Troubles = groups
        .into_iter()
        .filter(|it| !survey.groups.contains(*it))
        .map(|it| format!("patch group `{it}` has no baseline: the default baseline decides"))
        .collect();
    found.extend(survey.windows.iter().filter_map(|it| of_window(it, survey)));
    found
}

fn of_window(Window { id, name, aims }: &Window, survey: &Survey) -> Option<String> {
    if aims.is_empty() {
        return Some(format!("window {name} ({id}) has no target"));
    }
    let running = || survey.instances.iter().filter(|it| it.is_running).filter_map(|it| it.group.as_ref());
    let is_in_vain = |aim: &Aim| matches!(aim, Aim::Groups(groups) if !running().any(|it| groups.contains(it)));
    aims.iter().all(is_in_vain).then(|| format!("window {name} ({id}): its targets match no running instance"))
}

fn days(count: u64) -> String {
    so_many(usize::try_from(count).unwrap_or(usize::MAX), "day")
}
