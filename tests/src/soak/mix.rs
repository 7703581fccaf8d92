//! The events of a soak, in the order in which they come: from one seed always the same.

use serde_json::{Value, json};

use super::account::Thing;
use crate::world::scene::read_sample;

/// One event on its way to a function.
pub struct Delivery {
    /// The function.
    pub function: &'static str,
    /// The event.
    pub event: String,
    /// Whether no function can read it.
    pub is_poison: bool,
}

/// All of them.
pub struct Mix {
    /// In the order in which they come.
    pub deliveries: Vec<Delivery>,
    /// What poison says of itself.
    pub poison: Vec<String>,
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
    /// So many events about these things: 1 % that cannot be read, 5 % twice, 2 % out of order. Each thing has one that can be read.
    pub fn new(events: usize, seed: u64, things: &[Thing]) -> Self {
        let mut chance = Chance(seed);
        let mut mix = Self { deliveries: Vec::new(), poison: Vec::new(), duplicated: 0, reordered: 0 };
        for number in 0..events {
            let is_of_each = number < things.len();
            let thing = if is_of_each { &things[number] } else { &things[chance.below(things.len())] };
            let mut event = thing.event(number);
            let is_poison = !is_of_each && chance.percent(1);
            if is_poison {
                let name = format!("poison-{seed}-{number}");
                event["detail"] = json!(name);
                mix.poison.push(name);
            }
            let delivery = || Delivery { function: thing.function, event: event.to_string(), is_poison };
            mix.deliveries.push(delivery());
            if !is_poison && chance.percent(5) {
                mix.deliveries.push(delivery());
                mix.duplicated += 1;
            }
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
}

impl Thing {
    /// An event about it, which is an occurrence of its own.
    fn event(&self, number: usize) -> Value {
        let sample = match self.function {
            "share-ami" => "an-image-became-available",
            _ => "a-snapshot-was-created",
        };
        let text = read_sample(self.function, sample).replace("111122223333", &self.account);
        let text = [super::account::SAMPLE_IMAGE, "snap-0123456789abcdef0", "base-db-v1"]
            .iter()
            .fold(text, |text, example| text.replace(example, &self.id));
        let mut event: Value = serde_json::from_str(&text).unwrap();
        event["id"] = json!(format!("00000000-0000-4000-9000-{number:012}"));
        let (hour, minute, second) = (number / 3600 % 24, number / 60 % 60, number % 60);
        let time = format!("2026-11-{:02}T{hour:02}:{minute:02}:{second:02}", 1 + number / 86_400);
        match self.function {
            "share-ami" => event["detail"]["RequestId"] = json!(format!("soak-{number}")),
            "share-ebs-snapshot" => event["detail"]["endTime"] = json!(format!("{time}Z")),
            _ => event["detail"]["Date"] = json!(format!("{time}.000Z")),
        }
        event
    }
}
