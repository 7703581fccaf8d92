//! Who is let in: what is decided of a request before anything is read for it. No check here makes a call.
//!
//! A page of another site may know the port and send requests to it, by its own name for 127.0.0.1 (DNS rebinding) or across
//! sites. So `Host` has to be this address and port, `Origin` and `Sec-Fetch-Site` have to be of this page, and the cookie has to
//! be the one that the link was exchanged for.

use std::sync::{Mutex, PoisonError};

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, Uri};
use uuid::Uuid;

/// What the link's query calls the token.
const TOKEN: &str = "token";

/// Headers by which browsers say from which site a request comes. Pages cannot set it.
/// <https://www.w3.org/TR/fetch-metadata/>
const SITE: &str = "sec-fetch-site";

/// The address, and the two secrets.
pub(crate) struct Gate {
    /// The address and port that `Host` has to be.
    authority: String,
    /// The value of the cookie. It lives as long as this process.
    session: String,
    /// The token of the link, until it is used.
    token: Mutex<String>,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes to its page.
    Enter,
    /// It has a token, which is to be exchanged for the cookie.
    Exchange(String),
    /// It gets nothing.
    Refuse(Refusal),
}

/// Why a request gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `Host` is not this address and port.
    Host,
    /// A page of another site asks.
    Site,
    /// There is no cookie.
    Stranger,
    /// The token was used before.
    Spent,
    /// It would change something, and this is not the console of a local AWS.
    Method,
}

impl Gate {
    /// A gate for this address and port, with new secrets.
    pub(crate) fn new(authority: String) -> Self {
        Self { authority, session: secret(), token: Mutex::new(secret()) }
    }

    /// The link that lets one browser in.
    pub(crate) fn link(&self) -> String {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        format!("http://{}/?{TOKEN}={token}", self.authority)
    }

    /// The cookie, whose name has the port: browsers send it to each port of the address.
    pub(crate) fn cookie(&self) -> String {
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name(), self.session)
    }

    fn cookie_name(&self) -> String {
        format!("signalbox-console-{}", self.authority.rsplit(':').next().unwrap_or_default())
    }

    /// Uses a token up: whether it was the link's. The next link has another one.
    pub(crate) fn take(&self, given: &str) -> bool {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let is_right = are_equal(&token, given);
        if is_right {
            *token = secret();
        }
        is_right
    }

    /// Judges a request. Files of the console itself are not private: a refusal is a page, and has a style.
    pub(crate) fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap, sends: bool) -> Verdict {
        if !self.is_host(uri, headers) {
            return Verdict::Refuse(Refusal::Host);
        }
        let is_reading = method == Method::GET || method == Method::HEAD;
        if let Some(token) = token_in(uri).filter(|_| is_reading) {
            return Verdict::Exchange(token);
        }
        if !self.is_own_page(headers, is_reading) {
            return Verdict::Refuse(Refusal::Site);
        }
        if is_reading && uri.path().starts_with("/assets/") {
            return Verdict::Enter;
        }
        if !self.has_cookie(headers) {
            return Verdict::Refuse(Refusal::Stranger);
        }
        let may = is_reading || (sends && method == Method::POST && uri.path() == "/send");
        if may { Verdict::Enter } else { Verdict::Refuse(Refusal::Method) }
    }

    fn is_host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let is_ours = hosts.next().is_some_and(|it| it.as_bytes() == self.authority.as_bytes());
        // A request line may name a host as well, and servers differ in which of the two they believe.
        is_ours && hosts.next().is_none() && uri.authority().is_none_or(|it| it.as_str() == self.authority)
    }

    /// Whether no other site asks. What changes something has to say that this page does.
    fn is_own_page(&self, headers: &HeaderMap, is_reading: bool) -> bool {
        let ours = format!("http://{}", self.authority);
        let origins: Vec<_> = headers.get_all(ORIGIN).iter().collect();
        let is_of_origin = origins.iter().all(|it| it.as_bytes() == ours.as_bytes());
        let is_of_site = headers.get_all(SITE).iter().all(|it| it == "same-origin" || it == "none");
        is_of_origin && is_of_site && (is_reading || !origins.is_empty())
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        let texts = headers.get_all(COOKIE).iter().filter_map(|it| it.to_str().ok());
        let mut values = texts.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
        values.any(|(key, value)| key == name && are_equal(value, &self.session))
    }
}

/// 122 random bits.
fn secret() -> String {
    Uuid::new_v4().simple().to_string()
}

fn token_in(uri: &Uri) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query().filter(|_| uri.path() == "/")?.as_bytes());
    pairs.find(|(name, _)| name == TOKEN).map(|(_, value)| value.into_owned())
}

/// Compares in a time that does not tell where the texts differ.
fn are_equal(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

    use super::{Gate, Refusal, Verdict};

    const HOST: &str = "127.0.0.1:8700";

    fn gate() -> Gate {
        Gate::new(HOST.into())
    }

    fn headers<'a>(given: impl IntoIterator<Item = (&'static str, &'a str)>) -> HeaderMap {
        let header = |(name, value): (&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        given.into_iter().map(header).collect()
    }

    fn judge<'a>(
        gate: &Gate,
        (method, path): (Method, &str),
        more: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> Verdict {
        let cookie = gate.cookie();
        let cookie = cookie.split(';').next().unwrap();
        let mut given = headers(more);
        given.extend(headers([("host", HOST), ("cookie", cookie)]));
        gate.judge(&method, &path.parse().unwrap(), &given, true)
    }

    const SEND: (Method, &str) = (Method::POST, "/send");

    #[test]
    fn only_this_address_and_port_is_a_host() {
        let gate = gate();
        let uri = Uri::from_static("/");
        for host in ["evil.example:8700", "localhost:8700", "127.0.0.1", "127.0.0.1:8701", "[::1]:8700", ""] {
            let verdict = gate.judge(&Method::GET, &uri, &headers([("host", host)]), true);
            assert_eq!(verdict, Verdict::Refuse(Refusal::Host), "{host}");
        }
        assert_eq!(gate.judge(&Method::GET, &uri, &HeaderMap::new(), true), Verdict::Refuse(Refusal::Host));
        let mut twice = headers([("host", HOST)]);
        twice.append("host", HeaderValue::from_static("evil.example"));
        assert_eq!(gate.judge(&Method::GET, &uri, &twice, true), Verdict::Refuse(Refusal::Host));
        let absolute = (Method::GET, "http://evil.example:8700/");
        assert_eq!(judge(&gate, absolute, []), Verdict::Refuse(Refusal::Host));
    }

    #[test]
    fn a_page_of_another_site_reads_nothing_and_sends_nothing() {
        let gate = gate();
        for other in ["http://evil.example", "http://127.0.0.1:8701", "https://127.0.0.1:8700", "null"] {
            assert_eq!(judge(&gate, (Method::GET, "/"), [("origin", other)]), Verdict::Refuse(Refusal::Site));
            assert_eq!(judge(&gate, SEND, [("origin", other)]), Verdict::Refuse(Refusal::Site), "{other}");
        }
        for other in ["cross-site", "same-site"] {
            let site = [("sec-fetch-site", other), ("origin", "http://127.0.0.1:8700")];
            assert_eq!(judge(&gate, SEND, site), Verdict::Refuse(Refusal::Site), "{other}");
        }
        assert_eq!(judge(&gate, SEND, []), Verdict::Refuse(Refusal::Site), "without an origin");
        assert_eq!(judge(&gate, SEND, [("origin", "http://127.0.0.1:8700")]), Verdict::Enter);
        assert_eq!(judge(&gate, (Method::GET, "/"), [("sec-fetch-site", "none")]), Verdict::Enter);
    }

    #[test]
    fn only_the_one_form_of_a_local_aws_is_posted_to() {
        let gate = gate();
        let own = [("origin", "http://127.0.0.1:8700")];
        for (method, path) in [(Method::POST, "/"), (Method::PUT, "/send"), (Method::DELETE, "/events")] {
            assert_eq!(judge(&gate, (method, path), own), Verdict::Refuse(Refusal::Method));
        }
        let cookie = gate.cookie();
        let given = headers([("host", HOST), ("cookie", cookie.split(';').next().unwrap()), own[0]]);
        let verdict = gate.judge(&Method::POST, &Uri::from_static("/send"), &given, false);
        assert_eq!(verdict, Verdict::Refuse(Refusal::Method));
    }

    #[test]
    fn without_the_cookie_there_are_the_consoles_own_files_and_nothing_else() {
        let gate = gate();
        for cookie in ["", "signalbox-console-8700=", "signalbox-console-8700=0", "a=b; signalbox-console-8701=0"] {
            let given = headers([("host", HOST), ("cookie", cookie)]);
            let verdict = |path| gate.judge(&Method::GET, &Uri::from_static(path), &given, true);
            assert_eq!(verdict("/events"), Verdict::Refuse(Refusal::Stranger), "{cookie}");
            assert_eq!(verdict("/assets/console.css"), Verdict::Enter);
        }
    }

    #[test]
    fn a_token_is_exchanged_once_and_the_next_link_has_another() {
        let gate = gate();
        let link = gate.link();
        let token = link.split_once("token=").unwrap().1;
        let given = headers([("host", HOST), ("sec-fetch-site", "cross-site")]);
        let uri: Uri = link.parse::<Uri>().unwrap().path_and_query().unwrap().as_str().parse().unwrap();
        assert_eq!(gate.judge(&Method::GET, &uri, &given, true), Verdict::Exchange(token.into()));
        assert!(!gate.take("") && !gate.take(&token[1..]) && gate.take(token) && !gate.take(token));
        assert_ne!(gate.link(), link);
    }
}
