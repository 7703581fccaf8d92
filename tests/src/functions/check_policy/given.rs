//! What a pipeline sends, and what there is before.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The keys of tags that policies may ask for.
pub const TAG_KEYS: &str = "team,cost-centre";

/// What there is before the job comes.
#[derive(Clone)]
pub struct Given {
    /// What the pipeline sends.
    pub sent: Sent,
    /// What it sent before, each in a job of its own.
    pub before: &'static [Sent],
    /// Further versions of that policy, which no job made and which are not its default.
    pub spares: usize,
    /// A policy that Signalbox did not make.
    pub foreign: Option<Foreign>,
    /// The central denies.
    pub denies: Option<&'static str>,
    /// Whether the pipeline is in the function's own account.
    pub is_here: bool,
    /// Whether IAM Access Analyzer is asked, too.
    pub has_second_opinion: bool,
}

/// A policy that another hand made below the function's path.
#[derive(Clone, Copy)]
pub struct Foreign {
    /// Its name.
    pub name: &'static str,
    /// Whether it has the tag of Signalbox all the same.
    pub is_tagged: bool,
}

/// The files of an artifact.
#[derive(Clone, Copy)]
pub struct Sent {
    /// `policy.json`.
    pub policy: &'static str,
    /// `metadata.json`.
    pub metadata: &'static str,
}

impl Sent {
    /// The artifact.
    pub fn zip(&self) -> Vec<u8> {
        zip_of(&[("policy.json", self.policy.as_bytes()), ("metadata.json", self.metadata.as_bytes())])
    }
}

/// A zip of these files.
pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Instances of one family only.
pub const DENIES: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "OnlyT2", "Effect": "Deny", "Action": "ec2:RunInstances",
    "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {"StringNotLike": {"ec2:InstanceType": "t2.*"}}}]}"#;

/// A policy without a finding.
pub const READING: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"}]}"#;

/// Another one.
pub const WRITING: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"},
    {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::com-example-data/in/*"}]}"#;

/// What they are called.
pub const METADATA: &str = r#"{"PolicyName": "data-readers", "PolicyDescription": "Reads what the pipelines of data wrote",
    "Tags": {"team": "data"}}"#;

/// One that reads.
pub const READERS: Sent = Sent { policy: READING, metadata: METADATA };

/// The same policy, which may write, too.
pub const WRITERS: Sent = Sent { policy: WRITING, metadata: METADATA };

/// A policy on which Signalbox has no finding, and AWS a warning and two suggestions.
pub const WARNED: Sent = Sent {
    policy: r#"{"Version": "2012-10-17", "Statement": [
    {"Sid": "", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
    {"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::com-example-data/*"}]}"#,
    metadata: METADATA,
};

/// A policy that is sent for the first time, from an account of the organization.
pub const GIVEN: Given = Given {
    sent: READERS,
    before: &[],
    spares: 0,
    foreign: None,
    denies: Some(DENIES),
    is_here: false,
    has_second_opinion: false,
};
