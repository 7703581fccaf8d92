//! Carries steps out: writes to the history, and sends the report.

use aws::Answer;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use reaction::{Doing, Error};

use crate::report::{DETAIL_TYPE, SOURCE};
use crate::{Report, ReportPatches, Step};

impl ReportPatches {
    pub(crate) async fn carry_out(&self, step: &Step) -> Result<(), Error> {
        match step {
            Step::Record(place, scans) => self.history.record(place, scans).await,
            Step::Note(place, day) => self.history.note_day(place, day).await,
            Step::Report(report) => self.send(report).await,
            Step::Remember(place, told, now) => self.history.remember(place, told, *now).await,
        }
    }

    /// Sends a report, unless an earlier attempt has sent it.
    async fn send(&self, report: &Report) -> Result<(), Error> {
        let Report { id, place, at, .. } = report;
        let detail = report.detail();
        if self.history.begin_report(place, id, &detail, *at).await? {
            return Ok(());
        }
        let entry = PutEventsRequestEntry::builder().source(SOURCE).detail_type(DETAIL_TYPE).detail(detail);
        let entry = entry.set_trace_header(aws::trace_header()).build();
        let doing = || format!("sending report {id} to EventBridge");
        let answer = self.events.put_events().entries(entry).send().await.or_error().doing(doing)?;
        // PutEvents answers 200 also where it took no entry: one that it took has an id.
        let entry = answer.entries().first();
        if entry.and_then(|it| it.event_id()).is_none() {
            let told = |text: Option<&str>| text.unwrap_or("no word of it").to_owned();
            let (code, why) =
                (told(entry.and_then(|it| it.error_code())), told(entry.and_then(|it| it.error_message())));
            return Err(Error::failed(format!("EventBridge did not take it ({code}: {why})"))).doing(doing);
        }
        self.history.end_report(place, id, *at).await
    }
}
