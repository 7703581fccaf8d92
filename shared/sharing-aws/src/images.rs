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
use sharing::search::{Bad, Search, difference};

/// How many accounts one `ModifySnapshotAttribute` takes.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html>
const ACCOUNTS_PER_CALL: usize = 500;

/// Why EC2 refused the whole change of an image.
enum Refused {
    /// One account at least is not accepted, with what EC2 said.
    Account(String),
    /// EC2 takes no removals beside additions.
    Combination,
}

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
        let gaining = changes.iter().filter(snapshots).map(async |&(index, change)| {
            (index, self.change_snapshot(&change.resource.id, OperationType::Add, &differences[index].add).await)
        });
        let beginning = changes
            .iter()
            .filter(images)
            .map(async |&(index, change)| (index, self.begin_image(&change.resource.id, &differences[index]).await));
        // An image needs no permission on its snapshots to be launched, so that both may come at once.
        let (gained, begun) = join(join_all(gaining), join_all(beginning)).await;
        let (begun, searches) = apart(begun);
        note(&mut bad, gained.into_iter().chain(begun).collect())?;
        // EC2 does not accept at an image what it did not accept at its snapshot, so that it is not searched for again.
        let known: Bad = bad.iter().flatten().map(|(who, said)| (who.clone(), said.clone())).collect();
        let changing = searches.iter().map(async |(index, refused)| {
            let id = &step.changes[*index].resource.id;
            (*index, self.change_image(id, &differences[*index], refused, &known).await)
        });
        note(&mut bad, join_all(changing).await)?;
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

    /// Changes who may launch the image in one request; what EC2 said where it is to be asked for in parts.
    async fn begin_image(&self, id: &str, launch: &Difference<Principal>) -> Result<Option<Refused>, Error> {
        if launch.add.is_empty() && launch.remove.is_empty() {
            return Ok(None);
        }
        let is_mixed = !launch.add.is_empty() && !launch.remove.is_empty();
        match self.modify_image(id, launch).await {
            Err(error) if names_bad_account(&error) => Ok(Some(Refused::Account(said(Err::<(), _>(error))))),
            Err(error) if is_mixed && refuses_combination(&error) => Ok(Some(Refused::Combination)),
            other => other.or_error().doing(|| format!("changing who may launch {id}")).map(|_| None),
        }
    }

    /// Changes who may launch the image after EC2 has refused the whole: in two requests where it does not take both sides at once, in
    /// halves where it refuses one of several. Who is `known` to be bad gains nothing.
    async fn change_image(
        &self,
        id: &str,
        launch: &Difference<Principal>,
        refused: &Refused,
        known: &Bad,
    ) -> Result<Bad, Error> {
        let mut known = known.clone();
        known.retain(|who, _| launch.add.contains(who));
        let add = launch.add.iter().filter(|who| !known.contains_key(who)).cloned().collect();
        let mut search = Search::of(&Difference { add, remove: launch.remove.clone() });
        match refused {
            Refused::Combination => search.next_part().into_iter().for_each(|whole| search.separate(whole)),
            Refused::Account(said) if known.is_empty() => {
                search.next_part().into_iter().for_each(|whole| search.refused(&whole, said));
            }
            // It is another whole than the one that was refused.
            Refused::Account(_) => {}
        }
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
        known.extend(search.into_bad());
        Ok(known)
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

/// A result of each resource, by its number.
type Results<T> = Vec<(usize, Result<T, Error>)>;

/// What was begun at images, of which nothing bad is known yet, and what is refused as a whole.
fn apart(begun: Results<Option<Refused>>) -> (Results<Bad>, Vec<(usize, Refused)>) {
    let mut refused = Vec::new();
    let begun = begun.into_iter().map(|(index, it)| {
        let known = it.map(|it| {
            refused.extend(it.map(|it| (index, it)));
            Bad::new()
        });
        (index, known)
    });
    (begun.collect(), refused)
}

/// Notes the principals that EC2 rejected; all changes were tried, and the worst error decides.
fn note(bad: &mut [Bad], results: Results<Bad>) -> Result<(), Error> {
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
