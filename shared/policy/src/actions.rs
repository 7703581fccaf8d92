//! The packed list of AWS's actions, resource types and condition keys, read in place: nothing is unpacked or copied.
//!
//! `actions/renew.py` writes it: `SIGACT02`, the date and the source as short texts (a byte of length, and the bytes), the places
//! of four tables, and the tables: services, condition keys, resource types, lists. A table is a count, the place of each record
//! counted from the end of these places, and the records. Numbers are little-endian. A service is its prefix, its number of
//! actions (two bytes), the place of each eighth action counted from the end of these places (two bytes each), and its actions in
//! order: name, access level (a byte), list of resource types, list of condition keys.
//! A condition key is its type (a byte, of which 0x80 says that every request may have it) and its name; a resource type is its
//! ARN with `*` for what varies; a list is a count and numbers, of two bytes each.

use std::cmp::Ordering;

const PACKED: &[u8] = include_bytes!("../actions/actions.bin");

/// Where the four tables begin.
const PLACES: [usize; 4] = {
    let (date, source) = (PACKED[8] as usize, PACKED[9 + PACKED[8] as usize] as usize);
    let first = 10 + date + source;
    [four(first), four(first + 4), four(first + 8), four(first + 12)]
};

/// Of how many actions of a service one has its place in the table.
const EACH: usize = 8;

/// An action as AWS documents it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action {
    name: &'static [u8],
    /// As AWS classes it, by its number in the table.
    pub(crate) level: u8,
    types: u16,
    keys: u16,
}

/// What a condition key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    Arn,
    Bool,
    Number,
    Date,
    Address,
}

/// A condition key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    number: usize,
    pub(crate) name: &'static str,
    pub(crate) holds: Holds,
    pub(crate) is_list: bool,
    /// Whether a request may have it whatever the action.
    pub(crate) is_global: bool,
}

impl Key {
    /// Whether the list of condition keys has it.
    pub(crate) fn is_in(self, list: u16) -> bool {
        self.is_global || numbers(list).any(|it| it == self.number)
    }
}

/// The bytes of a name, and what follows them.
type Block = (&'static [u8], &'static [u8]);

/// A service, and its actions in order of their names.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) prefix: &'static str,
    count: u16,
    /// The places of each eighth action.
    places: &'static [u8],
    actions: &'static [u8],
}

/// The actions of a service whose names a pattern fits.
#[derive(Clone, Debug)]
pub(crate) struct Fitting<'p> {
    /// What the names begin with, and the rest of the pattern.
    head: &'p [u8],
    tail: &'p [u8],
    left: u16,
    rest: &'static [u8],
}

/// The list's date and source.
pub(crate) fn origin() -> (&'static str, &'static str) {
    let (date, rest) = short(&PACKED[8..]);
    (date, short(rest).0)
}

/// The service of this prefix.
pub(crate) fn service(prefix: &str) -> Option<Listed> {
    search(SERVICES, |record| compare(bytes(record).0, prefix.as_bytes())).map(|it| read_service(record(SERVICES, it)))
}

/// What an action is about, by its full name.
pub(crate) fn types_of(action: &str) -> impl Iterator<Item = &'static str> {
    let found = action.split_once(':').and_then(|(prefix, name)| service(prefix)?.actions(name).next());
    found.into_iter().flat_map(Action::types)
}

/// Every service.
pub(crate) fn services() -> impl Iterator<Item = Listed> {
    (0..count(SERVICES)).map(|it| read_service(record(SERVICES, it)))
}

/// The condition key of this name; what follows `/` in it may vary, as a tag's key does.
pub(crate) fn key(name: &str) -> Option<Key> {
    let find = |name: &str| search(KEYS, |record| compare(bytes(&record[1..]).0, name.as_bytes())).map(read_key);
    let of_tag = || find(&format!("{}/*", name.split_once('/')?.0));
    let by_pattern = || {
        let fits = |it: &usize| {
            let pattern = bytes(&record(KEYS, *it)[1..]).0;
            // Each begins with the name of its service.
            let begin = |it: &[u8]| it.first().map(u8::to_ascii_lowercase);
            begin(pattern) == begin(name.as_bytes())
                && pattern.contains(&b'*')
                && crate::pattern::bytes_cover(pattern, name.as_bytes())
        };
        (0..count(KEYS)).find(fits).map(read_key)
    };
    find(name).or_else(of_tag).or_else(by_pattern)
}

/// Every condition key.
pub(crate) fn keys() -> impl Iterator<Item = Key> {
    (0..count(KEYS)).map(read_key)
}

impl Listed {
    /// Its actions whose names the pattern fits.
    pub(crate) fn actions(self, pattern: &str) -> Fitting<'_> {
        let pattern = pattern.as_bytes();
        let (head, tail) =
            pattern.split_at(pattern.iter().position(|it| matches!(it, b'*' | b'?')).unwrap_or(pattern.len()));
        // The first place whose name is not before the head; the action may stand before that place, and after the one before it.
        let at = |number: usize| usize::from(two(&self.places[2 * number..]));
        let (mut low, mut high) = (0, self.places.len() / 2);
        while low < high {
            let middle = usize::midpoint(low, high);
            let is_before = compare(bytes(&self.actions[at(middle)..]).0, head) == Ordering::Less;
            (low, high) = if is_before { (middle + 1, high) } else { (low, middle) };
        }
        let from = low.saturating_sub(1);
        let rest = if self.places.is_empty() { self.actions } else { &self.actions[at(from)..] };
        let before = u16::try_from(EACH * from).unwrap_or(u16::MAX);
        Fitting { head, tail, left: self.count.saturating_sub(before), rest }
    }

    /// All its actions.
    pub(crate) fn every_action(self) -> Fitting<'static> {
        self.actions("*")
    }
}

impl Iterator for Fitting<'_> {
    type Item = Action;

    fn next(&mut self) -> Option<Action> {
        while self.left > 0 {
            let (name, after) = bytes(self.rest);
            (self.left, self.rest) = (self.left - 1, &after[5..]);
            let (begin, end) = name.split_at(self.head.len().min(name.len()));
            match compare(begin, self.head) {
                Ordering::Greater => self.left = 0,
                Ordering::Equal if self.fits(end) => return Some(read_action((name, after))),
                Ordering::Less | Ordering::Equal => {}
            }
        }
        None
    }
}

impl Fitting<'_> {
    /// Whether the rest of the pattern fits the rest of a name.
    fn fits(&self, end: &[u8]) -> bool {
        match self.tail {
            [] => end.is_empty(),
            [b'*'] => true,
            tail => crate::pattern::bytes_cover(tail, end),
        }
    }
}

impl Action {
    /// Its name, without the service.
    pub(crate) fn name(self) -> &'static str {
        text(self.name)
    }

    /// The number of its list of resource types: actions that have the same are about the same things.
    pub(crate) fn list_of_types(self) -> u16 {
        self.types
    }

    /// The ARNs of what it acts on, with `*` for what varies; none where it takes `*` only.
    pub(crate) fn types(self) -> impl Iterator<Item = &'static str> {
        numbers(self.types).map(|it| short(record(TYPES, it)).0)
    }

    /// The number of its list of condition keys: actions that have the same know the same keys.
    pub(crate) fn list_of_keys(self) -> u16 {
        self.keys
    }

    /// Whether a request for it may have this key.
    pub(crate) fn knows(self, key: Key) -> bool {
        key.is_in(self.keys)
    }
}

const SERVICES: usize = 0;
const KEYS: usize = 1;
const TYPES: usize = 2;
const LISTS: usize = 3;

fn read_service(record: &'static [u8]) -> Listed {
    let (prefix, rest) = short(record);
    let count = two(rest);
    let (places, actions) = rest[2..].split_at(2 * usize::from(count).div_ceil(EACH));
    Listed { prefix, count, places, actions }
}

fn read_key(number: usize) -> Key {
    let record = record(KEYS, number);
    let (holds, is_list) = match record[0] & 0x7f {
        1 => (Holds::Text, true),
        2 => (Holds::Arn, false),
        3 => (Holds::Arn, true),
        4 => (Holds::Bool, false),
        5 => (Holds::Bool, true),
        6 => (Holds::Number, false),
        7 => (Holds::Date, false),
        8 => (Holds::Address, false),
        _ => (Holds::Text, false),
    };
    Key { number, name: short(&record[1..]).0, holds, is_list, is_global: record[0] & 0x80 != 0 }
}

fn numbers(list: u16) -> impl Iterator<Item = usize> {
    let record = record(LISTS, list.into());
    record[2..].chunks_exact(2).take(two(record).into()).map(|it| two(it).into())
}

/// The number of the record for which `compare` finds what is looked for.
fn search(table: usize, compare: impl Fn(&'static [u8]) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (0, count(table));
    while low < high {
        let middle = usize::midpoint(low, high);
        match compare(record(table, middle)) {
            Ordering::Equal => return Some(middle),
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
        }
    }
    None
}

/// The record, and what follows it.
fn record(table: usize, number: usize) -> &'static [u8] {
    let table = PLACES[table];
    let first = table + 4 + 4 * four(table);
    &PACKED[first + four(table + 4 + 4 * number)..]
}

fn count(table: usize) -> usize {
    four(PLACES[table])
}

const fn four(at: usize) -> usize {
    u32::from_le_bytes([PACKED[at], PACKED[at + 1], PACKED[at + 2], PACKED[at + 3]]) as usize
}

/// The order of two names, whatever the case of their letters.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let fold = u8::to_ascii_lowercase;
    let differing = one.iter().zip(other).map(|(a, b)| fold(a).cmp(&fold(b))).find(|it| it.is_ne());
    differing.unwrap_or_else(|| one.len().cmp(&other.len()))
}

fn two(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn read_action((name, rest): Block) -> Action {
    Action { name, level: rest[0], types: two(&rest[1..]), keys: two(&rest[3..]) }
}

/// A short text at the beginning, and what follows it.
fn short(record: &'static [u8]) -> (&'static str, &'static [u8]) {
    let (name, rest) = bytes(record);
    (text(name), rest)
}

/// The same as bytes, since to prove that they are a text costs more than to compare them.
fn bytes(record: &'static [u8]) -> Block {
    record[1..].split_at(record[0].into())
}

fn text(bytes: &'static [u8]) -> &'static str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
