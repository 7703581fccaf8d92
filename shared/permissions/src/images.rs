//! Carries a step of images and EBS snapshots out: snapshots gain, then images change, then snapshots lose.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aws::{Answer, names_bad_account, refuses_combination};
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::modify_image_attribute::{ModifyImageAttributeError, ModifyImageAttributeOutput};
use aws_sdk_ec2::types::{LaunchPermission, LaunchPermissionModifications, OperationType, SnapshotAttributeName};
use futures_util::future::join_all;
use reaction::{Doing, Error};
use sharing::{Change, Difference, Effect, Kind, Principal, Share};

use crate::Ec2;

/// How many accounts one `ModifySnapshotAttribute` takes.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html>
const ACCOUNTS_PER_CALL: usize = 500;

/// Whom EC2 does not accept, with what it says of each.
type Bad = BTreeMap<Principal, String>;

impl Ec2 {
    /// Carries a step of images and snapshots out. Whom EC2 does not accept is left out and named; the others are done.
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
        note(&mut bad, join_all(gaining).await)?;
        // Who cannot have a snapshot shall not see an image that stands on it.
        let shut_out: BTreeSet<_> = bad.iter().flat_map(Bad::keys).cloned().collect();
        let changing = changes.iter().filter(images).map(async |&(index, change)| {
            let Difference { add, remove } = &differences[index];
            let launch = Difference { add: add - &shut_out, remove: remove.clone() };
            (index, self.change_image(&change.resource.id, &launch).await)
        });
        note(&mut bad, join_all(changing).await)?;
        let losing = changes.iter().filter(snapshots).map(async |&(index, change)| {
            (index, self.change_snapshot(&change.resource.id, OperationType::Remove, &differences[index].remove).await)
        });
        note(&mut bad, join_all(losing).await)?;
        let done =
            differences.into_iter().zip(&bad).zip(&step.changes).map(|((Difference { add, remove }, bad), change)| {
                let bad = bad.keys().cloned().collect();
                let add = if change.resource.kind == Kind::Image { &add - &shut_out } else { add };
                Difference { add: &add - &bad, remove: &remove - &bad }
            });
        Ok(Effect { done: done.collect(), refused: refusal(&bad) })
    }

    /// Adds to or removes from one snapshot; account by account where EC2 refuses one of them.
    async fn change_snapshot(
        &self,
        id: &str,
        operation: OperationType,
        who: &BTreeSet<Principal>,
    ) -> Result<Bad, Error> {
        let mut bad = Bad::new();
        let request = async |who: &[&Principal]| {
            self.pace.wait("ModifySnapshotAttribute").await;
            // The flat form, which every implementation of EC2 understands.
            let request = self.client.modify_snapshot_attribute().snapshot_id(id).operation_type(operation.clone());
            let request = request.attribute(SnapshotAttributeName::CreateVolumePermission);
            request.set_user_ids(Some(who.iter().map(ToString::to_string).collect())).send().await
        };
        for who in who.iter().collect::<Vec<_>>().chunks(ACCOUNTS_PER_CALL) {
            let answer = request(who).await;
            if !answer.as_ref().is_err_and(names_bad_account) {
                answer.or_error().doing(|| format!("changing who may use {id}"))?;
                continue;
            }
            for &account in who {
                match request(&[account]).await {
                    Err(error) if names_bad_account(&error) => {
                        bad.insert(account.clone(), said(Err::<(), _>(error)));
                    }
                    other => drop(other.or_error().doing(|| format!("changing whether {account} may use {id}"))?),
                }
            }
        }
        Ok(bad)
    }

    /// Changes who may launch the image: in one request, in two where EC2 does not take both sides at once, one by one
    /// where it refuses one of several.
    async fn change_image(&self, id: &str, launch: &Difference<Principal>) -> Result<Bad, Error> {
        let mut bad = Bad::new();
        let mut parts = VecDeque::from([launch.clone()]);
        while let Some(part) = parts.pop_front().filter(|part| !part.is_empty()) {
            let answer = self.modify_image(id, &part).await;
            let is_bad = answer.as_ref().is_err_and(names_bad_account);
            let is_mixed = !part.add.is_empty() && !part.remove.is_empty();
            match answer {
                Err(_) if is_bad && part.add.len() + part.remove.len() > 1 => parts.extend(one_by_one(&part)),
                Err(error) if is_mixed && refuses_combination(&error) => parts.extend(sides(part)),
                Err(error) if is_bad => {
                    let answer = said(Err::<(), _>(error));
                    bad.extend(part.add.into_iter().chain(part.remove).map(|who| (who, answer.clone())));
                }
                other => drop(other.or_error().doing(|| format!("changing who may launch {id}"))?),
            }
        }
        Ok(bad)
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

/// Notes whom EC2 did not accept; all changes were tried, and the worst error decides.
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

/// The removals, and then the additions.
fn sides(Difference { add, remove }: Difference<Principal>) -> [Difference<Principal>; 2] {
    [Difference { add: BTreeSet::new(), remove }, Difference { add, remove: BTreeSet::new() }]
}

/// Each removal and then each addition on its own.
fn one_by_one(part: &Difference<Principal>) -> Vec<Difference<Principal>> {
    let alone = |who: &Principal| BTreeSet::from([who.clone()]);
    let removals = part.remove.iter().map(|who| Difference { add: BTreeSet::new(), remove: alone(who) });
    let additions = part.add.iter().map(|who| Difference { add: alone(who), remove: BTreeSet::new() });
    removals.chain(additions).collect()
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
