"""The peers of `signalbox policy check`: parliament and cloudsplaining, and for the table of known answers cfn-lint.

`check.py TOOL FILE..` checks files in one process with parliament or cloudsplaining; it ends when its standard input does, as
bench-policies. `check.py compare CFN_LINT` asks all three about each policy of known.json, and writes what they say, and their
versions, to compared.json.
"""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent


def parliament():
    """Its findings, as its command shows them: without those that are muted."""
    import parliament.cli as cli

    def check(text):
        found = (cli.enhance_finding(it) for it in cli.analyze_policy_string(text).findings)
        return [str(it) for it in found if not cli.is_finding_filtered(it)]

    return check


def cloudsplaining():
    """The risks that its command shows, but for changes to infrastructure, which it finds in every policy that writes."""
    from cloudsplaining.bin import cli  # what the command loads
    from cloudsplaining.command.scan_policy_file import scan_policy
    from cloudsplaining.shared.constants import DEFAULT_EXCLUSIONS_CONFIG

    def check(text):
        results = scan_policy(json.loads(text), DEFAULT_EXCLUSIONS_CONFIG, flag_resource_arn_statements=False,
                              flag_conditional_statements=False, severity=[])
        return [name for name, it in results.items() if name != "InfrastructureModification" and risks(it)]

    return check


def risks(result):
    return result["findings"] if isinstance(result, dict) and "findings" in result else []


TOOLS = {"parliament": parliament, "cloudsplaining": cloudsplaining}


def template_of(kind, policy):
    """A template in which the policy is one of its type; `resource` is by the service of its actions."""
    service = json.dumps(policy["Statement"][0].get("Action", "")).strip('["').split(":")[0]
    of_resources = {
        "s3": ("AWS::S3::BucketPolicy", {"Bucket": "com-example-reports", "PolicyDocument": policy}),
        "sqs": ("AWS::SQS::QueuePolicy", {"Queues": ["https://sqs.eu-west-1.amazonaws.com/111122223333/orders"], "PolicyDocument": policy}),
        "kms": ("AWS::KMS::Key", {"KeyPolicy": policy}),
    }
    of, properties = {
        "identity": lambda: ("AWS::IAM::ManagedPolicy", {"PolicyDocument": policy}),
        "trust": lambda: ("AWS::IAM::Role", {"AssumeRolePolicyDocument": policy}),
        "scp": lambda: ("AWS::Organizations::Policy", {"Name": "a", "Type": "SERVICE_CONTROL_POLICY", "Content": policy}),
        "resource": lambda: of_resources[service],
    }[kind]()
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Of": {"Type": of, "Properties": properties}}}


def by_cfn_lint(program, known):
    """For each policy, the rules that it breaks; those about deletion and replacement are about the template."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number:03}.json" for number in range(len(known))]
        for file, it in zip(files, known):
            file.write_text(json.dumps(template_of(it["type"], it["policy"])))
        told = subprocess.run([program, "--format", "json", "--", *map(str, files)], capture_output=True, text=True).stdout
        found = [(it["Filename"], it["Rule"]["Id"]) for it in json.loads(told or "[]")]
        return [[rule for name, rule in found if name == str(file) and rule not in ("W3011",)] for file in files]


def compare(program):
    known = json.loads((HERE / "known.json").read_text())
    checks = {name: tool() for name, tool in TOOLS.items()}
    said = {name: [[] for _ in known] for name in checks}
    for name, check in checks.items():
        for number, it in enumerate(known):
            try:
                said[name][number] = check(json.dumps(it["policy"]))
            except Exception as error:
                said[name][number] = [f"fails: {error}"]
    said["cfn-lint"] = by_cfn_lint(program, known)
    versions = {name: version(name) for name in checks}
    versions["cfn-lint"] = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()[-1]
    lines = [json.dumps({"is": it["is"], **{name: "wrong" if said[name][number] else "fine" for name in said}}) for number, it in enumerate(known)]
    made = f'{{\n  "versions": {json.dumps(versions)},\n  "policies": [\n    ' + ",\n    ".join(lines) + "\n  ]\n}\n"
    (HERE / "compared.json").write_text(made)


def many(tool, files):
    check, found = TOOLS[tool](), 0
    for file in files:
        try:
            found += len(check(Path(file).read_text()))
        except Exception as error:  # findings/parliament-array-of-arn.sh
            print(f"{file}: {error}", file=sys.stderr)
    print("found", found)
    print("done", len(files), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    if sys.argv[1] == "compare":
        compare(sys.argv[2])
    else:
        many(sys.argv[1], sys.argv[2:])
