//! Whatever is broken off at whatever effect: the next run ends in the state of the head, and who follows the pointer sees one commit
//! at every moment, and former copies stay whole until they go. A bucket in memory stands for S3, with an effect of its own for each object.

use proptest::prelude::*;

use super::*;
use crate::{Content, Keys, plan_overdue};

/// What is in a bucket: the blob of each object, and Signalbox's own objects.
#[derive(Clone, Debug, Default)]
struct Bucket {
    objects: BTreeMap<String, BlobId>,
    manifest: Option<Stored<Manifest>>,
    journal: Option<Stored<Journal>>,
    pointer: Option<Stored<Pointer>>,
    lists: Lists,
}

/// An effect on a single object.
enum Effect {
    Write(String, BlobId),
    Delete(String),
    List(String, CopyManifest),
    Point(Pointer),
    Open(Journal),
    Record(Manifest),
    Close,
    Forget(String),
}

fn effects(step: Step) -> Vec<Effect> {
    let write = |prefix: &str, content: &Content, path: &str| match content {
        Content::Blob(blob) => Effect::Write(format!("{prefix}{path}"), *blob),
        Content::Lfs(it) => panic!("{it:?}"),
    };
    let layout = Keys(&name()).layout();
    match step {
        Step::List { key, manifest, .. } => vec![Effect::List(prefix_of(&key), manifest)],
        Step::Expire { prefix, paths, .. } => paths.iter().map(|it| Effect::Delete(format!("{prefix}{it}"))).collect(),
        Step::Forget { key, .. } => vec![Effect::Forget(prefix_of(&key))],
        Step::Copy { prefix, uploads, .. } => uploads.iter().map(|it| write(&prefix, &it.content, &it.path)).collect(),
        Step::Upload { uploads, .. } => uploads.iter().map(|it| write(&layout, &it.content, &it.path)).collect(),
        Step::Delete(paths) => paths.iter().map(|it| Effect::Delete(format!("{layout}{it}"))).collect(),
        Step::Point { pointer, .. } => vec![Effect::Point(pointer)],
        Step::Open { journal, .. } => vec![Effect::Open(journal)],
        Step::Record { manifest, .. } => vec![Effect::Record(manifest)],
        Step::Close => vec![Effect::Close],
    }
}

fn prefix_of(key: &str) -> String {
    key.replace(".json", "/")
}

fn stored<T>(it: T) -> Stored<T> {
    Stored { it, etag: "etag".into() }
}

impl Bucket {
    fn meet(&mut self, effect: Effect) {
        match effect {
            Effect::Write(key, blob) => drop(self.objects.insert(key, blob)),
            Effect::Delete(key) => drop(self.objects.remove(&key)),
            Effect::Point(pointer) => self.pointer = Some(stored(pointer)),
            Effect::Open(journal) => self.journal = Some(stored(journal)),
            Effect::Record(manifest) => self.manifest = Some(stored(manifest)),
            Effect::Close => self.journal = None,
            Effect::List(prefix, manifest) => drop(self.lists.insert(prefix, stored(manifest))),
            Effect::Forget(prefix) => drop(self.lists.remove(&prefix)),
        }
    }

    /// What is there below a prefix, by path.
    fn below(&self, prefix: &str) -> BTreeMap<String, BlobId> {
        let below = self.objects.iter().filter_map(|(key, blob)| Some((key.strip_prefix(prefix)?, blob)));
        below.map(|(path, blob)| (path.to_owned(), *blob)).collect()
    }

    /// Mirrors a head and breaks off after so many effects; `heads` are those that there were, to check what the pointer leads to.
    fn mirror(&mut self, heads: &[Head], of: usize, until: usize) {
        let head = &heads[of];
        let Turn { prefix, .. } = turn(&head.commit, self.pointer.as_ref());
        let sizes: BTreeMap<_, _> =
            self.below(&prefix).into_iter().map(|(path, blob)| (path, u64::from(blob.as_bytes()[0]))).collect();
        let mut all = steps(copied(head, self.pointer.as_ref(), &sizes, &self.lists));
        let force = Some(&head.commit);
        all.extend(steps(planned(head, self.manifest.as_ref(), self.journal.as_ref(), force).unwrap()));
        let is_current = self.pointer.as_ref().is_some_and(|it| it.it.commit == head.commit);
        let expired = self.pointer.iter().flat_map(|it| &it.it.expired).filter(|_| is_current);
        let overdue = expired.filter_map(|it| Some((it.clone(), self.lists.get(it)?.clone()))).collect();
        all.extend(steps(plan_overdue("main", &overdue)));
        all.sort_by_key(crate::phase);
        for effect in all.into_iter().flat_map(effects).take(until) {
            self.meet(effect);
            self.assert_pointer_leads_to_one_commit(heads);
        }
    }

    fn assert_pointer_leads_to_one_commit(&self, heads: &[Head]) {
        let Some(Stored { it: pointer, .. }) = &self.pointer else { return };
        let head = heads.iter().find(|it| it.commit == pointer.commit).unwrap();
        assert_eq!(self.below(&pointer.prefix), blobs(head));
    }

    /// No more copies stay than may, each is whole, and nothing is left of those that went.
    fn assert_former_copies_are_whole(&self, heads: &[Head]) {
        let pointer = &self.pointer.as_ref().unwrap().it;
        assert!(pointer.former.len() < KEPT);
        for prefix in &pointer.former {
            let commit = Keys(&name()).copied("main", prefix).unwrap();
            let head = heads.iter().find(|it| it.commit == commit).unwrap();
            assert_eq!(self.below(prefix), blobs(head), "{prefix}");
        }
        for prefix in &pointer.expired {
            assert_eq!(self.below(prefix), BTreeMap::new(), "{prefix}");
        }
    }
}

fn blobs(head: &Head) -> BTreeMap<String, BlobId> {
    let blobs = head.entries.iter().map(|it| (String::from_utf8(it.path.clone()).unwrap(), it.blob));
    blobs.collect()
}

/// Commits with a few of six paths, each of a few contents.
fn heads() -> impl Strategy<Value = Vec<Head>> {
    let files = prop::collection::btree_map(0..6_usize, 1..4_u8, 0..6);
    prop::collection::vec(files, 1..6).prop_map(|commits| {
        let paths = ["a", "b", "c/d", "c/e", "c", "f"];
        let files =
            |of: BTreeMap<usize, u8>| of.into_iter().map(|(path, blob)| (paths[path], blob)).collect::<Vec<_>>();
        commits.into_iter().zip(1..).map(|(of, number)| head(number, &files(of))).collect()
    })
}

proptest! {
    #[test]
    fn the_next_run_ends_in_the_state_of_the_head(heads in heads(), runs in prop::collection::vec((0..6_usize, 0..25_usize), 0..12)) {
        let mut bucket = Bucket::default();
        for (of, until) in runs {
            bucket.mirror(&heads, of % heads.len(), until);
        }
        let last = heads.len() - 1;
        bucket.mirror(&heads, last, usize::MAX);
        let head = &heads[last];
        prop_assert_eq!(bucket.below(&Keys(&name()).layout()), blobs(head));
        prop_assert_eq!(&bucket.pointer.as_ref().unwrap().it.commit, &head.commit);
        prop_assert!(bucket.journal.is_none());
        bucket.assert_former_copies_are_whole(&heads);
        let recorded = &bucket.manifest.as_ref().unwrap().it;
        prop_assert_eq!(recorded.files.iter().map(|(path, it)| (path.clone(), it.blob)).collect::<BTreeMap<_, _>>(), blobs(head));
    }
}
