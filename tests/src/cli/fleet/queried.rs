//! The query of the guide, as `DuckDB` runs it over files that Signalbox wrote.

use std::path::Path;
use std::process::Command;

use fleet::{Account, Entry, Reason};
use fleet_runs::{RunId, keys, lines};
use serde_json::json;

use crate::tidy::read;

/// The statement of the guide, over a folder in place of the bucket.
fn query(folder: &Path) -> String {
    let guide = read("docs/guides/fleet-results.md");
    let (_, after) = guide.split_once("## DuckDB").unwrap();
    let (_, query) = after.split_once("```sql\n").unwrap();
    let (query, _) = query.split_once("```").unwrap();
    assert!(query.contains("'s3://BUCKET/runs/RUN/"), "{query}");
    query.replace("s3://BUCKET", folder.to_str().unwrap()).replace("/RUN/", "/run-1/")
}

/// The rows that `DuckDB` answers.
fn rows_of(query: &str) -> Vec<Vec<String>> {
    let asks = "import duckdb, json, sys; json.dump(duckdb.sql(sys.argv[1]).fetchall(), sys.stdout)";
    let python = local_aws::workspace().join(".local/venv/bin/python");
    let ran = Command::new(python).args(["-c", asks, query]).output().unwrap();
    assert!(ran.status.success(), "{query}: {}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn the_query_of_the_guide_reads_what_runs_write_and_account_ids_keep_their_zeros() {
    let folder = std::env::temp_dir().join(format!("signalbox-queried-{}", std::process::id()));
    let run: RunId = "run-1".parse().unwrap();
    let write = |key: &str, entries: &[Entry<serde_json::Value>]| {
        let file = folder.join(key);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, lines::write(entries).unwrap()).unwrap();
    };
    let account = |id: &str| Account::unknown(id.parse().unwrap());
    let region = |name: &str| name.parse().unwrap();
    for id in ["000000000012", "111122223333"] {
        let listed = json!([{"Name": "kept", "RotationEnabled": true}, {"Name": "stale", "RotationEnabled": false}]);
        let entries = [
            Entry::result(account(id), region("eu-west-1"), json!({"Secrets": listed})),
            Entry::result(account(id), region("eu-central-1"), json!({"Secrets": []})),
            Entry::exception(account(id), region("us-east-1"), "it failed".into()),
        ];
        write(&keys::results(&run, &account(id).id), &entries);
    }
    let denied = Entry::failed_assume_role(account("222233334444"), "denied".into());
    write(&keys::results(&run, &account("222233334444").id), &[denied]);
    write(&keys::skipped(&run), &[Entry::skipped(account("333344445555"), None, Reason::Ignored)]);
    std::fs::write(folder.join(keys::manifest(&run)), "{}").unwrap();
    let rows = rows_of(&query(&folder));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(rows, [["000000000012", "eu-west-1", "stale"], ["111122223333", "eu-west-1", "stale"]]);
}
