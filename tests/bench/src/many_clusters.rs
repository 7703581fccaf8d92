//! The AWS of a sweep of names: many running clusters, each of which asks for a name that is not in the zone yet. EMR keeps the
//! default quotas of Service Quotas. The names that were made are remembered.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};
use bytes::Bytes;
use hyper::Request;

use crate::buckets::Buckets;
use crate::canned::{Canned, json, json_error};
use crate::http::Answer;
use crate::one_cluster::{OneCluster, cluster, route_53};

/// How many clusters EMR lists in one page.
/// <https://docs.aws.amazon.com/emr/latest/APIReference/API_ListClusters.html>
const PAGE: usize = 50;

/// The clusters, EMR's buckets, and the names that were made.
pub struct ManyClusters {
    number: usize,
    buckets: Buckets,
    named: Mutex<BTreeSet<String>>,
}

impl ManyClusters {
    /// So many clusters without a name.
    pub fn new(number: usize) -> Self {
        Self { number, buckets: Buckets::documented(), named: Mutex::default() }
    }

    fn list(&self, body: &Bytes) -> String {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let from = body["Marker"].as_str().and_then(|marker| marker.parse().ok()).unwrap_or(0);
        let end = (from + PAGE).min(self.number);
        let listed = |at| serde_json::json!({"Id": id(at), "Name": "etl", "Status": {"State": "RUNNING"}});
        let clusters: Vec<_> = (from..end).map(listed).collect();
        let next = (end < self.number).then(|| end.to_string());
        serde_json::json!({"Clusters": clusters, "Marker": next}).to_string()
    }

    fn describe(&self, body: &Bytes) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(body).ok()?;
        let at = (0..self.number).find(|at| body["ClusterId"] == id(*at))?;
        Some(cluster(&id(at), &format!("etl-{at}.example.com")))
    }

    fn change(&self, body: &Bytes) {
        let text = String::from_utf8_lossy(body);
        let names = text.split("<Name>").skip(1).filter_map(|rest| rest.split_once("</Name><Type>CNAME<"));
        let names = names.map(|(name, _)| name.trim_end_matches('.').to_owned());
        self.named.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
    }
}

impl Canned for ManyClusters {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        if !self.buckets.take(operation) {
            return json_error("ThrottlingException", "Rate exceeded");
        }
        match operation {
            "ListClusters" => json(&self.list(request.body())),
            "DescribeCluster" => self.describe(request.body()).map_or_else(unknown, |cluster| json(&cluster)),
            "ListResourceRecordSets" => route_53(operation, EMPTY),
            "ChangeResourceRecordSets" => {
                self.change(request.body());
                OneCluster.answer(operation, request)
            }
            _ => OneCluster.answer(operation, request),
        }
    }

    fn take_refused(&self) -> u32 {
        self.buckets.take_refused()
    }

    fn check(&self) -> Result<()> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner).len();
        ensure!(named == self.number, "{named} of {} clusters have a name", self.number);
        Ok(())
    }
}

fn id(at: usize) -> String {
    format!("j-{at:013}")
}

fn unknown() -> Answer {
    json_error("InvalidRequestException", "Cluster id is not valid.")
}

const EMPTY: &str = "<ResourceRecordSets></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>";

#[cfg(test)]
mod tests {
    use super::{ManyClusters, PAGE, id};
    use crate::canned::Canned;

    #[test]
    fn clusters_come_in_pages_and_are_known_by_their_ids() {
        let clusters = ManyClusters::new(PAGE + 1);
        let first = clusters.list(&"{}".into());
        assert!(first.contains(&id(PAGE - 1)) && !first.contains(&id(PAGE)), "{first}");
        assert!(clusters.list(&r#"{"Marker": "50"}"#.into()).contains(&id(PAGE)));
        assert!(
            clusters.describe(&r#"{"ClusterId": "j-0000000000050"}"#.into()).unwrap().contains("etl-50.example.com")
        );
        assert!(clusters.describe(&r#"{"ClusterId": "j-0000000000051"}"#.into()).is_none());
    }

    #[test]
    fn each_cluster_needs_a_name() {
        let clusters = ManyClusters::new(1);
        assert!(clusters.check().is_err());
        clusters.change(&"<Name>_signalbox.etl-0.example.com</Name><Type>TXT</Type>".into());
        assert!(clusters.check().is_err());
        clusters.change(&"<Name>etl-0.example.com</Name><Type>CNAME</Type>".into());
        assert!(clusters.check().is_ok());
    }
}
