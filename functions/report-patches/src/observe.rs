//! Reads the facts: the scan of one instance, or everything of one place.

use futures_util::future::{try_join, try_join3};
use patching::{Place, Reader, find};
use reaction::{Error, Run};

use crate::facts::{Facts, Looked};
use crate::{Cause, ReportPatches, Subject};

impl ReportPatches {
    /// Opens the connections of the first event; best effort.
    pub(crate) async fn open_connections(&self) {
        self.readers.here().open_connection().await;
        self.history.open_connection().await;
    }

    pub(crate) async fn read(&self, subject: &Subject, run: &Run) -> Result<Facts, Error> {
        match subject {
            Subject::Scan { id, place, .. } => {
                let reader = self.readers.at(&place.account, &place.region).await?;
                let Some(scan) = reader.state(id).await? else {
                    let why = format!("Systems Manager has no patch state of {id} (any more): it is unknown");
                    return Ok(Facts::Nothing(why));
                };
                let (scan, head) = try_join(reader.with_problems(scan), self.history.head(place, id)).await?;
                Ok(Facts::Scan(place.clone(), Box::new(scan), head))
            }
            Subject::Look { place, cause } => {
                let own = || {
                    Ok::<_, Error>(Place {
                        account: self.sessions.home()?.account.clone(),
                        region: self.sessions.region()?,
                    })
                };
                let place = place.clone().map_or_else(own, Ok)?;
                let reader = self.readers.at(&place.account, &place.region).await?;
                if let Cause::Window { window, .. } = cause
                    && !reader.patches_in(window).await?
                {
                    return Ok(Facts::Nothing(format!("window {window} does not patch (any more)")));
                }
                self.look(&reader, place, cause, run).await
            }
        }
    }

    async fn look(&self, reader: &Reader, place: Place, cause: &Cause, run: &Run) -> Result<Facts, Error> {
        let (heads, days, found) =
            try_join3(self.history.heads(&place), self.history.days(&place, 1), find(reader, &run.deadline)).await?;
        let ((heads, of_account), last_day) = (heads, days.into_iter().next_back());
        let survey = found.survey(reader, Some(&heads), self.sessions.seconds(), &run.deadline).await;
        let (cause, limits) = (cause.clone(), self.limits);
        Ok(Facts::Look(Box::new(Looked { place, cause, survey, heads, of_account, last_day, limits })))
    }
}
