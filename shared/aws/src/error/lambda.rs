//! What Lambda's errors mean to one who changes a function.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::is_one_of;

/// Whether Lambda made no change since the function or alias is not (any more) of the revision that the request names.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>
#[must_use]
pub fn is_outdated_revision<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, &["PreconditionFailedException"])
}

/// Whether Lambda made no change since another change of the same function is under way.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>
#[must_use]
pub fn is_under_way<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, &["ResourceConflictException"])
}

/// Whether Lambda published no version since the code is not that whose hash the request names.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>
#[must_use]
pub fn is_other_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let says_so = |message: &str| message.to_lowercase().contains("codesha256");
    is_one_of(error, &["InvalidParameterValueException"]) && error.message().is_some_and(says_so)
}
