//! Code: a zip of the artifact, and the object in S3 from which Lambda reads it. The object is named after its content.

use aws::{Answer, Sessions, is_lost_race};
use aws_sdk_s3::types::ChecksumAlgorithm;
use aws_smithy_types::base64;
use bytes::Bytes;
use jobs::{Archive, Bounds};
use place::Region;
use reaction::{Doing, Error};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::parse::FILE;
use crate::{Order, Settings};

/// What the keys of code begin with.
pub(crate) const PREFIX: &str = "code/";

/// What an artifact may hold: it is kept in memory, and Lambda takes 50 MB of a zip that is sent to it.
const BOUNDS: Bounds = Bounds { entries: 1_000, bytes: 60_000_000 };

/// The bytes of all code of an artifact, unpacked, at most: a small archive can unpack to a thousand times its size.
const TOTAL: usize = 150_000_000;

/// The bytes of `deploy.json`, at most: 200 targets by name take a tenth of it.
const ORDER: usize = 100_000;

/// One zip. A clone shares its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    bytes: Bytes,
    hash: [u8; 32],
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code({} bytes, {})", self.bytes.len(), self.sha256())
    }
}

/// Where Lambda reads a zip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The bucket, in the target's Region.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The object's version: whatever is put there later is not read.
    pub version: String,
}

impl Code {
    /// A zip of these bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let hash = Sha256::digest(&bytes).into();
        Self { bytes: bytes.into(), hash }
    }

    /// Its SHA-256 in base64, as Lambda shows it.
    #[must_use]
    pub fn sha256(&self) -> String {
        base64::encode(self.hash)
    }

    /// The key of its object.
    fn key(&self) -> String {
        format!("{PREFIX}{}.zip", place::hex(&self.hash))
    }

    /// Puts it where Lambda reads it in this Region. An object that is there has the same content, by its name; Lambda's hash is
    /// compared all the same.
    ///
    /// # Errors
    /// `Refused` where the bucket keeps no versions; as of `PutObject` and `HeadObject`.
    pub async fn put(&self, sessions: &Sessions, settings: &Settings, region: &Region) -> Result<Place, Error> {
        let client = aws_sdk_s3::Client::new(&sessions.in_region(region));
        let (bucket, key) = (settings.bucket_in(region.as_str()), self.key());
        let owner = sessions.home()?.account.to_string();
        let putting = || format!("putting the code to s3://{bucket}/{key}, where Lambda reads it in {region}");
        let put = client.put_object().bucket(&bucket).key(&key).expected_bucket_owner(&owner).if_none_match("*");
        let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256).checksum_sha256(self.sha256());
        let answer = put.body(self.bytes.clone().into()).send().await;
        let version = if answer.as_ref().is_err_and(is_lost_race) {
            let head = client.head_object().bucket(&bucket).key(&key).expected_bucket_owner(&owner);
            head.send().await.or_error().doing(putting)?.version_id
        } else {
            answer.or_error().doing(putting)?.version_id
        };
        let is_version = |it: &String| !it.is_empty() && it != "null";
        let version = version.filter(is_version).ok_or_else(|| {
            Error::refused(format!(
                "bucket {bucket} keeps no versions, so that its code could be replaced unseen; turn versioning on"
            ))
        })?;
        Ok(Place { bucket, key, version })
    }
}

/// The error of code that is not what was put there.
pub(crate) fn replaced(place: &Place, sha256: &str) -> Error {
    let Place { bucket, key, version } = place;
    Error::refused(format!(
        "version {version} of s3://{bucket}/{key} is other code than its name says: its CodeSha256 is {sha256}; see which identity put it \
         there, and delete it"
    ))
}

/// What an artifact holds: the text of `deploy.json`, and, once that was read, the code of each function.
#[derive(Debug)]
pub struct Artifact<'a>(Archive<'a>);

impl<'a> Artifact<'a> {
    /// Opens an artifact.
    ///
    /// # Errors
    /// `Refused`, naming the place in the archive.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        Archive::open(bytes, BOUNDS).map(Self)
    }

    /// The text of `deploy.json`.
    ///
    /// # Errors
    /// `Refused` where it is not there once, or not UTF-8.
    pub fn order(&mut self) -> Result<String, Error> {
        let bytes = self.0.file(FILE)?;
        if bytes.len() > ORDER {
            let length = bytes.len();
            return Err(Error::refused(format!(
                "{FILE} has {length} bytes, and may have {ORDER}; name units in place of accounts, or deliver in several deployments"
            )));
        }
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Error::refused(format!("{FILE} is not UTF-8: see byte {at}; save it as UTF-8"))
        })
    }

    /// The code of each function, in the order's order.
    ///
    /// # Errors
    /// `Refused` where a file is missing, or is not a zip.
    pub fn code(&mut self, order: &Order) -> Result<Vec<Code>, Error> {
        let (mut all, mut total) = (Vec::new(), 0);
        for function in &order.functions {
            let bytes = self.0.file(&function.code)?;
            total += bytes.len();
            if total > TOTAL {
                return Err(Error::refused(format!(
                    "the code of all functions has more than {TOTAL} bytes; deliver them in several deployments"
                )));
            }
            if !bytes.starts_with(b"PK") {
                return Err(Error::refused(format!(
                    "{} is not a zip; pack the code of {}",
                    function.code, function.name
                )));
            }
            all.push(Code::new(bytes));
        }
        Ok(all)
    }
}
