//! Events that tell of a changed document: an object of S3, a parameter of Parameter Store.

use serde::Deserialize;

use crate::envelope::Detail;

/// An object was created or overwritten. Keys are not URL-encoded here, as they are in S3's own notifications.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
#[derive(Clone, Debug, Deserialize)]
pub struct ObjectCreated {
    /// Where.
    pub bucket: Bucket,
    /// What.
    pub object: Object,
}

/// The bucket of an event.
#[derive(Clone, Debug, Deserialize)]
pub struct Bucket {
    /// Its name.
    pub name: String,
}

/// The object of an event.
#[derive(Clone, Debug, Deserialize)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its version, where the bucket keeps versions.
    #[serde(rename = "version-id")]
    pub version_id: Option<String>,
    /// What orders the events of one key.
    pub sequencer: Option<String>,
}

impl Detail for ObjectCreated {
    const SOURCE: &'static str = "aws.s3";
    const DETAIL_TYPE: &'static str = "Object Created";
}

/// A parameter was created, changed, labelled or deleted.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html>
#[derive(Clone, Debug, Deserialize)]
pub struct ParameterStoreChange {
    /// The parameter's name.
    pub name: String,
    /// `Create`, `Update`, `Delete` or `LabelParameterVersion`.
    pub operation: String,
}

impl Detail for ParameterStoreChange {
    const SOURCE: &'static str = "aws.ssm";
    const DETAIL_TYPE: &'static str = "Parameter Store Change";
}
