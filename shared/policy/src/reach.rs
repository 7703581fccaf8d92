//! What a pattern of resources reaches: every thing of a sort, or those that it names.
//!
//! A policy names every role also without `role/*`: by a pattern for each letter that names begin with. A pattern that gives fewer
//! than three characters of a name's beginning, and nothing long within it, is therefore taken for all of them: of beginnings of
//! three, a policy is long enough for a hundredth of those that there are.
//! What is taken back is judged the other way round: a deny counts where it is about all of it for sure, in the case of its letters.

use std::borrow::Cow;

use crate::pattern::{covers, covers_exactly, is_every_resource, is_stars, meet};

/// How many characters of a name's beginning make a pattern one of named things.
const GIVEN: usize = 3;

/// How many characters do wherever they are in the name: more than the words that names of roles are made of.
const GIVEN_WITHIN: usize = 12;

/// In place of a variable whose value is the caller's own.
const OWN: &str = "\u{1}\u{1}\u{1}";

/// What variables begin with whose values are fixed for a caller. Those of other keys are chosen with the request.
const OF_CALLERS: [&str; 9] = [
    "aws:username",
    "aws:userid",
    "aws:principaltag/",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalarn",
    "aws:sourceidentity",
    "saml:",
    "cognito-identity.amazonaws.com:",
];

/// Whether every variable in the text stands for something that is fixed for a caller. One with a default is not: its default counts
/// where the key is missing.
pub(crate) fn is_of_callers(text: &str) -> bool {
    text.split("${").skip(1).all(|it| is_fixed(it.split('}').next().unwrap_or_default()))
}

fn is_fixed(variable: &str) -> bool {
    let variable = variable.to_ascii_lowercase();
    matches!(variable.as_str(), "*" | "?" | "$")
        || !variable.contains(',') && OF_CALLERS.iter().any(|it| variable.starts_with(it))
}

/// The pattern with `*` for each variable that a request sets.
fn without_variables(pattern: &str) -> Cow<'_, str> {
    let Some((before, _)) = pattern.split_once("${") else { return pattern.into() };
    let mut plain = before.to_owned();
    for it in pattern.split("${").skip(1) {
        let (variable, after) = it.split_once('}').unwrap_or((it, ""));
        plain.push_str(if is_fixed(variable) { OWN } else { "*" });
        plain.push_str(after);
    }
    plain.into()
}

/// The six parts of an ARN. What a `*` at the end leaves out is `*`.
pub(crate) fn parts(arn: &str) -> [&str; 6] {
    let mut parts = [if arn.ends_with('*') { "*" } else { "" }; 6];
    for (part, text) in parts.iter_mut().zip(arn.splitn(6, ':')) {
        *part = text;
    }
    parts
}

/// Whether some thing fits both patterns.
pub(crate) fn may_be_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (without_variables(one), without_variables(other));
    let is_any = |it: &str| it.contains(OWN);
    is_every_resource(&one)
        || is_every_resource(&other)
        || parts(&one).iter().zip(parts(&other)).all(|(a, b)| is_any(a) || is_any(b) || meet(a, b))
}

/// Whether the pattern reaches all that the ARN stands for, and not only what it names; partition, Region and account need only be
/// possible.
pub(crate) fn reaches_all(pattern: &str, arn: &str) -> bool {
    if is_every_resource(pattern) {
        return true;
    }
    let is_one = !pattern.bytes().any(|it| matches!(it, b'*' | b'?' | b'$'));
    if is_one {
        return !arn.ends_with(['*', '}']) && may_be_the_same(pattern, arn);
    }
    let pattern = without_variables(pattern);
    // A star that stands for several parts.
    if pattern.bytes().filter(|it| *it == b':').count() < 5 {
        return reaches_names(&pattern, arn, true);
    }
    let (own, of) = (parts(&pattern), parts(arn));
    (0..5).all(|part| own[part].contains(OWN) || meet(own[part], of[part])) && reaches_names(own[5], of[5], false)
}

/// Whether the pattern reaches every name of a sort, such as `role/*`; or the one that is meant.
fn reaches_names(pattern: &str, sort: &str, is_of_arns: bool) -> bool {
    let is_own = |rest: &str| rest.contains(OWN);
    let (begin, is_also): (_, &dyn Fn(&str) -> bool) =
        match (sort.strip_suffix('*'), sort.strip_suffix("${aws:username}")) {
            (Some(begin), _) => (begin, &|_| false),
            (_, Some(begin)) => (begin, &is_own),
            _ => return covers(pattern, sort),
        };
    let mut rests = rests(pattern.as_bytes(), begin.as_bytes()).into_iter().filter_map(|it| pattern.get(it..));
    rests.any(|rest| !(is_of_arns && rest.contains(':')) && (is_open(rest, begin) || is_also(rest)))
}

/// Whether the rest of a pattern, where a name begins, gives too little of the name.
fn is_open(rest: &str, begin: &str) -> bool {
    let of_ids: &[&str] = match begin.rsplit(':').next().unwrap_or_default() {
        "instance/" => &["i-0", "i-"],
        "launch-template/" => &["lt-0", "lt-"],
        "permissionSet/*/" => &["ps-"],
        _ => &[],
    };
    let rest = of_ids.iter().find_map(|it| rest.strip_prefix(it)).unwrap_or(rest);
    // Of a path, each part is a name.
    let begin = |it: &str| it.bytes().take_while(|it| !matches!(it, b'*' | b'?')).count();
    let given = rest.split('/').map(begin).max().unwrap_or_default();
    let within = rest.bytes().filter(|it| !matches!(it, b'*' | b'?')).count();
    rest.contains(['*', '?']) && given < GIVEN && within < GIVEN_WITHIN
}

/// Where the pattern may be once the beginning is behind it.
fn rests(pattern: &[u8], begin: &[u8]) -> Vec<usize> {
    let width = begin.len() + 1;
    let mut is_there = vec![false; (pattern.len() + 1) * width];
    is_there[0] = true;
    for p in 0..=pattern.len() {
        for b in 0..width {
            if !is_there[p * width + b] {
                continue;
            }
            let (own, of) = (pattern.get(p), begin.get(b));
            let (own_star, of_star) = (own == Some(&b'*'), of == Some(&b'*'));
            let is_same = own.zip(of).is_some_and(|(a, b)| *a == b'?' || a.eq_ignore_ascii_case(b));
            if own_star || of_star && own.is_some() {
                is_there[(p + 1) * width + b] = true;
            }
            if of_star || own_star && of.is_some() {
                is_there[p * width + b + 1] = true;
            }
            if is_same && !own_star && !of_star {
                is_there[(p + 1) * width + b + 1] = true;
            }
        }
    }
    (0..=pattern.len()).filter(|p| is_there[p * width + begin.len()]).collect()
}

/// Whether the pattern is about everything that the ARN stands for, whatever the request. Where a partition is not told, `aws` is meant.
pub(crate) fn is_about_all(pattern: &str, arn: &str) -> bool {
    let (own, of) = (parts(pattern), parts(arn));
    let covers = |part: usize| part == 1 && own[1] == "aws" && of[1] == "*" || covers_exactly(own[part], of[part]);
    is_stars(pattern) || (0..5).all(covers) && covers_exactly(&with_runs_as_stars(own[5]), of[5])
}

/// The pattern with `*` for each run of wildcards that has one: a name has a letter at least, so that `role/?*` is every role.
fn with_runs_as_stars(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains('?') {
        return pattern.into();
    }
    let is_wild = |it: u8| matches!(it, b'*' | b'?');
    let runs = pattern.as_bytes().chunk_by(|a, b| is_wild(*a) == is_wild(*b));
    let runs =
        runs.map(|run| if is_wild(run[0]) && matches!(run, [b'*'] | [b'?', b'*'] | [b'*', b'?']) { b"*" } else { run });
    String::from_utf8_lossy(&runs.collect::<Vec<_>>().concat()).into_owned().into()
}

/// The ARN in the partition of the pattern, where that names one.
pub(crate) fn in_partition_of<'a>(pattern: &str, arn: &'a str) -> Cow<'a, str> {
    let partition = parts(pattern)[1];
    if partition.is_empty() || partition.contains(['*', '?', '$']) {
        return arn.into();
    }
    arn.replacen("arn:*:", &format!("arn:{partition}:"), 1).into()
}
