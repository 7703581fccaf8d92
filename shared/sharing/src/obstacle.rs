//! Why a resource is not shared as the manifest says. Events and the sweep say it in the same words, which stand here once.

use std::fmt;
use std::time::{Duration, SystemTime};

use place::Region;
use reaction::Error;

use crate::{COPY_OF, Encryption, Kind, OptionGroup, Resource, State, Tags, Wanted, is_posing_as_copy};

/// For so long after its event a resource that AWS does not know is late rather than gone: EC2 is eventually consistent.
/// Lambda tries again after one and after two minutes.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
const VISIBLE_AFTER: Duration = Duration::from_mins(2);

/// How many accounts one snapshot of a database is usually shared with at most.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html>
pub const ACCOUNTS_PER_SNAPSHOT: usize = 20;

/// Why a resource is not shared as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// No entry means it.
    Unnamed {
        /// The resource.
        resource: Resource,
        /// Its name; empty where it has none.
        name: String,
        /// Whether entries have its name and ask for another owner or tag.
        is_withheld: bool,
    },
    /// It belongs to another account.
    Foreign(Resource),
    /// AWS does not know it yet.
    Late(Resource),
    /// AWS does not know it any more.
    Gone(Resource),
    /// It is in this state, and may yet become ready.
    Pending(Resource, String),
    /// It is in this state, and never will be ready.
    Over(Resource, String),
    /// It is an image that is disabled.
    Disabled(Resource),
    /// It, or the snapshot that backs it, is encrypted with the AWS-managed key.
    ManagedKey {
        /// The kind of the resource.
        kind: Kind,
        /// The snapshot, where the resource is an image.
        snapshot: Option<String>,
    },
    /// No account can use its key, or that of the snapshot that backs it.
    UnusableKey {
        /// The snapshot, where the resource is an image.
        snapshot: Option<String>,
        /// Why, and what to do.
        why: String,
    },
    /// The database has options that RDS does not let go.
    FixedOptions {
        /// The option group.
        group: String,
        /// The options.
        options: Vec<String>,
    },
    /// It has the name of a copy that Signalbox makes, and is not one.
    PosesAsCopy,
    /// The entries name so many accounts, more than RDS shares a snapshot with.
    OverQuota(usize),
    /// An entry names a unit whose accounts cannot be told; with what to do.
    HeldBack(String),
    /// Another run is at work on it.
    Busy(Resource),
}

/// What follows from an obstacle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The resource is not Signalbox's business.
    Ignore,
    /// There is nothing to do.
    Nothing,
    /// An operator has to change something first.
    Refuse,
    /// A later attempt may succeed.
    Retry,
}

impl Consequence {
    /// Whether the run does not do what it was to do.
    #[must_use]
    pub fn is_error(self) -> bool {
        matches!(self, Self::Refuse | Self::Retry)
    }
}

impl Obstacle {
    /// Why AWS does not know the resource of an event of that time.
    #[must_use]
    pub fn of_absence(resource: Resource, event: Option<SystemTime>, now: SystemTime) -> Self {
        let age = event.and_then(|time| now.duration_since(time).ok());
        if age.is_some_and(|age| age < VISIBLE_AFTER) { Self::Late(resource) } else { Self::Gone(resource) }
    }

    /// Why the resource cannot be shared in its state, if so.
    #[must_use]
    pub fn of_state(resource: &Resource, state: &State) -> Option<Self> {
        match state {
            State::Ready => None,
            State::Disabled => Some(Self::Disabled(resource.clone())),
            State::Pending(state) => Some(Self::Pending(resource.clone(), state.clone())),
            State::Over(state) => Some(Self::Over(resource.clone(), state.clone())),
        }
    }

    /// Why a resource of this kind cannot be shared for what encrypts it or, of an image, this snapshot of it, if so.
    #[must_use]
    pub fn of_encryption(kind: Kind, snapshot: Option<&str>, encryption: &Encryption) -> Option<Self> {
        let snapshot = snapshot.map(String::from);
        match encryption {
            Encryption::AwsManaged => Some(Self::ManagedKey { kind, snapshot }),
            Encryption::Unusable(why) => Some(Self::UnusableKey { snapshot, why: why.clone() }),
            Encryption::None | Encryption::AwsOwned | Encryption::Customer(_) => None,
        }
    }

    /// Why a database snapshot cannot be shared for its option group, if so.
    #[must_use]
    pub fn of_options(options: &OptionGroup) -> Option<Self> {
        let OptionGroup::Fixed { group, options } = options else { return None };
        Some(Self::FixedOptions { group: group.clone(), options: options.clone() })
    }

    /// Why this snapshot of a database cannot be shared for its name, if so.
    #[must_use]
    pub fn of_name(resource: &Resource, tags: &Tags) -> Option<Self> {
        is_posing_as_copy(resource.kind, &resource.id, tags).then_some(Self::PosesAsCopy)
    }

    /// Why a resource of this kind cannot be shared with all of these, if so: then none of them gains it.
    #[must_use]
    pub fn of_quota(kind: Kind, wanted: &Wanted) -> Option<Self> {
        let is_database = matches!(kind, Kind::DbSnapshot | Kind::DbClusterSnapshot);
        let number = wanted.principals.len();
        (is_database && number > ACCOUNTS_PER_SNAPSHOT).then_some(Self::OverQuota(number))
    }

    /// What follows from it.
    #[must_use]
    pub fn consequence(&self) -> Consequence {
        match self {
            Self::Unnamed { .. } => Consequence::Ignore,
            Self::Gone(_) | Self::Over(..) => Consequence::Nothing,
            Self::Late(_) | Self::Pending(..) | Self::Busy(_) => Consequence::Retry,
            Self::Foreign(_)
            | Self::Disabled(_)
            | Self::HeldBack(_)
            | Self::ManagedKey { .. }
            | Self::UnusableKey { .. }
            | Self::FixedOptions { .. }
            | Self::PosesAsCopy
            | Self::OverQuota(_) => Consequence::Refuse,
        }
    }

    /// Whether only those who would gain the resource are concerned: others lose it all the same.
    #[must_use]
    pub fn bars_gains_only(&self) -> bool {
        matches!(
            self,
            Self::ManagedKey { .. }
                | Self::UnusableKey { .. }
                | Self::FixedOptions { .. }
                | Self::PosesAsCopy
                | Self::OverQuota(_)
        )
    }

    /// The obstacle as the error of a run about this resource.
    #[must_use]
    pub fn error(&self, resource: &Resource) -> Error {
        match self.consequence() {
            Consequence::Retry => Error::failed(self),
            _ if self.bars_gains_only() => Error::refused(format!("{} cannot be shared: {self}", resource.id)),
            _ => Error::refused(self),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed { resource, name, is_withheld } => unnamed(f, resource, name, *is_withheld),
            Self::Foreign(Resource { id, .. }) => {
                write!(f, "{id} belongs to another account; only its owner can share it")
            }
            Self::Late(it) => write!(f, "{} does not know {} yet; it is tried again", service(it), it.id),
            Self::Gone(it) => write!(f, "{} does not know {} any more; there is nothing to share", service(it), it.id),
            Self::Pending(it, state) => {
                write!(f, "{} still calls {} {state}; it is tried again", service(it), it.id)
            }
            Self::Over(Resource { id, kind: Kind::Snapshot, .. }, _) => {
                write!(f, "{id} could not be made; there is nothing to share")
            }
            Self::Over(Resource { id, .. }, state) => {
                write!(f, "{id} is {state} by now; there is nothing to share")
            }
            Self::Disabled(Resource { id, .. }) => {
                write!(f, "{id} is disabled; enable it (EnableImage) and it is shared again")
            }
            Self::ManagedKey { kind, snapshot } => managed_key(f, *kind, snapshot.as_deref()),
            Self::UnusableKey { snapshot: Some(snapshot), why } => write!(f, "{snapshot} cannot be used: {why}"),
            Self::UnusableKey { snapshot: None, why } | Self::HeldBack(why) => f.write_str(why),
            Self::FixedOptions { group, options } => write!(
                f,
                "its option group {group} has the persistent or permanent option {}, and RDS shares no snapshot with such an \
                 option; export its data, or share a snapshot of a database without the option",
                options.join(", ")
            ),
            Self::PosesAsCopy => write!(
                f,
                "it has the name of a copy that Signalbox makes, and no tag {COPY_OF} that names the snapshot it would be a copy \
                 of; find out who made it, and delete it or copy it to another name"
            ),
            Self::OverQuota(number) => write!(
                f,
                "the manifest names {number} accounts, and RDS shares a snapshot with {ACCOUNTS_PER_SNAPSHOT} at most; name \
                 fewer, or copy the snapshot and share the copy with the others; none of them gained it"
            ),
            Self::Busy(resource) => write!(f, "another run is at work on {resource}; it is tried again"),
        }
    }
}

fn unnamed(f: &mut fmt::Formatter<'_>, resource: &Resource, name: &str, is_withheld: bool) -> fmt::Result {
    let Resource { kind, id, .. } = resource;
    if is_withheld {
        return write!(
            f,
            "no entry of the manifest's section `{kind}` means {resource}, whose owner or tags are not those that entries with \
             its name ask for"
        );
    }
    if name.is_empty() && *kind == Kind::Snapshot {
        return write!(f, "{id} has no tag `Name` by which the manifest could name it");
    }
    let region = resource.region.as_ref().map(Region::as_str).unwrap_or_default();
    write!(f, "no entry of the manifest's section `{kind}` matches `{name}` in {region}")?;
    if name == id { Ok(()) } else { write!(f, ", the name of {id}") }
}

fn managed_key(f: &mut fmt::Formatter<'_>, kind: Kind, snapshot: Option<&str>) -> fmt::Result {
    let (key, remedy) = match kind {
        Kind::Image => ("ebs", "copy the image with a customer managed key (CopyImage --encrypted --kms-key-id)"),
        Kind::DbSnapshot => {
            ("rds", "copy it with a customer managed key (CopyDBSnapshot with KmsKeyId), and the copy is shared")
        }
        Kind::DbClusterSnapshot => {
            ("rds", "copy it with a customer managed key (CopyDBClusterSnapshot with KmsKeyId), and the copy is shared")
        }
        _ => ("ebs", "copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)"),
    };
    let what = snapshot.unwrap_or("it");
    write!(f, "{what} is encrypted with the AWS-managed key aws/{key}, which no other account can use; {remedy}")
}

/// The service that describes the resource, and where.
fn service(resource: &Resource) -> String {
    let service = match resource.kind {
        Kind::DbSnapshot | Kind::DbClusterSnapshot => "RDS",
        _ => "EC2",
    };
    let region = resource.region.as_ref().map(Region::as_str).unwrap_or_default();
    format!("{service} in {region}")
}
