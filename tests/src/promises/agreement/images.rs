//! An image, the snapshots that back it, and another image on one of them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use reaction::Reaction;
use reconcile_shares::Found;
use share_ami::{Facts, Image, ImageSnapshot, ShareAmi, Subject};
use sharing::{Desired, Encryption, Entries, Head, Kind, Note, Obstacle, Principal, Resource, State};
use sharing_aws::Holders;

use super::world::{
    Mask, OURS, accounts, desired, encryption, entries, grants, head, mask, now, recorded_after, resource, swept, tags,
};
use super::{Shares, after, event, sweep};

const IMAGE: &str = "ami-0123456789abcdef0";
const OTHER: &str = "ami-0123456789abcdef1";

#[derive(Clone, Debug)]
pub struct GivenImage {
    pub name: &'static str,
    pub is_tagged: bool,
    pub state: &'static str,
    pub launch: Mask,
    pub recorded: Mask,
    pub head: Head,
}

#[derive(Clone, Debug)]
pub struct GivenSnapshot {
    pub id: &'static str,
    pub name: &'static str,
    pub is_tagged: bool,
    pub volumes: Mask,
    pub recorded: Mask,
    pub encryption: Encryption,
    pub head: Head,
}

/// Everything that there is in the account: the image with two snapshots, and maybe another image on the first of them.
#[derive(Clone, Debug)]
pub struct World {
    pub desired: Desired,
    pub image: GivenImage,
    pub is_ours: bool,
    pub other: Option<GivenImage>,
    pub snapshots: [GivenSnapshot; 2],
}

fn image() -> impl Strategy<Value = GivenImage> {
    let name = prop_oneof![4 => Just("base_linux_v1"), 1 => Just("base_v1"), 1 => Just("thing")];
    let state = prop_oneof![6 => Just("available"), 1 => Just("disabled"), 1 => Just("pending"), 1 => Just("failed")];
    (name, any::<bool>(), state, mask(), mask(), head()).prop_map(|(name, is_tagged, state, launch, recorded, head)| {
        // Disabling takes all permissions.
        let launch = if state == "disabled" { 0 } else { launch };
        GivenImage { name, is_tagged, state, launch, recorded, head }
    })
}

fn snapshot(id: &'static str) -> impl Strategy<Value = GivenSnapshot> {
    let name = prop_oneof![2 => Just(""), 2 => Just("data-1"), 1 => Just("thing")];
    (name, any::<bool>(), mask(), mask(), encryption(), head()).prop_map(
        move |(name, is_tagged, volumes, recorded, encryption, head)| GivenSnapshot {
            id,
            name,
            is_tagged,
            volumes,
            recorded,
            encryption,
            head,
        },
    )
}

pub fn world() -> impl Strategy<Value = World> {
    // No event reads the record of another image, so that none of another run's is there.
    let other = image().prop_map(|image| GivenImage { head: Head::default(), ..image });
    let snapshots = (snapshot("snap-0123456789abcdef0"), snapshot("snap-0123456789abcdef1"));
    (desired(), image(), prop::bool::weighted(0.95), prop::option::of(other), snapshots).prop_map(
        |(desired, image, is_ours, other, (one, two))| World { desired, image, is_ours, other, snapshots: [one, two] },
    )
}

impl GivenImage {
    pub fn entries(&self, desired: &Desired, id: &str) -> Entries {
        entries(desired, &resource(Kind::Image, id), self.name, &tags(self.is_tagged))
    }

    /// Who needs the snapshots of the image, as an event about another resource reads it: by the entries, or who launches it.
    pub fn needs(&self, desired: &Desired, id: &str) -> BTreeSet<Principal> {
        let wanted = self.entries(desired, id).wanted().map(|wanted| wanted.principals.clone());
        let needs = wanted.unwrap_or_else(|| accounts(self.launch));
        needs.into_iter().filter(|who| who.account().is_some()).collect()
    }
}

impl GivenSnapshot {
    pub fn resource(&self) -> Resource {
        resource(Kind::Snapshot, self.id)
    }

    pub fn entries(&self, desired: &Desired) -> Entries {
        entries(desired, &self.resource(), self.name, &tags(self.is_tagged))
    }
}

impl World {
    pub fn images(&self) -> impl Iterator<Item = (&'static str, &GivenImage)> {
        let own = self.is_ours.then_some((IMAGE, &self.image));
        own.into_iter().chain(self.other.as_ref().map(|other| (OTHER, other)))
    }

    /// The snapshots that back an image.
    fn backing(&self, image: &str) -> &[GivenSnapshot] {
        if image == IMAGE { &self.snapshots } else { &self.snapshots[..1] }
    }

    /// Who needs a snapshot by images, as an event about another resource than `but` reads it.
    pub fn needs(&self, snapshot: &GivenSnapshot, but: &str) -> BTreeSet<Principal> {
        let on_it = |image: &str| self.backing(image).iter().any(|it| it.id == snapshot.id);
        let images = self.images().filter(|(id, image)| *id != but && image.state != "failed" && on_it(id));
        images.flat_map(|(id, image)| image.needs(&self.desired, id)).collect()
    }

    pub fn shares(&self) -> Shares {
        let images = self.images().map(|(id, image)| (resource(Kind::Image, id), accounts(image.launch)));
        images.chain(self.snapshots.iter().map(|it| (it.resource(), accounts(it.volumes)))).collect()
    }

    fn recorded(&self) -> BTreeMap<Resource, Mask> {
        let images = self.images().map(|(id, image)| (resource(Kind::Image, id), image.recorded));
        images.chain(self.snapshots.iter().map(|it| (it.resource(), it.recorded))).collect()
    }

    pub fn grants(&self) -> BTreeSet<sharing::Grant> {
        grants(&self.shares(), &self.recorded())
    }

    /// What a sweep finds where these share these.
    fn found(&self, shares: &Shares) -> Vec<Found> {
        let held = |resource: &Resource| shares[resource].clone();
        let images = self.images().filter_map(|(id, image)| {
            let state = State::of(Kind::Image, image.state);
            let backing = self.backing(id);
            let flaw = |it: &GivenSnapshot| Obstacle::of_encryption(Kind::Image, Some(it.id), &it.encryption);
            let mut found = Found::new(resource(Kind::Image, id), Some(image.name));
            found.holders = held(&found.resource);
            found.flaw = backing.iter().find_map(flaw);
            found.tags = tags(image.is_tagged);
            found.snapshots = backing.iter().map(GivenSnapshot::resource).collect();
            let is_over = matches!(state, State::Over(_));
            (!is_over).then_some(Found { state, ..found })
        });
        let snapshots = self.snapshots.iter().map(|it| {
            let is_named = it.entries(&self.desired).is_any();
            let mut found = Found::new(it.resource(), Some(it.name).filter(|name| is_named && !name.is_empty()));
            found.holders = held(&found.resource);
            found.flaw = Obstacle::of_encryption(Kind::Snapshot, None, &it.encryption);
            found.notes = Note::of_encryption(&it.encryption).map(|note| note.to_string()).into_iter().collect();
            found.tags = if is_named { tags(it.is_tagged) } else { tags(false) };
            found
        });
        images.chain(snapshots).collect()
    }

    /// What is after a sweep of a world where these share these, and these records are ours.
    pub fn after_sweep(&self, shares: &Shares, grants: &BTreeSet<sharing::Grant>) -> Shares {
        let heads = self.images().map(|(id, image)| (resource(Kind::Image, id), image.head.clone()));
        let heads = heads.chain(self.snapshots.iter().map(|it| (it.resource(), it.head.clone())));
        after(sweep(&swept(&self.desired, self.found(shares), grants.clone(), heads.collect())), shares)
    }

    fn subject() -> Subject {
        let (account, region) = (OURS.parse().unwrap(), "eu-west-1".parse().unwrap());
        let image = IMAGE.to_owned().try_into().unwrap();
        Subject { image, account, region, request_id: "req-1".into(), time: Some(now()), replay: None }
    }

    /// What the event about the image reads.
    fn facts(&self) -> Facts {
        let GivenImage { name, is_tagged, state, launch, head, .. } = &self.image;
        let mut image = Image {
            name: (*name).into(),
            tags: tags(*is_tagged),
            is_ours: self.is_ours,
            state: (*state).into(),
            launch: Holders::default(),
            head: Head::default(),
            snapshots: Vec::new(),
        };
        let entries = self.image.entries(&self.desired, IMAGE);
        if let (true, "available", Some(wanted)) = (self.is_ours, *state, entries.wanted()) {
            image.launch.principals = accounts(*launch);
            image.head.clone_from(head);
            let is_read = !wanted.principals.is_empty();
            image.snapshots = self.snapshots.iter().map(|it| self.backing_snapshot(it, is_read)).collect();
        }
        Facts { now: now(), desired: self.desired.clone(), image: Some(image) }
    }

    fn backing_snapshot(&self, it: &GivenSnapshot, is_read: bool) -> ImageSnapshot {
        let volumes = Holders { is_public: false, principals: accounts(it.volumes) };
        let own = match it.entries(&self.desired) {
            Entries::None { .. } => BTreeSet::new(),
            Entries::Want(wanted) => wanted.principals,
            Entries::HeldBack(_) => volumes.principals.clone(),
        };
        let needed_elsewhere = &self.needs(it, IMAGE) | &own;
        let encryption = if is_read { it.encryption.clone() } else { Encryption::None };
        ImageSnapshot { id: it.id.into(), volumes, encryption, needed_elsewhere, head: it.head.clone() }
    }

    /// Whether another run is at work on something.
    pub fn is_busy(&self) -> bool {
        self.image.head.is_busy(now()) || self.snapshots.iter().any(|it| it.head.is_busy(now()))
    }

    /// Those who may gain a snapshot by other entries than the image's: its own, and those for the other image.
    fn asked_elsewhere(&self, snapshot: &GivenSnapshot) -> BTreeSet<Principal> {
        let own = snapshot.entries(&self.desired).wanted().map(|it| it.principals.clone()).unwrap_or_default();
        &own | &self.needs(snapshot, IMAGE)
    }

    /// Those who lose a snapshot only by a sweep, which takes back the other image.
    pub fn taken_back(&self, but: &str) -> BTreeSet<Principal> {
        let unmeant = self.images().filter(|(id, image)| *id != but && !image.entries(&self.desired, id).is_any());
        unmeant.flat_map(|(_, image)| accounts(image.launch & image.recorded)).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_event_about_an_image_and_the_sweep_over_it_reach_the_same_state(world in world()) {
        let (before, records) = (world.shares(), world.grants());
        let by_event = after(event(ShareAmi::plan(&World::subject(), &world.facts())), &before);
        let by_sweep = world.after_sweep(&before, &records);
        let image = resource(Kind::Image, IMAGE);
        if !world.is_ours {
            prop_assert_eq!(&by_event, &before);
        } else if world.image.entries(&world.desired, IMAGE).is_any() {
            prop_assert_eq!(&by_event[&image], &by_sweep[&image]);
        } else {
            prop_assert_eq!(&by_event, &before, "an event takes nothing back where no entry means the image");
            prop_assert!((&before[&image] - &by_sweep[&image]).is_subset(&accounts(world.image.recorded)));
        }
        let is_shared = world.is_ours && world.image.state == "available" && !world.is_busy();
        if is_shared && world.image.entries(&world.desired, IMAGE).is_any() {
            for it in &world.snapshots {
                let (event, sweep) = (&by_event[&it.resource()], &by_sweep[&it.resource()]);
                let given = &world.asked_elsewhere(it) - &before[&it.resource()];
                prop_assert!((sweep - event).is_subset(&given), "{}: {event:?}, {sweep:?}", it.id);
                prop_assert!((event - sweep).is_subset(&world.taken_back(IMAGE)), "{}: {event:?}, {sweep:?}", it.id);
            }
        }
        if !world.is_busy() {
            let then = world.after_sweep(&by_event, &recorded_after(&records, &before, &by_event));
            prop_assert_eq!(then, by_sweep, "a sweep after the event reaches what a sweep alone does");
        }
    }
}
