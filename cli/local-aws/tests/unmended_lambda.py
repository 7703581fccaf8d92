"""Says what ministack's Lambda does by itself of what the mends in `src/ministack_lambda_mends.py` and `src/ministack_alias_mends.py` bring."""

import asyncio
import base64
import io
import json
import logging
import time
import zipfile

logging.disable(logging.CRITICAL)

from ministack.core import responses  # noqa: E402
from ministack.services import cloudwatch, lambda_svc, s3  # noqa: E402

FUNCTIONS = "/2015-03-31/functions"


def code(number):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("index.py", f"def handler(event, context):\n    return {number}\n")
    return packed.getvalue()


def zipped(number):
    return {"ZipFile": base64.b64encode(code(number)).decode()}


def call(method, path, told=None, query=None):
    body = b"" if told is None else json.dumps(told).encode()
    status, headers, answer = asyncio.run(lambda_svc.handle_request(method, path, {}, body, query or {}))
    return status, headers, json.loads(answer or b"null")


def of_function(method, rest, told=None, query=None):
    return call(method, f"{FUNCTIONS}/f{rest}", told, query)


def settled():
    while True:
        config = of_function("GET", "/configuration")[2]
        if config["LastUpdateStatus"] == "Successful":
            return config


def say(what, is_so):
    print(f"{what}: {'yes' if is_so else 'no'}")


def main():
    responses.set_request_account_id("111122223333")
    responses.set_request_region("eu-west-1")
    role = "arn:aws:iam::111122223333:role/r"
    made = {"FunctionName": "f", "Runtime": "python3.12", "Handler": "index.handler", "Role": role, "Code": zipped(1)}
    call("POST", FUNCTIONS, made)
    updates(settled())
    versions()
    aliases()
    foreign_code()


def updates(before):
    say("an update that names its revision is refused when stale", of_function("PUT", "/code", {**zipped(2), "RevisionId": "x"})[0] == 412)
    of_function("PUT", "/code", {**zipped(2), "DryRun": True})
    say("a dry run leaves the code", settled()["CodeSha256"] == before["CodeSha256"])
    answer = of_function("PUT", "/code", zipped(1))[2]
    say("a function stays active while it is updated", answer["State"] == "Active")
    answer = of_function("PUT", "/code", zipped(1))
    say("an update waits for the one before", answer[0] == 409)
    say("the end of an update is a revision of its own", settled()["RevisionId"] != answer[2].get("RevisionId"))


def versions():
    say("a version of another hash is refused", of_function("POST", "/versions", {"CodeSha256": "AAA="})[0] >= 400)
    say("a version of another revision is refused", of_function("POST", "/versions", {"RevisionId": "x"})[0] >= 400)
    of_function("PUT", "/code", zipped(2))
    settled()
    say("a version begins pending", of_function("POST", "/versions", {})[2]["State"] == "Pending")


def aliases():
    say("an alias names versions that exist", of_function("POST", "/aliases", {"Name": "none", "FunctionVersion": "9"})[0] >= 400)
    of_function("POST", "/aliases", {"Name": "live", "FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.9}}})
    ran = {of_function("POST", "/invocations", {}, {"Qualifier": "live"})[1]["X-Amz-Executed-Version"] for _ in range(20)}
    say("the weights of an alias route", "2" in ran)
    kept = cloudwatch._metrics if isinstance(cloudwatch._metrics, dict) else dict(cloudwatch._metrics.items())
    say("an alias with weights is counted by version", any("ExecutedVersion" in str(key) for key in kept))
    concurrency = "/2019-09-30/functions/f/provisioned-concurrency"
    put = call("PUT", concurrency, {"ProvisionedConcurrentExecutions": 1}, {"Qualifier": "live"})[2]
    say("what is provisioned takes a while", put["Status"] == "IN_PROGRESS")
    say("provisioned concurrency is listed", "ProvisionedConcurrencyConfigs" in call("GET", concurrency, None, {"List": "ALL"})[2])
    moved = of_function("PUT", "/aliases/live", {"FunctionVersion": "2", "RoutingConfig": {}})[2]
    say("the traffic of an alias follows its concurrency", bool(moved.get("RoutingConfig", {}).get("AdditionalVersionWeights")))


def foreign_code():
    own = responses.get_account_id()
    responses.set_request_account_id("444455556666")
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::code/*"}]}
    place = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
    for path, body, query in (("/code", place.encode(), {}), ("/code", json.dumps(policy).encode(), {"policy": [""]}), ("/code/f.zip", code(3), {})):
        asyncio.run(s3.handle_request("PUT", path, {}, body, query))
    found = lambda_svc._fetch_code_from_s3("code", "f.zip") is not None
    responses.set_request_account_id(own)
    assert found, "the code lies there"
    answer = of_function("PUT", "/code", {"S3Bucket": "code", "S3Key": "f.zip"})
    say("the code may lie in another account's bucket", answer[0] == 200)


main()
