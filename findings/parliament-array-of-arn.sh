#!/usr/bin/env bash
# parliament 1.6.4: its command ends with a traceback, and no verdict on any other policy, where a valid policy has a condition on a key
# whose type is a list of ARNs, such as `ec2:FisTargetArns` or `sts:RequestContextProviders`. parliament's own
# copy of AWS's list has 17 such keys; two of AWS's managed policies have one (SageMakerStudioProjectUserRolePolicy,
# SageMakerStudioEMRContainersSystemNamespaceRolePolicy).
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
#
# Observed on 28 November 2026 (with a key of one ARN, then of a list of ARNs):
#   exit 0
#   exit 1, Exception: Unknown data format: ArrayOfARN
#
# Needs python3 and a registry. Fails when the behaviour changes.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'parliament==1.6.4' 'setuptools<81'

check() {
  cat >"$folder/policy.json" <<JSON
{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sts:SetContext", "Resource": "*", "Condition": {"$1": {"$2": "$3"}}}}
JSON
  status=0
  "$folder/venv/bin/parliament" <"$folder/policy.json" >"$folder/said" 2>&1 || status=$?
  told="$(grep -o 'Exception: .*' "$folder/said" || true)"
  echo "exit $status${told:+, $told}"
}

found="$(check ArnLike aws:SourceArn 'arn:aws:sns:eu-west-1:111122223333:*'
check ForAnyValue:ArnLike sts:RequestContextProviders 'arn:aws:iam::aws:contextProvider/IdentityCenter')"
echo "$found"
expected=$'exit 0\nexit 1, Exception: Unknown data format: ArrayOfARN'
[ "$found" = "$expected" ] || { echo "the behaviour has changed: read the comment of this script" >&2; exit 1; }
