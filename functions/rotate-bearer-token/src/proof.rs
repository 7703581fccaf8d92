//! What a value has to prove before a token is put into it: clients send the token where its other keys say.

use reaction::Error;
use rotation::Stage;
use rotation_steps::{Context, OfSecret};
use secrecy::{ExposeSecret, SecretString};

use crate::oauth2::{self, Client};
use crate::secret::BearerSecret;

/// That the keys of AWSCURRENT are not those of a writer who has no token: Signalbox made the value, its other keys are those of
/// AWSPREVIOUS, which Signalbox made, the server takes its token, or it is an operator's first one.
///
/// # Errors
/// `Refused` where nothing proves it; `Failed` where that is not known.
pub(crate) async fn check(
    context: &Context<'_>,
    client: &Client,
    value: &SecretString,
    secret: &BearerSecret,
) -> Result<(), Error> {
    let (records, arn) = (context.records, &context.request.secret);
    let of_secret = records.of_secret(arn).await?;
    if is_made(&of_secret, value) {
        return Ok(());
    }
    let proved = records.is_proved(arn, value).await?;
    if proved == Some(true) {
        return Ok(());
    }
    let previous = context.secrets.value_at(&arn.to_string(), Stage::Previous).await?;
    let mut differing = Vec::new();
    if let Some(previous) = previous.filter(|it| is_made(&of_secret, it)) {
        let previous = BearerSecret::read(&previous)?;
        differing = secret.differs_in(&previous).into_iter().map(str::to_owned).collect();
        if differing.is_empty() {
            return Ok(());
        }
    }
    let is_first = proved.is_none() && of_secret.minted.is_empty();
    if !(is_first && secret.access_token.expose_secret().is_empty()) {
        works(client, secret, &differing).await?;
    }
    records.record_proved(arn, value).await
}

/// Whether Signalbox made a value for a version of this secret. A record without a digest tells of no value.
fn is_made(of_secret: &OfSecret, value: &SecretString) -> bool {
    of_secret.minted.iter().any(|it| !it.digest.is_empty() && it.is_of(&it.version, value))
}

/// That the server takes the token: a writer who has one could send it anywhere already.
async fn works(client: &Client, secret: &BearerSecret, differing: &[String]) -> Result<(), Error> {
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
         goes{keys}: put the keys that are right into AWSCURRENT with a token that the server takes, or the value of AWSPREVIOUS"
    )))
}
