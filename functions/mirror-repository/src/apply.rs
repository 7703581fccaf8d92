//! Carries steps out. Each may be carried out twice without harm, and after a step that failed no later phase begins.

use std::sync::Arc;

use aws::Answer;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use git::Checkout;
use mirror::{Journal, Keys, Look, Manifest, Push, Stored, Upload, content_type};
use reaction::{Doing, Error};
use serde::Serialize;

use crate::MirrorRepository;
use crate::bucket::{Body, Only};
use crate::plan::Step;
use crate::work::Work;

/// How many objects are written at a time.
pub(crate) const AT_ONCE: usize = 40;

/// How many KiB of contents are in flight at most. A file that is larger is in flight alone, so that the disk has room for it.
pub(crate) const IN_FLIGHT: u32 = 16 * 1024;

/// Where objects are written, and what they are made of.
struct Place<'a> {
    checkout: &'a Arc<Checkout>,
    prefix: &'a str,
    is_layout: bool,
}

impl MirrorRepository {
    pub(crate) async fn carry_out(&self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Send(push) => self.send(push).await,
            Step::Mirror(step) => {
                let work = self.work()?;
                let changed = self.change(&work, step).await;
                match changed {
                    Err(error) if is_under_journal(step) => Err(self.note_what_was_written(&work, error).await),
                    changed => changed,
                }
            }
        }
    }

    async fn change(&self, work: &Work, step: &mirror::Step) -> Result<(), Error> {
        let keys = Keys(&work.name);
        match step {
            mirror::Step::Open { journal, replaces } => {
                let only = Only::as_read(replaces.as_deref());
                let etag = self.bucket.replace(&keys.journal(), bytes(journal)?, only).await?;
                work.opened(Stored { it: journal.clone(), etag });
                Ok(())
            }
            mirror::Step::Upload { branch, uploads } => {
                let place = Place { checkout: work.checkout(branch)?, prefix: &keys.layout(), is_layout: true };
                self.write_all(work, &place, uploads).await
            }
            mirror::Step::Delete(paths) => {
                self.require_journal(work).await?;
                let layout = keys.layout();
                self.bucket.delete(paths.iter().map(|path| format!("{layout}{path}"))).await
            }
            mirror::Step::Record { manifest, replaces } => {
                let manifest = with_etags(manifest, work)?;
                let only = Only::as_read(replaces.as_deref());
                self.bucket.replace(&keys.manifest(), bytes(&manifest)?, only).await.map(drop)
            }
            mirror::Step::Close => {
                self.bucket.delete_as_read(&keys.journal(), work.journal().map(|it| it.etag).as_deref()).await
            }
            of_copies => self.change_copies(work, of_copies).await,
        }
    }

    async fn change_copies(&self, work: &Work, step: &mirror::Step) -> Result<(), Error> {
        match step {
            mirror::Step::List { key, manifest, replaces } => {
                self.bucket.replace(key, bytes(manifest)?, Only::as_read(replaces.as_deref())).await.map(drop)
            }
            mirror::Step::Copy { branch, prefix, uploads } => {
                let place = Place { checkout: work.checkout(branch)?, prefix, is_layout: false };
                self.write_all(work, &place, uploads).await
            }
            mirror::Step::Point { key, pointer, replaces } => {
                let etag = self.bucket.replace(key, bytes(pointer)?, Only::as_read(replaces.as_deref())).await?;
                work.pointed(&pointer.branch, etag);
                Ok(())
            }
            mirror::Step::Expire { branch, prefix, paths } => {
                self.require_pointer(work, branch).await?;
                self.bucket.delete(paths.iter().map(|path| format!("{prefix}{path}"))).await
            }
            mirror::Step::Forget { branch, key, etag } => {
                self.require_pointer(work, branch).await?;
                self.bucket.delete_as_read(key, Some(etag)).await
            }
            of_layout => {
                Err(Error::failed(format!("{of_layout} is not a step of copies; this is a fault of Signalbox")))
            }
        }
    }

    /// Writes objects side by side, as many as there is memory for. The first that fails ends it.
    async fn write_all(&self, work: &Work, place: &Place<'_>, uploads: &[Upload]) -> Result<(), Error> {
        let (mut rest, mut in_flight) = (uploads.iter(), FuturesUnordered::new());
        loop {
            let room = AT_ONCE - in_flight.len();
            in_flight.extend(rest.by_ref().take(room).map(|upload| self.write(work, place, upload)));
            match in_flight.next().await {
                Some(written) => written?,
                None => return Ok(()),
            }
        }
    }

    async fn write(&self, work: &Work, place: &Place<'_>, upload: &Upload) -> Result<(), Error> {
        let size = u32::try_from(upload.size / 1024 + 1).unwrap_or(u32::MAX).min(IN_FLIGHT);
        let _in_flight = self.in_flight.acquire_many(size).await.map_err(Error::failed)?;
        let written = self.write_object(work, place, upload).await;
        written.doing(|| format!("mirroring {}", upload.path))
    }

    /// Writes an object. One of a copy is written once, and the commit decides its content. Where one of the layout is not the one that the
    /// manifest says, a broken run or another writer has changed it: the bucket follows the branch, so it is written all the same, unless
    /// another run is at work here.
    async fn write_object(&self, work: &Work, place: &Place<'_>, upload: &Upload) -> Result<(), Error> {
        let content = work.content(place.checkout, upload).await?;
        let mut look = Look::default();
        content.each(|piece| look.at(piece)).map_err(Error::failed)?;
        let (of, body) = (content_type(&upload.path, &look), Body::from(content));
        let key = format!("{}{}", place.prefix, upload.path);
        if !place.is_layout {
            return self.bucket.put(&key, &body, &of, Only::Always).await.map(drop);
        }
        let only = Only::as_read(upload.replaces.as_deref());
        let etag = match self.bucket.put(&key, &body, &of, only).await? {
            Some(etag) => etag,
            None => {
                self.require_journal(work).await?;
                self.bucket.put(&key, &body, &of, Only::Always).await?.unwrap_or_default()
            }
        };
        work.wrote(&upload.path, etag);
        Ok(())
    }

    /// Ends the run where the journal is another run's, whose commit may be a later one.
    async fn require_journal(&self, work: &Work) -> Result<(), Error> {
        let key = Keys(&work.name).journal();
        if self.bucket.etag_of(&key).await? == work.journal().map(|it| it.etag) {
            return Ok(());
        }
        Err(Error::failed(format!("another run has taken {} over; what there is now is looked at again", work.name)))
    }

    /// Ends the run where the pointer is not the one that this run wrote: it may lead to what is about to go.
    async fn require_pointer(&self, work: &Work, branch: &str) -> Result<(), Error> {
        let there = self.bucket.etag_of(&Keys(&work.name).pointer(branch)).await?;
        if there.is_some() && there == work.pointer(branch) {
            return Ok(());
        }
        Err(Error::failed(format!("another writer has moved the pointer of {branch}; its former copies stay for now")))
    }

    /// Where another run has taken over and ended, no journal has what this one wrote meanwhile: it is noted for the next run. The error
    /// that ended this one stays its error.
    async fn note_what_was_written(&self, work: &Work, error: Error) -> Error {
        let Some(ours) = work.journal() else { return error };
        let key = Keys(&work.name).journal();
        let noted = async {
            let there = self.bucket.read::<Journal>(&key).await?;
            if there.as_ref().is_some_and(|it| it.etag == ours.etag) {
                return Ok(());
            }
            let mut journal = ours.it.clone();
            journal.paths.extend(there.iter().flat_map(|it| it.it.paths.clone()));
            let only = Only::as_read(there.as_ref().map(|it| it.etag.as_str()));
            self.bucket.replace(&key, bytes(&journal)?, only).await.map(drop)
        };
        match noted.await {
            Ok(()) => error,
            Err(other) => error.context(format!("what was written could not be noted ({other}); verify {}", work.name)),
        }
    }

    async fn send(&self, push: &Push) -> Result<(), Error> {
        let doing = || format!("asking for a copy of {}", push.repository);
        let Some(queue) = &self.settings.queue else {
            return Err(Error::refused("no queue is set: set SIGNALBOX_MIRROR_QUEUE to the queue's URL")).doing(doing);
        };
        let body = serde_json::to_string(push).map_err(Error::failed).doing(doing)?;
        let request = self.sqs.send_message().queue_url(queue).message_body(body);
        let request = request.message_group_id(push.group()).message_deduplication_id(push.deduplication_id());
        let request = request.set_message_attributes(queues::correlation());
        let request = request.set_message_system_attributes(queues::trace());
        request.send().await.or_error().map(drop).doing(doing)
    }
}

/// Whether a step changes the layout while the journal is open.
fn is_under_journal(step: &mirror::Step) -> bool {
    use mirror::Step::{Close, Delete, Record, Upload};
    matches!(step, Upload { .. } | Delete(_) | Record { .. } | Close)
}

/// The manifest with the ETags of what was written.
fn with_etags(manifest: &Manifest, work: &Work) -> Result<Manifest, Error> {
    let mut manifest = manifest.clone();
    for (path, etag) in work.written() {
        if let Some(record) = manifest.files.get_mut(&path) {
            record.etag = etag;
        }
    }
    match manifest.files.iter().find(|(_, it)| it.etag.is_empty()) {
        Some((path, _)) => Err(Error::failed(format!("writing the manifest: S3 gave no ETag of {path}"))),
        None => Ok(manifest),
    }
}

fn bytes(of: &impl Serialize) -> Result<Bytes, Error> {
    serde_json::to_vec(of).map(Bytes::from).map_err(Error::failed)
}
