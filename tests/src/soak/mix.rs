//! The events of a soak, in the order in which they come: from one seed always the same.

/// One event on its way to a function.
#[derive(Clone)]
pub struct Delivery {
    /// Which kind of thing it is about.
    pub kind: usize,
    /// Which of those.
    pub thing: usize,
    /// The occurrence.
    pub number: usize,
    /// What it says of itself where no function can read it.
    pub poison: Option<String>,
}

/// All of them.
pub struct Mix {
    /// In the order in which they come.
    pub deliveries: Vec<Delivery>,
    /// How many are delivered twice.
    pub duplicated: usize,
    /// How many come after a later one.
    pub reordered: usize,
}

/// Numbers that look like chance. <https://prng.di.unimi.it/splitmix64.c>
pub struct Chance(pub u64);

impl Chance {
    /// The next number below this one.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((it ^ (it >> 31)) % bound as u64).unwrap()
    }

    /// Whether what has this chance in a hundred happens.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

impl Mix {
    /// So many events about things of these kinds, of each of which there are so many, with its weight: 1 % that cannot be read, and at
    /// least one of each kind; 5 % twice; 2 % out of order. The first and the last events are about each thing, and can be read.
    pub fn new(events: usize, seed: u64, kinds: &[(usize, usize)]) -> Self {
        let mut chance = Chance(seed);
        let mut mix = Self { deliveries: Vec::new(), duplicated: 0, reordered: 0 };
        let each = kinds.iter().enumerate().flat_map(|(kind, (things, _))| (0..*things).map(move |it| (kind, it)));
        let all: Vec<_> = each.collect();
        let hearing: Vec<_> = (0..kinds.len()).filter(|kind| kinds[*kind].0 > 0).collect();
        let lots: Vec<_> = hearing.iter().flat_map(|kind| std::iter::repeat_n(*kind, kinds[*kind].1)).collect();
        assert!(events > 4 * all.len(), "{events} events are too few for {} things", all.len());
        let first_poison = |number: usize| hearing.get(number.checked_sub(all.len())?).copied();
        for number in 0..events {
            let own = all.get(number).or_else(|| all.get(events - 1 - number));
            let (kind, thing) = own.copied().unwrap_or_else(|| {
                let kind = first_poison(number).unwrap_or_else(|| lots[chance.below(lots.len())]);
                (kind, chance.below(kinds[kind].0))
            });
            let is_poison = own.is_none() && (first_poison(number).is_some() || chance.percent(1));
            let poison = is_poison.then(|| format!("poison-{seed}-{number}"));
            let delivery = Delivery { kind, thing, number, poison };
            if !is_poison && chance.percent(5) {
                mix.deliveries.push(delivery.clone());
                mix.duplicated += 1;
            }
            mix.deliveries.push(delivery);
        }
        for later in 1..mix.deliveries.len() {
            if chance.percent(2) {
                let earlier = later - 1 - chance.below(later.min(50));
                mix.deliveries.swap(earlier, later);
                mix.reordered += 1;
            }
        }
        mix
    }

    /// What the events say of themselves that no function can read.
    pub fn poison(&self) -> Vec<String> {
        self.deliveries.iter().filter_map(|it| it.poison.clone()).collect()
    }
}
