//! The credential in the signature of a request. `callers.rs` says whose it is.
//!
//! No signature is verified here, nor in the servers behind (but for ministack's presigned URLs of S3), so a
//! credential can be renamed on the way: ministack takes a 12-digit access key for the account of that
//! number, moto takes a header.

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};

/// The account of requests that are signed by no known access key, or not at all.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

const IN_HEADER: &str = "Credential=";

/// What presigning adds to a query.
const PRESIGNED: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// The credential scope of a signature (version 4, or 4a, which names no region).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) access_key: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// The credential of a request, from its `Authorization` header or its presigned query.
pub(crate) fn read(headers: &HeaderMap, query: &str) -> Option<Credential> {
    let signed = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = match signed.and_then(|value| value.split_once(IN_HEADER)) {
        Some((_, rest)) => rest.split([',', ' ']).next()?.to_owned(),
        None => form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "X-Amz-Credential")
            .map(|(_, value)| value.into_owned())?,
    };
    let parts: Vec<&str> = scope.split('/').collect();
    let (region, service) = match parts[..] {
        [_, _, region, service, _] => (region, service),
        [_, _, service, _] => ("", service),
        _ => return None,
    };
    Some(Credential { access_key: parts[0].to_owned(), region: region.to_owned(), service: service.to_owned() })
}

/// Signs anew as `account`, with a signature that says whose it is and proves nothing.
pub(crate) fn sign_as(account: &str, credential: &Credential, headers: &mut HeaderMap) {
    let Credential { region, service, .. } = credential;
    let scope = format!("{account}/20260101/{region}/{service}/aws4_request");
    let signed = format!("AWS4-HMAC-SHA256 {IN_HEADER}{scope}, SignedHeaders=host, Signature=0");
    if let Ok(signed) = HeaderValue::from_str(&signed) {
        headers.insert(AUTHORIZATION, signed);
    }
}

/// A path and query without what presigning added, everything else as it was encoded.
pub(crate) fn without_signature(path_and_query: &str) -> String {
    let Some((path, query)) = path_and_query.split_once('?') else { return path_and_query.to_owned() };
    let is_kept = |pair: &&str| !PRESIGNED.contains(&pair.split('=').next().unwrap_or_default());
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=ASIA1/20261120/eu-west-1/ec2/aws4_request, SignedHeaders=host";

    fn signed(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_signed_header_and_a_presigned_query_say_the_same() {
        let expected = Credential { access_key: "ASIA1".into(), region: "eu-west-1".into(), service: "ec2".into() };
        assert_eq!(read(&signed(SIGNED), ""), Some(expected.clone()));
        let query = "a=b&X-Amz-Credential=ASIA1%2F20261120%2Feu-west-1%2Fec2%2Faws4_request";
        assert_eq!(read(&HeaderMap::new(), query), Some(expected));
    }

    #[test]
    fn version_4a_names_no_region_and_nonsense_is_nobody() {
        let credential = read(&signed("AWS4-ECDSA-P256-SHA256 Credential=1/20261120/s3/aws4_request, x"), "");
        assert_eq!(credential.unwrap().service, "s3");
        assert_eq!(read(&signed("Bearer Credential=x"), ""), None);
        assert_eq!(read(&HeaderMap::new(), "x=y"), None);
    }

    #[test]
    fn a_request_is_signed_anew_and_a_presigned_query_loses_its_signature() {
        let mut headers = signed(SIGNED);
        let credential = read(&headers, "").unwrap();
        sign_as("222222222222", &credential, &mut headers);
        let renamed = Credential { access_key: "222222222222".into(), ..credential };
        assert_eq!(read(&headers, ""), Some(renamed));
        let presigned = "/b/k%20y?x-id=GetObject&X-Amz-Credential=A%2Fb&X-Amz-Signature=1&versionId=%2B";
        assert_eq!(without_signature(presigned), "/b/k%20y?x-id=GetObject&versionId=%2B");
        assert_eq!(without_signature("/b?X-Amz-Signature=1"), "/b");
        assert_eq!(without_signature("/b"), "/b");
    }
}
