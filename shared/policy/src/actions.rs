//! The packed list of AWS's actions, resource types and condition keys, read in place: nothing is unpacked or copied.
//!
//! `actions/renew.py` writes it: `SIGACT01`, the date and the source as short texts (a byte of length, and the bytes), the places
//! of four tables, and the tables: services, condition keys, resource types, lists. A table is a count, the place of each record
//! counted from the end of these places, and the records. Numbers are little-endian. A service is its prefix, its number of
//! actions (two bytes) and its actions in order: name, access level (a byte), list of resource types, list of condition keys.
//! A condition key is its type (a byte, of which 0x80 says that every request may have it) and its name; a resource type is its
//! ARN with `*` for what varies; a list is a count and numbers, of two bytes each.

use std::cmp::Ordering;

static PACKED: &[u8] = include_bytes!("../actions/actions.bin");

/// An action as AWS documents it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action {
    pub(crate) name: &'static str,
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

/// The bytes of a name, and what follows them.
type Block = (&'static [u8], &'static [u8]);

/// A service, and its actions in order of their names.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) prefix: &'static str,
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
    let prefix = prefix.to_ascii_lowercase();
    search(SERVICES, |record| bytes(record).0.cmp(prefix.as_bytes())).map(|it| read_service(record(SERVICES, it)))
}

/// Every service.
pub(crate) fn services() -> impl Iterator<Item = Listed> {
    (0..count(SERVICES)).map(|it| read_service(record(SERVICES, it)))
}

/// The condition key of this name; what follows `/` in it may vary, as a tag's key does.
pub(crate) fn key(name: &str) -> Option<Key> {
    let find = |name: &str| {
        let name = name.to_ascii_lowercase();
        let compare = |it: &[u8]| it.iter().map(u8::to_ascii_lowercase).cmp(name.bytes());
        search(KEYS, |record| compare(bytes(&record[1..]).0)).map(read_key)
    };
    let of_tag = || find(&format!("{}/*", name.split_once('/')?.0));
    let by_pattern = || {
        let fits = |it: &usize| {
            let pattern = bytes(&record(KEYS, *it)[1..]).0;
            pattern.contains(&b'*') && crate::pattern::bytes_cover(pattern, name.as_bytes())
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
    pub(crate) fn actions(self, pattern: &str) -> impl Iterator<Item = Action> {
        let is_plain = !pattern.contains(['*', '?']);
        let pattern = pattern.as_bytes();
        let fits = move |name: &[u8]| {
            if is_plain { name.eq_ignore_ascii_case(pattern) } else { crate::pattern::bytes_cover(pattern, name) }
        };
        self.blocks().filter(move |block| fits(block.0)).map(read_action)
    }

    /// All its actions.
    pub(crate) fn every_action(self) -> impl Iterator<Item = Action> {
        self.blocks().map(read_action)
    }

    /// Of each action its name and what follows it, not read yet: most are looked at for their names only.
    fn blocks(self) -> impl Iterator<Item = Block> {
        let mut rest = self.rest;
        (0..self.left).map(move |_| {
            let block = bytes(rest);
            rest = &block.1[5..];
            block
        })
    }
}

impl Action {
    /// The ARNs of what it acts on, with `*` for what varies; none where it takes `*` only.
    pub(crate) fn types(self) -> impl Iterator<Item = &'static str> {
        numbers(self.types).map(|it| short(record(TYPES, it)).0)
    }

    /// Whether a request for it may have this key.
    pub(crate) fn knows(self, key: Key) -> bool {
        key.is_global || numbers(self.keys).any(|it| it == key.number)
    }
}

const SERVICES: usize = 0;
const KEYS: usize = 1;
const TYPES: usize = 2;
const LISTS: usize = 3;

fn read_service(record: &'static [u8]) -> Listed {
    let (prefix, rest) = short(record);
    Listed { prefix, left: two(rest), rest: &rest[2..] }
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
    let table = place(table);
    let first = table + 4 + 4 * four(table);
    &PACKED[first + four(table + 4 + 4 * number)..]
}

fn count(table: usize) -> usize {
    four(place(table))
}

fn place(table: usize) -> usize {
    let (_, rest) = short(&PACKED[8..]);
    let (_, rest) = short(rest);
    four(PACKED.len() - rest.len() + 4 * table)
}

fn four(at: usize) -> usize {
    PACKED[at..at + 4].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn two(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn read_action((name, rest): Block) -> Action {
    Action { name: text(name), level: rest[0], types: two(&rest[1..]), keys: two(&rest[3..]) }
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
