//! The password for `CodeCommit` and `CodeConnections`: a signature of the repository's address, made with AWS credentials as
//! `aws codecommit credential-helper` makes it. Source: awscli/customizations/codecommit.py of the AWS command line.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use place::Region;
use reaction::Error;
use ring::digest::{SHA256, digest};

use crate::access::Access;
use crate::address::Address;

/// AWS takes the same service for `CodeConnections`, whose documentation names the same credential helper.
const SERVICE: &str = "codecommit";

/// Access to a repository at `CodeCommit` or through a connection. AWS takes it for 15 minutes, so it is made for each use.
///
/// # Errors
/// `Refused`, where the address is not one of https.
pub fn signed(at: &Address, region: &Region, credentials: &Credentials, now: SystemTime) -> Result<Access, Error> {
    let Address::Web(at) = at else {
        return Err(Error::refused(format!(
            "signing for {at}: AWS takes signatures by https; write its https address"
        )));
    };
    let at = at.url();
    let time = stamp(now);
    let canonical = format!("GIT\n{}\n\nhost:{}\n\nhost\n", at.path(), at.host_str().unwrap_or_default());
    let scope = format!("{}/{region}/{SERVICE}/aws4_request", &time[..8]);
    let hash = place::hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hash}");
    let key = generate_signing_key(credentials.secret_access_key(), now, region.as_str(), SERVICE);
    let signature = calculate_signature(key, text.as_bytes());
    let session = credentials.session_token().map(|it| format!("%{it}")).unwrap_or_default();
    Ok(Access::Token {
        user: format!("{}{session}", credentials.access_key_id()).into(),
        token: format!("{time}Z{signature}").into(),
    })
}

/// The time as `20261128T150341`: the helper signs it without a zone.
fn stamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    let text = DateTime::from_secs(i64::try_from(seconds).unwrap_or_default()).fmt(Format::DateTime);
    text.unwrap_or_default().chars().filter(|it| it.is_ascii_digit() || *it == 'T').collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_credential_types::Credentials;
    use secrecy::ExposeSecret;

    use super::signed;
    use crate::{Access, Remote};

    /// What botocore's `SigV4Auth` signs with these credentials at this time, as the AWS command line calls it.
    #[test]
    fn the_password_is_what_the_credential_helper_makes() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_878_221);
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let credentials = Credentials::new("AKIDEXAMPLE", secret, Some("tok/en==".into()), None, "a test");
        let connection =
            "arn:aws:codeconnections:eu-west-1:111122223333:connection/8ef53a1a-7d2d-4a4c-9a5c-2f6c1d1a7c11";
        let repositories = [
            (
                Remote::codecommit("arn:aws:codecommit:eu-west-1:111122223333:templates").unwrap(),
                "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/templates",
                "20261128T150341Zc45d407199858834ee2f697b9cf0f074ff277ac4a072edf0f1f4e43ae945f2e2",
            ),
            (
                Remote::connection(connection, &"acme/templates".parse().unwrap()).unwrap(),
                "https://codeconnections.eu-west-1.amazonaws.com/git-http/111122223333/eu-west-1/8ef53a1a-7d2d-4a4c-9a5c-2f6c1d1a7c11/acme/templates.git",
                "20261128T150341Za021be8abe5f79e6cb5e57d08970fff866ca35d6e14b3ba385c193ffeac95188",
            ),
        ];
        for ((remote, region), at, password) in repositories {
            assert_eq!(remote.to_string(), at);
            let access = signed(&remote.at, &region, &credentials, now).unwrap();
            assert!(!format!("{access:?}").contains("tok/en"), "{access:?}");
            let Access::Token { user, token } = access else { panic!("a token") };
            assert_eq!(user.expose_secret(), "AKIDEXAMPLE%tok/en==");
            assert_eq!(token.expose_secret(), password);
        }
    }

    #[test]
    fn other_arns_are_refused_with_the_form_that_is_expected() {
        for arn in [
            "",
            "arn:aws:s3:::x",
            "arn:aws:codecommit:nowhere:111122223333:x",
            "arn:aws:codecommit:eu-west-1:111122223333:a/b",
        ] {
            assert!(Remote::codecommit(arn).unwrap_err().to_string().contains("arn:aws:codecommit:REGION"), "{arn}");
        }
        for arn in [
            "",
            "arn:aws:codeconnections:eu-west-1:111122223333:host/x",
            "arn:aws:codeconnections:eu-west-1:me:connection/x",
        ] {
            let error = Remote::connection(arn, &"acme/x".parse().unwrap()).unwrap_err().to_string();
            assert!(error.contains("connection/ID"), "{arn}: {error}");
        }
    }
}
