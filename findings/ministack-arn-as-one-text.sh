#!/usr/bin/env bash
# ministack 1.5.33: its IAM engine compares the ARN of a condition as one text, so that a `*` in the account reaches across colons. AWS
# compares each of the six parts of an ARN by itself. A Deny that exempts `arn:*:iam::*:role/release` by ArnNotLike therefore exempts,
# here, a role of another name too, whose path has a colon (IAM allows any character from ! to DEL in a path). The crate iam-rs 0.8.0
# does the same.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
#
# Observed on 28 November 2026 (the exempt role; another role; a role below the path `/x:role/`, which AWS denies):
#   Allow
#   Deny
#   Allow
#
# Needs python3 and a registry. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'ministack==1.5.33'
cat >"$folder/ask.py" <<'PYTHON'
from ministack.core import iam_evaluator as iam

policy = iam.parse_policy_document({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": "ec2:*", "Resource": "*",
     "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:*:iam::*:role/release"}}},
]})
for role in ["release", "other", "x:role/release"]:
    arn = f"arn:aws:iam::111122223333:role/{role}"
    context = iam.EvalContext(arn, "AssumedRole", "111122223333", "ec2:DeleteVpc", "*", "eu-west-1")
    print(iam.evaluate(context, [policy]).decision)
PYTHON
found="$("$folder/venv/bin/python" "$folder/ask.py")"
echo "$found"
expected=$'Allow\nDeny\nAllow'
[ "$found" = "$expected" ] || { echo "the behaviour has changed: read the comment of this script" >&2; exit 1; }
