"""Mends ministack's aliases of functions: which versions they may name, that their weights route, and what CloudWatch counts of it.

AWS chooses by chance; here a version gets its turn as soon as its share is due, so that of ten calls at 0.3 exactly three go to it.
"""

import contextvars
import re
import threading

from ministack.core.responses import new_uuid
from ministack.services import cloudwatch, lambda_svc

NAMESPACE = "AWS/Lambda"
SOON = 0.1  # seconds until what is provisioned has moved
INVOKED = contextvars.ContextVar("the ARN of the alias that was invoked", default=None)

# The part of a turn that a version is due, by its alias and revision: another revision begins anew.
DUE = {}


def mend():
    name_versions_that_exist()
    provision_by_and_by()
    lead_traffic_while_concurrency_moves()
    route_by_weight()
    say_which_alias_was_invoked()


def name_versions_that_exist():
    """An alias names versions that were published, the second of two never `$LATEST`, with a weight from 0 to 1; ministack takes any.
    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html"""
    create, update = lambda_svc._create_alias, lambda_svc._update_alias

    def create_alias(name, data):
        return refusal(name, {}, data) or create(name, data)

    def update_alias(name, alias, data):
        function = lambda_svc._functions.get(name) or {}
        return refusal(name, function.get("aliases", {}).get(alias, {}), data) or update(name, alias, data)

    lambda_svc._create_alias, lambda_svc._update_alias = create_alias, update_alias


def provision_by_and_by():
    """What is provisioned is in progress at first; ministack has it at once.
    https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html"""
    put = lambda_svc._put_provisioned_concurrency

    def put_provisioned_concurrency(name, qualifier, data):
        answer = put(name, qualifier, data)
        kept = answer[0] < 300 and lambda_svc._functions[name]["provisioned_concurrency"][qualifier]
        if not kept:
            return answer
        kept.update(Status="IN_PROGRESS", AllocatedProvisionedConcurrentExecutions=0, AvailableProvisionedConcurrentExecutions=0)
        requested = kept["RequestedProvisionedConcurrentExecutions"]
        there = {"Status": "READY", "AllocatedProvisionedConcurrentExecutions": requested, "AvailableProvisionedConcurrentExecutions": requested}
        answer = lambda_svc.json_response(kept, 202)
        later(kept.update, there)
        return answer

    lambda_svc._put_provisioned_concurrency = put_provisioned_concurrency


def later(change, *given):
    timer = threading.Timer(SOON, change, args=given)
    timer.daemon = True
    timer.start()


def lead_traffic_while_concurrency_moves():
    """What is provisioned for an alias moves with it, and until it is there the traffic goes to the version from before, by a weight that
    Lambda gives and takes; ministack moves all at once. https://github.com/hashicorp/terraform-provider-aws/pull/48116"""
    update = lambda_svc._update_alias

    def update_alias(name, alias, data):
        function = lambda_svc._functions.get(name) or {}
        it, kept = (function.get(key, {}).get(alias) for key in ("aliases", "provisioned_concurrency"))
        before = it and it["FunctionVersion"]
        answer = update(name, alias, data)
        if answer[0] >= 300 or not kept or it["FunctionVersion"] == before or weights_of(it):
            return answer
        it["RoutingConfig"], kept["Status"] = {"AdditionalVersionWeights": {before: 1.0}}, "IN_PROGRESS"
        answer = lambda_svc.json_response(it)
        later(arrive, it, kept, it["FunctionVersion"])
        return answer

    lambda_svc._update_alias = update_alias


def arrive(alias, kept, version):
    if alias["FunctionVersion"] == version and alias.pop("RoutingConfig", None):
        alias["RevisionId"], kept["Status"] = new_uuid(), "READY"


def refusal(name, alias, data):
    function = lambda_svc._functions.get(name)
    if function is None or not alias and not data.get("FunctionVersion"):
        return None
    main = data.get("FunctionVersion") or alias["FunctionVersion"]
    weights = weights_of(data if "RoutingConfig" in data else alias)
    for version in (main, *weights):
        if version != "$LATEST" and version not in function["versions"]:
            missing = f"Function not found: {lambda_svc._func_arn(name)}:{version}"
            return lambda_svc.error_response_json("ResourceNotFoundException", missing, 404)
    problem = None
    if len(weights) > 1:
        problem = "Number of items in AdditionalVersionWeights cannot be greater than 1"
    elif weights and "$LATEST" in (main, *weights):
        problem = "$LATEST is not supported for an alias pointing to more than 1 version"
    elif main in weights:
        problem = "FunctionVersion and the keys of AdditionalVersionWeights must not be the same version"
    elif not all(re.fullmatch(r"[0-9]+", it) and 0 <= weight <= 1 for it, weight in weights.items()):
        problem = "AdditionalVersionWeights must be from 0.0 to 1.0"
    return lambda_svc.error_response_json("InvalidParameterValueException", problem, 400) if problem else None


def weights_of(alias):
    return (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}


def route_by_weight():
    """An alias with weights routes by them, and CloudWatch counts the calls of an alias, and by version where it has two; ministack routes
    to the main version, and counts by function only. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    invoke = lambda_svc._invoke

    async def invoke_alias(name, event, headers, path_qualifier=None, query_params=None):
        qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query_params)
        alias = (lambda_svc._functions.get(name) or {"aliases": {}})["aliases"].get(qualifier)
        if alias is None:
            return await invoke(name, event, headers, path_qualifier, query_params)
        version = version_due(alias)
        token = INVOKED.set(alias["AliasArn"])
        try:
            answer = await invoke(name, event, headers, version, query_params)
        finally:
            INVOKED.reset(token)
        if answer[0] in (200, 202):
            count(name, alias, version, "X-Amz-Function-Error" in answer[1])
        return answer

    lambda_svc._invoke = invoke_alias


def version_due(alias):
    for version, weight in weights_of(alias).items():
        key = alias["AliasArn"], alias["RevisionId"]
        due = DUE.get(key, 0.0) + weight
        is_due = due > 1 - 1e-9
        DUE[key] = due - is_due
        if is_due:
            return version
    return alias["FunctionVersion"]


def count(name, alias, version, is_error):
    own = {"FunctionName": name, "Resource": f"{name}:{alias['Name']}"}
    for dimensions in (own, {**own, "ExecutedVersion": version}) if weights_of(alias) else (own,):
        cloudwatch.record_metric(NAMESPACE, "Invocations", 1, "Count", dimensions)
        cloudwatch.record_metric(NAMESPACE, "Errors", int(is_error), "Count", dimensions)


def say_which_alias_was_invoked():
    """A function is told the ARN by which it was invoked, which is the alias's, whichever version runs.
    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    def told(execute):
        def executed(record, event, *args, **kwargs):
            arn = INVOKED.get()
            # What it leads to, as a destination, is another function.
            if arn and record["config"]["FunctionArn"].split(":")[:7] == arn.split(":")[:7]:
                record = {**record, "config": {**record["config"], "FunctionArn": arn}}
            return execute(record, event, *args, **kwargs)

        return executed

    for name in ("_execute_function_with_config_scope", "invoke_async_with_retry"):
        setattr(lambda_svc, name, told(getattr(lambda_svc, name)))
