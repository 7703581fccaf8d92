//! The function's own settings.

use aws::Location;
use reaction::Error;
use reaction::interlock::Limits;
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
    unset: Unset::Means("a sweep is refused where a repository is behind"),
    check: any_text,
};

const PERCENT: Setting = Setting {
    variable: "SIGNALBOX_MAX_DELETED_PERCENT",
    meaning: "the percentage of a repository's files that one commit may delete without being forced, where there are ten or more",
    unset: Unset::Is("50"),
    check: |variables| limits(variables).map(drop),
};

/// The settings that this function alone has.
pub(crate) const SETTINGS: &[Setting] = &[REPOSITORIES, BUCKET, QUEUE, PERCENT];

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
        })
    }
}

fn repositories(variables: Variables) -> Result<Location, Error> {
    REPOSITORIES.required(variables)?.parse().map_err(|mistake| REPOSITORIES.malformed(mistake))
}

fn limits(variables: Variables) -> Result<Limits, Error> {
    let text = PERCENT.required(variables)?;
    let percent = text.parse().ok().filter(|percent| *percent <= 100);
    let percent = percent.ok_or_else(|| PERCENT.malformed(format!("`{text}` is not a whole number from 0 to 100")))?;
    // A repository has as many files as it has: only their share says that something is wrong.
    Ok(Limits { removals: usize::MAX, percent })
}
