//! Which changes make one step: an image goes with the snapshots that back it.

use std::collections::BTreeMap;

use sharing::{Kind, Obstacle, Resource, Share};

use crate::decision::Decision;
use crate::facts::Facts;
use crate::outliers::HeldBack;

/// The changes that go together, each by its place among the decisions: an image with the snapshots that back it, and with the
/// images that share those.
fn groups(decisions: &[Decision]) -> Vec<Vec<usize>> {
    let changing: Vec<_> = (0..decisions.len()).filter(|place| decisions[*place].is_change()).collect();
    let index: BTreeMap<&Resource, usize> =
        changing.iter().enumerate().map(|(index, place)| (&decisions[*place].found.resource, index)).collect();
    let mut leader: Vec<usize> = (0..changing.len()).collect();
    for (image, place) in changing.iter().enumerate() {
        for snapshot in decisions[*place].found.snapshots.iter().filter_map(|snapshot| index.get(snapshot)) {
            let (one, other) = (leader_of(&leader, image), leader_of(&leader, *snapshot));
            leader[one.max(other)] = one.min(other);
        }
    }
    let mut groups = BTreeMap::<usize, Vec<usize>>::new();
    for (member, place) in changing.into_iter().enumerate() {
        groups.entry(leader_of(&leader, member)).or_default().push(place);
    }
    groups.into_values().collect()
}

/// Leaves these resources as they are, and what goes with them.
pub(crate) fn hold_back(decisions: &mut [Decision], held_back: &HeldBack) {
    for members in groups(decisions) {
        let (held, others): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|place| held_back.contains_key(&decisions[*place].found.resource));
        if held.is_empty() {
            continue;
        }
        let beside: Vec<_> = others.iter().map(|place| decisions[*place].found.resource.to_string()).collect();
        let beside = match &beside[..] {
            [] => String::new(),
            beside => format!("; until then nothing is done about {}", beside.join(", ")),
        };
        for place in held.iter().chain(&others) {
            decisions[*place].leave_as_it_is();
        }
        for place in held {
            let decision = &mut decisions[place];
            let why = held_back.get(&decision.found.resource).map(|why| format!("{why}{beside}"));
            decision.decided.obstacle = why.map(Obstacle::HeldBack);
        }
    }
}

/// The steps, in the order of their phases; and what waits for another run, each with the image or snapshots that go with it.
pub(crate) fn steps(facts: &Facts, decisions: &[Decision], manifest: &str) -> (Vec<Share>, Vec<String>) {
    let groups = groups(decisions).into_iter();
    let groups = groups.map(|members| members.into_iter().map(|place| &decisions[place]).collect::<Vec<_>>());
    // An image does not change without its snapshots, nor they without it.
    let is_busy = |members: &Vec<&Decision>| members.iter().any(|member| member.decided.is_busy());
    let (busy, idle): (Vec<_>, Vec<_>) = groups.partition(is_busy);
    let busy = busy.iter().map(|members| waiting(members)).collect();
    let mut steps: Vec<Share> = idle
        .into_iter()
        .map(|members| {
            let mut changes: Vec<_> = members.into_iter().map(|member| member.change(facts)).collect();
            // The image is what the step is about.
            changes.sort_by_key(|change| change.resource.kind != Kind::Image);
            let name = changes.first().map(|change| change.name.clone()).unwrap_or_default();
            for change in changes.iter_mut().filter(|change| change.name.is_empty()) {
                change.name.clone_from(&name);
            }
            Share { changes, manifest: manifest.into() }
        })
        .collect();
    steps.sort_by(|one, other| (phase(one), about(one)).cmp(&(phase(other), about(other))));
    (steps, busy)
}

/// What is said of changes that go together, and of which another run is at work on some.
fn waiting(members: &[&Decision]) -> String {
    let (busy, idle): (Vec<&Decision>, Vec<&Decision>) =
        members.iter().partition(|decision| decision.decided.is_busy());
    let busy = busy.iter().filter_map(|decision| decision.decided.obstacle.as_ref()).map(ToString::to_string);
    let busy = busy.collect::<Vec<_>>().join("; ");
    let idle: Vec<_> = idle.iter().map(|decision| decision.found.resource.to_string()).collect();
    if idle.is_empty() { busy } else { format!("{busy}; until then nothing is done about {}", idle.join(", ")) }
}

fn leader_of(leader: &[usize], mut member: usize) -> usize {
    while leader[member] != member {
        member = leader[member];
    }
    member
}

fn about(step: &Share) -> Option<&Resource> {
    step.changes.first().map(|change| &change.resource)
}

/// The phase of a step: keys that gain, then everything else, then keys that only lose. A snapshot is of no use without its
/// key, nor an image without its snapshots, whose order [`sharing_aws::Ec2::share`] keeps within a step.
#[must_use]
pub fn phase(step: &Share) -> u8 {
    match step.changes.first() {
        Some(change) if change.resource.kind == Kind::Key => {
            if change.difference().add.is_empty() {
                2
            } else {
                0
            }
        }
        _ => 1,
    }
}
