//! Reads the facts: manifest, snapshot and permissions side by side, then the key, or what stands in a copy's place.

use std::collections::BTreeSet;
use std::time::SystemTime;

use aws::{Answer, open_only};
use place::AccountId;
use reaction::{Doing, Error};
use sharing::{COPY_OF, Desired, Encryption, Head, KeyGaps, Kind, OptionGroup, Tags, copy_name};
use sharing_aws::{Holders, encryption, key_gaps};
use sharing_databases::{db_tags_of, is_aws_owned};
use sharing_records::open_connection;
use tokio::join;

use crate::copy::Copy;
use crate::facts::{Facts, Namesake, Snapshot};
use crate::{Services, ShareRdsSnapshot, Subject};

/// A snapshot of an instance or of a cluster: what RDS says of both.
struct Described {
    database: String,
    engine: String,
    status: String,
    snapshot_type: String,
    key: Option<String>,
    is_aws_owned: bool,
    option_group: Option<String>,
    tags: Tags,
}

impl ShareRdsSnapshot {
    /// Opens the connections that events will need, so that their handshakes fall into init: RDS answers two reads side
    /// by side.
    pub(crate) async fn open_connections(&self) {
        let rds = &self.clients.here().rds.client;
        let snapshots = rds.describe_db_snapshots().customize().mutate_request(open_only);
        let attributes = rds.describe_db_snapshot_attributes().customize().mutate_request(open_only);
        let snapshots = async { drop(snapshots.send().await) };
        let attributes = async { drop(attributes.send().await) };
        join!(self.source.open_connection(), snapshots, attributes, open_connection(self.grants.as_ref()));
    }

    pub(crate) async fn read_facts(&self, subject: &Subject) -> Result<Facts, Error> {
        let services = self.clients.at(&subject.account, &subject.region).await?;
        let (now, copies_automated) = (self.sessions.now(), self.copies_automated);
        let (kinds, id) = ([subject.kind], subject.snapshot.as_str());
        // Also what an automated snapshot, or one that no entry names, makes useless: a round trip is longer than a call is dear.
        let (desired, described, holders, head) = join!(
            self.source.read(&kinds),
            services.describe(subject.kind, id),
            services.rds.attributes(subject.kind, id, &subject.account),
            self.head(subject)
        );
        let desired = desired?;
        let snapshot = match described? {
            None => None,
            Some(found) => {
                let wanted = accounts(&desired, subject, &found.tags, now);
                let head = if wanted.is_some() && found.is_manual() { head? } else { Head::default() };
                let snapshot = services.snapshot(subject, found, holders, wanted.unwrap_or_default(), copies_automated);
                Some(Snapshot { head, ..snapshot.await? })
            }
        };
        Ok(Facts { now, desired, copies_automated, snapshot })
    }

    /// How the record of the snapshot stands, where there are records.
    async fn head(&self, subject: &Subject) -> Result<Head, Error> {
        let Some(grants) = &self.grants else { return Ok(Head::default()) };
        let resource = subject.resource();
        Ok(grants.heads(std::slice::from_ref(&resource)).await?.remove(&resource).unwrap_or_default())
    }
}

impl Described {
    fn is_manual(&self) -> bool {
        self.snapshot_type == "manual"
    }
}

/// Who shall have the snapshot; `None` where no entry matches it, or where the manifest cannot be acted on.
fn accounts(desired: &Desired, subject: &Subject, tags: &Tags, now: SystemTime) -> Option<BTreeSet<AccountId>> {
    let wanted = desired.wanted(&subject.candidate(subject.snapshot.as_str(), tags), now).ok()??;
    Some(wanted.principals.iter().filter_map(|who| who.account().cloned()).collect())
}

impl Services {
    /// The snapshot's facts. Of one that nobody shall have, nothing more is read.
    async fn snapshot(
        &self,
        subject: &Subject,
        found: Described,
        holders: Result<Option<Holders>, Error>,
        wanted: BTreeSet<AccountId>,
        copies_automated: bool,
    ) -> Result<Snapshot, Error> {
        let is_manual = found.is_manual();
        let mut snapshot = Snapshot {
            database: found.database,
            engine: found.engine,
            status: found.status,
            is_manual,
            tags: found.tags,
            holders: Holders::default(),
            encryption: if found.is_aws_owned { Encryption::AwsOwned } else { Encryption::None },
            options: OptionGroup::Shareable,
            gaps: KeyGaps::Known(BTreeSet::new()),
            copy: None,
            head: Head::default(),
        };
        if is_manual {
            snapshot.holders = holders?.unwrap_or_default();
        }
        if wanted.is_empty() || !is_manual && !copies_automated {
            return Ok(snapshot);
        }
        if let Some(key) = &found.key {
            snapshot.encryption = encryption(&self.kms, key, &subject.account).await?;
        }
        snapshot.options = self.rds.option_group(found.option_group.as_deref(), &snapshot.engine).await?;
        if !is_manual {
            let name = copy_name(subject.kind, subject.snapshot.as_str());
            snapshot.copy = self.namesake(subject.kind, &name).await?;
        } else if let Encryption::Customer(key) = &snapshot.encryption {
            snapshot.gaps = key_gaps(&self.kms, key, &subject.account, &wanted).await?;
        }
        Ok(snapshot)
    }

    /// What stands under the name of a copy.
    pub(crate) async fn namesake(&self, kind: Kind, name: &str) -> Result<Option<Namesake>, Error> {
        let found = self.describe(kind, name).await?;
        Ok(found.map(|mut it| Namesake { copy_of: it.tags.remove(COPY_OF), database: it.database }))
    }

    /// Makes a copy. One that another run has made meanwhile is left alone, and nothing else is taken for it.
    pub(crate) async fn copy(&self, copy: &Copy) -> Result<(), Error> {
        if copy.make(&self.rds.client).await? {
            return Ok(());
        }
        let Copy { source, target, .. } = copy;
        match self.namesake(source.kind, target).await? {
            Some(namesake) => copy.refuse(&namesake),
            None => {
                Err(Error::failed(format!("copying {}: {target} was there and is gone; it is tried again", source.id)))
            }
        }
    }

    async fn describe(&self, kind: Kind, id: &str) -> Result<Option<Described>, Error> {
        let doing = || format!("describing {id}");
        if kind == Kind::DbClusterSnapshot {
            let request = self.rds.client.describe_db_cluster_snapshots().db_cluster_snapshot_identifier(id);
            let answer = request.send().await.or_absent().doing(doing)?;
            let found = answer.and_then(|it| it.db_cluster_snapshots.unwrap_or_default().into_iter().next());
            return Ok(found.map(|it| Described {
                database: it.db_cluster_identifier.unwrap_or_default(),
                engine: it.engine.unwrap_or_default(),
                status: it.status.unwrap_or_default(),
                snapshot_type: it.snapshot_type.unwrap_or_default(),
                is_aws_owned: is_aws_owned(it.storage_encryption_type.as_ref()),
                option_group: None,
                key: it.kms_key_id,
                tags: db_tags_of(it.tag_list),
            }));
        }
        let request = self.rds.client.describe_db_snapshots().db_snapshot_identifier(id);
        let answer = request.send().await.or_absent().doing(doing)?;
        let found = answer.and_then(|it| it.db_snapshots.unwrap_or_default().into_iter().next());
        Ok(found.map(|it| Described {
            database: it.db_instance_identifier.unwrap_or_default(),
            engine: it.engine.unwrap_or_default(),
            status: it.status.unwrap_or_default(),
            snapshot_type: it.snapshot_type.unwrap_or_default(),
            is_aws_owned: is_aws_owned(it.storage_encryption_type.as_ref()),
            option_group: it.option_group_name,
            key: it.kms_key_id,
            tags: db_tags_of(it.tag_list),
        }))
    }
}
