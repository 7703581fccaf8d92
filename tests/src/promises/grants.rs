//! Grants are recorded before they are made and after, whatever becomes of a run in between.

mod settled;
mod thing;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::{Either, join, join_all, select};
use local_aws::FaultKind;
use reaction::Error;
use sharing::{Difference, Effect, Head, Kind, Resource};
use sharing_records::LEASE;

pub use thing::{Thing, accounts};

use crate::world::let_time_pass;

/// Longer than any lease.
const A_LEASE: Duration = Duration::from_secs(LEASE.as_secs() + 1);

fn notes(items: &[sharing_records::AuditItem]) -> Vec<&str> {
    items.iter().filter_map(|item| item.note.as_deref()).collect()
}

#[tokio::test]
async fn a_grant_counts_from_its_intent_on_and_has_an_item_after_its_effect() {
    let thing = Thing::new().await;
    let wanted = accounts(1, 2);
    let asked_meanwhile = async |difference: &Difference<_>| {
        assert_eq!((thing.owned().await, thing.granted().await), (wanted.clone(), BTreeSet::new()));
        let head = thing.head().await;
        assert_eq!(head.pending.as_ref().map(|it| &it.add), Some(&wanted));
        assert_eq!(thing.grants.history(&thing.resource).await.unwrap().len(), 1);
        Ok(thing.give(difference))
    };
    assert!(thing.share(&wanted, asked_meanwhile).await.unwrap());
    thing.assert_owned().await;
    let items = thing.whole_audit().await;
    assert_eq!((items.len(), notes(&items)), (2, vec!["done"]));
    assert!(!thing.share_with(&wanted).await.unwrap(), "nothing is left to do");
}

#[tokio::test]
async fn where_nobody_gains_or_loses_nothing_is_written_and_nothing_is_done() {
    let thing = Thing::new().await;
    let step = thing.step(&BTreeSet::new(), Head::default());
    let before = thing.world.calls();
    thing.grants.record("occurrence", &step, None, async { panic!("nobody gains or loses") }).await.unwrap();
    assert_eq!(thing.world.operations_since(before), [] as [String; 0]);
}

#[tokio::test]
async fn who_is_refused_has_no_grant_and_a_removal_that_is_refused_keeps_its_own() {
    let thing = Thing::new().await;
    thing.share_with(&accounts(1, 2)).await.unwrap();
    let half = async |_: &Difference<_>| {
        let done = Difference { add: accounts(3, 3), remove: accounts(1, 1) };
        Ok(Effect { refused: Some(Error::refused("EC2 does not accept two of them")), ..thing.give(&done) })
    };
    let error = thing.share(&accounts(3, 4), half).await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    thing.assert_owned().await;
    assert_eq!(thing.held(), accounts(2, 3));
    let items = thing.whole_audit().await;
    assert_eq!(notes(&items), ["done", "EC2 does not accept two of them"]);
    assert_eq!(items[3].difference(), Difference { add: accounts(3, 3), remove: accounts(1, 1) });
}

#[tokio::test]
async fn a_run_that_fails_leaves_its_change_to_the_next_one_at_once() {
    let thing = Thing::new().await;
    let half = async |_: &Difference<_>| {
        thing.give(&Difference { add: accounts(1, 1), remove: BTreeSet::new() });
        Err(Error::failed("throttled"))
    };
    let error = thing.share(&accounts(1, 2), half).await.unwrap_err();
    assert_eq!(error.to_string(), "throttled");
    assert!(thing.share_with(&accounts(1, 2)).await.unwrap());
    thing.assert_owned().await;
    let items = thing.whole_audit().await;
    assert_eq!(notes(&items), ["found after an interruption", "done"]);
    assert_eq!((&items[1].add, &items[2].add), (&accounts(1, 1), &accounts(2, 2)));
}

#[tokio::test]
async fn what_was_begun_and_never_made_is_no_grant_of_ours() {
    let thing = Thing::new().await;
    thing.share_with(&accounts(1, 2)).await.unwrap();
    let nothing = async |_: &Difference<_>| Err(Error::failed("throttled"));
    thing.share(&accounts(2, 4), nothing).await.unwrap_err();
    thing.share_with(&accounts(1, 2)).await.unwrap();
    thing.assert_owned().await;
    let items = thing.whole_audit().await;
    assert_eq!(notes(&items), ["done", "found after an interruption"]);
    assert!(items[3].difference().is_empty() && items[3].revert.is_none(), "{:?}", items[3]);
}

#[tokio::test]
async fn what_was_read_before_a_failed_run_ended_does_not_settle_it() {
    let thing = Thing::new().await;
    let wanted = accounts(1, 1);
    let late = thing.share(&wanted, async |_| {
        let_time_pass(Duration::from_secs(1));
        Err(Error::failed("throttled"))
    });
    let started = crate::world::now();
    late.await.unwrap_err();
    assert!(thing.head().await.is_busy(started) && !thing.head().await.is_busy(crate::world::now()));
}

#[tokio::test]
async fn an_open_change_whose_end_is_there_already_is_settled_and_nothing_is_done() {
    let thing = Thing::new().await;
    thing.die_at(3, FaultKind::AccessDenied);
    thing.share_with(&accounts(1, 2)).await.unwrap_err();
    thing.live();
    assert_eq!(thing.held(), accounts(1, 2));
    let_time_pass(A_LEASE);
    assert!(thing.share_with(&accounts(1, 2)).await.unwrap(), "the record is finished");
    assert_eq!(thing.effects.load(Ordering::Relaxed), 1);
    assert_eq!(notes(&thing.whole_audit().await), ["found after an interruption"]);
    thing.assert_owned().await;
}

#[tokio::test]
async fn while_a_run_may_be_at_work_nothing_is_done() {
    let thing = Thing::new().await;
    thing.die_at(3, FaultKind::AccessDenied);
    thing.share_with(&accounts(1, 1)).await.unwrap_err();
    thing.live();
    let step = thing.step(&accounts(1, 2), thing.head().await);
    let error = thing.grants.record("occurrence", &step, None, async { panic!("it is busy") }).await.unwrap_err();
    assert!(error.to_string().contains("another run is at work on ami-0123456789abcdef0 in eu-west-1"), "{error}");
    assert!(!error.is_refused());
}

/// Gains, loses and keeps, after a first change.
async fn shared_once() -> Thing {
    let thing = Thing::new().await;
    thing.share_with(&accounts(1, 3)).await.unwrap();
    thing
}

/// Runs again, as the next run does, until it comes through.
async fn run_until_done(thing: &Thing, wanted: &BTreeSet<sharing::Principal>) {
    let mut errors = Vec::new();
    for _ in 0..5 {
        let_time_pass(A_LEASE);
        match thing.share_with(wanted).await {
            Ok(_) if !thing.share_with(wanted).await.unwrap() => return,
            Ok(_) => {}
            Err(error) => errors.push(error.to_string()),
        }
    }
    panic!("five runs did not come through: {errors:?}");
}

#[tokio::test]
async fn killed_at_any_call_and_run_again_the_end_is_the_same() {
    for kind in [FaultKind::AccessDenied, FaultKind::Reset] {
        for nth in 1..=4 {
            let thing = shared_once().await;
            thing.die_at(nth, kind.clone());
            let result = thing.share_with(&accounts(3, 5)).await;
            assert_eq!(result.is_ok(), nth == 4, "three calls, and the fault at call {nth}: {result:?}");
            thing.live();
            run_until_done(&thing, &accounts(3, 5)).await;
            assert_eq!(thing.held(), accounts(3, 5), "{kind:?} at call {nth}");
            thing.assert_owned().await;
            thing.whole_audit().await;
        }
    }
}

#[tokio::test]
async fn dropped_at_any_moment_and_run_again_the_end_is_the_same() {
    for moment in 0.. {
        let thing = shared_once().await;
        let wanted = accounts(3, 5);
        let run = Box::pin(thing.share_with(&wanted));
        let mut left = moment;
        let kill = std::future::poll_fn(|_| match left {
            0 => std::task::Poll::Ready(()),
            _ => {
                left -= 1;
                std::task::Poll::Pending
            }
        });
        let is_done = matches!(select(kill, run).await, Either::Right(_));
        run_until_done(&thing, &wanted).await;
        assert_eq!(thing.held(), wanted, "dropped at moment {moment}");
        thing.assert_owned().await;
        thing.whole_audit().await;
        if is_done {
            assert!(moment > 3, "a run waits more often than {moment} times");
            return;
        }
    }
}

#[tokio::test]
async fn of_two_runs_that_planned_the_same_one_wins_and_afterwards_nothing_is_left_to_do() {
    for _ in 0..5 {
        let thing = shared_once().await;
        let before = thing.effects.load(Ordering::Relaxed);
        let step = thing.step(&accounts(2, 4), thing.head().await);
        let difference = step.changes[0].difference();
        let run = || thing.grants.record("occurrence", &step, None, async { Ok(thing.give(&difference)) });
        let (one, other) = join(run(), run()).await;
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert!(!one.and(other).unwrap_err().is_refused());
        assert_eq!(thing.effects.load(Ordering::Relaxed), before + 1);
        assert!(!thing.share_with(&accounts(2, 4)).await.unwrap());
        thing.assert_owned().await;
        assert_eq!(thing.whole_audit().await.len(), 4);
    }
}

#[tokio::test]
async fn runs_that_come_as_they_like_make_a_change_once() {
    let thing = shared_once().await;
    let before = thing.effects.load(Ordering::Relaxed);
    let wanted = accounts(2, 4);
    let results = join_all((0..8).map(|_| thing.share_with(&wanted))).await;
    assert!(results.iter().any(|result| matches!(result, Ok(true))), "{results:?}");
    assert_eq!(thing.effects.load(Ordering::Relaxed), before + 1);
    thing.assert_owned().await;
    assert_eq!(thing.whole_audit().await.len(), 4);
}

#[tokio::test]
async fn a_lost_table_of_grants_is_gone_on_with_from_the_audit() {
    let thing = shared_once().await;
    thing.world.lose_grants().await;
    assert!(thing.share_with(&accounts(2, 4)).await.unwrap());
    assert_eq!(thing.whole_audit().await.len(), 4);
    let owned = thing.grants.all().await.unwrap().grants;
    assert_eq!(
        owned.into_iter().map(|it| it.principal).collect::<BTreeSet<_>>(),
        accounts(4, 4),
        "the others are not ours any more"
    );
}

#[tokio::test]
async fn an_intent_that_only_the_audit_knows_gets_its_outcome() {
    let thing = shared_once().await;
    thing.die_at(3, FaultKind::AccessDenied);
    thing.share_with(&accounts(2, 4)).await.unwrap_err();
    thing.live();
    thing.world.lose_grants().await;
    let step = thing.step(&accounts(2, 5), Head::default());
    let busy = thing.grants.record("occurrence", &step, None, async { panic!("it is busy") }).await.unwrap_err();
    assert!(busy.to_string().contains("another run is at work"), "{busy}");
    let_time_pass(A_LEASE);
    assert!(thing.share_with(&accounts(2, 5)).await.unwrap());
    let items = thing.whole_audit().await;
    assert_eq!(notes(&items), ["done", "found after an interruption", "done"]);
    assert_eq!(items[3].difference(), Difference { add: accounts(4, 4), remove: accounts(1, 1) });
}

#[tokio::test]
async fn somebody_else_who_moved_the_record_on_is_noticed() {
    let thing = shared_once().await;
    let stale = thing.step(&accounts(1, 4), thing.head().await);
    thing.share_with(&accounts(1, 2)).await.unwrap();
    let error = thing.grants.record("occurrence", &stale, None, async { panic!("it moved") }).await.unwrap_err();
    assert!(error.to_string().contains("somebody else changed the record of ami-0123456789abcdef0"), "{error}");
}

/// More than a transaction holds.
#[tokio::test]
async fn a_hundred_and_twenty_principals_are_recorded_in_parts() {
    let many: BTreeSet<_> = (1..=120).map(|it| sharing::Principal::written(&format!("100000000{it:03}"))).collect();
    for (nth, kind) in (1..=6).flat_map(|nth| [(nth, FaultKind::AccessDenied), (nth, FaultKind::Reset)]) {
        let thing = Thing::new().await;
        thing.die_at(nth, kind.clone());
        let before = thing.world.calls();
        let result = thing.share_with(&many).await;
        thing.live();
        if result.is_ok() {
            let calls = thing.world.operations_since(before);
            assert_eq!((calls.len(), nth), (5, 6), "{calls:?}");
        }
        let fewer = many.iter().take(110).cloned().collect();
        run_until_done(&thing, &fewer).await;
        assert_eq!(thing.held(), fewer, "{kind:?} at call {nth}");
        thing.assert_owned().await;
        thing.whole_audit().await;
    }
}

#[tokio::test]
async fn more_heads_than_one_call_reads_are_read() {
    let thing = shared_once().await;
    let account = thing.world.account.parse().unwrap();
    let others =
        (0..150).map(|it| Resource::new(Kind::Snapshot, &account, &"eu-west-1".parse().unwrap(), format!("snap-{it}")));
    let all: Vec<_> = others.chain([thing.resource.clone()]).collect();
    let before = thing.world.calls();
    let heads = thing.grants.heads(&all).await.unwrap();
    assert_eq!(heads.keys().collect::<Vec<_>>(), [&thing.resource]);
    assert_eq!(thing.world.operations_since(before), ["dynamodb:BatchGetItem"; 2]);
}

/// A run that dies while it takes up what another one left, in one part and in several.
#[tokio::test]
async fn who_takes_over_may_die_as_well() {
    let many: BTreeSet<_> = (1..=120).map(|it| sharing::Principal::written(&format!("100000000{it:03}"))).collect();
    for (wanted, nth) in (2..=5).flat_map(|nth| [(accounts(1, 3), nth), (many.clone(), nth)]) {
        let thing = Thing::new().await;
        let no_answer = async |difference: &Difference<_>| {
            thing.give(difference);
            thing.die_at(1, FaultKind::AccessDenied);
            Err(Error::failed("no answer"))
        };
        thing.share(&wanted, no_answer).await.unwrap_err();
        thing.live();
        let_time_pass(A_LEASE);
        let fewer = wanted.iter().skip(1).cloned().collect();
        thing.die_at(nth, FaultKind::AccessDenied);
        drop(thing.share_with(&fewer).await);
        thing.live();
        run_until_done(&thing, &fewer).await;
        assert_eq!(thing.held(), fewer, "dead at call {nth}");
        thing.assert_owned().await;
        thing.whole_audit().await;
    }
}
