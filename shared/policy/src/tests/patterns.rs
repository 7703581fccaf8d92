//! Wildcards, held against a slow reading of what they mean.

use proptest::prelude::*;

use crate::pattern::{covers, fits, is_every_action, is_every_resource, meet};

/// Every text of at most `longest` letters of this alphabet.
fn words(longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|it| ["a", "b", ":"].map(|letter| it.clone() + letter)).collect();
        all.extend(last.clone());
    }
    all
}

/// What `*` and `?` mean, as they are explained.
fn means(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => means(rest, text) || !text.is_empty() && means(pattern, &text[1..]),
        ([b'?', rest @ ..], [_, more @ ..]) => means(rest, more),
        ([a, rest @ ..], [b, more @ ..]) => a == b && means(rest, more),
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_pattern_fits_what_it_means(pattern in "[ab:*?]{0,6}", text in "[ab:]{0,6}") {
        prop_assert_eq!(fits(&pattern, &text), means(pattern.as_bytes(), text.as_bytes()));
    }

    /// What is said to be covered is; and where two are said not to meet, no text fits both.
    #[test]
    fn covering_and_meeting_are_what_texts_show(one in "[ab*?]{0,4}", other in "[ab*?]{0,4}") {
        let both = |text: &String| (means(one.as_bytes(), text.as_bytes()), means(other.as_bytes(), text.as_bytes()));
        let shown: Vec<_> = words(5).iter().map(both).collect();
        if covers(&one, &other) {
            prop_assert!(shown.iter().all(|(a, b)| *a || !*b));
        }
        if shown.contains(&(true, true)) {
            prop_assert!(meet(&one, &other));
        }
        if !meet(&one, &other) {
            prop_assert!(!shown.contains(&(true, true)));
        }
    }
}

#[test]
fn everything_is_known_in_each_notation() {
    for it in ["*", "**", "*:*", "?*", "*?"] {
        assert!(is_every_action(it), "{it}");
    }
    for it in ["s3:*", "iam:*", "a*", ""] {
        assert!(!is_every_action(it), "{it}");
    }
    for it in ["*", "arn:*", "arn:aws:*", "arn:aws:*:*:*:*", "arn:*:*:*:*:*", "arn*", "arn:aws-cn:*"] {
        assert!(is_every_resource(it), "{it}");
    }
    for it in ["arn:aws:s3:::*", "arn:aws:iam::*:role/*", "arn:aws:s3:::a", "arn:aws-cn:s3:*", "arn", "ar*"] {
        assert!(!is_every_resource(it), "{it}");
    }
}
