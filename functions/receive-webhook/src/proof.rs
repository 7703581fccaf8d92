//! Whether a request proves that its sender knows a hook's secret. Pure: keys, request and time go in.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::base64;
use mirror::Forge;
use reaction::Request;

use crate::hook::{Hook, Proof};
use crate::keys::Keys;

/// How far the time of a signature may be from ours.
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
const WINDOW: Duration = Duration::from_mins(5);

/// How many signatures of one request are looked at: a sender that rotates its key sends two.
const SIGNATURES: usize = 4;

/// Why a request is not believed; `Ok` where it is. Everything that costs time is done for each request, before anything is decided.
pub(crate) fn verify(hook: &Hook, keys: &Keys, request: &Request, now: SystemTime) -> Result<(), &'static str> {
    let signature = Signature::of(hook.forge, request);
    let is_signed = signature.texts.iter().fold(false, |any, text| any | keys.have_signed(&signature.signed, text));
    let token = header(request, token_header(hook.forge));
    let is_told = keys.are_told_by(token.unwrap_or_default());
    let is_in_time = signature.time.is_none_or(|it| is_near(it, now));
    if request.method != "POST" {
        return Err("its method is not POST");
    }
    if !hook.takes_from(request.source) {
        return Err("it comes from an address outside of `sources`");
    }
    // A request with a signature passes by it: without that, an attacker who has the token would choose the weaker proof.
    if hook.proofs.contains(&Proof::Signature) && (signature.is_there || !hook.proofs.contains(&Proof::Token)) {
        return match (signature.is_there, is_signed, is_in_time) {
            (true, true, true) => Ok(()),
            (true, true, false) => Err("its signature is more than five minutes old or early"),
            (true, false, _) => Err("its signature is not by the secret, or what was signed was changed"),
            (false, ..) => Err("it has no signature of the forge that the path is configured for"),
        };
    }
    match token {
        Some(_) if is_told => Ok(()),
        Some(_) => Err("its token is not the secret"),
        None => Err("it has no token in a header"),
    }
}

/// Where the secret itself stands, of forges and relays that send it.
fn token_header(forge: Forge) -> &'static str {
    if forge == Forge::Gitlab { "x-gitlab-token" } else { "x-git-token" }
}

/// A header that is not empty.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(String::as_str).filter(|it| !it.is_empty())
}

/// What a request says to be its signature, and of what.
struct Signature<'a> {
    is_there: bool,
    /// The bytes that are signed.
    signed: Cow<'a, [u8]>,
    /// What may be the signature: one of them has to be. Always one at least, so that each request costs as much.
    texts: Vec<Vec<u8>>,
    /// When it was signed, in seconds, where the forge says that under the signature.
    time: Option<u64>,
}

impl<'a> Signature<'a> {
    fn of(forge: Forge, request: &'a Request) -> Self {
        let (name, prefix) = match forge {
            Forge::Github => ("x-hub-signature-256", "sha256="),
            Forge::Bitbucket | Forge::BitbucketDataCenter => ("x-hub-signature", "sha256="),
            Forge::Gitea => ("x-gitea-signature", ""),
            Forge::Forgejo => ("x-forgejo-signature", ""),
            Forge::Gitlab => return Self::of_standard_webhook(request),
        };
        let said = header(request, name);
        let text = said.and_then(|it| it.strip_prefix(prefix)).and_then(of_hex).unwrap_or_default();
        let signed = match forge {
            // These sign the JSON, and not the form that it is sent in.
            Forge::Gitea | Forge::Forgejo => content_of(request),
            _ => Cow::Borrowed(request.body.as_slice()),
        };
        Self { is_there: said.is_some(), signed, texts: vec![text], time: None }
    }

    /// GitLab's signing tokens follow <https://www.standardwebhooks.com/>: id, time and body are signed together.
    fn of_standard_webhook(request: &'a Request) -> Self {
        let part = |name| header(request, name).unwrap_or_default();
        let (id, time, said) = (part("webhook-id"), part("webhook-timestamp"), part("webhook-signature"));
        let texts = said.split(' ').filter_map(|it| it.strip_prefix("v1,")).take(SIGNATURES);
        let mut texts: Vec<_> = texts.map(|it| base64::decode(it).unwrap_or_default()).collect();
        if texts.is_empty() {
            texts.push(Vec::new());
        }
        let signed = [id.as_bytes(), b".", time.as_bytes(), b".", &request.body].concat();
        // A time that is not a number is none that is near.
        let time = Some(time.parse().unwrap_or_default());
        Self { is_there: !said.is_empty(), signed: signed.into(), texts, time }
    }
}

fn is_near(seconds: u64, now: SystemTime) -> bool {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    now.abs_diff(seconds) <= WINDOW.as_secs()
}

/// The JSON of a request, which may be sent as the field `payload` of a form.
pub(crate) fn content_of(request: &Request) -> Cow<'_, [u8]> {
    let kind = header(request, "content-type").unwrap_or_default();
    let is_form =
        kind.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if !is_form {
        return Cow::Borrowed(&request.body);
    }
    let mut fields = form_urlencoded::parse(&request.body).filter(|(name, _)| name == "payload");
    match (fields.next(), fields.next()) {
        (Some((_, payload)), None) => payload.into_owned().into_bytes().into(),
        // Two of them could be read as either.
        _ => Cow::Borrowed(&[]),
    }
}

/// The bytes that hexadecimal digits stand for, in either case.
fn of_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let byte = |pair: &[u8]| Some(digit(pair[0])? * 16 + digit(pair[1])?);
    (digits.len() == 64).then(|| digits.chunks_exact(2).map(byte).collect())?
}
