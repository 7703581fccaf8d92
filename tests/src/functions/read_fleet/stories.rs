//! The stories of `read-fleet`.

use expect_test::expect;

use super::Scene;
use crate::world::fleet::Given;
use crate::world::scene::stories;

/// A run that was planned.
pub fn planned() -> Given {
    Given { is_planned: true, ..Given::default() }
}

/// A run that was planned, and in which every account has its results.
pub fn done() -> Given {
    Given { has_results: true, ..planned() }
}

stories! { Scene;
    a_run_begins: Given::default(), expect![[r#"
        read-fleet: applied
          - write runs/identities-1/lists/identities-1.canary.json: 222233334444
          - write runs/identities-1/lists/identities-1.json: 1 account
          - write runs/identities-1/account=skipped/results.jsonl.gz: 1 account
          - write runs/identities-1/plan.json: caller-identity
          note: 1 account x 2 Regions; 1 account left alone
        before
        the bucket is empty
        after
        runs/identities-1/account=skipped/results.jsonl.gz
            Skipped 111122223333  it is the calling account
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
        runs/identities-1/plan.json
    "#]];
    a_run_goes_on: done(), expect![[r#"
        read-fleet: applied
          - write runs/identities-1/lists/identities-1--2.json: 0 accounts
          note: without a result: 0 of 1 account
        before
        runs/before-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 before
        runs/identities-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 now
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
        runs/identities-1/plan.json
        series/weekly.json
        after
        runs/before-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 before
        runs/identities-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 now
        runs/identities-1/lists/identities-1--2.json
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
        runs/identities-1/plan.json
        series/weekly.json
    "#]];
    a_run_that_writes_is_refused: Given::default(), expect![[r#"
        read-fleet: refused (the request of the run, work.operation: `share-sweep` writes, and this workflow only reads; start write-fleet)
        nothing changed
    "#]];
    the_first_account_is_tried: planned(), expect![[r#"
        read-fleet: applied
          - work in account 222233334444
        before
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
        after
        runs/identities-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-central-1 arn:aws:sts::222233334444:assumed-role/signalbox-read-fleet/read-fleet@an-event
            Results 222233334444 eu-west-1 arn:aws:sts::222233334444:assumed-role/signalbox-read-fleet/read-fleet@an-event
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
    "#]];
    an_account_is_worked_on: planned(), expect![[r#"
        read-fleet: applied
          - work in account 222233334444
        before
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
        after
        runs/identities-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-central-1 arn:aws:sts::222233334444:assumed-role/signalbox-read-fleet/read-fleet@an-event
            Results 222233334444 eu-west-1 arn:aws:sts::222233334444:assumed-role/signalbox-read-fleet/read-fleet@an-event
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
    "#]];
    a_run_ends: done(), expect![[r#"
        read-fleet: applied
          - write series/weekly.json: identities-1
          - write runs/identities-1/manifest.json: caller-identity identities-1: 1 account; results: 1; failures: 0; left alone: 0; without a result: 0; places that differ from before-1: 1
          note: caller-identity identities-1: 1 account; results: 1; failures: 0; left alone: 0; without a result: 0; places that differ from before-1: 1
        before
        runs/before-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 before
        runs/identities-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 now
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
        runs/identities-1/plan.json
        series/weekly.json
        after
        runs/before-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 before
        runs/identities-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 now
        runs/identities-1/lists/identities-1.canary.json
        runs/identities-1/lists/identities-1.json
        runs/identities-1/manifest.json
        runs/identities-1/plan.json
        series/weekly.json
    "#]];
}
