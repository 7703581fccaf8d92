//! What a warm function remembers of subnets. A subnet never changes its VPC, so that need not be asked again; the zones of a VPC change,
//! and are only a guess at what to read beside asking for them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use naming::{Place, Vpc};

/// How many subnets are remembered; with one more, all are forgotten.
const MOST: usize = 100;

/// The VPC of each subnet, with the zones that it had last.
#[derive(Debug, Default)]
pub(crate) struct Subnets(Mutex<BTreeMap<(Place, String), Vpc>>);

impl Subnets {
    /// What is remembered of a subnet.
    pub(crate) fn of(&self, place: &Place, subnet: &str) -> Option<Vpc> {
        let subnets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        subnets.get(&(place.clone(), subnet.to_owned())).cloned()
    }

    /// Remembers a subnet.
    pub(crate) fn keep(&self, place: &Place, subnet: &str, vpc: Vpc) {
        let mut subnets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if subnets.len() >= MOST {
            subnets.clear();
        }
        subnets.insert((place.clone(), subnet.to_owned()), vpc);
    }
}

#[cfg(test)]
mod tests {
    use naming::{Place, Vpc};

    use super::{MOST, Subnets};

    #[test]
    fn only_so_many_subnets_are_remembered_each_in_its_place() {
        let place = |region: &str| Place { account: "111122223333".parse().unwrap(), region: region.parse().unwrap() };
        let (here, there) = (place("eu-west-1"), place("eu-central-1"));
        let vpc = Vpc::Known { id: "vpc-0123456789abcdef0".into(), zones: vec![] };
        let subnets = Subnets::default();
        for number in 0..10 * MOST {
            let subnet = format!("subnet-{number}");
            subnets.keep(&here, &subnet, vpc.clone());
            assert_eq!((subnets.of(&here, &subnet), subnets.of(&there, &subnet)), (Some(vpc.clone()), None));
        }
        assert!(subnets.0.lock().unwrap().len() <= MOST);
    }
}
