//! One target, from what AWS shows.

use super::goods;
use crate::Traffic;
use crate::call::Call;
use crate::next::{Next, Stale, Task, adopted, back, forward};
use crate::record::{Goods, Phase, Progress};
use crate::seen::{Alias, Latest, Provisioned, Seen, Update, Version};

const NOW: u64 = 10_000;

fn latest(sha256: &str, update: Update) -> Latest {
    Latest { sha256: sha256.into(), revision: "r1".into(), is_active: true, update, stack: None }
}

fn alias(version: &str, second: Option<(&str, f64)>) -> Alias {
    Alias { version: version.into(), second: second.map(|(it, weight)| (it.into(), weight)), revision: "a1".into() }
}

fn version(sha256: &str, state: Update) -> Version {
    Version { sha256: sha256.into(), state }
}

struct Case {
    goods: Goods,
    progress: Progress,
    seen: Seen,
    traffic: Traffic,
    bake: u64,
}

impl Case {
    /// The alias is at version 3, and nothing was done.
    fn new() -> Self {
        let seen = Seen {
            latest: Some(latest("old", Update::Successful)),
            alias: Some(alias("3", None)),
            provisioned: Some(Vec::new()),
            ..Seen::default()
        };
        Self { goods: goods(), progress: Progress::new("3"), seen, traffic: Traffic::AllAtOnce, bake: 0 }
    }

    /// Version 4 is there with the code.
    fn published() -> Self {
        let mut it = Self::new();
        it.progress.after = Some("4".into());
        it.progress.phase = Phase::Shifting;
        it.seen.versions.insert("4".into(), Some(version("new", Update::Successful)));
        it
    }

    fn task(&self) -> Task<'_> {
        Task { goods: &self.goods, traffic: self.traffic, bake: self.bake, alias: "live", now: NOW }
    }

    fn forward(&self) -> Next {
        forward(&self.task(), &self.progress, &self.seen)
    }

    fn back(&self) -> Next {
        back(&self.task(), &self.progress, &self.seen)
    }
}

fn moved(version: &str, second: Option<(&str, f64)>) -> Next {
    let second = second.map(|(it, weight)| (it.to_owned(), weight));
    Next::Call(Call::Move { version: version.into(), second, revision: "a1".into() })
}

fn ends(next: &Next) -> Phase {
    let Next::Over { phase, .. } = next else { panic!("{next:?}") };
    *phase
}

#[test]
fn code_is_given_published_and_reached_by_the_alias() {
    let mut it = Case::new();
    assert_eq!(it.forward(), Next::Enter(Phase::Updating));
    it.progress.phase = Phase::Updating;
    assert_eq!(it.forward(), Next::Call(Call::UpdateCode { revision: "r1".into() }));
    it.seen.latest = Some(latest("new", Update::InProgress));
    assert!(matches!(it.forward(), Next::Wait { stale: Stale::Latest, .. }));
    it.seen.latest = Some(latest("new", Update::Successful));
    assert_eq!(it.forward(), Next::Enter(Phase::Publishing));
    it.progress.phase = Phase::Publishing;
    assert_eq!(it.forward(), Next::Call(Call::Publish { revision: "r1".into() }));
    it.progress.after = Some("4".into());
    it.seen.versions.insert("4".into(), Some(version("new", Update::InProgress)));
    assert!(matches!(it.forward(), Next::Wait { stale: Stale::Version(_), .. }));
    it.seen.versions.insert("4".into(), Some(version("new", Update::Successful)));
    assert_eq!(it.forward(), Next::Enter(Phase::Shifting));
    it.progress.phase = Phase::Shifting;
    assert_eq!(it.forward(), moved("4", None));
    it.seen.alias = Some(alias("4", None));
    assert_eq!(it.forward(), Next::Mark(Phase::Baking), "moved before the run was broken off");
    it.progress.moved = Some(NOW);
    assert_eq!(ends(&it.forward()), Phase::Done);
}

#[test]
fn code_that_is_there_already_is_published_and_not_given_again() {
    let mut it = Case::new();
    it.seen.latest = Some(latest("new", Update::Successful));
    assert_eq!(it.forward(), Next::Enter(Phase::Publishing));
}

#[test]
fn code_that_another_hand_changed_meanwhile_is_not_published_nor_changed_back() {
    let mut it = Case::new();
    it.progress.phase = Phase::Publishing;
    assert_eq!(ends(&it.forward()), Phase::Failed);
    let mut it = Case::published();
    it.seen.versions.insert("4".into(), Some(version("other", Update::Successful)));
    assert_eq!(ends(&it.forward()), Phase::Failed);
}

#[test]
fn what_lambda_cannot_do_is_a_failure() {
    let mut it = Case::new();
    it.progress.phase = Phase::Updating;
    it.seen.latest = Some(latest("new", Update::Failed("no entry point".into())));
    assert_eq!(ends(&it.forward()), Phase::Failed);
    it.seen.latest = Some(latest("old", Update::Failed("before".into())));
    assert!(matches!(it.forward(), Next::Call(Call::UpdateCode { .. })), "what failed before is mended by new code");
    let mut it = Case::published();
    it.seen.versions.insert("4".into(), Some(version("new", Update::Failed("init".into()))));
    assert_eq!(ends(&it.forward()), Phase::Failed);
    it.seen.versions.insert("4".into(), None);
    assert_eq!(ends(&it.forward()), Phase::Failed);
}

#[test]
fn an_alias_that_another_hand_moved_is_left_alone_both_ways() {
    let mut it = Case::published();
    for now in [alias("7", None), alias("3", Some(("7", 0.1)))] {
        it.seen.alias = Some(now);
        assert_eq!(ends(&it.forward()), Phase::LeftAlone);
        assert_eq!(ends(&it.back()), Phase::LeftAlone);
    }
}

#[test]
fn a_move_that_was_not_recorded_is_known_by_its_code() {
    let mut it = Case::new();
    it.seen.alias = Some(alias("4", None));
    assert_eq!(it.forward(), Next::Call(Call::ReadVersion("4".into())));
    assert_eq!(it.back(), Next::Call(Call::ReadVersion("4".into())));
    it.seen.versions.insert("4".into(), Some(version("new", Update::Successful)));
    assert_eq!(adopted(&it.goods, &it.progress, &it.seen).as_deref(), Some("4"));
    it.seen.versions.insert("4".into(), Some(version("other", Update::Successful)));
    assert_eq!(adopted(&it.goods, &it.progress, &it.seen), None);
    assert_eq!(ends(&it.forward()), Phase::LeftAlone);
    assert_eq!(ends(&it.back()), Phase::LeftAlone);
}

#[test]
fn a_canary_gets_its_part_is_judged_and_gets_all() {
    let mut it = Case::published();
    it.traffic = Traffic::Canary { percent: 10, minutes: 5 };
    assert_eq!(it.forward(), moved("3", Some(("4", 0.1))));
    it.seen.alias = Some(alias("3", Some(("4", 0.1))));
    assert_eq!(it.forward(), Next::Mark(Phase::Shifting));
    it.progress.shifted = Some(NOW - 10);
    assert_eq!(it.forward(), Next::Call(Call::Judge));
    it.seen.judged = Some(NOW);
    assert!(matches!(it.forward(), Next::Wait { stale: Stale::Verdict, .. }));
    it.progress.shifted = Some(NOW - 300);
    assert_eq!(it.forward(), moved("4", None));
}

#[test]
fn traffic_moves_in_steps() {
    let mut it = Case::published();
    it.traffic = Traffic::Linear { percent: 30, minutes: 1 };
    it.seen.alias = Some(alias("3", Some(("4", 0.3))));
    (it.progress.shifted, it.seen.judged) = (Some(NOW - 60), Some(NOW));
    assert_eq!(it.forward(), moved("3", Some(("4", 0.6))));
    it.progress.shifted = Some(NOW - 180);
    assert_eq!(it.forward(), moved("4", None), "steps that were missed are made up for");
    assert_eq!(it.traffic.minutes(), 3);
}

#[test]
fn with_all_traffic_it_is_watched_and_then_the_hook_decides() {
    let mut it = Case::published();
    (it.bake, it.goods.after) = (5, Some("orders-check".into()));
    (it.seen.alias, it.progress.moved) = (Some(alias("4", None)), Some(NOW - 299));
    assert_eq!(it.forward(), Next::Call(Call::Judge));
    it.seen.judged = Some(NOW);
    assert!(matches!(it.forward(), Next::Wait { stale: Stale::Verdict, .. }));
    it.progress.moved = Some(NOW - 300);
    assert_eq!(it.forward(), Next::Call(Call::Invoke { hook: "orders-check".into(), is_after: true }));
    it.progress.phase = Phase::Done;
    assert_eq!(ends(&it.forward()), Phase::Done);
}

#[test]
fn the_hook_before_comes_before_any_traffic_and_once() {
    let mut it = Case::published();
    it.goods.before = Some("orders-check".into());
    assert_eq!(it.forward(), Next::Call(Call::Invoke { hook: "orders-check".into(), is_after: false }));
    it.progress.is_ready = true;
    assert_eq!(it.forward(), moved("4", None));
}

#[test]
fn what_is_provisioned_for_the_old_version_is_there_for_the_new_one_before_traffic() {
    let of = |qualifier: &str, state| Provisioned { qualifier: qualifier.into(), requested: 7, state };
    let mut it = Case::published();
    it.seen.provisioned = Some(vec![of("3", Update::Successful)]);
    assert_eq!(it.forward(), Next::Call(Call::Provision { version: "4".into(), count: 7 }));
    it.seen.provisioned = Some(vec![of("3", Update::Successful), of("4", Update::InProgress)]);
    assert!(matches!(it.forward(), Next::Wait { stale: Stale::Provisioned, .. }));
    it.seen.provisioned = Some(vec![of("3", Update::Successful), of("4", Update::Successful)]);
    assert_eq!(it.forward(), moved("4", None));
    (it.seen.alias, it.progress.moved) = (Some(alias("4", None)), Some(NOW));
    it.seen.provisioned = Some(vec![of("live", Update::InProgress)]);
    assert!(
        matches!(it.forward(), Next::Wait { stale: Stale::Provisioned, .. }),
        "Lambda provisions for the alias anew"
    );
}

#[test]
fn the_way_back_clears_weights_and_ends_where_the_alias_was() {
    let mut it = Case::published();
    assert_eq!(ends(&it.back()), Phase::RolledBack);
    for now in [alias("4", None), alias("3", Some(("4", 0.1)))] {
        it.seen.alias = Some(now);
        assert_eq!(it.back(), moved("3", None));
    }
}

#[test]
fn a_rollback_needs_no_code_and_a_version_that_is_still_there() {
    let mut it = Case::published();
    it.goods.sha256 = None;
    assert_eq!(it.forward(), moved("4", None), "version 4 is the one to go back to");
    it.seen.versions.insert("4".into(), None);
    assert_eq!(ends(&it.forward()), Phase::Failed);
}

#[test]
fn versions_are_deleted_that_are_old_and_that_nothing_needs() {
    let needed = [2].into();
    assert_eq!(crate::prune::spare(&[5, 1, 2, 3, 4, 6], &needed, 2), [1, 3, 4]);
    assert!(crate::prune::spare(&[1, 2], &needed, 2).is_empty());
}

#[test]
fn an_update_of_another_hand_is_waited_for_in_a_phase_so_that_patience_ends() {
    let mut it = Case::new();
    it.seen.latest = Some(latest("old", Update::InProgress));
    assert_eq!(it.forward(), Next::Enter(Phase::Updating));
    it.progress.phase = Phase::Updating;
    assert!(matches!(it.forward(), Next::Wait { stale: Stale::Latest, .. }));
    it.seen.latest = Some(latest("old", Update::Successful));
    assert!(matches!(it.forward(), Next::Call(Call::UpdateCode { .. })));
}

/// Lambda itself gives an alias with provisioned concurrency a second version, until that is there for the new one.
#[test]
fn an_alias_whose_concurrency_moves_is_waited_for_and_not_taken_for_another_hands() {
    let of_alias = |state| Some(vec![Provisioned { qualifier: "live".into(), requested: 7, state }]);
    let mut it = Case::published();
    it.seen.alias = Some(alias("4", Some(("3", 1.0))));
    it.seen.provisioned = of_alias(Update::InProgress);
    assert_eq!(it.forward(), Next::Mark(Phase::Baking), "it moved before the run was broken off");
    it.progress.moved = Some(NOW);
    assert!(matches!(it.forward(), Next::Wait { stale: Stale::Arrival, .. }));
    it.seen.provisioned = of_alias(Update::Failed("no room".into()));
    assert_eq!(ends(&it.forward()), Phase::Failed);
    assert_eq!(it.back(), moved("3", None));
    it.seen.alias = Some(alias("3", Some(("4", 1.0))));
    assert_eq!(ends(&it.back()), Phase::RolledBack, "Lambda leads the traffic back by itself");
    it.seen.alias = Some(alias("3", Some(("7", 1.0))));
    assert_eq!(ends(&it.back()), Phase::LeftAlone);
    it.traffic = Traffic::Canary { percent: 10, minutes: 5 };
    it.seen.alias = Some(alias("3", Some(("4", 0.1))));
    assert_eq!(it.back(), moved("3", None), "the weights are the canary's");
}
