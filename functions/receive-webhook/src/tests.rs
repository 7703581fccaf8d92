//! The decisions, one case a test: who may enter, what a body says, and which messages follow.

mod bodies;
mod plans;
mod proofs;
mod settings;

use std::collections::BTreeMap;

use mirror::Forge;
use reaction::Request;

use crate::hook::{Hook, Hooks};

/// Of the samples, as GitHub and Atlassian document their signatures.
const SECRET: &str = "It's a Secret to Everybody";

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hooks-AbCdEf";

/// A hook of a forge, with these fields beside.
fn hook(forge: &str, more: &str) -> Hook {
    let text = format!(
        r#"{{"/hook": {{"forge": "{forge}", "secret": "{ARN}", "repositories": {{"1296269": "acme/templates"}}{more}}}}}"#
    );
    text.parse::<Hooks>().unwrap_or_else(|error| panic!("{text}: {error}")).by_path.remove("/hook").unwrap()
}

/// A request with these headers.
fn request(headers: &[(&str, &str)], body: &[u8]) -> Request {
    let headers: BTreeMap<_, _> = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let source = Some("192.0.2.1".parse().unwrap());
    Request { method: "POST".into(), path: "/hook".into(), query: String::new(), headers, source, body: body.to_vec() }
}

/// Every forge, by the name that it has in a configuration.
const FORGES: [(&str, Forge); 6] = [
    ("github", Forge::Github),
    ("gitlab", Forge::Gitlab),
    ("bitbucket", Forge::Bitbucket),
    ("bitbucket-data-center", Forge::BitbucketDataCenter),
    ("gitea", Forge::Gitea),
    ("forgejo", Forge::Forgejo),
];
