//! What is asked of Secrets Manager. Values are in a type that cannot be printed.

mod owner;

use std::fmt;

use aws::{Answer, SdkConfig, is_taken_version, open_only};
use reaction::settings::{Setting, Unset, Variables, any_text};
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
        let [numbers, punctuation, uppercase, lowercase] = &WITHOUT;
        Ok(Self {
            length: length(variables)?,
            excluded: EXCLUDED.required(variables)?,
            without: [
                is_set(numbers, variables)?,
                is_set(punctuation, variables)?,
                is_set(uppercase, variables)?,
                is_set(lowercase, variables)?,
            ],
            with_each: is_set(&WITH_EACH, variables)?,
        })
    }
}

const LENGTH: Setting = Setting {
    variable: "PASSWORD_LENGTH",
    meaning: "the number of characters of a password, from 8 to 4096",
    unset: Unset::Is("32"),
    check: |variables| length(variables).map(drop),
};
const EXCLUDED: Setting = Setting {
    variable: "EXCLUDE_CHARACTERS",
    meaning: "the characters that no password has",
    unset: Unset::Is("/@\"'\\"),
    check: any_text,
};
const WITHOUT: [Setting; 4] = [
    without("EXCLUDE_NUMBERS", "`true`, so that passwords have no digits", |it| is_set(&WITHOUT[0], it).map(drop)),
    without("EXCLUDE_PUNCTUATION", "`true`, so that passwords have no punctuation", |it| {
        is_set(&WITHOUT[1], it).map(drop)
    }),
    without("EXCLUDE_UPPERCASE", "`true`, so that passwords have no capitals", |it| is_set(&WITHOUT[2], it).map(drop)),
    without("EXCLUDE_LOWERCASE", "`true`, so that passwords have no small letters", |it| {
        is_set(&WITHOUT[3], it).map(drop)
    }),
];
const WITH_EACH: Setting = Setting {
    variable: "REQUIRE_EACH_INCLUDED_TYPE",
    meaning: "whether a password has a character of each kind that is not excluded: `true` or `false`",
    unset: Unset::Is("true"),
    check: |variables| is_set(&WITH_EACH, variables).map(drop),
};

/// The settings of [`Passwords::read`].
pub const PASSWORDS: &[Setting] = &[LENGTH, EXCLUDED, WITHOUT[0], WITHOUT[1], WITHOUT[2], WITHOUT[3], WITH_EACH];

const fn without(variable: &'static str, meaning: &'static str, check: fn(Variables) -> Result<(), Error>) -> Setting {
    Setting { variable, meaning, unset: Unset::Is("false"), check }
}

fn length(variables: Variables) -> Result<i64, Error> {
    let length = LENGTH.required(variables)?.parse().ok().filter(|it| (8..=4096).contains(it));
    length.ok_or_else(|| LENGTH.malformed("it is not a number from 8 to 4096"))
}

fn is_set(setting: &Setting, variables: Variables) -> Result<bool, Error> {
    let text = setting.required(variables)?;
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(setting.malformed(format!("`{text}` is neither `true` nor `false`"))),
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
        // Of an ARN that lacks its last characters Secrets Manager finds the secret, and the settings do not find its master.
        if let Some(arn) = answer.arn.as_deref().filter(|it| *it != secret.to_string()) {
            return Err(Error::refused(format!(
                "the ARN is not whole, and the settings and the records know a secret by its whole ARN: it is {arn}"
            )))
            .doing(doing);
        }
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
