//! Who may use images and snapshots, by listings for each account that may: in place of a question about each thing, where that takes
//! fewer calls.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::operation::describe_images::DescribeImagesOutput;
use aws_sdk_ec2::operation::describe_snapshots::DescribeSnapshotsOutput;
use futures_util::{StreamExt, TryStreamExt, stream};
use place::AccountId;
use reaction::{Doing, Error};
use sharing::{Kind, Principal, State};

use super::Reading;
use super::ec2::PAGE;
use crate::facts::Found;
use crate::sweeping::Services;

/// How many accounts are listed for at a time: a page of images has megabytes.
const AT_ONCE: usize = 4;

/// Every account, as EC2 names it.
const EVERY: &str = "all";

/// The ids that each account may use, by account.
type Usable = BTreeMap<String, BTreeSet<String>>;

impl Reading<'_> {
    /// Fills in who may use what, as far as listings tell; the rest is to be asked for, and so is everything where they are not allowed.
    pub(super) async fn by_listings(&self, services: &Services, all: Vec<Found>) -> (Vec<Found>, Vec<Found>) {
        let Some(accounts) = &self.listed_for else { return (Vec::new(), all) };
        let (mut listable, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|found| self.is_listable(found));
        let number_of = |kind| listable.iter().filter(|found| found.resource.kind == kind).count();
        let (images, snapshots) = (number_of(Kind::Image), number_of(Kind::Snapshot));
        if !is_worth_it(accounts.len(), images, snapshots) {
            return (Vec::new(), [rest, listable].concat());
        }
        let usable = async {
            self.in_time()?;
            let images = if images > 0 { services.launchable_by(accounts).await? } else { Usable::new() };
            let snapshots = if snapshots > 0 { services.restorable_by(accounts).await? } else { Usable::new() };
            Ok::<_, Error>((images, snapshots))
        };
        let Ok((images, snapshots)) = usable.await else { return (Vec::new(), [rest, listable].concat()) };
        for found in &mut listable {
            let usable = if found.resource.kind == Kind::Image { &images } else { &snapshots };
            let may_use = |who: &str| usable.get(who).is_some_and(|ids| ids.contains(&found.resource.id));
            let holders = accounts.iter().filter(|it| *it != self.owner && may_use(it.as_str()));
            let holders = holders.cloned().map(Principal::Account).collect();
            let is_public = found.is_public || may_use(EVERY);
            (found.holders, found.is_public, found.is_listed) = (holders, is_public, true);
        }
        (listable, rest)
    }

    /// Whether listings can tell who may use it. What is shared with an organization or a unit they do not have.
    fn is_listable(&self, found: &Found) -> bool {
        let meant = self.wanted(found);
        let mut principals = meant.iter().chain(self.facts.owned_by(&found.resource));
        found.state == State::Ready && principals.all(|who| who.account().is_some())
    }
}

/// Whether the listings of so many accounts take fewer calls than a question about each thing. Each page may be full of others.
fn is_worth_it(accounts: usize, images: usize, snapshots: usize) -> bool {
    let pages = |things: usize| things.div_ceil(PAGE.unsigned_abs() as usize);
    let calls = accounts * pages(images) + (accounts + 1) * pages(snapshots);
    calls < images + snapshots
}

impl Services {
    /// The images of ours that each of these accounts may launch by a permission of its own.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html>
    async fn launchable_by(&self, accounts: &BTreeSet<AccountId>) -> Result<Usable, Error> {
        let accounts: Vec<_> = accounts.iter().map(ToString::to_string).collect();
        let listings = stream::iter(accounts).map(async |account: String| {
            let request = self.ec2.client.describe_images().owners("self").executable_users(&account);
            let pages = request.max_results(PAGE).into_paginator().send();
            let mut ids = BTreeSet::new();
            let take = |page: DescribeImagesOutput| {
                ids.extend(page.images.unwrap_or_default().into_iter().filter_map(|it| it.image_id));
            };
            let listed = self.ec2.pace.each_page("DescribeImages", pages, DescribeImagesOutput::next_token, take).await;
            listed.doing(|| format!("listing what {account} may launch"))?;
            Ok((account, ids))
        });
        listings.buffer_unordered(AT_ONCE).try_collect().await
    }

    /// The snapshots of ours that each of these accounts, and every account, may make volumes of.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html>
    async fn restorable_by(&self, accounts: &BTreeSet<AccountId>) -> Result<Usable, Error> {
        let all: Vec<_> = accounts.iter().map(ToString::to_string).chain([EVERY.into()]).collect();
        let listings = stream::iter(all).map(async |who: String| {
            let request = self.ec2.client.describe_snapshots().owner_ids("self").restorable_by_user_ids(&who);
            let pages = request.max_results(PAGE).into_paginator().send();
            let mut ids = BTreeSet::new();
            let take = |page: DescribeSnapshotsOutput| {
                ids.extend(page.snapshots.unwrap_or_default().into_iter().filter_map(|it| it.snapshot_id));
            };
            let token = DescribeSnapshotsOutput::next_token;
            let listed = self.ec2.pace.each_page("DescribeSnapshots", pages, token, take).await;
            listed.doing(|| format!("listing what {who} may restore"))?;
            Ok((who, ids))
        });
        listings.buffer_unordered(AT_ONCE).try_collect().await
    }
}

#[cfg(test)]
mod tests {
    use super::is_worth_it;

    #[test]
    fn listings_are_made_where_they_take_fewer_calls() {
        assert!(is_worth_it(2, 10_000, 0));
        assert!(is_worth_it(2, 10_000, 10_000));
        assert!(is_worth_it(100, 10_000, 10_000));
        assert!(!is_worth_it(1_000, 10_000, 0));
        assert!(!is_worth_it(2, 1, 1));
        assert!(!is_worth_it(2, 0, 0));
    }
}
