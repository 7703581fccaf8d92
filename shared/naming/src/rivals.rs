//! Which of the clusters that ask for one name may have it: between accounts the owner keeps it, within an account the newest
//! cluster takes it over.

use events::emr::ClusterId;
use place::AccountId;

use crate::cluster::Cluster;
use crate::fate::Fate;
use crate::mark::Mark;
use crate::name::Name;

/// A cluster that cannot have the name, since another account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnedAway {
    /// The cluster.
    pub cluster: Cluster,
    /// Why it cannot have the name.
    pub why: String,
}

/// The cluster that gets the name, and those that are turned away.
#[derive(Debug, Default)]
pub(crate) struct Standing<'a> {
    pub(crate) winner: Option<&'a Cluster>,
    pub(crate) turned_away: Vec<TurnedAway>,
}

/// Ranks the clusters that ask for a name and have a node. `owner` is the mark beside the name, and how it is with its
/// cluster. An owner whose cluster has ended still comes before other accounts where another cluster of its account lives and asks, even one that has no
/// node yet; where nothing is marked, the account whose cluster is the oldest has asked first.
pub(crate) fn rank<'a>(name: &Name, owner: Option<(&Mark, Fate)>, claims: &[&'a Cluster]) -> Standing<'a> {
    let serving: Vec<&Cluster> = claims.iter().copied().filter(|it| it.target().is_some()).collect();
    let heir = |account: &AccountId| claims.iter().copied().find(|it| it.place.account == *account);
    let owner = owner.filter(|(mark, fate)| *fate == Fate::Lives || heir(&mark.place.account).is_some());
    let account = match owner {
        Some((mark, _)) => Some(&mark.place.account),
        None => oldest(&serving).map(|it| &it.place.account),
    };
    let (kin, strangers): (Vec<_>, Vec<_>) = serving.iter().partition(|it| Some(&it.place.account) == account);
    let winner = newest(&kin);
    let holder = match (owner, winner) {
        (Some((mark, Fate::Lives)), _) => Some((&mark.cluster, &mark.place.account)),
        (owner, winner) => winner.or_else(|| heir(&owner?.0.place.account)).map(|it| (&it.id, &it.place.account)),
    };
    let turned_away = strangers.into_iter().filter_map(|it| Some(turn_away(name, it, holder?))).collect();
    Standing { winner, turned_away }
}

/// The newest: it takes a name over within its account.
pub(crate) fn newest<'a>(clusters: &[&'a Cluster]) -> Option<&'a Cluster> {
    clusters.iter().copied().max_by_key(|it| (it.created, &it.id))
}

/// The oldest. One of which EMR does not say when it was made comes last.
fn oldest<'a>(clusters: &[&'a Cluster]) -> Option<&'a Cluster> {
    clusters.iter().copied().min_by_key(|it| (it.created.is_none(), it.created, &it.id))
}

fn turn_away(name: &Name, cluster: &Cluster, (holder, account): (&ClusterId, &AccountId)) -> TurnedAway {
    let why = format!(
        "{name} is {holder}'s of account {account}, and {} of account {} cannot have it: between accounts the owner keeps a \
         name while its cluster lives, and a cluster that cannot be read counts as living; choose another name",
        cluster.id, cluster.place.account
    );
    TurnedAway { cluster: cluster.clone(), why }
}
