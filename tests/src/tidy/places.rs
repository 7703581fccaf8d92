//! What the sources say of the world: the regions that exist, and accounts that do not exist.

use std::collections::BTreeSet;

use place::Region;
use serde_json::Value;

use super::files;

/// The accounts of samples and tests; the first four are those of AWS's own documentation.
const ACCOUNTS: [&str; 17] = [
    "111122223333",
    "123456789012",
    "444455556666",
    "555566667777",
    "000000000000",
    "000000000012",
    "111111111111",
    "222222222222",
    "222233334444",
    "333333333333",
    "333344445555",
    "444444444444",
    "666677778888",
    "777788889999",
    "888899990000",
    "987654321098",
    "999988887777",
];

#[test]
fn accounts_are_sample_accounts() {
    for file in files().into_iter().filter(|file| !["lock", "txt", "pem"].contains(&file.extension())) {
        for word in file.text.split(|it: char| !it.is_alphanumeric()) {
            let is_account = word.len() == 12 && word.bytes().all(|it| it.is_ascii_digit());
            // Tests that need many accounts count them up.
            let is_known = ACCOUNTS.contains(&word) || word.starts_with("1000000000");
            assert!(!is_account || is_known, "{}: {word} may be a real account", file.path);
        }
    }
}

/// The partitions that are open to the public; the others have names of their own in botocore's list.
#[test]
fn the_regions_are_those_that_botocore_knows() {
    let ours: BTreeSet<_> =
        Region::all().map(|(partition, region)| (partition.to_string(), region.to_owned())).collect();
    let partitions: BTreeSet<_> = ours.iter().map(|(partition, _)| partition.clone()).collect();
    let known = botocore_partitions();
    let known =
        known["partitions"].as_array().unwrap().iter().filter(|it| partitions.contains(it["id"].as_str().unwrap()));
    let theirs = known.flat_map(|partition| {
        let names = partition["regions"].as_object().unwrap().keys().filter(|name| !name.ends_with("-global"));
        names.map(|name| (partition["id"].as_str().unwrap().to_owned(), name.clone())).collect::<Vec<_>>()
    });
    assert_eq!(ours, theirs.collect(), "REGIONS in shared/reaction/src/place.rs");
}

fn botocore_partitions() -> Value {
    let libraries =
        std::fs::read_dir(local_aws::workspace().join(".local/venv/lib")).expect("`make setup` installs it");
    let mut files = libraries.map(|it| it.unwrap().path().join("site-packages/botocore/data/partitions.json"));
    let text = files.find_map(|path| std::fs::read_to_string(path).ok()).expect("moto brings botocore");
    serde_json::from_str(&text).unwrap()
}
