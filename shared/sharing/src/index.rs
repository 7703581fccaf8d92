//! Which entries stand for a name, without asking each entry: a manifest may have thousands, and a sweep tens of thousands of
//! names.
//!
//! Every entry is filed under a literal that the name has to begin with, or to contain. The literals are sorted, so that those
//! that begin a text are found by narrowing a range byte by byte: the cost is that of the name, not of the manifest.

use wildmatch::WildMatch;

use crate::Kind;

/// The entries of one kind, region and tag of names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    rules: Vec<Rule>,
    /// Literals that names begin with, sorted.
    beginnings: Vec<Literal>,
    /// Literals that names contain, sorted.
    pieces: Vec<Literal>,
    /// Rules without a literal, such as `*`.
    others: Vec<usize>,
    ignores_case: bool,
}

/// How one entry matches.
#[derive(Clone, Debug)]
struct Rule {
    /// Its place among the section's entries.
    entry: usize,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// Every name with the literal where it was looked for matches.
    Literal,
    /// The name is the literal.
    Equal(String),
    /// The pattern decides.
    Pattern(WildMatch),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Literal {
    text: String,
    rule: usize,
}

impl Index {
    /// An index for entries of this kind.
    ///
    /// RDS writes identifiers of snapshots in lower case and compares them without regard to case, so that an entry in
    /// capitals means what it would mean in RDS's own console.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html>
    pub(crate) fn new(kind: Kind) -> Self {
        let ignores_case = matches!(kind, Kind::DbSnapshot | Kind::DbClusterSnapshot);
        Self { ignores_case, ..Self::default() }
    }

    /// Files an entry. `*` and `?` are wildcards where names begin with or contain the entry's.
    pub(crate) fn insert(&mut self, kind: Kind, name: &str, entry: usize) {
        let name = if self.ignores_case { name.to_lowercase() } else { name.to_owned() };
        let rule = self.rules.len();
        let has_wildcards = name.contains(['*', '?']);
        let test = match kind {
            Kind::Key | Kind::Repository | Kind::Bucket | Kind::ManagedPolicy => Test::Equal(name.clone()),
            _ if !has_wildcards => Test::Literal,
            Kind::Image | Kind::Snapshot => Test::Pattern(WildMatch::new(&format!("{name}*"))),
            Kind::DbSnapshot | Kind::DbClusterSnapshot => Test::Pattern(WildMatch::new(&format!("*{name}*"))),
        };
        let is_anchored = !self.ignores_case;
        let beginning = if matches!(test, Test::Equal(_)) { &name } else { pieces(&name).next().unwrap_or_default() };
        let longest = pieces(&name).max_by_key(|piece| piece.len()).unwrap_or_default();
        if is_anchored && !beginning.is_empty() {
            self.beginnings.push(Literal { text: beginning.into(), rule });
        } else if !longest.is_empty() {
            self.pieces.push(Literal { text: longest.into(), rule });
        } else {
            self.others.push(rule);
        }
        self.rules.push(Rule { entry, test });
    }

    /// Makes the index ready, after the last entry.
    pub(crate) fn sort(&mut self) {
        self.beginnings.sort();
        self.pieces.sort();
    }

    /// The places of the entries that stand for this name, each once.
    pub(crate) fn find(&self, name: &str) -> Vec<usize> {
        let lower = self.ignores_case.then(|| name.to_lowercase());
        let name = lower.as_deref().unwrap_or(name);
        let mut rules = self.others.clone();
        beginning(&self.beginnings, name.as_bytes(), &mut rules);
        if !self.pieces.is_empty() {
            for start in 0..name.len() {
                beginning(&self.pieces, &name.as_bytes()[start..], &mut rules);
            }
        }
        rules.sort_unstable();
        rules.dedup();
        let matching = rules.into_iter().map(|rule| &self.rules[rule]).filter(|rule| rule.test.is_passed(name));
        matching.map(|rule| rule.entry).collect()
    }
}

impl Test {
    fn is_passed(&self, name: &str) -> bool {
        match self {
            Self::Literal => true,
            Self::Equal(text) => text == name,
            Self::Pattern(pattern) => pattern.matches(name),
        }
    }
}

/// What stands before, between and after the wildcards.
fn pieces(name: &str) -> impl Iterator<Item = &str> {
    name.split(['*', '?'])
}

/// Notes the rules of the literals that `text` begins with.
fn beginning(sorted: &[Literal], text: &[u8], rules: &mut Vec<usize>) {
    let mut left = sorted;
    for depth in 0.. {
        // All that are left agree with the text so far; the shorter ones come first.
        let ended = left.partition_point(|literal| literal.text.len() == depth);
        rules.extend(left[..ended].iter().map(|literal| literal.rule));
        left = &left[ended..];
        let Some(byte) = text.get(depth) else { return };
        let at = |literal: &Literal| literal.text.as_bytes()[depth];
        let from = left.partition_point(|literal| at(literal) < *byte);
        let to = left.partition_point(|literal| at(literal) <= *byte);
        left = &left[from..to];
        if left.is_empty() {
            return;
        }
    }
}
