//! What is asked of Secrets Manager. Values are in a type that cannot be printed.

mod owner;

use std::fmt;

use aws::{Answer, SdkConfig, is_taken_version, open_only};
use reaction::settings::{Variables, malformed};
use reaction::{Doing, Error};
use rotation::{Request, Schedule, SecretArn, Stage, VersionId, Versions};
use secrecy::{ExposeSecret, SecretString};

use crate::rotatable::obstacle;
pub use owner::Owner;

/// Secrets Manager in one account and region.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
}

/// What became of a value that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is kept.
    Stored,
    /// The version has another value already: somebody was faster.
    Taken,
}

/// How passwords are made, by the names that AWS's own functions give these variables.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passwords {
    /// `PASSWORD_LENGTH`, 32 by default.
    pub length: i64,
    /// `EXCLUDE_CHARACTERS`, `/@"'\` by default.
    pub excluded: String,
    /// `EXCLUDE_NUMBERS`, `EXCLUDE_PUNCTUATION`, `EXCLUDE_UPPERCASE`, `EXCLUDE_LOWERCASE`.
    pub without: [bool; 4],
    /// `REQUIRE_EACH_INCLUDED_TYPE`, true by default.
    pub with_each: bool,
}

impl Passwords {
    /// Reads how passwords are made.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        const LENGTH: &str = "PASSWORD_LENGTH";
        let is_set = |name: &str, default: bool| match variables(name).as_deref() {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(malformed(name, format!("`{text}` is neither `true` nor `false`"))),
        };
        let length = variables(LENGTH).unwrap_or_else(|| "32".into());
        let length = length.parse().ok().filter(|it| (8..=4096).contains(it));
        Ok(Self {
            length: length.ok_or_else(|| malformed(LENGTH, "it is not a number from 8 to 4096"))?,
            excluded: variables("EXCLUDE_CHARACTERS").unwrap_or_else(|| "/@\"'\\".into()),
            without: [
                is_set("EXCLUDE_NUMBERS", false)?,
                is_set("EXCLUDE_PUNCTUATION", false)?,
                is_set("EXCLUDE_UPPERCASE", false)?,
                is_set("EXCLUDE_LOWERCASE", false)?,
            ],
            with_each: is_set("REQUIRE_EACH_INCLUDED_TYPE", true)?,
        })
    }
}

impl Secrets {
    /// Secrets Manager by this configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: aws_sdk_secretsmanager::Client::new(config) }
    }

    /// Opens the connection that the others will use.
    pub async fn open_connection(&self) {
        drop(self.client.describe_secret().secret_id("-").customize().mutate_request(open_only).send().await);
    }

    /// The versions of a secret that have labels.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
    ///
    /// # Errors
    /// `Refused` where there is no such secret, or it is none that a function rotates; otherwise what the call's error means.
    pub async fn versions(&self, secret: &SecretArn) -> Result<Versions, Error> {
        let doing = || format!("reading the versions of {secret}");
        let answer =
            self.client.describe_secret().secret_id(secret.to_string()).send().await.or_absent().doing(doing)?;
        let answer = answer.ok_or_else(|| Error::refused("there is no such secret")).doing(doing)?;
        if let Some(obstacle) = obstacle(secret, &answer) {
            return Err(Error::refused(obstacle)).doing(doing);
        }
        let (seconds, rules) = (answer.next_rotation_date.map(|it| it.secs()), answer.rotation_rules.as_ref());
        let schedule = Schedule::new(
            seconds.and_then(|it| it.try_into().ok()),
            rules.and_then(|it| it.automatically_after_days),
            rules.and_then(|it| it.schedule_expression.as_deref()),
        );
        let stages = answer.version_ids_to_stages.unwrap_or_default().into_iter();
        let stages = stages.map(|(version, stages)| Ok((version.parse()?, stages.into_iter().collect())));
        let stages = stages.collect::<Result<_, place::Malformed>>().map_err(Error::failed).doing(doing)?;
        Ok(Versions { is_rotated: answer.rotation_enabled.unwrap_or_default(), schedule, stages })
    }

    /// The value of a version; `None` where it has none (yet).
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
    ///
    /// # Errors
    /// `Refused` where it is no text; otherwise what the call's error means.
    pub async fn value_of(&self, secret: &SecretArn, version: &VersionId) -> Result<Option<SecretString>, Error> {
        let request = self.client.get_secret_value().secret_id(secret.to_string()).version_id(version.as_str());
        self.read(request, || format!("reading version {version} of {secret}")).await
    }

    /// The value with a label; `None` where no version has the label, or that one has no value.
    ///
    /// # Errors
    /// As of [`Secrets::value_of`].
    pub async fn value_at(&self, secret: &str, stage: Stage) -> Result<Option<SecretString>, Error> {
        let request = self.client.get_secret_value().secret_id(secret).version_stage(stage.as_str());
        self.read(request, || format!("reading {} of {secret}", stage.as_str())).await
    }

    async fn read<W: fmt::Display>(
        &self,
        request: aws_sdk_secretsmanager::operation::get_secret_value::builders::GetSecretValueFluentBuilder,
        doing: impl Fn() -> W,
    ) -> Result<Option<SecretString>, Error> {
        let Some(answer) = request.send().await.or_absent().doing(&doing)? else { return Ok(None) };
        match answer.secret_string {
            Some(text) => Ok(Some(text.into())),
            None => Err(Error::refused("its value is binary, and a text in JSON was expected")).doing(doing),
        }
    }

    /// Keeps the value of the pending version.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn put_pending(&self, request: &Request, value: &SecretString) -> Result<Put, Error> {
        let token = request.rotation_token.as_ref().map(|token| token.expose_secret().to_owned());
        let put = self.client.put_secret_value().secret_id(request.secret.to_string());
        let put = put.client_request_token(request.version.as_str()).secret_string(value.expose_secret());
        let put = put.version_stages(Stage::Pending.as_str()).set_rotation_token(token);
        match put.send().await {
            Ok(_) => Ok(Put::Stored),
            Err(error) if is_taken_version(&error) => Ok(Put::Taken),
            Err(error) => {
                Err::<Put, _>(error).or_error().doing(|| format!("keeping the new value of {}", request.secret))
            }
        }
    }

    /// Gives the label of the current version to the pending one.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn promote(&self, request: &Request, from: Option<&VersionId>) -> Result<(), Error> {
        let update = self.client.update_secret_version_stage().secret_id(request.secret.to_string());
        let update = update.version_stage(Stage::Current.as_str()).move_to_version_id(request.version.as_str());
        let update = update.set_remove_from_version_id(from.map(ToString::to_string));
        let Err(error) = update.send().await.or_error() else { return Ok(()) };
        // Of two runs at once the later one is refused, though what it was to do is done.
        if error.is_refused() && self.versions(&request.secret).await?.has(&request.version, Stage::Current) {
            return Ok(());
        }
        Err(error.context(format!("making version {} of {} current", request.version, request.secret)))
    }

    /// Takes the pending label away, so that the next rotation can begin.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn drop_pending(&self, request: &Request) -> Result<(), Error> {
        let update = self.client.update_secret_version_stage().secret_id(request.secret.to_string());
        let update = update.version_stage(Stage::Pending.as_str()).remove_from_version_id(request.version.as_str());
        update
            .send()
            .await
            .or_error()
            .map(drop)
            .doing(|| format!("giving up version {} of {}", request.version, request.secret))
    }

    /// A new password.
    ///
    /// # Errors
    /// `Refused` where no password can be made so; otherwise what the call's error means.
    pub async fn password(&self, how: &Passwords) -> Result<SecretString, Error> {
        let [numbers, punctuation, uppercase, lowercase] = how.without;
        let request = self.client.get_random_password().password_length(how.length).exclude_characters(&how.excluded);
        let request = request.exclude_numbers(numbers).exclude_punctuation(punctuation);
        let request = request.exclude_uppercase(uppercase).exclude_lowercase(lowercase);
        let request = request.require_each_included_type(how.with_each);
        let answer = request.send().await.or_error().doing(|| "making a password")?;
        answer.random_password.map(SecretString::from).ok_or_else(|| Error::failed("Secrets Manager made no password"))
    }
}
