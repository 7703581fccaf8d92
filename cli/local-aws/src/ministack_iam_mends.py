"""Mends ministack where its managed policies differ from those of IAM.

Each function names the AWS behaviour it brings. The version of ministack is pinned, so what is replaced here is known.
"""

from ministack.services import iam

SIZE = 6144


def mend():
    set_default_versions()
    number_versions_once()
    name_policies_once()
    bound_the_size_of_policies()


def refusal(status, code, message):
    return iam._error(status, code, message, ns="iam")


def set_default_versions():
    """A version that is there becomes the default; ministack does not know the operation.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html"""

    def set_default_policy_version(p):
        policy, version = iam._policies.get(iam._p(p, "PolicyArn")), iam._p(p, "VersionId")
        if not policy or version not in policy["Versions"]:
            return refusal(404, "NoSuchEntity", f"Policy version {version} does not exist.")
        for id, it in policy["Versions"].items():
            it["IsDefaultVersion"] = id == version
        policy["DefaultVersionId"] = version
        return iam._xml(200, "SetDefaultPolicyVersionResponse", "", ns="iam")

    iam._IAM_HANDLERS["SetDefaultPolicyVersion"] = set_default_policy_version


def number_versions_once():
    """The number of a version that was deleted does not come again; ministack counts from those that are left.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html"""
    create = iam._IAM_HANDLERS["CreatePolicyVersion"]

    def create_policy_version(p):
        policy = iam._policies.get(iam._p(p, "PolicyArn"))
        if not policy:
            return create(p)
        known, last = set(policy["Versions"]), policy.get("LastVersion", 1)
        answer = create(p)
        for id in set(policy["Versions"]) - known:
            policy["LastVersion"] = last = last + 1
            made = policy["Versions"].pop(id)
            policy["Versions"][f"v{last}"] = {**made, "VersionId": f"v{last}"}
            if policy["DefaultVersionId"] == id:
                policy["DefaultVersionId"] = f"v{last}"
            status, headers, body = answer
            changed = body.replace(f"<VersionId>{id}<".encode(), f"<VersionId>v{last}<".encode())
            answer = status, headers, changed
        return answer

    iam._IAM_HANDLERS["CreatePolicyVersion"] = create_policy_version


def name_policies_once():
    """The name of a policy is unique in its account, whatever its path and the case of its letters; ministack compares ARNs.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    create = iam._IAM_HANDLERS["CreatePolicy"]

    def create_policy(p):
        name = iam._p(p, "PolicyName")
        if any(it["PolicyName"].lower() == name.lower() for it in iam._policies.values()):
            return refusal(409, "EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are not allowed.")
        return create(p)

    iam._IAM_HANDLERS["CreatePolicy"] = create_policy


def bound_the_size_of_policies():
    """A managed policy has 6,144 characters at most, white space not counted; ministack takes any.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

    def bounded(create):
        def made(p):
            if len("".join(iam._p(p, "PolicyDocument").split())) > SIZE:
                return refusal(409, "LimitExceeded", f"Cannot exceed quota for PolicySize: {SIZE}")
            return create(p)

        return made

    for operation in ("CreatePolicy", "CreatePolicyVersion"):
        iam._IAM_HANDLERS[operation] = bounded(iam._IAM_HANDLERS[operation])
