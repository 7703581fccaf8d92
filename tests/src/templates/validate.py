"""Runs cloudformation-validate, which has a Python API only, over the templates named on the command line.

Optional parameters default to empty text, which is no ARN and no version; the checks look at the defaults as if they
were used. So those are given a value here. It prints what it found and ends with 1 if that is anything.
"""

import sys

from cloudformation_validate import CompositeEngine, Severity, ValidateConfig

OPTIONAL = {
    "AccountId": "111122223333",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:111122223333:alarms",
    "CaLayerArn": "arn:aws:lambda:eu-west-1:111122223333:layer:authorities:1",
    "CodeVersion": "v1",
    "GroupId": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "KeyAlias": "shared",
    "KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundary",
    "RepositoryName": "shared",
    "SecurityGroupIds": "sg-0123456789abcdef0",
    "SubnetIds": "subnet-0123456789abcdef0",
    "TargetIds": "r-ab12",
}


def findings(engine: CompositeEngine, path: str) -> list[str]:
    with open(path, encoding="utf-8") as template:
        text = template.read()
    given = {name: value for name, value in OPTIONAL.items() if f"\n  {name}:\n" in text}
    config = ValidateConfig(severity_level=Severity.WARN, strict=True, parameter_overrides=given)
    report = engine.validate_template(path, config)
    found = [it for it in report.diagnostics if not is_given_here(it, text.splitlines())]
    return [f"{path}:{it.start_line}: {it.rule_id} {it.message}" for it in found]


def is_given_here(finding, lines: list[str]) -> bool:
    """Whether it is about an ARN that the template takes from a parameter: the value above then counts as fixed."""
    return finding.rule_id == "W9002" and "!Ref" in lines[finding.start_line - 1]


engine = CompositeEngine()
found = [finding for path in sys.argv[1:] for finding in findings(engine, path)]
print("\n".join(found))
sys.exit(1 if found else 0)
