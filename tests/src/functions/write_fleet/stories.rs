//! The stories of `write-fleet`.

use expect_test::expect;

use super::Scene;
use crate::world::fleet::Given;
use crate::world::scene::stories;

/// A manifest that shares images which the member may have.
pub fn shared() -> Given {
    let manifest = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012"]}}, "s3": {}, "rds": {}}"#;
    Given { manifest: Some(manifest.into()), ..Given::default() }
}

stories! { Scene;
    a_run_begins: shared(), expect![[r#"
        write-fleet: applied
          - write runs/shares-1/lists/shares-1.canary.json: 222233334444
          - write runs/shares-1/lists/shares-1.json: 1 account
          - write runs/shares-1/account=skipped/results.jsonl.gz: 1 account
          - write runs/shares-1/plan.json: share-sweep
          note: 1 account x 1 Region; 1 account left alone
        before
        the bucket is empty
        after
        runs/shares-1/account=skipped/results.jsonl.gz
            Skipped 111122223333  it is the calling account
        runs/shares-1/lists/shares-1.canary.json
        runs/shares-1/lists/shares-1.json
        runs/shares-1/plan.json
    "#]];
    an_account_is_worked_on: shared(), expect![[r#"
        write-fleet: applied
          - work in account 222233334444
        before
        the bucket is empty
        after
        runs/shares-1/account=222233334444/results.jsonl.gz
            Results 222233334444 eu-west-1 unchanged
    "#]];
}
