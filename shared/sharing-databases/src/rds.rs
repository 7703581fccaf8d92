//! Who may restore a snapshot of a database instance or cluster: read, and changed.

use std::collections::BTreeSet;

use aws::{Answer, Pace, is_shared_too_often, names_bad_account};
use aws_sdk_rds::Client;
use aws_sdk_rds::types::Tag;
use futures_util::future::join_all;
use place::AccountId;
use reaction::{Doing, Error};
use sharing::{Change, Difference, Effect, Kind, Principal, Share, Tags};

use sharing::search::{Bad, Search, difference};
use sharing_aws::Holders;

/// The attribute that holds who may copy and restore a snapshot.
const RESTORE: &str = "restore";

/// The value of that attribute that stands for everybody.
const EVERYBODY: &str = "all";

/// RDS in one account and region, at its pace.
#[derive(Clone, Debug)]
pub struct Rds {
    /// The client, for what is no permission.
    pub client: Client,
    /// The pace of the account and region.
    pub pace: Pace,
}

/// What became of one request.
enum Answered {
    Done,
    /// RDS does not accept an account in it, and did nothing.
    BadAccount(String),
    /// There would be too many accounts, and nothing was done.
    TooMany(Error),
}

/// What became of one change.
#[derive(Default)]
struct Changed {
    bad: Bad,
    too_many: Option<Error>,
}

/// The tags of a snapshot as RDS lists them, by their keys.
#[must_use]
pub fn db_tags_of(list: Option<Vec<Tag>>) -> Tags {
    let tags = list.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

impl Rds {
    /// Who may restore the snapshot, `owner` aside; `None` where there is no such snapshot any more.
    ///
    /// # Errors
    /// As of `DescribeDBSnapshotAttributes` and `DescribeDBClusterSnapshotAttributes`.
    pub async fn attributes(&self, kind: Kind, id: &str, owner: &AccountId) -> Result<Option<Holders>, Error> {
        let doing = || format!("reading who may restore {id}");
        let values = match kind {
            Kind::DbSnapshot => self.instance_attributes(id).await.doing(doing)?,
            Kind::DbClusterSnapshot => self.cluster_attributes(id).await.doing(doing)?,
            other => return Err(no_database(other)),
        };
        let Some(values) = values else { return Ok(None) };
        let is_public = values.contains(EVERYBODY);
        let accounts = values.iter().filter(|value| *value != EVERYBODY).map(|value| value.parse::<AccountId>());
        let accounts = accounts.collect::<Result<BTreeSet<_>, _>>().map_err(Error::refused).doing(doing)?;
        let others = accounts.into_iter().filter(|account| account != owner);
        Ok(Some(Holders { is_public, principals: others.map(Principal::Account).collect() }))
    }

    async fn instance_attributes(&self, id: &str) -> Result<Option<BTreeSet<String>>, Error> {
        self.pace.wait("DescribeDBSnapshotAttributes").await;
        let request = self.client.describe_db_snapshot_attributes().db_snapshot_identifier(id);
        let Some(answer) = request.send().await.or_absent()? else { return Ok(None) };
        let attributes = answer.db_snapshot_attributes_result.and_then(|it| it.db_snapshot_attributes);
        let restore = attributes.unwrap_or_default().into_iter().filter(|it| it.attribute_name() == Some(RESTORE));
        Ok(Some(restore.flat_map(|it| it.attribute_values.unwrap_or_default()).collect()))
    }

    async fn cluster_attributes(&self, id: &str) -> Result<Option<BTreeSet<String>>, Error> {
        self.pace.wait("DescribeDBClusterSnapshotAttributes").await;
        let request = self.client.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(id);
        let Some(answer) = request.send().await.or_absent()? else { return Ok(None) };
        let attributes = answer.db_cluster_snapshot_attributes_result.and_then(|it| it.db_cluster_snapshot_attributes);
        let restore = attributes.unwrap_or_default().into_iter().filter(|it| it.attribute_name() == Some(RESTORE));
        Ok(Some(restore.flat_map(|it| it.attribute_values.unwrap_or_default()).collect()))
    }

    /// Carries a step of database snapshots out. Whom RDS does not accept is left out and named; the others are done.
    ///
    /// # Errors
    /// `Failed` where it is not known what was done; the worst error decides.
    pub async fn share(&self, step: &Share) -> Result<Effect, Error> {
        let differences: Vec<_> = step.changes.iter().map(Change::difference).collect();
        let changing = step.changes.iter().zip(&differences).map(|(change, it)| self.change(change, it));
        let (mut changed, mut errors) = (Vec::new(), Vec::new());
        for result in join_all(changing).await {
            result.map_or_else(|error| errors.push(error), |it| changed.push(it));
        }
        if let Some(error) = Error::worst(errors) {
            return Err(error);
        }
        let done = differences.into_iter().zip(&changed).map(|(Difference { add, remove }, it)| {
            let bad: BTreeSet<_> = it.bad.keys().cloned().collect();
            let nothing = Difference { add: BTreeSet::new(), remove: BTreeSet::new() };
            if it.too_many.is_some() { nothing } else { Difference { add: &add - &bad, remove: &remove - &bad } }
        });
        let done = done.collect();
        Ok(Effect { done, refused: refusal(changed) })
    }

    /// Changes who may restore one snapshot: in one request, and in halves where RDS does not accept one of them, the
    /// removals first, since they make room.
    async fn change(&self, change: &Change, whole: &Difference<Principal>) -> Result<Changed, Error> {
        let mut search = Search::of(whole);
        while let Some(part) = search.next_part() {
            let asked = difference(&part);
            match self.modify(change, &asked).await? {
                Answered::Done => search.taken(),
                Answered::TooMany(error) if asked == *whole => {
                    return Ok(Changed { too_many: Some(error), ..Changed::default() });
                }
                Answered::TooMany(error) => search.refused(&part, &error.to_string()),
                Answered::BadAccount(said) => search.refused(&part, &said),
            }
        }
        Ok(Changed { bad: search.into_bad(), too_many: None })
    }

    async fn modify(&self, change: &Change, part: &Difference<Principal>) -> Result<Answered, Error> {
        let id = &change.resource.id;
        let side = |who: &BTreeSet<Principal>| (!who.is_empty()).then(|| who.iter().map(ToString::to_string).collect());
        let (add, remove) = (side(&part.add), side(&part.remove));
        let doing = || format!("changing who may restore {id}");
        match change.resource.kind {
            Kind::DbSnapshot => {
                self.pace.wait("ModifyDBSnapshotAttribute").await;
                let request = self.client.modify_db_snapshot_attribute().db_snapshot_identifier(id);
                let request = request.attribute_name(RESTORE).set_values_to_add(add).set_values_to_remove(remove);
                answered(request.send().await).doing(doing)
            }
            Kind::DbClusterSnapshot => {
                self.pace.wait("ModifyDBClusterSnapshotAttribute").await;
                let request = self.client.modify_db_cluster_snapshot_attribute().db_cluster_snapshot_identifier(id);
                let request = request.attribute_name(RESTORE).set_values_to_add(add).set_values_to_remove(remove);
                answered(request.send().await).doing(doing)
            }
            other => Err(no_database(other)),
        }
    }
}

fn answered<T, E>(answer: Result<T, aws_sdk_rds::error::SdkError<E>>) -> Result<Answered, Error>
where
    E: aws_sdk_rds::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let is_bad = answer.as_ref().is_err_and(names_bad_account);
    let is_too_many = answer.as_ref().is_err_and(is_shared_too_often);
    match answer.or_error() {
        Ok(_) => Ok(Answered::Done),
        Err(error) if is_bad => Ok(Answered::BadAccount(error.to_string())),
        Err(error) if is_too_many => Ok(Answered::TooMany(error)),
        Err(error) => Err(error),
    }
}

/// What RDS did not do, as one refusal.
fn refusal(changed: Vec<Changed>) -> Option<Error> {
    let (mut named, mut too_many) = (Bad::new(), None);
    for it in changed {
        named.extend(it.bad);
        too_many = too_many.or(it.too_many);
    }
    if named.is_empty() {
        return too_many
            .map(|error| error.context("more accounts than RDS shares this snapshot with; nobody gained or lost"));
    }
    let named: Vec<_> = named.iter().map(|(who, said)| format!("{who} ({said})")).collect();
    Some(Error::refused(format!(
        "RDS does not accept {}; the others are done; correct the manifest, or take away by hand whom it does not name",
        named.join(", ")
    )))
}

fn no_database(kind: Kind) -> Error {
    Error::refused(format!("a thing of section `{kind}` is no snapshot of a database"))
}
