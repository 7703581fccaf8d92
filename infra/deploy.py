"""Deploys packages, and goes back to the release before. `make deploy` and `make rollback` call it:

    python3 deploy.py deploy --zips FOLDER --bucket BUCKET [--account ID] [--key ARN] FUNCTION.. -- NAME=value.. FUNCTION.NAME=value..
    python3 deploy.py rollback [--account ID] [--to KEY] FUNCTION

A zip is uploaded under its own checksum. What was deployed from a bucket to an account is listed in the bucket, as FUNCTION/releases-ACCOUNT,
one release a line, the one that runs last.
"""

import argparse
import datetime
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import parameters

INFRA = pathlib.Path(__file__).resolve().parent
# Stacks with tables, each with a parameter of the templates that need it.
TABLES = {"grants": "GrantsTable", "rotations": "RotationsTable"}
MISSING = (
    "make deploy: set MANIFEST= (s3://bucket/key or ssm:/name) and ALLOWED= (ids with commas between them, or everybody) for the functions"
    " that share, ZONES= (ids of private hosted zones) for emr-dns, or rotate-db-user='SecretArns=arn:..' and the like for one function"
)


def run(*command):
    """Carries out a command of the AWS CLI, which says itself what fails."""
    if subprocess.run(["aws", *command]).returncode:
        sys.exit(f"`aws {' '.join(command[:2])}` failed, and what comes after it is not done: see above; the same command goes on")


def ask(*command, unless=None):
    """What the AWS CLI answers, as JSON; None where it refuses with this word."""
    ran = subprocess.run(["aws", *command, "--output", "json"], capture_output=True, text=True)
    if ran.returncode and unless and unless in ran.stderr:
        return None
    if ran.returncode:
        sys.exit(f"`aws {' '.join(command[:2])}` failed: {ran.stderr.strip()}")
    return json.loads(ran.stdout or "null")


def find_account(expected):
    """The account of the credentials. Another one than the stage's is refused before anything is changed."""
    caller = ask("sts", "get-caller-identity")
    if expected and caller["Account"] != expected:
        sys.exit(f"the credentials are of account {caller['Account']}, and ACCOUNT is {expected}: set AWS_PROFILE to one of that account")
    return caller


def stack_of(function):
    return f"signalbox-{function}"


def parameters_of(function):
    """What the function's stack was given; None where there is no such stack."""
    described = ask("cloudformation", "describe-stacks", "--stack-name", stack_of(function), unless="does not exist")
    if described is None:
        return None
    return {it["ParameterKey"]: it["ParameterValue"] for it in described["Stacks"][0].get("Parameters", [])}


class Releases:
    """The releases of one function in one account, the one that runs last."""

    def __init__(self, function, bucket, caller):
        self.bucket, self.key, self.by = bucket, f"{function}/releases-{caller['Account']}", caller["Arn"]
        with tempfile.TemporaryDirectory() as folder:
            got = pathlib.Path(folder, "releases")
            asked = ["s3api", "get-object", "--bucket", bucket, "--key", self.key, str(got)]
            there = ask(*asked, unless="NoSuchKey")
            self.all = [json.loads(line) for line in got.read_text().splitlines()] if there else []

    def know(self, key):
        """This one runs. One that was deployed in another way is a release too."""
        if not self.all or self.all[-1]["key"] != key:
            at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.all.append({"key": key, "at": at, "by": self.by})

    def before(self):
        """The one before that which runs."""
        return self.all[-2]["key"] if len(self.all) > 1 else None

    def go_back_to(self, key):
        """What was deployed after this one is not a release to go back to any more."""
        keys = [it["key"] for it in self.all]
        if key in keys:
            del self.all[len(keys) - keys[::-1].index(key):]
        self.know(key)

    def write(self):
        with tempfile.TemporaryDirectory() as folder:
            body = pathlib.Path(folder, "releases")
            body.write_text("".join(json.dumps(it) + "\n" for it in self.all))
            ask("s3api", "put-object", "--bucket", self.bucket, "--key", self.key, "--body", str(body))


def deploy_stack(name, template, given, *more):
    overrides = ["--parameter-overrides", *(f"{key}={value}" for key, value in given.items())] if given else []
    command = ["cloudformation", "deploy", "--stack-name", f"signalbox-{name}", "--template-file", str(template)]
    run(*command, "--no-fail-on-empty-changeset", *more, *overrides)


def read_sums(zips):
    """The checksum that each file was packaged with."""
    sums = zips / "SHA256SUMS"
    if not sums.exists():
        sys.exit(f"make deploy: {sums} is missing: run `make package`, or set ZIPS= to a folder that it has written")
    return {name: digest for digest, name in (line.split("  ", 1) for line in sums.read_text().splitlines())}


def find_zip(zips, sums, function):
    """The zip of a function, which is the one that was packaged; and its checksum."""
    file = zips / f"{function}.zip"
    if not file.exists():
        sys.exit(f"make deploy: {file} is missing: run `make package`, or set ZIPS= to a folder that it has written")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if sums.get(file.name) != digest:
        sys.exit(f"make deploy: {file} is not the one in {zips}/SHA256SUMS: it was changed after it was packaged; take the folder anew")
    return file, digest


def release(function, own, found, bucket, caller):
    file, digest = found
    key = f"{function}/{digest[:16]}.zip"
    before, releases = parameters_of(function), Releases(function, bucket, caller)
    if before and before.get("CodeBucket") == bucket:
        releases.know(before["CodeKey"])
    run("s3", "cp", "--only-show-errors", str(file), f"s3://{bucket}/{key}")
    given = {"CodeBucket": bucket, "CodeKey": key, **own}
    deploy_stack(function, INFRA / f"{function}.yaml", given, "--capabilities", "CAPABILITY_IAM")
    releases.know(key)
    releases.write()


def deploy(arguments, given):
    chosen = parameters.choose(arguments.functions, given)
    if not chosen:
        sys.exit(MISSING)
    zips = pathlib.Path(arguments.zips)
    sums = read_sums(zips)
    found = {function: find_zip(zips, sums, function) for function in chosen}
    caller = find_account(arguments.account)
    key = {"KmsKeyArn": arguments.key} if arguments.key else {}
    needed = set().union(*(parameters.known_to(function) for function in chosen))
    for name in ["ledger", *(name for name, parameter in TABLES.items() if parameter in needed)]:
        deploy_stack(name, INFRA / f"{name}.yaml", key)
    for function, own in chosen.items():
        release(function, own, found[function], arguments.bucket, caller)


def deploy_key(function, key, bucket):
    """Gives the stack that runs other code. Its template and its other parameters stay."""
    template = ask("cloudformation", "get-template", "--stack-name", stack_of(function))["TemplateBody"]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, f"{function}.yaml")
        file.write_text(template if isinstance(template, str) else json.dumps(template))
        deploy_stack(function, file, {"CodeBucket": bucket, "CodeKey": key}, "--capabilities", "CAPABILITY_IAM")


def roll_back(function, account, to):
    caller, runs = find_account(account), parameters_of(function)
    if runs is None:
        sys.exit(f"make rollback: there is no stack {stack_of(function)} in account {caller['Account']} and this region: set FUNCTION=")
    bucket, releases = runs["CodeBucket"], Releases(function, runs["CodeBucket"], caller)
    releases.know(runs["CodeKey"])
    key = to or releases.before()
    if key is None:
        sys.exit(f"make rollback: s3://{bucket}/{releases.key} has no release of {function} before {runs['CodeKey']}: name one by TO=KEY")
    if key == runs["CodeKey"]:
        sys.exit(f"make rollback: {function} runs {key} already")
    if ask("s3api", "head-object", "--bucket", bucket, "--key", key, unless="404") is None:
        sys.exit(f"make rollback: s3://{bucket}/{key} is gone: name another one by TO=, or deploy its revision anew")
    deploy_key(function, key, bucket)
    releases.go_back_to(key)
    releases.write()
    print(f"{function} runs {key} again, and ran {runs['CodeKey']}")


def main(words):
    at = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    of = parser.add_subparsers(dest="command", required=True)
    deploying, back = of.add_parser("deploy"), of.add_parser("rollback")
    for name in ("--zips", "--bucket"):
        deploying.add_argument(name, required=True)
    deploying.add_argument("--key")
    deploying.add_argument("functions", nargs="+")
    back.add_argument("--to")
    back.add_argument("function")
    for command in (deploying, back):
        command.add_argument("--account")
    arguments = parser.parse_args(words[:at])
    if arguments.command == "deploy":
        deploy(arguments, words[at + 1:])
    else:
        roll_back(arguments.function, arguments.account, arguments.to)


if __name__ == "__main__":
    main(sys.argv[1:])
