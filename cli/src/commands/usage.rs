//! Which accounts use an image that they are about to lose, as far as EC2's usage reports say, and when it was last launched. A report is
//! an operator's to create: it takes hours, and here the existing ones are read.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/your-ec2-ami-usage.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-last-launched-time.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws::{Sessions, all_pages};
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ImageUsageReport, ImageUsageReportEntry};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as TimeFormat;
use futures_util::future::try_join;
use place::{AccountId, Region, shortened};
use reaction::{Doing, Error, Loss};
use serde::Serialize;
use sharing::{Kind, Principal, Resource};

/// How many images or reports one call about reports names, at most.
const AT_ONCE: usize = 20;

/// How many images one call that describes images names, at most; EC2 advises against more than a thousand ids.
const IMAGES_AT_ONCE: usize = 200;

/// What is known of the use of images that accounts lose.
#[derive(Debug, Default, Serialize)]
pub(super) struct Usage {
    /// What an account uses, by image and account.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    known: BTreeMap<String, Known>,
    /// When EC2 last saw a launch of an image, whichever account launched it; not there where it saw none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    last_launched: BTreeMap<String, String>,
    /// Why the use of some images is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

/// What a report says of an image.
#[derive(Debug, Serialize)]
struct Known {
    /// When the report was begun.
    time: String,
    /// The accounts that it is about; all where it names none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    about: BTreeSet<String>,
    /// By account: how many of what.
    used_by: BTreeMap<String, Vec<String>>,
}

impl Usage {
    /// What EC2 knows of the images among what is lost; no call is made where there is none.
    pub(super) async fn of(sessions: &Arc<Sessions>, losses: &[Loss]) -> Self {
        let mut places = BTreeMap::<(AccountId, Region), BTreeSet<String>>::new();
        for (Resource { account, region, id, .. }, _) in of_images(losses) {
            let Some(region) = region else { continue };
            places.entry((account, region)).or_default().insert(id);
        }
        let mut usage = Self::default();
        for ((account, region), images) in places {
            let images: Vec<_> = images.into_iter().collect();
            if let Err(error) = usage.read(sessions, (&account, &region), &images).await {
                usage.unknown.push(format!(
                    "whether the accounts that lose {} in {region} use them is not known: {error}; the plan is the same without it",
                    counted(&images)
                ));
            }
        }
        usage
    }

    async fn read(
        &mut self,
        sessions: &Arc<Sessions>,
        (account, region): (&AccountId, &Region),
        images: &[String],
    ) -> Result<(), Error> {
        let client = Client::new(&sessions.at(account, region).await?);
        let launches = async { launches(&client, images).await.doing(|| "reading when images were last launched") };
        let reports = async { reports(&client, images).await.doing(|| "reading EC2's usage reports") };
        let (launches, reports) = try_join(launches, reports).await?;
        self.last_launched.extend(launches);
        let newest = newest(reports);
        let without: Vec<_> = images.iter().filter(|it| !newest.contains_key(*it)).cloned().collect();
        let entries = entries(&client, &newest).await.doing(|| "reading what EC2's usage reports say")?;
        for (image, report) in newest {
            let of_image = entries.iter().filter(|it| it.report_id == report.report_id);
            self.known.insert(image, Known::of(&report, of_image));
        }
        if !without.is_empty() {
            self.unknown.push(format!(
                "whether the accounts that lose {} in {region} use them is not known: there is no usage report of the last 30 days; \
                 `aws ec2 create-image-usage-report` makes one, and Signalbox makes none",
                counted(&without)
            ));
        }
        Ok(())
    }

    /// What is known of one loss, in a few words.
    pub(super) fn told(&self, image: &str, who: &Principal) -> Option<String> {
        let use_of_it = self.known.get(image).map(|known| known.told(who));
        let launch = self.last_launched.get(image).map(|time| format!("an account last launched the image at {time}"));
        let told: Vec<_> = use_of_it.into_iter().chain(launch).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }

    /// A line for each loss of an image of which something is known, and one for what is not.
    pub(super) fn lines(&self, losses: &[Loss]) -> Vec<String> {
        let told = |(image, who): (Resource, Principal)| {
            self.told(&image.id, &who).map(|told| format!("{} and {who}: {told}", image.id))
        };
        of_images(losses).filter_map(told).chain(self.unknown.iter().cloned()).collect()
    }

    /// Why something is not known.
    pub(super) fn notes(&self) -> &[String] {
        &self.unknown
    }
}

impl Known {
    /// What the principal has of the image.
    fn told(&self, who: &Principal) -> String {
        let time = &self.time;
        let Principal::Account(account) = who else {
            // Which of the accounts are in the organization or unit, a report does not say.
            let used = self.used_by.iter().map(|(account, what)| format!("{account} has {}", what.join(" and ")));
            let used = used.collect::<Vec<_>>().join(", ");
            let used = if used.is_empty() { "no account uses it".to_owned() } else { used };
            return format!("{used}, as of {time}");
        };
        if !self.about.is_empty() && !self.about.contains(account.as_str()) {
            return format!("the usage report of {time} is not about this account");
        }
        match self.used_by.get(account.as_str()) {
            Some(what) => format!("it has {} of this image, as of {time}", what.join(" and ")),
            None => format!("it uses the image nowhere, as of {time}"),
        }
    }

    fn of<'a>(report: &ImageUsageReport, entries: impl Iterator<Item = &'a ImageUsageReportEntry>) -> Self {
        let mut used_by = BTreeMap::<String, Vec<String>>::new();
        for entry in entries {
            let (Some(account), Some(count)) = (entry.account_id(), entry.usage_count().filter(|it| *it > 0)) else {
                continue;
            };
            let what = match (entry.resource_type().unwrap_or_default(), count) {
                ("ec2:Instance", 1) => "instance".to_owned(),
                ("ec2:Instance", _) => "instances".to_owned(),
                ("ec2:LaunchTemplate", 1) => "launch template".to_owned(),
                ("ec2:LaunchTemplate", _) => "launch templates".to_owned(),
                (other, _) => shortened(other, 40),
            };
            used_by.entry(account.to_owned()).or_default().push(format!("{count} {what}"));
        }
        for what in used_by.values_mut() {
            what.sort();
        }
        let time = report.creation_time().and_then(|it| DateTime::from_secs(it.secs()).fmt(TimeFormat::DateTime).ok());
        let about = report.account_ids().iter().cloned().collect();
        Self { time: time.unwrap_or_else(|| "an unknown time".into()), about, used_by }
    }
}

/// The images among what is lost, each with one that loses it.
fn of_images(losses: &[Loss]) -> impl Iterator<Item = (Resource, Principal)> {
    let read = |loss: &Loss| {
        let resource = Resource::of_arn(&loss.arn, &loss.owner).ok().filter(|it| it.kind == Kind::Image)?;
        Some((resource, loss.principal.parse().ok()?))
    };
    losses.iter().filter_map(read)
}

/// When each image was last launched. EC2 tells its owner alone, and a day later.
async fn launches(client: &Client, images: &[String]) -> Result<Vec<(String, String)>, Error> {
    let mut launches = Vec::new();
    for some in images.chunks(IMAGES_AT_ONCE) {
        let found = client.describe_images().set_image_ids(Some(some.to_vec())).into_paginator().send();
        for page in all_pages(found).await? {
            let images = page.images.unwrap_or_default().into_iter();
            launches.extend(images.filter_map(|it| Some((it.image_id?, it.last_launched_time?))));
        }
    }
    Ok(launches)
}

/// The reports that can be read.
async fn reports(client: &Client, images: &[String]) -> Result<Vec<ImageUsageReport>, Error> {
    let mut reports = Vec::new();
    for some in images.chunks(AT_ONCE) {
        let pages = client.describe_image_usage_reports().set_image_ids(Some(some.to_vec())).into_paginator().send();
        for page in all_pages(pages).await? {
            reports.extend(page.image_usage_reports.unwrap_or_default());
        }
    }
    reports.retain(|it| it.state() == Some("available"));
    Ok(reports)
}

/// The newest report of each image.
fn newest(mut reports: Vec<ImageUsageReport>) -> BTreeMap<String, ImageUsageReport> {
    reports.sort_by_key(|it| it.creation_time().map(DateTime::secs));
    reports.into_iter().filter_map(|it| Some((it.image_id.clone()?, it))).collect()
}

async fn entries(
    client: &Client,
    reports: &BTreeMap<String, ImageUsageReport>,
) -> Result<Vec<ImageUsageReportEntry>, Error> {
    let ids: Vec<_> = reports.values().filter_map(|it| it.report_id.clone()).collect();
    let mut entries = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let ask = client.describe_image_usage_report_entries().set_report_ids(Some(some.to_vec()));
        for page in all_pages(ask.into_paginator().send()).await? {
            entries.extend(page.image_usage_report_entries.unwrap_or_default());
        }
    }
    Ok(entries)
}

/// The images, or how many.
fn counted(images: &[String]) -> String {
    match images {
        [one] => one.clone(),
        some if some.len() <= 5 => some.join(", "),
        many => format!("{} images", many.len()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{ImageUsageReport, ImageUsageReportEntry};
    use aws_smithy_types::DateTime;
    use sharing::Principal;

    use super::{Known, Usage, newest};

    fn report(id: &str, seconds: i64) -> ImageUsageReport {
        let report = ImageUsageReport::builder().image_id("ami-1").report_id(id);
        report.creation_time(DateTime::from_secs(seconds)).build()
    }

    fn entry(account: &str, kind: &str, count: i64) -> ImageUsageReportEntry {
        ImageUsageReportEntry::builder().account_id(account).resource_type(kind).usage_count(count).build()
    }

    fn told(usage: &Usage, account: &str) -> String {
        usage.told("ami-1", &Principal::Account(account.parse().unwrap())).unwrap()
    }

    #[test]
    fn the_newest_report_says_what_each_account_has() {
        let newest = newest(vec![report("new", 86_400), report("old", 0)]);
        assert_eq!(newest["ami-1"].report_id(), Some("new"));
        let entries = [
            entry("444455556666", "ec2:Instance", 3),
            entry("444455556666", "ec2:LaunchTemplate", 1),
            entry("555566667777", "ec2:Instance", 0),
        ];
        let mut usage = Usage::default();
        usage.known.insert("ami-1".into(), Known::of(&newest["ami-1"], entries.iter()));
        assert_eq!(
            told(&usage, "444455556666"),
            "it has 1 launch template and 3 instances of this image, as of 1970-01-02T00:00:00Z"
        );
        assert_eq!(told(&usage, "555566667777"), "it uses the image nowhere, as of 1970-01-02T00:00:00Z");
        let unit = Principal::Organization("arn:aws:organizations::999988887777:organization/o-exampleorgid".into());
        let of_unit = usage.told("ami-1", &unit).unwrap();
        assert_eq!(of_unit, "444455556666 has 1 launch template and 3 instances, as of 1970-01-02T00:00:00Z");
        assert_eq!(usage.told("ami-2", &unit), None);
        usage.known.get_mut("ami-1").unwrap().about.insert("444455556666".into());
        assert!(told(&usage, "555566667777").ends_with("is not about this account"));
    }
}
