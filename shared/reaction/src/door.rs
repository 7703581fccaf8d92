//! Requests from outside of AWS: who may enter is decided before anything of the request is parsed or claimed.

use std::collections::BTreeMap;

use crate::{Error, Reaction};

/// An HTTP request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, such as `POST`.
    pub method: String,
    /// The path, still encoded.
    pub path: String,
    /// The query, still encoded; empty where there is none.
    pub query: String,
    /// The headers, by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body, byte by byte: what a signature is about.
    pub body: Vec<u8>,
}

/// A reaction to requests from outside of AWS.
pub trait Door: Reaction {
    /// The event in the request; `None` where the request does not prove that its sender may send it. A proof is compared in
    /// constant time (such as by `ring::hmac::verify`), since the time of a comparison tells how much of a guess was right.
    ///
    /// # Errors
    /// `Refused` where the sender is known and the request cannot be read, `Failed` where it cannot be told whether it may enter. The
    /// sender hears neither message.
    fn admit(&self, request: &Request) -> impl Future<Output = Result<Option<Self::Event>, Error>> + Send;
}
