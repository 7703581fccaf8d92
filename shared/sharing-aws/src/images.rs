//! Carries a step of images and EBS snapshots out: snapshots gain and images change, then snapshots lose.

use std::collections::{BTreeMap, BTreeSet};

use aws::{Answer, names_bad_account, refuses_combination};
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::modify_image_attribute::{ModifyImageAttributeError, ModifyImageAttributeOutput};
use aws_sdk_ec2::operation::modify_snapshot_attribute::{ModifySnapshotAttributeError, ModifySnapshotAttributeOutput};
use aws_sdk_ec2::types::{LaunchPermission, LaunchPermissionModifications, OperationType, SnapshotAttributeName};
use futures_util::future::{join, join_all};
use reaction::{Doing, Error};
use sharing::{Change, Difference, Effect, Kind, Principal, Share};

use crate::Ec2;
use crate::search::{Bad, Search, difference};

/// How many accounts one `ModifySnapshotAttribute` takes.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html>
const ACCOUNTS_PER_CALL: usize = 500;

impl Ec2 {
    /// Carries a step of images and snapshots out. A principal that EC2 rejects is left out and named; the others are done.
    ///
    /// # Errors
    /// `Failed` where it is not known what was done; the worst error decides.
    pub async fn share(&self, step: &Share) -> Result<Effect, Error> {
        let differences: Vec<_> = step.changes.iter().map(Change::difference).collect();
        let mut bad = vec![Bad::new(); step.changes.len()];
        let snapshots = |it: &&(usize, &Change)| it.1.resource.kind == Kind::Snapshot;
        let images = |it: &&(usize, &Change)| it.1.resource.kind == Kind::Image;
        let changes: Vec<_> = step.changes.iter().enumerate().collect();
        // An image needs no permission on its snapshots to be launched, so that both may come at once.
        let gaining = changes.iter().filter(snapshots).map(async |&(index, change)| {
            (index, self.change_snapshot(&change.resource.id, OperationType::Add, &differences[index].add).await)
        });
        let changing = changes
            .iter()
            .filter(images)
            .map(async |&(index, change)| (index, self.change_image(&change.resource.id, &differences[index]).await));
        let (snapshots_gained, images_changed) = join(join_all(gaining), join_all(changing)).await;
        note(&mut bad, snapshots_gained.into_iter().chain(images_changed).collect())?;
        // Who loses both loses the image first.
        let losing = changes.iter().filter(snapshots).map(async |&(index, change)| {
            (index, self.change_snapshot(&change.resource.id, OperationType::Remove, &differences[index].remove).await)
        });
        note(&mut bad, join_all(losing).await)?;
        let done = differences.into_iter().zip(&bad).map(|(Difference { add, remove }, bad)| {
            let bad = bad.keys().cloned().collect();
            Difference { add: &add - &bad, remove: &remove - &bad }
        });
        Ok(Effect { done: done.collect(), refused: refusal(&bad) })
    }

    /// Adds to or removes from one snapshot; in halves where EC2 refuses one of the accounts.
    async fn change_snapshot(
        &self,
        id: &str,
        operation: OperationType,
        who: &BTreeSet<Principal>,
    ) -> Result<Bad, Error> {
        let mut bad = Bad::new();
        for who in who.iter().collect::<Vec<_>>().chunks(ACCOUNTS_PER_CALL) {
            let who = who.iter().copied().cloned().collect();
            let mut search = Search::of(&Difference { add: who, remove: BTreeSet::new() });
            while let Some(part) = search.next_part() {
                match self.modify_snapshot(id, &operation, &difference(&part).add).await {
                    Err(error) if names_bad_account(&error) => search.refused(&part, &said(Err::<(), _>(error))),
                    other => {
                        other.or_error().doing(|| format!("changing who may use {id}"))?;
                        search.taken();
                    }
                }
            }
            bad.extend(search.into_bad());
        }
        Ok(bad)
    }

    async fn modify_snapshot(
        &self,
        id: &str,
        operation: &OperationType,
        who: &BTreeSet<Principal>,
    ) -> Result<ModifySnapshotAttributeOutput, SdkError<ModifySnapshotAttributeError>> {
        self.pace.wait("ModifySnapshotAttribute").await;
        // The flat form, which every implementation of EC2 understands.
        let request = self.client.modify_snapshot_attribute().snapshot_id(id).operation_type(operation.clone());
        let request = request.attribute(SnapshotAttributeName::CreateVolumePermission);
        request.set_user_ids(Some(who.iter().map(ToString::to_string).collect())).send().await
    }

    /// Changes who may launch the image: in one request, in two where EC2 does not take both sides at once, in halves where
    /// it refuses one of several.
    async fn change_image(&self, id: &str, launch: &Difference<Principal>) -> Result<Bad, Error> {
        let mut search = Search::of(launch);
        while let Some(part) = search.next_part() {
            let asked = difference(&part);
            let is_mixed = !asked.add.is_empty() && !asked.remove.is_empty();
            match self.modify_image(id, &asked).await {
                Err(error) if names_bad_account(&error) => search.refused(&part, &said(Err::<(), _>(error))),
                Err(error) if is_mixed && refuses_combination(&error) => search.separate(part),
                other => {
                    other.or_error().doing(|| format!("changing who may launch {id}"))?;
                    search.taken();
                }
            }
        }
        Ok(search.into_bad())
    }

    async fn modify_image(
        &self,
        id: &str,
        part: &Difference<Principal>,
    ) -> Result<ModifyImageAttributeOutput, SdkError<ModifyImageAttributeError>> {
        self.pace.wait("ModifyImageAttribute").await;
        let side = |who: &BTreeSet<Principal>| (!who.is_empty()).then(|| who.iter().map(permission).collect());
        let changes = LaunchPermissionModifications::builder().set_add(side(&part.add)).set_remove(side(&part.remove));
        self.client.modify_image_attribute().image_id(id).launch_permission(changes.build()).send().await
    }
}

/// Notes the principals that EC2 rejected; all changes were tried, and the worst error decides.
fn note(bad: &mut [Bad], results: Vec<(usize, Result<Bad, Error>)>) -> Result<(), Error> {
    let mut errors = Vec::new();
    for (index, result) in results {
        match result {
            Ok(more) => bad[index].extend(more),
            Err(error) => errors.push(error),
        }
    }
    Error::worst(errors).map_or(Ok(()), Err)
}

fn refusal(bad: &[Bad]) -> Option<Error> {
    let named: BTreeMap<_, _> = bad.iter().flatten().collect();
    let named: Vec<_> = named.iter().map(|(who, answer)| format!("{who} ({answer})")).collect();
    (!named.is_empty()).then(|| {
        Error::refused(format!(
            "EC2 does not accept {}; the others are done; correct the manifest, or take away by hand whom it does not name",
            named.join(", ")
        ))
    })
}

fn permission(who: &Principal) -> LaunchPermission {
    let permission = LaunchPermission::builder();
    match who {
        Principal::Organization(arn) => permission.organization_arn(arn),
        Principal::OrganizationalUnit(arn) => permission.organizational_unit_arn(arn),
        account => permission.user_id(account.to_string()),
    }
    .build()
}

/// What AWS said, as text.
fn said<T>(answer: impl Answer<T>) -> String {
    answer.or_error().err().map(|error| error.to_string()).unwrap_or_default()
}
