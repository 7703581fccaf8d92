"""Resolves templates of guardrails, and judges their cases, with ministack's engines of CloudFormation and IAM, as they are installed.

A role has its own policy by its logical id, and its trust by that and `.Trust`.

Reads a list of `{"template", "parameters", "policies": [{"policy", "type", "others_allow", "cases"}]}` from standard input, and writes
a list with `documents` (what the policies of the template say, by logical id) and `verdicts` (for each of `policies`, a verdict for each
of its cases). Nothing is served: the engines are functions here.
"""

import json
import sys

from ministack.core import iam_evaluator as iam
from ministack.core import responses
from ministack.services.cloudformation import engine

ACCOUNT, REGION = "111122223333", "eu-west-1"

# Where a resource has its policy.
PROPERTIES = ["PolicyDocument", "KeyPolicy", "RepositoryPolicyText", "InlinePolicy", "Content"]

EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def documents_of(text, given):
    template = engine._parse_template(text)
    parameters = engine._resolve_parameters(template, [{"Key": name, "Value": it} for name, it in given.items()])
    conditions = engine._evaluate_conditions(template, parameters)
    key = {"Arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd"}
    made = {name: {"PhysicalResourceId": name, "Attributes": key if it["Type"] == "AWS::KMS::Key" else {}, "Type": it["Type"]}
            for name, it in template["Resources"].items()}
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/stack/1"
    documents = {}
    for name, resource in template["Resources"].items():
        for it in PROPERTIES:
            if it in resource["Properties"]:
                value = resource["Properties"][it]
                documents[name] = engine._resolve_refs(value, made, parameters, conditions, {}, "stack", stack)
        if resource["Type"] == "AWS::IAM::Role":
            role = engine._resolve_refs(resource["Properties"], made, parameters, conditions, {}, "stack", stack)
            documents[name] = role["Policies"][0]["PolicyDocument"]
            documents[f"{name}.Trust"] = role["AssumeRolePolicyDocument"]
    return documents


def verdict(policy, document, case):
    """The context says everything about the request: what it lacks, the request lacks."""
    caller, keys = case.get("caller"), {name.lower(): it for name, it in case["context"].items()}
    context = iam.EvalContext(caller or keys.get("aws:principalarn"), "AssumedRole", keys.get("aws:principalaccount"), case["action"],
                              case["resource"], keys.get("aws:requestedregion"), service_context=keys,
                              secure_transport=keys.get("aws:securetransport") == "true")
    others = [EVERYTHING] if policy["others_allow"] == "everything" else []
    # A policy of ECR has no resources: it is about its repository.
    statements = [{"Resource": "*", **it} for it in document["Statement"]]
    if policy["type"] in ("resource", "trust"):
        said = iam.evaluate_resource_policy({"Statement": statements + others}, context, service=caller)
    else:
        said = iam.evaluate(context, [iam.parse_policy_document({"Statement": statements + others})])
    return "allow" if said.decision == "Allow" else "deny"


def take_owners_as_they_are_told():
    """Whose a bucket is, its ARN does not say, from which ministack takes it."""
    resolve = iam._resolve_condition_key

    def resolve_condition_key(key, context):
        told = context.service_context.get(key.lower()) if key.lower() == "aws:resourceaccount" else None
        return told or resolve(key, context)

    iam._resolve_condition_key = resolve_condition_key


def judged(guardrail):
    documents = documents_of(guardrail["template"], guardrail["parameters"])
    verdicts = [[verdict(it, documents[it["policy"]], case) for case in it["cases"]] for it in guardrail["policies"]]
    return {"documents": documents, "verdicts": verdicts}


take_owners_as_they_are_told()
responses.set_request_account_id(ACCOUNT)
responses.set_request_region(REGION)
json.dump([judged(it) for it in json.load(sys.stdin)], sys.stdout)
