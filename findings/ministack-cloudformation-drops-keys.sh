#!/usr/bin/env bash
# ministack 1.5.33: CloudFormation makes a function and a table without the customer managed key that their template names
# (`KmsKeyArn` of AWS::Lambda::Function, `SSESpecification` of AWS::DynamoDB::Table). The stack becomes CREATE_COMPLETE, and the APIs of
# Lambda and DynamoDB show no key; made by these APIs, both have it. A test that asks whether what a template makes is encrypted by the
# key therefore fails on a template that is right.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
#
# Observed on 28 November 2026 (stack, key of the function, key of the table; then the key of a table that DynamoDB's API made):
#   CREATE_COMPLETE none none
#   has a key
#
# Needs python3 and a registry. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ministack==1.5.33' 'boto3==1.43.106'
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
GATEWAY_PORT="$port" "$folder/venv/bin/ministack" >"$folder/log" 2>&1 &
server=$!
cat >"$folder/ask.py" <<'PYTHON'
import json, sys, time, urllib.request

import boto3

endpoint = f"http://127.0.0.1:{sys.argv[1]}"
while True:
    try:
        urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5)
        break
    except OSError:
        time.sleep(0.2)


def client(service):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="s"
    )


key = client("kms").create_key()["KeyMetadata"]["Arn"]
role = {"Version": "2012-10-17", "Statement": []}
table = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
encrypted = {"SSEType": "KMS", "KMSMasterKeyId": key}
resources = {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": role}},
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "one",
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
            "KmsKeyArn": key,
        },
    },
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {"TableName": "one", **table, "SSESpecification": {"SSEEnabled": True, **encrypted}},
    },
}
formation, dynamodb = client("cloudformation"), client("dynamodb")
formation.create_stack(
    StackName="one", TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_IAM"]
)
while (status := formation.describe_stacks(StackName="one")["Stacks"][0]["StackStatus"]) == "CREATE_IN_PROGRESS":
    time.sleep(0.2)
function = client("lambda").get_function_configuration(FunctionName="one").get("KMSKeyArn")
made = dynamodb.describe_table(TableName="one")["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn")
print(status, function or "none", made or "none")
dynamodb.create_table(TableName="two", **table, SSESpecification={"Enabled": True, **encrypted})
other = dynamodb.describe_table(TableName="two")["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn")
print("has a key" if other else "has no key")
PYTHON
found="$("$folder/venv/bin/python" "$folder/ask.py" "$port")"
echo "$found"
expected=$'CREATE_COMPLETE none none\nhas a key'
[ "$found" = "$expected" ] || { echo "the behaviour has changed: read the comment of this script" >&2; exit 1; }
