//! The AWS of an image that is to be shared with many accounts, one of which is closed: EC2 refuses every list that has it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};
use bytes::Bytes;
use hyper::{Request, StatusCode};

use crate::canned::{Canned, OneImage, document, ec2_error};
use crate::form::Form;
use crate::http::Answer;

const CLOSED: &str = "100000000050";
const FIRST: u64 = 100_000_000_000;
const ETAG: &str = "\"1e6f8c3b9a0d4a7c8f2b5d6e7a8b9c0d\"";

/// The accounts that have the image and its snapshot by now.
pub struct ClosedAccount {
    accounts: u64,
    /// Whether EC2 says which account it does not accept.
    is_named: bool,
    image: Mutex<BTreeSet<String>>,
    snapshot: Mutex<BTreeSet<String>>,
}

impl ClosedAccount {
    /// An image that no account has yet, and that so many should have.
    pub fn among(accounts: u64, is_named: bool) -> Self {
        Self { accounts, is_named, image: Mutex::default(), snapshot: Mutex::default() }
    }

    fn manifest(&self) -> String {
        let accounts: Vec<_> = (0..self.accounts).map(|at| format!("\"{}\"", FIRST + at)).collect();
        format!(r#"{{"ami": {{"base_linux_v": {{"eu-west-1": [{}]}}}}}}"#, accounts.join(", "))
    }

    /// Lets the accounts of one request have it, all or none: in the nested form for images, in the flat one for snapshots.
    fn add(&self, holders: &Mutex<BTreeSet<String>>, operation: &str, request: &Request<Bytes>) -> Answer {
        let form = Form::of(request.body());
        let is_added = |name: &str| name.contains(".Add.") || name.starts_with("UserId.");
        let added: Vec<_> = form.pairs().filter(|(name, _)| is_added(name)).map(|(_, who)| who).collect();
        if added.contains(&CLOSED) {
            let message = if self.is_named {
                format!("Invalid attribute item value \"{CLOSED}\" for userId item type.")
            } else {
                "An account is not valid.".to_owned()
            };
            return ec2_error(StatusCode::BAD_REQUEST, "InvalidAMIAttributeItemValue", &message);
        }
        let mut holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.extend(added.into_iter().map(String::from));
        OneImage.answer(operation, request)
    }
}

impl Canned for ClosedAccount {
    fn answer(&self, operation: &str, request: &Request<Bytes>) -> Answer {
        match operation {
            "GetObject" => document(request, &self.manifest(), ETAG),
            "ModifyImageAttribute" => self.add(&self.image, operation, request),
            "ModifySnapshotAttribute" => self.add(&self.snapshot, operation, request),
            _ => OneImage.answer(operation, request),
        }
    }

    fn check(&self) -> Result<()> {
        for holders in [&self.image, &self.snapshot] {
            let have = u64::try_from(holders.lock().unwrap_or_else(PoisonError::into_inner).len())?;
            ensure!(have + 1 == self.accounts, "{have} of {} accounts have it", self.accounts);
        }
        Ok(())
    }
}
