//! An AWS with many images that have all drifted: of the two accounts that the manifest names one may launch each, and so
//! may one that it does not name. What is changed is remembered, so that a second sweep finds nothing to do.
//!
//! The images have no snapshots, as those of 2015 with an instance store: the sweep of today shares snapshots too, which
//! the way of 2015 did not, and the two shall have the same to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hyper::{Request, StatusCode};

use crate::buckets::Buckets;
use crate::canned::{ACCOUNT, Canned, OneImage, WANTED, document, ec2, ec2_error, json};
use crate::form::Form;
use crate::http::Answer;

/// Whom no manifest names.
const UNWANTED: &str = "444455556666";

/// The images with whoever may launch them, and EC2's buckets.
pub struct ManyImages {
    images: Mutex<BTreeMap<String, BTreeSet<String>>>,
    buckets: Buckets,
    /// Where the images are those of many teams. Unset: all have one name, and the manifest is that of the events.
    teams: Option<Teams>,
}

/// The manifest with the entries of many teams.
struct Teams {
    manifest: String,
    etag: String,
}

impl ManyImages {
    /// So many drifted images.
    pub fn drifted(number: u32, buckets: Buckets) -> Self {
        Self::partly_drifted(number, number, buckets)
    }

    /// So many images, of which the last ones have drifted.
    pub fn partly_drifted(number: u32, drifted: u32, buckets: Buckets) -> Self {
        let holders = |index| if index + drifted < number { WANTED } else { [WANTED[0], UNWANTED] };
        let image = |index| (format!("ami-{index:017x}"), holders(index).map(String::from).into());
        let images = (0..number).map(image).collect();
        Self { images: Mutex::new(images), buckets, teams: None }
    }

    /// The same, each image of a team of its own. The manifest has an entry for each of so many teams in two regions, or one
    /// entry for all where the number is one.
    pub fn of_teams(number: u32, entries: u32) -> Self {
        let entry = |name: String| {
            let [one, other] = WANTED;
            format!(r#""{name}": {{"eu-west-1": ["{one}", "{other}"], "us-east-1": ["{one}"]}}"#)
        };
        let entries: Vec<_> = match entries {
            1 => vec![entry("team_".to_owned())],
            _ => (0..entries).map(|team| entry(format!("team_{team:04}_base_image_v"))).collect(),
        };
        let teams = Teams {
            manifest: format!(r#"{{"ami": {{{}}}}}"#, entries.join(", ")),
            etag: format!("\"{:032x}\"", entries.len()),
        };
        Self { teams: Some(teams), ..Self::drifted(number, Buckets::default()) }
    }

    /// How many images are not shared as the manifest says.
    pub fn number_of_wrong(&self) -> usize {
        let wanted = WANTED.map(String::from).into();
        let images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        images.values().filter(|holders| **holders != wanted).count()
    }

    /// A page of the images, as long as was asked for.
    fn list(&self, form: &Form) -> String {
        let from: usize = form.value("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
        let most: usize = form.value("MaxResults").and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
        let images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let who = form.value("ExecutableBy.1");
        let listed = images.iter().enumerate().filter(|(_, (_, holders))| who.is_none_or(|who| holders.contains(who)));
        let listed: Vec<_> = listed.map(|(at, (id, _))| (at, id)).collect();
        let items: String = listed.iter().skip(from).take(most).map(|(at, id)| image(&self.name(*at), id)).collect();
        let next = from.saturating_add(most);
        let token = if next < listed.len() { format!("<nextToken>{next}</nextToken>") } else { String::new() };
        format!("<imagesSet>{items}</imagesSet>{token}")
    }

    fn name(&self, at: usize) -> String {
        match self.teams {
            Some(_) => format!("team_{at:04}_base_image_v{at}"),
            None => format!("base_linux_v{at}"),
        }
    }

    fn permissions(&self, id: &str) -> Option<String> {
        let images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let holders = images.get(id)?.iter().map(|who| format!("<item><userId>{who}</userId></item>"));
        let holders: String = holders.collect();
        Some(format!("<imageId>{id}</imageId><launchPermission>{holders}</launchPermission>"))
    }

    /// Changes who may launch an image, in the nested form of today or in the flat one of 2015.
    fn modify(&self, id: &str, form: &Form) -> Option<String> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let holders = images.get_mut(id)?;
        let flat = form.value("OperationType").unwrap_or_default();
        for (name, account) in form.pairs() {
            let is_flat = |operation| name.starts_with("UserId.") && flat == operation;
            if name.starts_with("LaunchPermission.Add.") || is_flat("add") {
                holders.insert(account.to_owned());
            } else if name.starts_with("LaunchPermission.Remove.") || is_flat("remove") {
                holders.remove(account);
            }
        }
        Some("<return>true</return>".to_owned())
    }
}

impl Canned for ManyImages {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        if !self.buckets.take(operation) {
            return ec2_error(StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded", "Request limit exceeded.");
        }
        let form = Form::of(request.body());
        let id = form.value("ImageId").unwrap_or_default();
        let inside = match operation {
            "DescribeImages" => Some(self.list(&form)),
            "DescribeImageAttribute" => self.permissions(id),
            "ModifyImageAttribute" => self.modify(id, &form),
            "Scan" | "Query" => return json(r#"{"Items": [], "Count": 0, "ScannedCount": 0}"#),
            "BatchGetItem" => return json(r#"{"Responses": {}, "UnprocessedKeys": {}}"#),
            "TransactWriteItems" => return json("{}"),
            "GetObject" => {
                let its_own = self.teams.as_ref().map(|teams| document(request, &teams.manifest, &teams.etag));
                return its_own.unwrap_or_else(|| OneImage.answer(operation, request));
            }
            _ => return OneImage.answer(operation, request),
        };
        match inside {
            Some(inside) => ec2(operation, &inside),
            None => ec2_error(StatusCode::BAD_REQUEST, "InvalidAMIID.NotFound", "There is no such image"),
        }
    }

    fn take_refused(&self) -> u32 {
        self.buckets.take_refused()
    }
}

fn image(name: &str, id: &str) -> String {
    format!(
        "<item><imageId>{id}</imageId><imageLocation>{ACCOUNT}/{name}</imageLocation>\
         <imageState>available</imageState><imageOwnerId>{ACCOUNT}</imageOwnerId><isPublic>false</isPublic>\
         <architecture>x86_64</architecture><imageType>machine</imageType><name>{name}</name>\
         <rootDeviceType>instance-store</rootDeviceType><blockDeviceMapping/><virtualizationType>hvm</virtualizationType>\
         <hypervisor>xen</hypervisor><creationDate>2026-11-19T09:00:00.000Z</creationDate></item>"
    )
}

#[cfg(test)]
mod tests {
    use super::{Buckets, Form, ManyImages};

    #[test]
    fn each_team_has_an_entry_and_an_image() {
        let images = ManyImages::of_teams(3, 2_000);
        assert!(images.list(&form("Owner.1=self")).contains("<name>team_0002_base_image_v2</name>"));
        assert_eq!(images.teams.as_ref().unwrap().manifest.matches("_base_image_v").count(), 2_000);
        assert_eq!(ManyImages::of_teams(3, 1).teams.unwrap().manifest.matches("team_").count(), 1);
    }

    fn form(text: &'static str) -> Form {
        Form::of(&text.into())
    }

    #[test]
    fn an_image_is_made_right_in_the_form_of_today_and_in_that_of_2015() {
        for forms in [
            &["LaunchPermission.Add.1.UserId=987654321098&LaunchPermission.Remove.1.UserId=444455556666"] as &[_],
            &[
                "OperationType=remove&UserId.1=444455556666",
                "OperationType=add&UserId.1=123456789012&UserId.2=987654321098",
            ],
        ] {
            let images = ManyImages::drifted(2, Buckets::default());
            for text in forms {
                assert_eq!(images.number_of_wrong(), 2);
                images.modify("ami-00000000000000001", &form(text)).unwrap();
            }
            assert_eq!(images.number_of_wrong(), 1);
        }
    }

    #[test]
    fn images_come_in_pages_where_pages_are_asked_for() {
        let images = ManyImages::drifted(5, Buckets::default());
        let number = |page: &str| page.matches("<imageId>").count();
        assert_eq!(number(&images.list(&form("Owner.1=self"))), 5);
        let first = images.list(&form("MaxResults=3"));
        assert_eq!((number(&first), first.contains("<nextToken>3</nextToken>")), (3, true));
        let last = images.list(&form("MaxResults=3&NextToken=3"));
        assert_eq!((number(&last), last.contains("nextToken")), (2, false));
    }
}
