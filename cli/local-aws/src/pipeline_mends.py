"""Mends ministack where pipelines begin: its CloudFormation knows no CodePipeline, its EventBridge starts none, and its S3 does not
tell of an object's version.

The pipelines themselves are played by the endpoint (`pipelines.rs`), which is called here as any client calls it.
"""

import contextvars
import json
import os
import threading
import urllib.error
import urllib.request

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, s3
from ministack.services.cloudformation import provisioners, stacks

PIPELINE = "AWS::CodePipeline::Pipeline"
VERSION = contextvars.ContextVar("version of an object", default=None)


def mend():
    make_pipelines()
    start_pipelines()
    tell_versions_of_objects()


def make_pipelines():
    """CloudFormation makes, changes and deletes a pipeline; ministack refuses the type. What the endpoint does not play it refuses, and
    so does the stack. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-pipeline.html"""
    provisioners._RESOURCE_HANDLERS[PIPELINE] = {"create": create, "update": update, "delete": delete}
    blocks = stacks._runs_on_worker_thread
    # The endpoint asks this server while it answers.
    stacks._runs_on_worker_thread = lambda kind: kind == PIPELINE or blocks(kind)


def create(logical_id, props, stack_name):
    name = props.get("Name") or provisioners._physical_name(stack_name, logical_id, max_len=100)
    tags = [{"key": it["Key"], "value": it["Value"]} for it in props.get("Tags", [])]
    made = ask("CreatePipeline", {"pipeline": declaration(props, name), "tags": tags})
    return name, {"Version": str(made["pipeline"]["version"])}


def update(physical_id, old_props, new_props, stack_name):
    made = ask("UpdatePipeline", {"pipeline": declaration(new_props, physical_id)})
    return physical_id, {"Version": str(made["pipeline"]["version"])}


def delete(physical_id, props):
    ask("DeletePipeline", {"name": physical_id})


def declaration(props, name):
    """The properties as CodePipeline names them: as CloudFormation does, but for the first letter."""
    return {**lowered({key: value for key, value in props.items() if key != "Tags"}), "name": name}


def lowered(value):
    if isinstance(value, list):
        return [lowered(it) for it in value]
    if not isinstance(value, dict):
        return value
    return {first_lowered(key): texts(it) if key == "Configuration" else number(key, lowered(it)) for key, it in value.items()}


def first_lowered(key):
    return key[:1].lower() + key[1:]


def texts(configuration):
    """CloudFormation hands over texts, whatever the template says."""
    return {key: str(it).lower() if isinstance(it, bool) else str(it) for key, it in configuration.items()}


def number(key, value):
    return int(value) if key == "RunOrder" else str(value) if key == "Version" else value


def start_pipelines():
    """EventBridge starts the pipeline that a rule has as its target, in the name of the target's role; ministack takes the target and
    does nothing. https://docs.aws.amazon.com/codepipeline/latest/userguide/create-S3-source-events.html"""
    invoke = eventbridge._invoke_target

    def invoke_target(target, event, rule, view=None):
        if not target.get("Arn", "").startswith("arn:aws:codepipeline:"):
            return invoke(target, event, rule, view)
        view, told = view or eventbridge._pattern_event_view(event), "{}"
        if target.get("InputTransformer"):
            told = eventbridge._apply_input_transformer(target["InputTransformer"], rule, view)
        elif target.get("Input"):
            told = target["Input"]
        asked = {"name": target["Arn"].split(":", 5)[5], **json.loads(told)}
        role = f"ASIA{get_account_id()}-{target.get('RoleArn', '').rsplit('/', 1)[-1]}"
        context = contextvars.copy_context()
        args = ["StartPipelineExecution", asked, role, f"events.amazonaws.com {rule['Arn']}"]
        threading.Thread(target=context.run, args=[ask, *args], daemon=True).start()

    eventbridge._invoke_target = invoke_target


def tell_versions_of_objects():
    """The event of an object in a bucket with versions names the version; ministack's does not.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fire_s3_event(*args, version_id=None, **kwargs):
        token = VERSION.set(version_id)
        try:
            return fire(*args, version_id=version_id, **kwargs)
        finally:
            VERSION.reset(token)

    def dispatch_event(event, view=None):
        if event.get("Source") == "aws.s3" and VERSION.get():
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = VERSION.get()
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, view)

    s3._fire_s3_event, eventbridge._dispatch_event = fire_s3_event, dispatch_event


def ask(operation, asked, access_key=None, agent="cloudformation.amazonaws.com", service="codepipeline", target="CodePipeline_20150709"):
    credential = f"{access_key or get_account_id()}/20260101/{get_region()}/{service}/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.1",
        "User-Agent": agent,
        "X-Amz-Target": f"{target}.{operation}",
    }
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/", json.dumps(asked).encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        refused = json.loads(error.read() or b"{}")
        raise ValueError(f"{refused.get('__type')}: {refused.get('message')}") from error
