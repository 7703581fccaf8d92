//! Which wildcard answers for a name.

use super::{NAME, set};
use crate::Records;

/// Which wildcard answers for this name, where these names have records.
fn wildcard(name: &str, names: &[&str]) -> Option<String> {
    let records: Records = names.iter().map(|it| set(it, "A", "10.0.0.1")).collect();
    let site = records.site(&name.parse().unwrap());
    site.wildcard.first().map(|set| set.name.clone())
}

#[test]
fn a_wildcard_answers_for_what_does_not_exist_below_its_closest_encloser() {
    let all = Some("*.example.com.".to_owned());
    assert_eq!(wildcard(NAME, &["*.example.com"]), all);
    assert_eq!(wildcard(NAME, &["\\052.example.com"]).as_deref(), Some("\\052.example.com."), "as Route 53 writes it");
    assert_eq!(wildcard("etl.lab.example.com", &["*.example.com"]), all, "it answers for deeper names");
    assert_eq!(wildcard("a.b.c.example.com", &["*.example.com", "x.example.com"]), all);
    assert_eq!(wildcard("etl.lab.example.com", &["*.example.com", "lab.example.com"]), None, "a closer encloser");
    let below = ["*.example.com", "www.lab.example.com"];
    assert_eq!(wildcard("etl.lab.example.com", &below), None, "which exists, since something stands below it");
    assert_eq!(wildcard("etl.lab.example.com", &["*.example.com", "notlab.example.com"]), all);
    let nearer = ["*.example.com", "*.lab.example.com"];
    assert_eq!(wildcard("etl.lab.example.com", &nearer).as_deref(), Some("*.lab.example.com."));
    assert_eq!(wildcard(NAME, &nearer), all);
    assert_eq!(wildcard(NAME, &["*.example.com", "0.etl.example.com"]), None, "the name exists");
    assert_eq!(wildcard(NAME, &["*.example.org", "example.com"]), None);
}
