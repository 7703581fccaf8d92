"""What holds for a caller, for ministack's IAM engine: what its role allows, what its session was cut down to, and which roles it may enter.

Ours are the keys of conditions that the engine does not know, and what a role that was never made here may do: everything that its
session policies leave, as `OrganizationAccountAccessRole` of AWS Organizations, unless its account has roles that were made.
Policies, session policies and trust policies are gathered and evaluated by ministack.
"""

import json
import urllib.error
import urllib.request

from ministack.core import iam_evaluator as iam
from ministack.services import iam as service
from ministack.services import s3

EVERYTHING = [iam.parse_policy_document({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})]
ENTERING = {"sts:AssumeRole", "sts:SetSourceIdentity"}
# What a key of conditions is told to be, before what ministack makes of it: whose a bucket is, its ARN does not say; and a session
# is known by the ARN of its role. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
TOLD = {"aws:resourceaccount", "aws:principalarn"}


def mend():
    resolve = iam._resolve_condition_key

    def resolve_condition_key(key, context):
        told = context.service_context.get(key.lower()) if key.lower() in TOLD else None
        return told or resolve(key, context)

    iam._resolve_condition_key = resolve_condition_key


def role_of(account, name):
    return service._roles.get_scoped(account, None, name)


def has_roles(account):
    return any(owner == account for owner, _ in list(service._roles._data))


def arn_of(caller):
    """The ARN of a session, or of the account whose key it is; a service of AWS is known by its name."""
    if "service" in caller:
        return caller["service"]
    if "role" not in caller:
        return f"arn:aws:iam::{caller['account']}:root"
    return f"arn:aws:sts::{caller['account']}:assumed-role/{caller['role']}/{caller['name']}"


def policies_of(caller):
    """What the caller is allowed, and what limits that."""
    if "role" not in caller:
        return EVERYTHING, []
    account, name = caller["account"], caller["role"]
    passed = {"Policy": caller["policy"], "PolicyArns": caller["policy_arns"]}
    limits = iam._session_policy_limits({"SessionPolicies": passed if any(passed.values()) else None}, account)
    if role_of(account, name) is None:
        return [] if has_roles(account) else EVERYTHING, limits
    return iam._gather_role_policies(name, account), iam._permissions_boundary(service._roles, name, account) + limits


def keys_of(caller):
    """The condition keys that are about the caller."""
    if "role" not in caller:
        return {}
    account, name = caller["account"], caller["role"]
    made = role_of(account, name) or {"Arn": f"arn:aws:iam::{account}:role/{name}"}
    return {"aws:PrincipalArn": made["Arn"], "aws:SourceIdentity": caller["source_identity"]}


def may_enter(caller, context):
    """Whether the role that the call is about lets the caller in; no other call is about that. A source identity stays what it is:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html"""
    if context.action not in ENTERING:
        return True
    has, asked = caller.get("source_identity"), context.service_context.get("sts:sourceidentity")
    if has and asked and has != asked:
        return False
    account, name = context.resource_arn.split(":")[4], context.resource_arn.rsplit("/", 1)[-1]
    role = role_of(account, name)
    if role is None or role["Arn"] != context.resource_arn:
        return not has_roles(account)
    document = role["AssumeRolePolicyDocument"]
    if "service" in caller:
        document = trust_of_service(document, caller["service"])
    return iam.evaluate_trust_policy(document, context.principal_arn, context)


def trust_of_service(document, service):
    """What a trust policy says of a service of AWS; ministack takes any root for every service."""
    listed = lambda it: it if isinstance(it, list) else [it]
    document = json.loads(document) if isinstance(document, str) else document
    named = [it for it in listed(document["Statement"]) if isinstance(it.get("Principal"), dict)]
    named = [it for it in named if service in listed(it["Principal"].get("Service", []))]
    return {"Statement": [{**it, "Principal": "*"} for it in named]}


def with_bucket_policy(verdict, context, limits):
    """The verdict when the policy of the bucket is asked, too: in another account than the caller's, both have to allow. ministack
    looks for it in the caller's account only; a bucket that no account has is for S3 to miss."""
    owner, bucket = context.service_context.get("aws:resourceaccount"), context.resource_arn.removeprefix("arn:aws:s3:::").split("/")[0]
    if owner is None or not context.resource_arn.startswith("arn:aws:s3:::"):
        return verdict
    policy = s3._bucket_policies.get_scoped(owner, None, bucket) or ""
    return iam.combine_resource_policy(verdict, context, policy, owner, limits=tuple(limits))


def organization_of(account, organizations):
    """The organization of an account, as moto says."""
    if not account:
        return None
    credential = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/organizations/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"Authorization": credential, "Content-Type": "application/x-amz-json-1.1", "x-moto-account-id": account,
               "X-Amz-Target": "AWSOrganizationsV20161128.DescribeOrganization"}
    try:
        with urllib.request.urlopen(urllib.request.Request(organizations, b"{}", headers)) as answer:
            return json.load(answer)["Organization"]["Id"]
    except urllib.error.HTTPError:
        return None
