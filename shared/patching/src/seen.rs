//! What an operator sees of one place: how its instances are patched, and how that came about.

use std::collections::BTreeMap;

use aws::SdkConfig;
use reaction::{Deadline, Error};

use crate::{Day, Head, History, InstanceId, Place, Reader, Survey, find};

/// How many days the trend has, at most.
const DAYS: i32 = 30;

/// What was seen in one place.
#[derive(Debug)]
pub struct Seen {
    /// The place.
    pub place: Place,
    /// How the instances are now.
    pub survey: Survey,
    /// What is recorded of each instance.
    pub heads: BTreeMap<InstanceId, Head>,
    /// How it stood on each of the last 30 days, the oldest first.
    pub days: Vec<Day>,
    /// Whether there is a table with a history.
    pub has_history: bool,
}

impl Seen {
    /// Looks at a place by the credentials and Region of this configuration, at this second; the history is in `table`. Single patches
    /// are not read.
    ///
    /// # Errors
    /// As of [`find`], and of `GetItem` and `Query`.
    pub async fn read(
        config: &SdkConfig,
        table: &str,
        place: Place,
        now: u64,
        deadline: &Deadline,
    ) -> Result<Self, Error> {
        let history = History::new(config, table);
        let has_history = history.is_there(&place).await?;
        let (heads, days) = if has_history {
            (history.heads(&place).await?.0, history.days(&place, DAYS).await?)
        } else {
            Default::default()
        };
        let reader = Reader::new(config);
        let survey = Box::pin(find(&reader, deadline)).await?.survey(&reader, None, now, deadline).await;
        Ok(Self { place, survey, heads, days, has_history })
    }
}
