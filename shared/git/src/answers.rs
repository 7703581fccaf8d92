//! What a web server's status means: who has to do something, or whether it may work later.

use reaction::Error;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{StatusCode, Url};

/// What a status means that is not a success; `None` for a success. Nothing of an answer's text is repeated.
pub(crate) fn judge(doing: &str, status: StatusCode, headers: &HeaderMap, has_token: bool) -> Option<Error> {
    if status.is_success() {
        return None;
    }
    let code = status.as_u16();
    let refused = |what: &str| Some(Error::refused(format!("{doing}: {what} (HTTP {code})")));
    let failed = |what: &str| Some(Error::failed(format!("{doing}: {what} (HTTP {code})")));
    match code {
        300..=399 => refused(&format!("the server redirects {}; no redirect is followed", target(headers))),
        401 if has_token => refused(
            "the server did not take the token; it has expired, was revoked, or goes with another user name: make a new one",
        ),
        401 => refused("the repository is not public; configure a token or a deploy key that may read it"),
        403 if headers.contains_key(RETRY_AFTER) => failed("the server asks to wait; try again later"),
        403 if has_token => refused(
            "the token may not read this repository; give it the right to read contents, and look for rules \
             about addresses and single sign-on",
        ),
        403 => refused("the server does not let anybody read it without a token; configure one"),
        404 | 410 if has_token => refused(
            "there is no such repository, or the token does not see it; check the address and the token's rights",
        ),
        404 | 410 => refused("there is no such public repository; check the address, or configure a token"),
        408 | 429 => failed("the server asks to wait; try again later"),
        500..=599 => failed("the server has a problem; try again later"),
        _ => refused("the server refuses the request; check the address"),
    }
}

/// Where a redirect leads, without what may be confidential in it.
fn target(headers: &HeaderMap) -> String {
    let text = headers.get(LOCATION).and_then(|it| it.to_str().ok()).unwrap_or_default();
    match Url::parse(text) {
        Ok(url) if url.host_str().is_some() => {
            let path = url.path().trim_end_matches("/info/refs").to_owned();
            let shown = format!("{}://{}{path}", url.scheme(), url.host_str().unwrap_or_default());
            format!("to {}: write that address where it is yours", place::shortened(&shown, 200))
        }
        _ => "elsewhere: write the address that it leads to where it is yours".into(),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};

    use super::judge;

    fn judged(code: u16, headers: &HeaderMap, has_token: bool) -> reaction::Error {
        judge("reading", StatusCode::from_u16(code).unwrap(), headers, has_token).unwrap()
    }

    #[test]
    fn what_an_operator_must_change_is_refused_and_what_may_pass_is_not() {
        let none = HeaderMap::new();
        for (code, token, is_refused, says) in [
            (301, true, true, "no redirect is followed"),
            (401, true, true, "make a new one"),
            (401, false, true, "configure a token or a deploy key"),
            (403, true, true, "right to read contents"),
            (403, false, true, "without a token"),
            (404, true, true, "or the token does not see it"),
            (404, false, true, "no such public repository"),
            (418, false, true, "check the address"),
            (429, true, false, "try again later"),
            (503, true, false, "try again later"),
        ] {
            let error = judged(code, &none, token);
            assert!(error.is_refused() == is_refused && error.to_string().contains(says), "{code}: {error}");
        }
    }

    #[test]
    fn a_limit_of_the_rate_passes_and_a_redirect_shows_no_query() {
        let waiting = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("60"))]);
        assert!(!judged(403, &waiting, true).is_refused());
        let to = "https://forge.example/acme/x.git/info/refs?service=git-upload-pack&token=s3cret";
        let moved = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(to))]);
        let error = judged(302, &moved, true).to_string();
        assert!(error.contains("to https://forge.example/acme/x.git:") && !error.contains("s3cret"), "{error}");
    }
}
