"""Mends ministack's Lambda where it differs from AWS in what delivering code is about: preconditions, updates under way and how they end,
versions, code in another account's bucket, and whose function CloudFormation made. Aliases are `ministack_alias_mends.py`'s.

Two reserved tags of a function tell how what goes on in it ends: `local-aws:update` for an update of its code or configuration, and
`local-aws:version` for a version that was published. `InProgress` goes on until the tag is taken away or changed, `Failed CODE` ends with
that reason code, and without the tag all goes well at once.

Each function names the AWS behaviour it brings. `tests/unmended_lambda.py` tells when ministack has come to do one of them itself.
"""

import base64
import contextvars
import copy
import hashlib
import json
import re
import threading

import ministack_alias_mends
from ministack.core.responses import get_account_id, get_region, new_uuid, request_scope
from ministack.services import lambda_svc, s3
from ministack.services.cloudformation import provisioners

UPDATE, VERSION = "local-aws:update", "local-aws:version"
STATE = ("State", "StateReason", "StateReasonCode")
CHANGE = re.compile(r"^/\d{4}-\d\d-\d\d/functions/([^/]+)/(code|configuration|versions)/?$")
SOON = 0.1  # seconds until an update ends by itself

# Whether IAM has said at the endpoint that the caller's session may read the code.
JUDGED = contextvars.ContextVar("judged", default=False)


def mend():
    try_without_a_change()
    stay_active_while_updated()
    end_as_the_tags_tell()
    publish_on_conditions()
    answer_before_a_change()
    read_code_of_other_accounts()
    list_provisioned_concurrency()
    tag_what_cloudformation_made()
    ministack_alias_mends.mend()


def refused(code, message, status):
    return lambda_svc.error_response_json(code, message, status)


def try_without_a_change():
    """A dry run checks everything, answers with the hash that the code would have, and changes nothing; ministack updates the code.
    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html"""
    update = lambda_svc._update_code

    def update_code(name, data):
        function = lambda_svc._functions.get(name)
        return tried(function["config"], data) if function and data.get("DryRun") else update(name, data)

    lambda_svc._update_code = update_code


def tried(config, data):
    code, bucket = base64.b64decode(data.get("ZipFile", "")), data.get("S3Bucket")
    if bucket:
        code = lambda_svc._fetch_code_from_s3(bucket, data.get("S3Key"), version_id=data.get("S3ObjectVersion"))
    no_code = refused("InvalidParameterValueException", f"Failed to fetch code from s3://{bucket}/{data.get('S3Key')}", 400)
    problem = (
        lambda_svc._check_revision(config, data)
        or bucket and lambda_svc._s3_code_region_error(bucket)
        or code is None and no_code
        or lambda_svc._reject_unreadable_zip(code)
        or lambda_svc._validate_total_unzipped_size(code, config.get("Layers"))
    )
    digest = base64.b64encode(hashlib.sha256(code or b"").digest()).decode()
    return problem or lambda_svc.json_response({**config, "CodeSha256": digest, "CodeSize": len(code)})


def stay_active_while_updated():
    """A function stays active while it is updated, and `LastUpdateStatus` tells of the update; ministack makes it pending.
    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""

    def staying(update):
        def updated(name, data):
            before = {key: lambda_svc._functions[name]["config"].get(key, "") for key in STATE} if name in lambda_svc._functions else {}
            status, headers, body = update(name, data)
            if status >= 300 or before.get("State") != "Active" or data.get("DryRun"):
                return status, headers, body
            lambda_svc._functions[name]["config"].update(before)
            return lambda_svc.json_response({**json.loads(body), **before}, status)

        return updated

    for name in ("_update_code", "_update_config"):
        setattr(lambda_svc, name, staying(getattr(lambda_svc, name)))


def end_as_the_tags_tell():
    """An update ends well or with a reason, and the function has another revision then; ministack's all end well, with the revision that
    the update had. https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html, https://github.com/aws/aws-sdk/issues/377"""
    tag, untag = lambda_svc._tag_resource, lambda_svc._untag_resource

    def schedule(name, _delay):
        timer = threading.Timer(SOON, contextvars.copy_context().run, args=[end, name])
        timer.daemon = True
        timer.start()

    def told_anew(change):
        def changed(arn, told):
            answer = change(arn, told)
            if any(it in json.dumps(told) for it in (UPDATE, VERSION)):
                end(lambda_svc._resolve_request_scoped_name(arn))
            return answer

        return changed

    lambda_svc._schedule_state_transition = schedule
    lambda_svc._tag_resource, lambda_svc._untag_resource = told_anew(tag), told_anew(untag)


def end(name):
    """Ends what goes on in a function and in its versions, where its tags let it."""
    function = lambda_svc._functions.get(name)
    if not function:
        return
    tags, config, revision = function.get("tags", {}), function["config"], new_uuid()
    if is_under_way(config) and ended(config, tags.get(UPDATE, ""), "LastUpdateStatus"):
        for version in function["versions"].values():
            if version.get("function_revision") == config["RevisionId"]:
                version["function_revision"] = revision
        config["RevisionId"] = revision
    for version in function["versions"].values():
        if is_under_way(version["config"]):
            ended(version["config"], tags.get(VERSION, ""), "State")


def is_under_way(config):
    return config.get("State") == "Pending" or config.get("LastUpdateStatus") == "InProgress"


def ended(config, told, status):
    if told == "InProgress":
        return False
    for it in ("State", "LastUpdateStatus"):
        config.update({it: "Active" if it == "State" else "Successful", f"{it}Reason": "", f"{it}ReasonCode": ""})
    if told.startswith("Failed "):
        code = told.removeprefix("Failed ")
        config.update({status: "Failed", f"{status}Reason": f"It failed: {code}", f"{status}ReasonCode": code})
    return True


def publish_on_conditions():
    """A version is published only of the code and the revision that the caller names, and is pending at first; ministack reads neither,
    and its versions are active. The words about the hash were seen at AWS: https://github.com/floci-io/floci/issues/2822,
    https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html"""
    publish = lambda_svc._publish_version

    def publish_version(name, data):
        function = lambda_svc._functions.get(name)
        if function is None:
            return publish(name, data)
        told, actual = data.get("CodeSha256"), function["config"].get("CodeSha256")
        if told and told != actual:
            return refused("InvalidParameterValueException", f"CodeSHA256 ({told}) is different from current CodeSHA256 in $LATEST", 400)
        known = set(function["versions"])
        answer = lambda_svc._check_revision(function["config"], data) or publish(name, data)
        number = json.loads(answer[2]).get("Version")
        if number is None or number in known:
            return answer
        config = function["versions"][number]["config"]
        config.update(State="Pending", StateReason="The function is being created.", StateReasonCode="Creating")
        answer = lambda_svc.json_response(copy.deepcopy(config), 201)
        lambda_svc._schedule_state_transition(name, SOON)
        return answer

    lambda_svc._publish_version = publish_version


def answer_before_a_change():
    """While a function is created or updated, it is not updated again, and no version is published; ministack does both. CloudFormation
    waits on AWS, and does not here, so that only the API refuses. And the code is read in the name of the caller.
    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
    answer = lambda_svc.handle_request

    async def handle_request(method, path, headers, body, query_params):
        token = JUDGED.set("x-local-judged" in {name.lower() for name in headers})
        try:
            return refusal_of_change(method, path, body) or await answer(method, path, headers, body, query_params)
        finally:
            JUDGED.reset(token)

    lambda_svc.handle_request = handle_request


def refusal_of_change(method, path, body):
    found = CHANGE.match(lambda_svc.unquote(path))
    if not found or method != ("POST" if found[2] == "versions" else "PUT"):
        return None
    name = lambda_svc._resolve_request_scoped_name(found[1])
    config = (lambda_svc._functions.get(name) or {"config": {}})["config"]
    cannot = "The operation cannot be performed at this time."
    if config.get("State") == "Pending":
        return refused("ResourceConflictException", f"{cannot} The function is currently in the following state: Pending", 409)
    if config.get("LastUpdateStatus") == "InProgress":
        return refused("ResourceConflictException", f"{cannot} An update is in progress for resource: {config['FunctionArn']}", 409)
    told = json.loads(body) if found[2] == "code" and body else {}
    bucket, key = told.get("S3Bucket"), told.get("S3Key")
    if bucket and not may_read(bucket, key, told.get("S3ObjectVersion")):
        message = f"Your access has been denied by S3, please make sure your request credentials have permission to GetObject for {bucket}/{key}."
        return refused("AccessDeniedException", f"{message} S3 Error Code: AccessDenied. S3 Error Message: Access Denied", 403)
    return None


def may_read(bucket, key, version):
    owner = s3._bucket_owner_account(bucket)
    query = {"versionId": version} if version else {}
    is_own = owner in (None, get_account_id())
    return is_own or JUDGED.get() or s3._foreign_bucket_allows(owner, bucket, key, "GET", query, get_account_id())


def read_code_of_other_accounts():
    """Lambda reads the code wherever its caller may read it; ministack finds buckets of the function's account only.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html"""
    fetch, region = lambda_svc._fetch_code_from_s3, lambda_svc.s3_code_region_message

    def fetch_code(bucket, key, version_id=None):
        if not may_read(bucket, key, version_id):
            return None
        with request_scope(s3._bucket_owner_account(bucket) or get_account_id(), get_region()):
            return fetch(bucket, key, version_id)

    def region_message(bucket, layer=False):
        with request_scope(s3._bucket_owner_account(bucket) or get_account_id(), get_region()):
            return region(bucket, layer)

    lambda_svc._fetch_code_from_s3, lambda_svc.s3_code_region_message = fetch_code, region_message


def list_provisioned_concurrency():
    """The provisioned concurrency of all versions and aliases is listed, each by its ARN; ministack looks for that of the function.
    https://docs.aws.amazon.com/lambda/latest/api/API_ListProvisionedConcurrencyConfigs.html"""
    answer = lambda_svc.handle_request
    asked = re.compile(r"^/2019-09-30/functions/([^/]+)/provisioned-concurrency/?$")

    async def handle_request(method, path, headers, body, query_params):
        found = asked.match(lambda_svc.unquote(path))
        if method != "GET" or not found or "List" not in query_params:
            return await answer(method, path, headers, body, query_params)
        name = lambda_svc._resolve_request_scoped_name(found[1])
        if name not in lambda_svc._functions:
            return refused("ResourceNotFoundException", f"Function not found: {lambda_svc._func_arn(name)}", 404)
        kept = lambda_svc._functions[name].get("provisioned_concurrency", {})
        listed = [{**it, "FunctionArn": f"{lambda_svc._func_arn(name)}:{qualifier}"} for qualifier, it in sorted(kept.items())]
        return lambda_svc.json_response({"ProvisionedConcurrencyConfigs": listed})

    lambda_svc.handle_request = handle_request


def tag_what_cloudformation_made():
    """A function that CloudFormation made has tags that name its stack; ministack gives it none.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html"""
    of_kind = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create = of_kind["create"]

    def created(logical_id, props, stack_name, *args, **kwargs):
        name, attributes = create(logical_id, props, stack_name, *args, **kwargs)
        own = {"aws:cloudformation:stack-name": stack_name, "aws:cloudformation:logical-id": logical_id}
        lambda_svc._functions[name].setdefault("tags", {}).update(own)
        return name, attributes

    of_kind["create"] = created
