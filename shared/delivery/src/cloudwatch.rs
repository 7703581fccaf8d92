//! CloudWatch, as far as it judges versions: two operations, in its JSON protocol.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/making-api-requests.html>

use std::fmt;

use aws::{Answer, Api, Json, SdkConfig};
use reaction::{Doing, Error};
use serde::de::DeserializeOwned;
use serde_json::Value;

const CLOUDWATCH: Api = Api {
    id: "CloudWatch",
    agent: "cloudwatch",
    name: "monitoring",
    target: "GraniteServiceVersion20100801",
    version: "1.0",
    has_fips_names_in_govcloud: false,
};

/// CloudWatch in the account and Region of a session.
#[derive(Clone, Debug)]
pub struct CloudWatch(Json);

impl CloudWatch {
    /// `CloudWatch` by this configuration; makes no call.
    #[must_use]
    pub fn new(config: SdkConfig) -> Self {
        Self(Json::new(config, CLOUDWATCH))
    }

    /// Asks for one operation.
    ///
    /// # Errors
    /// `Failed`, with what CloudWatch answered: none of it judges a version.
    pub async fn ask<T>(&self, operation: &'static str, asked: &Value) -> Result<T, Error>
    where
        T: DeserializeOwned + fmt::Debug + Send + Sync + 'static,
    {
        let answer = self.0.ask(operation, asked).await.or_error();
        answer.map_err(Error::failed).doing(|| format!("asking CloudWatch ({operation})"))
    }
}
