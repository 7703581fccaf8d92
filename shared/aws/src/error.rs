//! What AWS's errors mean. The only file that knows error codes.

mod again;
mod codes;
mod lambda;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use reaction::Error;

pub use again::Again;
use codes::{ABSENT, INVALID};
pub use lambda::{is_other_code, is_outdated_revision, is_under_way};

/// More accounts than RDS shares one snapshot with.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html>
const SHARED_TOO_OFTEN: &str = "SharedSnapshotQuotaExceeded";

/// A thing of that name is there already.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
const TAKEN: &[&str] = &[
    "DBClusterSnapshotAlreadyExistsFault",
    "DBSnapshotAlreadyExists",
    "EntityAlreadyExists",
    "ExecutionAlreadyExists",
];

/// The job was answered, or its pipeline has given it up.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html>
const ANSWERED: &[&str] = &["InvalidJobStateException"];

/// One of the accounts in the request is unknown to EC2 or RDS, which then refuse the whole request. For snapshots AWS
/// does not document the code.
const BAD_ACCOUNT: &[&str] =
    &["InvalidAMIAttributeItemValue", "InvalidParameter", "InvalidParameterValue", "InvalidUserID.Malformed"];

/// The bucket or repository is there and has no policy.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html>
const NO_POLICY: &[&str] = &["NoSuchBucketPolicy", "RepositoryPolicyNotFoundException"];

/// A policy is not taken, by S3, KMS and ECR. Each says in its message alone whether that is for a principal in it:
/// `Invalid principal in policy`, `Policy contains a statement with one or more invalid principals`, `Invalid parameter at
/// 'PolicyText' failed to satisfy constraint: 'Principal not found'`.
const BAD_POLICY: &[&str] = &["InvalidParameterException", "MalformedPolicy", "MalformedPolicyDocumentException"];

/// We may not; an operator has to give the permission, and then the event can be sent again.
const DENIED: &[&str] =
    &["AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation"];

/// How IAM's message of a denial ends where a service control policy of the organization denies the action: no permission of the
/// role can allow it then.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
const BY_ORGANIZATION: &str = "explicit deny in a service control policy";

/// The credentials are not valid where they were sent: that is also how a region answers that is not enabled.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>
const UNKNOWN_HERE: &[&str] =
    &["AuthFailure", "InvalidAccessKeyId", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"];

/// Why DynamoDB cancels a transaction that may succeed when it is sent again.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const CONTENDED: &[&str] = &["ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"];

/// Reads an SDK result as one of the two kinds of error.
pub trait Answer<T> {
    /// The answer, or the error: validation is refused; throttling, 5xx, timeouts, conflicts, denied access and what
    /// is unknown failed.
    ///
    /// # Errors
    /// See above.
    fn or_error(self) -> Result<T, Error>;

    /// The answer, `None` where AWS says that the thing does not exist, or the error.
    ///
    /// # Errors
    /// As of [`Answer::or_error`].
    fn or_absent(self) -> Result<Option<T>, Error>;
}

impl<T, E> Answer<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn or_error(self) -> Result<T, Error> {
        self.map_err(|error| meaning(&error))
    }

    fn or_absent(self) -> Result<Option<T>, Error> {
        match self {
            Err(error) if is_one_of(&error, ABSENT) => Ok(None),
            other => other.or_error().map(Some),
        }
    }
}

/// Whether EC2 or RDS refused the request because of an account in it.
#[must_use]
pub fn names_bad_account<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, BAD_ACCOUNT)
}

/// Whether EC2 may have refused the request because of what stands side by side in it: AWS documents neither that it
/// may, nor how it would be said.
#[must_use]
pub fn refuses_combination<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, INVALID)
}

/// Whether RDS refused the request because the snapshot would be shared with more accounts than it allows.
#[must_use]
pub fn is_shared_too_often<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, &[SHARED_TOO_OFTEN])
}

/// Whether there is a thing of that name already.
#[must_use]
pub fn is_taken<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, TAKEN)
}

/// Whether a pipeline takes no answer to a job any more.
#[must_use]
pub fn is_answered<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, ANSWERED)
}

/// Whether a version of a secret has another value already.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html>
#[must_use]
pub fn is_taken_version<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, &["ResourceExistsException"])
}

/// Whether the thing is there, and has no policy.
#[must_use]
pub fn has_no_policy<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, NO_POLICY)
}

/// Whether a policy was not taken because of a principal that it names.
#[must_use]
pub fn names_bad_principal<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let message = error.message().unwrap_or_default().to_lowercase();
    is_one_of(error, BAD_POLICY)
        && (message.contains("principal") || message.contains("invalid repository policy provided"))
}

/// What S3 says beside its message: of a policy that it does not take, the principal in it that does not exist, as
/// `"AWS" : "arn:aws:iam::111122223333:root"`. AWS does not document the element, so that it is a hint and no more.
#[must_use]
pub fn detail<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let body = std::str::from_utf8(error.raw_response()?.body().bytes()?).ok()?;
    let (detail, _) = body.split_once("<Detail>")?.1.split_once("</Detail>")?;
    Some(
        detail
            .replace("&quot;", "\"")
            .replace("&#34;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

/// The region that S3 says the bucket lies in, where it was asked in another one: in a header, or in its answer's XML.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingRouting.html>
#[must_use]
pub fn region_of_bucket<E>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    let response = error.raw_response().filter(|response| !response.status().is_success())?;
    let in_body = || {
        let body = std::str::from_utf8(response.body().bytes()?).ok()?;
        body.split_once("<Region>")?.1.split_once("</Region>").map(|(region, _)| region)
    };
    response.headers().get("x-amz-bucket-region").or_else(in_body)
}

/// Whether S3 does not let us speak of the bucket: we may not, or it is another account's.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html>
#[must_use]
pub fn is_closed_bucket<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_denied(error) || is_one_of(error, &["MethodNotAllowed"])
}

/// Whether EMR knows no cluster of the id that it was asked for: it says so in the message alone.
/// <https://docs.aws.amazon.com/emr/latest/APIReference/API_DescribeCluster.html>
#[must_use]
pub fn is_unknown_cluster<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let says = |message: &str| message.starts_with("Cluster id") && message.contains("is not valid");
    is_one_of(error, &["InvalidRequestException"]) && error.message().is_some_and(says)
}

/// Why Route 53 makes none of a batch's changes, if it does not take them as they are. It says so in two forms, and the
/// SDK reads the code of one of them only.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html#API_ChangeResourceRecordSets_Errors>
#[must_use]
pub fn rejected_changes<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    const REJECTED: &str = "InvalidChangeBatch";
    if is_one_of(error, &[REJECTED]) {
        return Some(error.message().unwrap_or("no message").to_owned());
    }
    let body = std::str::from_utf8(error.raw_response()?.body().bytes()?).ok()?;
    let (_, rejected) = body.split_once(&format!("<{REJECTED}"))?;
    let messages = rejected.split("<Message>").skip(1).filter_map(|rest| Some(rest.split_once("</Message>")?.0));
    Some(messages.collect::<Vec<_>>().join("; "))
}

/// Whether changes were rejected since the records are not (any more) as they were observed.
#[must_use]
pub fn is_outrun(rejection: &str) -> bool {
    ["already exists", "was not found", "do not match the current values", "conflicts with other records"]
        .iter()
        .any(|it| rejection.contains(it))
}

/// Which rule of the zone's owner forbids changes, and what to do about it, where that is why they were rejected: a record set
/// protection, or a change guardrail. AWS documents the names of the guardrails, and of the messages that they say which rule
/// it was; so words decide, but those of the names of records.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/rrset-protection.html>
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-change-guardrails.html>
#[must_use]
pub fn forbidden_by(rejection: &str) -> Option<String> {
    let is_name = |word: &&str| word.trim_matches(|it: char| !it.is_alphanumeric()).contains('.');
    let words = || rejection.split_whitespace().filter(move |word| !is_name(word));
    let says = |text: &str| words().any(|word| word.to_ascii_lowercase().contains(text));
    let mut parts = words().flat_map(|word| word.split(|it: char| !it.is_ascii_uppercase() && it != '_'));
    if let Some(guardrail) = parts.find(|it| it.len() > "_CHECK".len() && it.ends_with("_CHECK")) {
        return Some(format!(
            "the change guardrail {guardrail} of the zone forbids it: mend what it found, or turn it off"
        ));
    }
    if says("guardrail") {
        return Some("a change guardrail of the zone forbids it: mend what it found, or turn it off".into());
    }
    says("protect").then(|| "a record set protection forbids it: delete the protection, or choose another name".into())
}

/// Whether our account is in no organization.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>
#[must_use]
pub fn is_without_organization<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, &["AWSOrganizationsNotInUseException"])
}

/// Whether S3 did not write an object since it is not (any more) as the request's condition wants it: another writer was faster, is at work
/// at this moment, or has deleted it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
#[must_use]
pub fn is_lost_race<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, &["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
}

/// Whether we may not do this.
#[must_use]
pub fn is_denied<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    is_one_of(error, DENIED)
}

/// Whether a transaction was cancelled since the condition of this part did not hold; `code` is the reason's.
#[must_use]
pub fn is_failed_condition(code: Option<&str>) -> bool {
    code == Some("ConditionalCheckFailed")
}

/// Whether a transaction was cancelled since this part met another write; `code` is the reason's.
#[must_use]
pub fn is_contended(code: Option<&str>) -> bool {
    code.is_some_and(|code| CONTENDED.contains(&code))
}

/// What a service control policy of the organization denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedByOrganization(String);

impl DeniedByOrganization {
    /// The denial that this text tells of, if it does.
    #[must_use]
    pub fn told(text: &str) -> Option<Self> {
        text.contains(BY_ORGANIZATION).then(|| Self(text.to_owned()))
    }

    /// Whether this is why the error came up.
    #[must_use]
    pub fn is_in(error: &Error) -> bool {
        let (Error::Refused(cause) | Error::Failed(cause)) = error;
        cause.downcast_ref::<Self>().is_some()
    }
}

impl fmt::Display for DeniedByOrganization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for DeniedByOrganization {}

fn is_one_of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, codes: &[&str]) -> bool {
    error.code().is_some_and(|code| codes.contains(&code))
}

/// An error that AWS did not send (a timeout, a connection that broke), with its causes in one line.
fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn meaning<E, R>(error: &SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
    R: fmt::Debug + 'static,
{
    let Some(code) = error.code() else {
        return Error::failed(causes(error));
    };
    let text = error.message().unwrap_or("no message");
    if INVALID.contains(&code) {
        Error::refused(format!("AWS answered {code}: {text}"))
    } else if let Some(denied) =
        DeniedByOrganization::told(&format!("AWS answered {code}: {text}")).filter(|_| DENIED.contains(&code))
    {
        Error::Failed(denied.into())
    } else if DENIED.contains(&code) {
        let why = format!("AWS answered {code}: {text}; give the role this permission and send the event again");
        Again::No.in_error(why)
    } else if UNKNOWN_HERE.contains(&code) {
        Again::No.in_error(format!(
            "AWS answered {code}: {text}; is the region enabled for the account, and are the credentials valid there?"
        ))
    } else if THROTTLING_ERRORS.contains(&code) {
        Again::AfterAPause.in_error(format!("AWS answered {code}: {text}"))
    } else {
        Error::failed(format!("AWS answered {code}: {text}"))
    }
}
