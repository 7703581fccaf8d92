//! The two long lists of error codes.

use super::SHARED_TOO_OFTEN;

/// The thing does not exist, or not any more.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
pub(super) const ABSENT: &[&str] = &[
    "AccountNotFoundException",
    "DBClusterNotFoundFault",
    "DBClusterSnapshotNotFoundFault",
    "DBInstanceNotFound",
    "DBSnapshotNotFound",
    "DoesNotExistException",
    "ExecutionDoesNotExist",
    "InvalidAMIID.NotFound",
    "InvalidAMIID.Unavailable",
    "InvalidSnapshot.NotFound",
    "NoSuchBucket",
    "NoSuchEntity",
    "NoSuchHostedZone",
    "NoSuchKey",
    "NotFound",
    "NotFoundException",
    "OptionGroupNotFoundFault",
    "ParameterNotFound",
    "RepositoryNotFoundException",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
];

/// What we asked can never be answered.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>
pub(super) const INVALID: &[&str] = &[
    "AWSOrganizationsNotInUseException",
    "AuthorizationHeaderMalformed",
    "InvalidAMIAttributeItemValue",
    "InvalidAMIID.Malformed",
    "ExecutionNotRedrivable",
    "InvalidArn",
    "InvalidArnException",
    "InvalidBucketName",
    "InvalidExecutionInput",
    "InvalidInput",
    "InvalidInputException",
    "InvalidName",
    "InvalidParameter",
    "InvalidParameterCombination",
    "InvalidParameterException",
    "InvalidParameterValue",
    "InvalidSnapshotID.Malformed",
    "InvalidUserID.Malformed",
    "InvalidRequest",
    "InvalidRequestException",
    "KMSInvalidStateException",
    "MalformedPolicy",
    "MalformedPolicyDocument",
    "MalformedPolicyDocumentException",
    "MethodNotAllowed",
    "MissingParameter",
    "ParentNotFoundException",
    "PermanentRedirect",
    SHARED_TOO_OFTEN,
    "UnknownParameter",
    "UnsupportedOperationException",
    "ValidationError",
    "ValidationException",
];
