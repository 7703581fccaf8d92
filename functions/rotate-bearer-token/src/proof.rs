//! What a value has to prove before a token is put into it: clients send the token where its other keys say.

use reaction::Error;
use rotation::Stage;
use rotation_steps::{Context, OfSecret, Proved};
use secrecy::{ExposeSecret, SecretString};

use crate::is_same;
use crate::oauth2::{self, Client};
use crate::secret::BearerSecret;

/// By what a value counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// By what is written down of it.
    Known,
    /// By what has just been seen, which is to be written down.
    Anew,
}

/// That the keys of AWSCURRENT are not those of a writer who cannot read the secret. A token that the server takes is not enough: every
/// client of the server has one.
///
/// | AWSCURRENT | its keys count |
/// |---|---|
/// | is a value that Signalbox made, or the one that proved itself last | yes |
/// | has the keys of the last value that Signalbox made | yes |
/// | has a token that Signalbox made for this secret, and the server takes it | yes |
/// | has any token that the server takes, and no token is known that Signalbox made for this secret | yes |
/// | is the first value, and has no token | yes, it is the operator's |
/// | anything else | no |
///
/// # Errors
/// `Refused` where nothing proves it; `Failed` where that is not known.
pub(crate) async fn prove(
    context: &Context<'_>,
    of_secret: &OfSecret,
    client: &Client,
    value: &SecretString,
    secret: &BearerSecret,
) -> Result<Proof, Error> {
    if is_made(of_secret, value) {
        return Ok(Proof::Known);
    }
    let arn = &context.request.secret;
    let proved = context.records.proved(arn).await?;
    if proved.is_value(value) || proved.has_keys(&secret.keys_beside()) {
        return Ok(Proof::Known);
    }
    let previous = context.secrets.value_at(&arn.to_string(), Stage::Previous).await?;
    let previous = previous.filter(|it| is_made(of_secret, it)).as_ref().map(BearerSecret::read).transpose()?;
    let differing = previous.as_ref().map(|it| secret.differs_in(it)).unwrap_or_default();
    if previous.is_some() && differing.is_empty() {
        return Ok(Proof::Known);
    }
    let is_first = proved.is_fresh() && of_secret.minted.is_empty() && secret.access_token.expose_secret().is_empty();
    if !is_first {
        works(client, secret, &differing).await?;
        check_own(&proved, secret, previous.as_ref())?;
    }
    Ok(Proof::Anew)
}

/// Whether Signalbox made a value for a version of this secret. A record without a digest tells of no value.
fn is_made(of_secret: &OfSecret, value: &SecretString) -> bool {
    of_secret.minted.iter().any(|it| !it.digest.is_empty() && it.is_of(&it.version, value))
}

/// That a token which works is this secret's: a writer who has one of another client would otherwise have a token of this client put
/// beside keys of theirs.
fn check_own(proved: &Proved, secret: &BearerSecret, previous: Option<&BearerSecret>) -> Result<(), Error> {
    let is_known = proved.has_any() || previous.is_some();
    let is_of_previous = previous.is_some_and(|it| is_same(&it.access_token, &secret.access_token));
    if !is_known || is_of_previous || proved.is_own(&secret.access_token) {
        return Ok(());
    }
    Err(Error::refused(
        "AWSCURRENT is no value that Signalbox made, and its token works but is none that Signalbox made for this secret, so that a \
         writer with a token of another client may have chosen where the next token goes: put the keys that are right into AWSCURRENT \
         with the last token that Signalbox made, or the keys of before, rotate, and change them beside the token that the secret has then",
    ))
}

/// That the server takes the token: a writer who has one could send it anywhere already.
async fn works(client: &Client, secret: &BearerSecret, differing: &[&str]) -> Result<(), Error> {
    let Err(error) = oauth2::verify(client, &secret.access_token).await else { return Ok(()) };
    if !matches!(error, Error::Refused(_)) {
        return Err(error);
    }
    let keys = if differing.is_empty() {
        String::new()
    } else {
        format!("; it differs from AWSPREVIOUS, which Signalbox made, in the keys {differing:?}")
    };
    Err(error.context(format!(
        "AWSCURRENT is no value that Signalbox made, and its token does not work, so that a writer may have chosen where the next token \
         goes{keys}: put the keys that are right into AWSCURRENT with the last token that Signalbox made, or the value of AWSPREVIOUS"
    )))
}
