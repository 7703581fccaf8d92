//! Looks for the few of many accounts for which AWS refuses a whole request: in halves, or, where the refusal names some of
//! them, those apart from the others. One bad account of 300 costs some 15 requests, and 3 where it is named.

use std::collections::BTreeMap;

use crate::{Difference, Principal};

/// After so many accounts that were refused alone, and none that was taken, it is the thing that AWS does not share.
const HOPELESS: usize = 16;

/// Those that AWS does not accept, with what it says of each.
pub type Bad = BTreeMap<Principal, String>;

/// One who gains or loses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    who: Principal,
    gains: bool,
}

/// The parts of a change that are yet to be asked for, and those in it that AWS did not accept alone.
#[derive(Debug, Default)]
pub struct Search {
    /// The next part is the last one.
    parts: Vec<Part>,
    bad: Bad,
    /// Whether the part that was given out has its other half on top of the parts.
    is_first: bool,
    /// Whether AWS took any part.
    is_hopeful: bool,
}

#[derive(Debug)]
struct Part {
    moves: Vec<Move>,
    /// What AWS said against the whole of which this is a half.
    said: String,
    is_first: bool,
    /// Whether the other half was taken, so that what AWS does not accept is here.
    is_refused: bool,
}

impl Search {
    /// All of this change as one part: the removals, which make room, before the additions.
    #[must_use]
    pub fn of(change: &Difference<Principal>) -> Self {
        let moves = |side: &std::collections::BTreeSet<Principal>, gains| -> Vec<_> {
            side.iter().map(|who| Move { who: who.clone(), gains }).collect()
        };
        let mut search = Self::default();
        search.push([moves(&change.remove, false), moves(&change.add, true)].concat(), "", false);
        search
    }

    /// The next part to be asked for; `None` when nothing is left.
    pub fn next_part(&mut self) -> Option<Vec<Move>> {
        while let Some(part) = self.parts.pop() {
            if part.is_refused && part.moves.len() > 1 {
                self.split(&part.moves, &part.said);
                continue;
            }
            self.is_first = part.is_first;
            return Some(part.moves);
        }
        None
    }

    /// AWS took the part that was given out.
    pub fn taken(&mut self) {
        self.is_hopeful = true;
        if let Some(other) = self.parts.last_mut().filter(|_| self.is_first) {
            other.is_refused = true;
        }
    }

    /// AWS refused the part that was given out, because of one at least who is in it.
    pub fn refused(&mut self, part: &[Move], said: &str) {
        match part {
            [one] => {
                self.bad.insert(one.who.clone(), said.to_owned());
                if !self.is_hopeful && self.bad.len() >= HOPELESS {
                    self.give_up(said);
                }
            }
            several => self.split(several, said),
        }
    }

    /// AWS takes no removals beside additions: the part that was given out becomes two.
    pub fn separate(&mut self, part: Vec<Move>) {
        let (additions, removals) = part.into_iter().partition(|it| it.gains);
        self.push(additions, "", false);
        self.push(removals, "", false);
    }

    /// Those that AWS did not accept.
    #[must_use]
    pub fn into_bad(self) -> Bad {
        self.bad
    }

    /// Asks for no more additions. Removals are tried to the last: none may keep what it is to lose.
    fn give_up(&mut self, said: &str) {
        for part in &mut self.parts {
            let (gaining, losing): (Vec<_>, Vec<_>) = part.moves.drain(..).partition(|it| it.gains);
            part.moves = losing;
            self.bad.extend(gaining.into_iter().map(|it| (it.who, said.to_owned())));
        }
        self.parts.retain(|part| !part.moves.is_empty());
        // What is left of a part is another one than was refused.
        self.parts.iter_mut().for_each(|part| (part.is_first, part.is_refused) = (false, false));
        self.is_first = false;
    }

    fn split(&mut self, moves: &[Move], said: &str) {
        let (named, others): (Vec<_>, Vec<_>) =
            moves.iter().cloned().partition(|it| said.contains(&it.who.to_string()));
        let (one, other) = if named.is_empty() || others.is_empty() {
            let (one, other) = moves.split_at(moves.len() / 2);
            (one.to_vec(), other.to_vec())
        } else {
            (others, named)
        };
        self.push(other, said, false);
        self.push(one, said, true);
    }

    fn push(&mut self, moves: Vec<Move>, said: &str, is_first: bool) {
        if !moves.is_empty() {
            self.parts.push(Part { moves, said: said.to_owned(), is_first, is_refused: false });
        }
    }
}

/// What a part changes.
#[must_use]
pub fn difference(part: &[Move]) -> Difference<Principal> {
    let side = |gains| part.iter().filter(|it| it.gains == gains).map(|it| it.who.clone()).collect();
    Difference { add: side(true), remove: side(false) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn account(number: usize) -> Principal {
        Principal::written(&format!("2{number:011}"))
    }

    /// How many requests it takes to change 300 accounts of which AWS does not accept these; whether it names them.
    fn requests(bad: &[usize], names: bool) -> usize {
        let bad: BTreeSet<_> = bad.iter().map(|number| account(*number)).collect();
        let change = Difference {
            add: (0..200).map(account).collect::<BTreeSet<_>>(),
            remove: (200..300).map(account).collect(),
        };
        requests_of(&change, &bad, names)
    }

    fn requests_of(change: &Difference<Principal>, bad: &BTreeSet<Principal>, names: bool) -> usize {
        let (mut search, mut requests, mut done) = (Search::of(change), 0, BTreeSet::new());
        while let Some(part) = search.next_part() {
            requests += 1;
            let Difference { add, remove } = difference(&part);
            let whole = &add | &remove;
            match whole.intersection(bad).next() {
                Some(who) => search.refused(&part, &if names { format!("not {who}") } else { "not so".into() }),
                None => {
                    done.extend(whole);
                    search.taken();
                }
            }
        }
        assert_eq!(search.into_bad().into_keys().collect::<BTreeSet<_>>(), *bad);
        assert_eq!(done, &(&change.add | &change.remove) - bad);
        requests
    }

    #[test]
    fn one_bad_account_of_300_takes_few_requests_and_fewer_where_it_is_named() {
        assert_eq!(requests(&[], false), 1);
        for bad in [0, 150, 199, 250, 299] {
            assert!(requests(&[bad], false) <= 19, "{bad}: {}", requests(&[bad], false));
            assert_eq!(requests(&[bad], true), 3);
        }
        assert!(requests(&[3, 77, 150, 151, 299], false) <= 80);
        assert_eq!(requests(&[3, 77, 150, 151, 299], true), 11);
    }

    #[test]
    fn what_aws_shares_with_none_of_300_is_not_tried_with_each_and_each_removal_is() {
        let all: BTreeSet<_> = (0..300).map(account).collect();
        let nothing = BTreeSet::new();
        let gaining = Difference { add: all.clone(), remove: nothing.clone() };
        assert!(requests_of(&gaining, &all, false) <= 45);
        let losing = Difference { add: nothing, remove: all.clone() };
        assert_eq!(requests_of(&losing, &all, false), 599);
    }

    #[test]
    fn nothing_takes_no_request() {
        let nothing = Difference { add: BTreeSet::new(), remove: BTreeSet::new() };
        assert_eq!(Search::of(&nothing).next_part(), None);
    }
}
