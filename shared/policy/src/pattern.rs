//! `*` and `?`, as policies have them: whether a text fits, whether a pattern covers another one, whether two can meet.

/// Whether the pattern fits the text, whatever the case of the letters.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    covers(pattern, text)
}

/// Whether everything that the second fits is fitted by the first, whatever the case of the letters. A wildcard of the second is
/// covered by a wildcard of the first only; `false` may be wrong where several wildcards together would cover one.
pub(crate) fn covers(pattern: &str, other: &str) -> bool {
    cover::<true>(pattern.as_bytes(), other.as_bytes())
}

/// The same where the case of letters counts, as it does in the names of things and in values.
pub(crate) fn covers_exactly(pattern: &str, other: &str) -> bool {
    cover::<false>(pattern.as_bytes(), other.as_bytes())
}

/// The same of bytes: wildcards are ASCII, and only ASCII's letters have a case here.
pub(crate) fn bytes_cover(pattern: &[u8], other: &[u8]) -> bool {
    cover::<true>(pattern, other)
}

fn cover<const ANY_CASE: bool>(pattern: &[u8], other: &[u8]) -> bool {
    let (mut p, mut o, mut retry) = (0, 0, None);
    while o < other.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, o));
                p += 1;
            }
            Some(b'?') if other[o] != b'*' => (p, o) = (p + 1, o + 1),
            Some(byte) if is_same::<ANY_CASE>(*byte, other[o]) && !matches!(other[o], b'*' | b'?') => {
                (p, o) = (p + 1, o + 1);
            }
            _ => match retry {
                Some((after, from)) => {
                    (p, o) = (after, from + 1);
                    retry = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

fn is_same<const ANY_CASE: bool>(one: u8, other: u8) -> bool {
    one == other || ANY_CASE && one.eq_ignore_ascii_case(&other)
}

/// Whether some text fits both, whatever the case of the letters.
pub(crate) fn meet(one: &str, other: &str) -> bool {
    // Most are texts without wildcards, or nothing but one.
    let is_plain = |it: &str| !it.bytes().any(|it| matches!(it, b'*' | b'?'));
    match (is_plain(one), is_plain(other)) {
        _ if one == "*" || other == "*" => true,
        (true, true) => one.eq_ignore_ascii_case(other),
        (false, true) => fits(one, other),
        (true, false) => fits(other, one),
        (false, false) => patterns_meet(one.as_bytes(), other.as_bytes()),
    }
}

fn patterns_meet(one: &[u8], other: &[u8]) -> bool {
    // Most differ before the first wildcard, or after the last one.
    let agree = |(a, b): (&u8, &u8)| a.eq_ignore_ascii_case(b);
    let is_plain = |(a, b): &(&u8, &u8)| !matches!(a, b'*' | b'?') && !matches!(b, b'*' | b'?');
    if !one.iter().zip(other).take_while(is_plain).all(agree)
        || !one.iter().rev().zip(other.iter().rev()).take_while(is_plain).all(agree)
    {
        return false;
    }
    // Whether the rest of one and the rest of the other meet, for each rest of the other; from the end.
    let mut below: Vec<bool> = (0..=other.len()).map(|at| other[at..].iter().all(|it| *it == b'*')).collect();
    let mut row = vec![false; other.len() + 1];
    for (index, a) in one.iter().enumerate().rev() {
        row[other.len()] = one[index..].iter().all(|it| *it == b'*');
        for (at, b) in other.iter().enumerate().rev() {
            row[at] = match (a, b) {
                (b'*', _) | (_, b'*') => below[at] || row[at + 1],
                (b'?', _) | (_, b'?') => below[at + 1],
                _ => a.eq_ignore_ascii_case(b) && below[at + 1],
            };
        }
        std::mem::swap(&mut below, &mut row);
    }
    below[0]
}

/// Whether the pattern of an action fits every action: `*`, `*:*`, `?*`.
pub(crate) fn is_every_action(pattern: &str) -> bool {
    pattern.bytes().rev().all(|it| matches!(it, b'*' | b'?' | b':')) && pattern.contains('*')
}

/// Whether the pattern of a resource fits every resource, or every one of a partition: `*`, `arn:*`, `arn:aws:*:*:*:*`.
pub(crate) fn is_every_resource(pattern: &str) -> bool {
    let is_wild = |it: &u8| matches!(it, b'*' | b'?' | b':' | b'/');
    // Few patterns have nothing else behind the partition, and most show that in their last letters.
    let wild = pattern.bytes().rev().take_while(|it| is_wild(it)).count();
    let (given, wild) = pattern.as_bytes().split_at(pattern.len() - wild);
    let is_of_all =
        matches!(given, b"" | b"arn" | b"arn:aws") || given.starts_with(b"arn:aws-") && !given[8..].contains(&b':');
    is_of_all && wild.contains(&b'*')
}

/// Whether the pattern fits everything because it is nothing but stars: no other may be taken for what a deny is about.
pub(crate) fn is_stars(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|it| it == b'*')
}
