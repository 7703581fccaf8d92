//! Requests from outside of AWS: who may enter is decided before anything of the request is parsed or claimed.

use std::collections::BTreeMap;
use std::net::IpAddr;

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
    /// The headers, by their names in small letters. The values of a header that came twice are joined by a comma, as AWS joins them.
    pub headers: BTreeMap<String, String>,
    /// The address that the connection came from, as AWS saw it. No header says it: anyone can write `X-Forwarded-For`.
    pub source: Option<IpAddr>,
    /// The body, byte by byte: what a signature is about.
    pub body: Vec<u8>,
}

/// Whether a request may enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission<E> {
    /// It may, and holds this event.
    Admitted(E),
    /// It does not prove that its sender may send it.
    Rejected(Rejection),
}

/// Why a request may not enter. The log says it; the sender does not hear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The reason, without a word that the sender chose: rejections of one reason are counted together.
    pub why: String,
    /// What the request said, shortened.
    pub said: String,
}

/// A reaction to requests from outside of AWS.
pub trait Door: Reaction {
    /// The event in the request, where the request proves that its sender may send it. A proof is compared in
    /// constant time (such as by `ring::hmac::verify`), since the time of a comparison tells how much of a guess was right.
    ///
    /// # Errors
    /// `Refused` where the sender is known and the request cannot be read, `Failed` where it cannot be told whether it may enter. The
    /// sender hears neither message.
    fn admit(&self, request: &Request) -> impl Future<Output = Result<Admission<Self::Event>, Error>> + Send;
}
