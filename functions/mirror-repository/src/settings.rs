//! The function's own settings.

use aws::Location;
use reaction::Error;
use reaction::interlock::{Limits, number, percent};
use reaction::settings::{Setting, Unset, Variables, any_text};

const REPOSITORIES: Setting = Setting {
    variable: "SIGNALBOX_REPOSITORIES",
    meaning: "where the list of mirrored repositories lies: `s3://bucket/key` or `ssm:/name`",
    unset: Unset::Refused,
    check: |variables| repositories(variables).map(drop),
};

const BUCKET: Setting = Setting {
    variable: "SIGNALBOX_MIRROR_BUCKET",
    meaning: "the name of the bucket, in the function's own account, that repositories are mirrored to",
    unset: Unset::Refused,
    check: |variables| BUCKET.required(variables).map(drop),
};

const QUEUE: Setting = Setting {
    variable: "SIGNALBOX_MIRROR_QUEUE",
    meaning: "the URL of the FIFO queue that feeds the function",
    unset: Unset::Means("a sweep is refused"),
    check: any_text,
};

const PERCENT: Setting = Setting {
    variable: "SIGNALBOX_MAX_DELETED_PERCENT",
    meaning: "the percentage of a repository's files that one commit may delete without being forced, where there are ten or more",
    unset: Unset::Is("50"),
    check: |variables| limits(variables).map(drop),
};

const COPIES: Setting = Setting {
    variable: "SIGNALBOX_KEPT_COPIES",
    meaning: "how many copies of commits stay of each branch in `copies`, with the one that the pointer leads to; 2 at least",
    unset: Unset::Is("10"),
    check: |variables| kept_copies(variables).map(drop),
};

/// How many copies may stay: the pointer lists them.
const MOST_COPIES: usize = 1000;

/// The settings that this function alone has.
pub(crate) const SETTINGS: &[Setting] = &[REPOSITORIES, BUCKET, QUEUE, PERCENT, COPIES];

/// What the function is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the list of mirrored repositories lies.
    pub repositories: Location,
    /// The bucket that they are mirrored to.
    pub bucket: String,
    /// The URL of the queue that feeds the function. The command line needs none.
    pub queue: Option<String>,
    /// How much one commit may delete without being forced.
    pub limits: Limits,
    /// How many copies of commits stay of a branch.
    pub kept_copies: usize,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self {
            repositories: repositories(variables)?,
            bucket: BUCKET.required(variables)?,
            queue: QUEUE.value(variables),
            limits: limits(variables)?,
            kept_copies: kept_copies(variables)?,
        })
    }
}

fn repositories(variables: Variables) -> Result<Location, Error> {
    REPOSITORIES.required(variables)?.parse().map_err(|mistake| REPOSITORIES.malformed(mistake))
}

fn limits(variables: Variables) -> Result<Limits, Error> {
    // A repository has as many files as it has: only their share says that something is wrong.
    Ok(Limits { removals: usize::MAX, percent: percent(&PERCENT, variables)? })
}

/// One that was just read from the pointer has to stay for a while: two at least.
fn kept_copies(variables: Variables) -> Result<usize, Error> {
    match number(&COPIES, variables)? {
        kept @ 2..=MOST_COPIES => Ok(kept),
        kept => Err(COPIES.malformed(format!("`{kept}` is not a whole number from 2 to {MOST_COPIES}"))),
    }
}
