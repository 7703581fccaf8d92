"""Asks ministack's own IAM engine whether a role may make a call, whichever server plays the service.

The engine evaluates policies. What a call means to IAM (its actions, their resources, the condition keys of the service) is told
to it here, for the services of which ministack's own tables say too little:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

`POST /_local/authorize` takes `{"calls": [{"account", "region", "service", "operation", "path", "body"}], "caller": {..}, ..}` and
answers with one entry a call: null where the caller may make it, else what IAM would say. In place of `caller`, `template` and
`parameters` name a role in a template of CloudFormation, which ministack resolves. In place of a service's call, `action`, `resource`
and `context` say what IAM is asked; a call with `account` and `region` alone is answered with what the template's role says there.
Where moto answers for Organizations, `organizations` says.
"""

import asyncio
import json
import re
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import unescape

import iam_callers as callers
from ministack.core import iam_evaluator as iam
from ministack.core import lambda_runtime, responses
from ministack.services import dynamodb, lambda_svc, s3
from ministack.services.cloudformation import engine

PATH = "/_local/authorize"

# Operations whose action has another name, or needs none.
ACTIONS = {
    ("s3", "HeadObject"): "GetObject",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "ListObjectVersions"): "ListBucketVersions",
    ("lambda", "Invoke"): "InvokeFunction",
}
FREE = {"sts:GetCallerIdentity"}
TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def mend():
    functions_call_as_their_role()
    s3._bucket_owner_account = owner_of_bucket
    callers.mend()


def functions_call_as_their_role():
    """A function's access key says whose role it is; ministack gives functions that of the whole account."""
    own = lambda_runtime.execution_credentials

    def execution_credentials(config):
        credentials, role = own(config), config.get("Role", "").rsplit("/", 1)[-1]
        account = config.get("FunctionArn", "").split(":")[4:5]
        return {**credentials, "AWS_ACCESS_KEY_ID": f"ASIA{account[0]}-{role}"} if account and role else credentials

    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = execution_credentials


def owner_of_bucket(bucket):
    """The account of a bucket. ministack walks through its buckets as they are, and fails where one is made meanwhile: IAM is asked in a
    thread of its own."""
    return next((account for account, name in list(s3._buckets._data) if name == bucket), None)


def with_authorization(app):
    """The application, and the path that this module answers."""

    async def answer(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != PATH:
            return await app(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        text = json.dumps(await asyncio.to_thread(authorize, json.loads(body))).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": text})

    return answer


def authorize(asked):
    return [denial({**call, "organizations": asked["organizations"]}, asked) for call in asked["calls"]]


def denial(call, asked):
    responses.set_request_account_id(call["account"])
    responses.set_request_region(call["region"])
    if "template" in asked:
        documents = documents_of(call, asked)
        if "service" not in call and "action" not in call:
            return documents
        caller = {"account": call["account"], "role": "role", "name": "session", "source_identity": None}
        policies, limits = [iam.parse_policy_document(it) for it in documents], []
    else:
        caller = asked["caller"]
        policies, limits = callers.policies_of(caller)
    arn = callers.arn_of(caller)
    requests = requests_of(call) if "service" in call else [(call["action"], call["resource"], {})]
    for action, resource, keys in requests:
        if action in FREE:
            continue
        keys = {**callers.keys_of(caller), **keys, **call.get("context", {})}
        kind = "AssumedRole" if "role" in caller else "Account"
        # AWS is called over TLS, and this on loopback is not.
        context = iam.EvalContext(arn, kind, call["account"], action, resource, call["region"], secure_transport=True,
                                  service_context={name.lower(): value for name, value in keys.items()})
        verdict = iam.evaluate(context, policies, *limits)
        if "template" not in asked:
            verdict = callers.with_bucket_policy(verdict, context, limits)
        if verdict.decision != "Allow" or "template" not in asked and not callers.may_enter(caller, context):
            return f"User: {arn} is not authorized to perform: {action} on resource: {resource}"
    return None


def documents_of(call, asked):
    """What the policies of a template's role say, with everything resolved."""
    template, given = asked["template"], asked["parameters"]
    params = {name: {"Value": str(given.get(name, it.get("Default", ""))), "Type": it["Type"], "NoEcho": False}
              for name, it in template["Parameters"].items()}
    conditions = engine._evaluate_conditions(template, params)
    made = {name: {"PhysicalResourceId": name, "Attributes": {"Arn": f"arn:aws:made:::{name}"}, "Type": it["Type"]}
            for name, it in template["Resources"].items()}
    role = template["Resources"][asked["resource"]]["Properties"]["Policies"]
    arn = f"arn:aws:cloudformation:{call['region']}:{call['account']}:stack/stack/1"
    resolved = engine._resolve_refs(role, made, params, conditions, {}, "stack", arn)
    return [it["PolicyDocument"] for it in resolved]


def requests_of(call):
    """What IAM is asked for one call: action, resource, and condition keys of the service."""
    service, operation = call["service"], call["operation"]
    service = PREFIXES.get(service, service)
    if service == "dynamodb":
        yield from of_dynamodb(call, json.loads(call["body"] or "{}"))
        return
    own = f"{service}:{ACTIONS.get((service, operation), operation)}"
    form = {name: values[0] for name, values in parse_qs(call["body"]).items()} if service in FORMS else {}
    text = json.loads(call["body"]) if service in TEXTS and call["body"] else {}
    for resource, keys, action in RESOURCES.get(service, of_anything)(call, form or text):
        yield (action if ":" in action else f"{service}:{action}") if action else own, resource, keys


def arn(call, service, rest, account=None):
    return f"arn:aws:{service}:{call['region']}:{call['account'] if account is None else account}:{rest}"


def of_anything(call, asked):
    yield "*", {}, None


def of_ec2(call, asked):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html"""
    added = {name.rsplit(".", 1)[-1]: value for name, value in asked.items() if ".Add." in name}
    keys = {"ec2:Attribute": asked.get("Attribute"), "ec2:Add/group": added.get("Group"), "ec2:Add/userId": added.get("UserId")}
    if call["operation"].startswith("Describe") and not call["operation"].endswith("Attribute"):
        yield "*", {}, None
    elif "ImageId" in asked:
        yield arn(call, "ec2", f"image/{asked['ImageId']}", ""), keys, None
    elif "SnapshotId" in asked:
        yield arn(call, "ec2", f"snapshot/{asked['SnapshotId']}", ""), keys, None
    else:
        yield "*", keys, None


def of_rds(call, asked):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html"""
    named = [(kind, asked[name]) for name, kind in IDENTIFIERS.items() if name in asked]
    copy = call["operation"].startswith("CopyDB")
    for kind, id in named:
        yield id if id.startswith("arn:") else arn(call, "rds", f"{kind}:{id}"), {}, None
        if copy and any(name.startswith("Tags.") for name in asked):
            yield arn(call, "rds", f"{kind}:{id.split(':')[-1]}"), {}, "AddTagsToResource"
    if not named:
        kind = {"DescribeDBSnapshots": "snapshot:*", "DescribeDBClusterSnapshots": "cluster-snapshot:*",
                "DescribeDBInstances": "db:*", "DescribeDBClusters": "cluster:*"}.get(call["operation"])
        yield arn(call, "rds", kind) if kind else "*", {}, None


IDENTIFIERS = {
    "DBSnapshotIdentifier": "snapshot",
    "SourceDBSnapshotIdentifier": "snapshot",
    "TargetDBSnapshotIdentifier": "snapshot",
    "DBClusterSnapshotIdentifier": "cluster-snapshot",
    "SourceDBClusterSnapshotIdentifier": "cluster-snapshot",
    "TargetDBClusterSnapshotIdentifier": "cluster-snapshot",
    "DBInstanceIdentifier": "db",
    "DBClusterIdentifier": "cluster",
    "OptionGroupName": "og",
}


def of_kms(call, asked):
    """IAM is asked about the key that an alias stands for."""
    key = asked.get("KeyId", "")
    is_alias = key.startswith("alias/") or ":alias/" in key
    yield key if key.startswith("arn:") and not is_alias else arn(call, "kms", f"key/{'of-alias' if is_alias else key}"), {}, None


def of_sts(call, asked):
    """The external id and the name of the session are known to AssumeRole only.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html"""
    owner, organizations = asked.get("RoleArn", "::::").split(":")[4], call["organizations"]
    both = {"sts:SourceIdentity": asked.get("SourceIdentity"), "aws:ResourceAccount": owner,
            "aws:ResourceOrgID": callers.organization_of(owner, organizations),
            "aws:PrincipalOrgID": callers.organization_of(call["account"], organizations)}
    own = {"sts:ExternalId": asked.get("ExternalId"), "sts:RoleSessionName": asked.get("RoleSessionName")}
    both, own = ({name: value for name, value in keys.items() if value} for keys in (both, own))
    yield asked.get("RoleArn", "*"), {**both, **own}, None
    if "SourceIdentity" in asked:
        yield asked["RoleArn"], both, "SetSourceIdentity"


def of_s3(call, asked):
    bucket, _, key = unquote(urlsplit(call["path"]).path).lstrip("/").partition("/")
    if not bucket:
        yield "*", {}, None
        return
    owner = owner_of_bucket(bucket)
    if call["operation"] == "DeleteObjects":
        # There is no action of that name: each key is asked about.
        for it in re.findall(r"<Key>(.*?)</Key>", call["body"]):
            yield f"arn:aws:s3:::{bucket}/{unescape(it)}", {"aws:ResourceAccount": owner}, "DeleteObject"
        return
    is_of_version = call["operation"] == "GetObject" and "versionId" in parse_qs(urlsplit(call["path"]).query)
    action = "GetObjectVersion" if is_of_version else None
    yield f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}", {"aws:ResourceAccount": owner}, action


def of_lambda(call, asked):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html"""
    url = urlsplit(call["path"])
    named = re.search(r"/(?:functions|tags)/([^/]+)", url.path)
    name = unquote(named[1]) if named else None
    qualifier = parse_qs(url.query).get("Qualifier", [""])[0]
    function = name if not name or name.startswith("arn:") else arn(call, "lambda", f"function:{name}")
    yield f"{function}:{qualifier}" if function and qualifier else function or "*", {}, None
    if call["operation"] in ("CreateFunction", "UpdateFunctionCode"):
        # Lambda reads the code in the name of its caller.
        told = json.loads(call["body"])
        code = told.get("Code", told)
        if code.get("S3Bucket"):
            key, version = f"{code['S3Bucket']}/{code.get('S3Key')}", code.get("S3ObjectVersion")
            keys = {"aws:ResourceAccount": owner_of_bucket(code["S3Bucket"])}
            yield f"arn:aws:s3:::{key}", keys, "s3:GetObjectVersion" if version else "s3:GetObject"


def of_codepipeline(call, asked):
    """A pipeline answers for its executions, and an action for its approval; a job has no resource.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodepipeline.html"""
    names = [asked[it] for it in ("name", "pipelineName", "stageName", "actionName") if it in asked]
    named = "/".join(names) or asked.get("pipeline", {}).get("name")
    yield arn(call, "codepipeline", named) if named else "*", {}, None


def of_route53(call, asked):
    """https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html"""
    zone = re.search(r"/hostedzone/([^/?]+)", call["path"])
    names = {"Name": "NormalizedRecordNames", "Type": "RecordTypes", "Action": "Actions"}
    keys = {}
    if call["operation"] == "ChangeResourceRecordSets":
        for element, key in names.items():
            told = re.findall(rf"<{element}>([^<]*)</{element}>", call["body"])
            keys[f"route53:ChangeResourceRecordSets{key}"] = [it.rstrip(".").lower() for it in told] if element == "Name" else told
    yield f"arn:aws:route53:::hostedzone/{zone[1]}" if zone else "*", keys, None
    if call["operation"] == "ListHostedZonesByVPC":
        yield "*", {}, None


def of_named(field, service, kind):
    def of(call, asked):
        name = asked.get(field)
        yield "*" if not name else name if name.startswith("arn:") else arn(call, service, kind + name.lstrip("/")), {}, None

    return of


def of_iam(call, asked):
    """A policy that is made with tags needs the action for those, too.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagement.html"""
    made = f"arn:aws:iam::{call['account']}:policy{asked.get('Path', '/')}{asked.get('PolicyName', '')}"
    policy = asked.get("PolicyArn") or (made if "PolicyName" in asked else "*")
    yield policy, {}, None
    if call["operation"] == "CreatePolicy" and "Tags.member.1.Key" in asked:
        yield policy, {}, "TagPolicy"


def of_ecs(call, asked):
    """A task definition is registered with the roles of its tasks, which have to be passed.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html"""
    cluster, services = asked.get("cluster", "default"), [asked["service"]] if "service" in asked else asked.get("services", [])
    for it in services:
        yield it if it.startswith("arn:") else arn(call, "ecs", f"service/{cluster}/{it}"), {}, None
    if "family" in asked:
        yield arn(call, "ecs", f"task-definition/{asked['family']}:*"), {}, None
        for role in {asked[it] for it in ("taskRoleArn", "executionRoleArn") if asked.get(it)}:
            yield role, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}, "iam:PassRole"
    elif not services:
        yield "*", {}, None


def of_sqs(call, asked):
    """A queue's URL ends with the account and the name.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html"""
    account, _, name = asked.get("QueueUrl", "").rpartition("/")
    owner = account.rpartition("/")[2] or call["account"]
    action = call["operation"].removesuffix("Batch") if call["operation"].endswith("MessageBatch") else None
    yield arn({**call, "account": owner}, "sqs", name or asked.get("QueueName", "*")), {}, action


def of_ssm(call, asked):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html"""
    if "WindowId" in asked:
        yield arn(call, "ssm", f"maintenancewindow/{asked['WindowId']}"), {}, None
    else:
        yield from of_named("Name", "ssm", "parameter/")(call, asked)


def of_events(call, asked):
    """Each entry is an event of its own, to its own bus.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html"""
    for it in asked.get("Entries", []) if call["operation"] == "PutEvents" else []:
        bus = it.get("EventBusName") or "default"
        keys = {"events:source": it.get("Source"), "events:detail-type": it.get("DetailType")}
        yield bus if bus.startswith("arn:") else arn(call, "events", f"event-bus/{bus}"), keys, None
    if call["operation"] != "PutEvents":
        yield "*", {}, None


RESOURCES = {
    "codepipeline": of_codepipeline,
    "ec2": of_ec2,
    "ecs": of_ecs,
    "events": of_events,
    "ecr": of_named("repositoryName", "ecr", "repository/"),
    "iam": of_iam,
    "elasticmapreduce": of_named("ClusterId", "elasticmapreduce", "cluster/"),
    "kms": of_kms,
    "lambda": of_lambda,
    "rds": of_rds,
    "route53": of_route53,
    "s3": of_s3,
    "secretsmanager": of_named("SecretId", "secretsmanager", "secret:"),
    "sqs": of_sqs,
    "ssm": of_ssm,
    "sts": of_sts,
}
# What IAM calls services that signatures name otherwise.
PREFIXES = {"monitoring": "cloudwatch"}
FORMS = {"ec2", "iam", "rds", "sts"}
TEXTS = {"cloudwatch", "codepipeline", "ecr", "ecs", "elasticmapreduce", "events", "kms", "secretsmanager", "sqs", "ssm"}


def of_dynamodb(call, asked):
    """Each part of a transaction is its own action, and each table of a batch its own resource. `dynamodb:LeadingKeys` has the partition
    keys that a call names; one that names none, as a scan, has no such key.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    if call["operation"].startswith("Transact"):
        for member in asked.get("TransactItems", []):
            for name, part in member.items():
                yield of_items(call, TRANSACTED.get(name, name), part["TableName"], [part.get("Key") or part.get("Item")])
    elif "RequestItems" in asked:
        for table, items in asked["RequestItems"].items():
            yield of_items(call, call["operation"], table, items["Keys"] if isinstance(items, dict) else [])
    elif "KeyConditionExpression" in asked:
        yield of_items(call, call["operation"], asked["TableName"], [queried(asked)])
    else:
        item = asked.get("Key") or asked.get("Item")
        yield of_items(call, call["operation"], asked.get("TableName", ""), [item] if item else [])


def queried(asked):
    names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
    return {names.get(name, name): values[value] for name, value in re.findall(r"([#\w]+)\s*=\s*(:\w+)", asked["KeyConditionExpression"])}


def of_items(call, operation, table, items):
    made = dynamodb._tables.get_scoped(call["account"], call["region"], table) or {}
    schema = made.get("KeySchema") or []
    leading = next((it["AttributeName"] for it in schema if it["KeyType"] == "HASH"), None)
    named = [next(iter(item[leading].values())) for item in items if item and leading in item]
    return f"dynamodb:{operation}", arn(call, "dynamodb", f"table/{table}"), {"dynamodb:LeadingKeys": named} if named else {}
