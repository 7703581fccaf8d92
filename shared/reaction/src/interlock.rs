//! How much one run may take away without being forced: the arithmetic, once. What is counted, and what the refusal says, each
//! function knows.

/// Fewer things than this have no percentage.
const FEW: usize = 10;

/// How many removals a refusal lists.
const LISTED: usize = 100;

/// How much one run may take away without being forced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many things.
    pub removals: usize,
    /// How many of a hundred, where there are at least ten.
    pub percent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { removals: 25, percent: 30 }
    }
}

/// Which limit a run goes beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// More things would go than may.
    Number,
    /// More of a hundred would go than may.
    Percent,
}

impl Limits {
    /// Which limit is exceeded where so many things go in all, and of `all` that the desired state knows `known` go.
    #[must_use]
    pub fn excess(self, going: usize, known: usize, all: usize) -> Option<Excess> {
        if going > self.removals {
            return Some(Excess::Number);
        }
        (all >= FEW && known * 100 > all * self.percent).then_some(Excess::Percent)
    }
}

/// The first hundred items, and how many more there are: a refusal has to fit into a log line.
pub fn listed<T>(items: impl ExactSizeIterator<Item = T>) -> (Vec<T>, usize) {
    let more = items.len().saturating_sub(LISTED);
    (items.take(LISTED).collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_bounded_always_and_a_percentage_where_there_are_ten() {
        let limits = Limits::default();
        assert_eq!((limits.excess(25, 25, 100), limits.excess(26, 26, 100)), (None, Some(Excess::Number)));
        assert_eq!((limits.excess(3, 3, 10), limits.excess(4, 4, 10)), (None, Some(Excess::Percent)));
        assert_eq!(limits.excess(9, 9, 9), None, "of few things each is many percent");
        assert_eq!(limits.excess(20, 3, 10), None, "only what the desired state knows has a percentage");
    }

    #[test]
    fn a_hundred_are_listed_and_the_others_are_counted() {
        assert_eq!(listed([1, 2].into_iter()), (vec![1, 2], 0));
        let (first, more) = listed(vec![0; 250].into_iter());
        assert_eq!((first.len(), more), (100, 150));
    }
}
