//! Carries the step out: snapshots gain, then the image changes, then snapshots lose.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aws::{Answer, names_bad_account, refuses_combination};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::SdkError;
use aws_sdk_ec2::operation::modify_image_attribute::{ModifyImageAttributeError, ModifyImageAttributeOutput};
use aws_sdk_ec2::types::{LaunchPermission, LaunchPermissionModifications, OperationType, SnapshotAttributeName};
use futures_util::future::join_all;
use reaction::{AccountId, Doing, Error};
use sharing::{Difference, Principal};

use crate::facts::SnapshotId;
use crate::plan::ShareImage;

/// How many accounts one `ModifySnapshotAttribute` takes.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html>
const ACCOUNTS_PER_CALL: usize = 500;

/// Accounts that EC2 does not accept, with what it says of each.
type BadAccounts = BTreeMap<String, String>;

pub(crate) async fn share(ec2: &Client, step: &ShareImage) -> Result<(), Error> {
    let mut bad = change_snapshots(ec2, step, &OperationType::Add).await?;
    let kept = step.launch.add.iter().filter(|who| !bad.contains_key(&who.to_string())).cloned().collect();
    let launch = Difference { add: kept, remove: step.launch.remove.clone() };
    bad.append(&mut change_image(ec2, step, &launch).await?);
    bad.append(&mut change_snapshots(ec2, step, &OperationType::Remove).await?);
    if bad.is_empty() {
        return Ok(());
    }
    let accounts: Vec<_> = bad.iter().map(|(account, answer)| format!("{account} ({answer})")).collect();
    Err(Error::refused(format!(
        "EC2 does not accept {}; the others are done; correct the manifest, or take away by hand whom it does not name",
        accounts.join(", ")
    )))
}

/// Adds to or removes from every snapshot; all are tried, and the worst error decides.
async fn change_snapshots(ec2: &Client, step: &ShareImage, operation: &OperationType) -> Result<BadAccounts, Error> {
    let changes = step.snapshots.iter().map(async |(id, difference)| {
        let accounts = if *operation == OperationType::Add { &difference.add } else { &difference.remove };
        let mut bad = BadAccounts::new();
        for accounts in accounts.iter().collect::<Vec<_>>().chunks(ACCOUNTS_PER_CALL) {
            bad.append(&mut change_snapshot(ec2, id, operation, accounts).await?);
        }
        Ok(bad)
    });
    let (bad, errors): (Vec<_>, Vec<_>) = join_all(changes).await.into_iter().partition(Result::is_ok);
    match Error::worst(errors.into_iter().filter_map(Result::err)) {
        Some(error) => Err(error),
        None => Ok(bad.into_iter().filter_map(Result::ok).flatten().collect()),
    }
}

/// Changes one snapshot for these accounts; account by account where EC2 refuses one of them.
async fn change_snapshot(
    ec2: &Client,
    id: &SnapshotId,
    operation: &OperationType,
    accounts: &[&AccountId],
) -> Result<BadAccounts, Error> {
    let mut bad = BadAccounts::new();
    let request = |accounts: &[&AccountId]| {
        // The flat form, which every implementation of EC2 understands.
        ec2.modify_snapshot_attribute()
            .snapshot_id(&id.0)
            .attribute(SnapshotAttributeName::CreateVolumePermission)
            .operation_type(operation.clone())
            .set_user_ids(Some(accounts.iter().map(ToString::to_string).collect()))
            .send()
    };
    let answer = request(accounts).await;
    if !answer.as_ref().is_err_and(names_bad_account) {
        return answer.or_error().map(|_| bad).doing(|| format!("changing who may use {id}"));
    }
    for account in accounts {
        let answer = request(&[account]).await;
        match answer {
            Err(error) if names_bad_account(&error) => drop(bad.insert(account.to_string(), said(Err::<(), _>(error)))),
            other => drop(other.or_error().doing(|| format!("changing whether {account} may use {id}"))?),
        }
    }
    Ok(bad)
}

/// Changes who may launch the image: in one request, in two where EC2 does not take both sides at once, one by one
/// where it refuses one of several.
async fn change_image(ec2: &Client, step: &ShareImage, launch: &Difference<Principal>) -> Result<BadAccounts, Error> {
    let mut bad = BadAccounts::new();
    let mut parts = VecDeque::from([launch.clone()]);
    while let Some(part) = parts.pop_front().filter(|part| !part.is_empty()) {
        let answer = modify_image(ec2, step, &part).await;
        let is_bad = answer.as_ref().is_err_and(names_bad_account);
        let is_mixed = !part.add.is_empty() && !part.remove.is_empty();
        match answer {
            Err(_) if is_bad && part.add.len() + part.remove.len() > 1 => parts.extend(one_by_one(&part)),
            Err(error) if is_mixed && refuses_combination(&error) => parts.extend(sides(part)),
            Err(error) if is_bad => {
                let answer = said(Err::<(), _>(error));
                bad.extend(part.add.iter().chain(&part.remove).map(|who| (who.to_string(), answer.clone())));
            }
            other => drop(other.or_error().doing(|| format!("changing who may launch {}", step.image))?),
        }
    }
    Ok(bad)
}

async fn modify_image(
    ec2: &Client,
    step: &ShareImage,
    part: &Difference<Principal>,
) -> Result<ModifyImageAttributeOutput, SdkError<ModifyImageAttributeError>> {
    let side = |who: &BTreeSet<Principal>| (!who.is_empty()).then(|| who.iter().map(permission).collect());
    let changes = LaunchPermissionModifications::builder().set_add(side(&part.add)).set_remove(side(&part.remove));
    ec2.modify_image_attribute().image_id(step.image.as_str()).launch_permission(changes.build()).send().await
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
        Principal::Account(account) => permission.user_id(account.to_string()),
        Principal::Organization(arn) => permission.organization_arn(arn),
        Principal::OrganizationalUnit(arn) => permission.organizational_unit_arn(arn),
    }
    .build()
}

/// What AWS said, as text.
fn said<T>(answer: impl Answer<T>) -> String {
    answer.or_error().err().map(|error| error.to_string()).unwrap_or_default()
}
