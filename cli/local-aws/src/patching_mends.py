"""Mends ministack's CloudFormation, which knows no baselines and no maintenance windows: it makes them by calls to the endpoint, as any
client does, where moto keeps them.

What CloudFormation hands over as text, Systems Manager wants as a number. Tags are left out: moto makes a baseline and then refuses them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SSM.html
"""

import pipeline_mends
from ministack.services.cloudformation import provisioners, stacks

NUMBERS = ("ApproveAfterDays", "Cutoff", "Duration", "Priority", "ScheduleOffset", "TimeoutSeconds")
FLAGS = ("AllowUnassociatedTargets", "EnableNonSecurity")
# CloudFormation's own: a baseline is the default one, and of groups, by calls of their own.
ASIDE = ("DefaultBaseline", "PatchGroups", "Tags")
NAMES = {"MaintenanceWindowRunCommandParameters": "RunCommand"}


def mend():
    kinds = {
        "AWS::SSM::PatchBaseline": (create_baseline, delete_baseline),
        "AWS::SSM::MaintenanceWindow": (made("CreateMaintenanceWindow", "WindowId"), deleted("DeleteMaintenanceWindow", "WindowId")),
        "AWS::SSM::MaintenanceWindowTarget": of_window("Target"),
        "AWS::SSM::MaintenanceWindowTask": of_window("Task"),
    }
    for kind, (create, delete) in kinds.items():
        provisioners._RESOURCE_HANDLERS[kind] = {"create": create, "delete": delete}
    blocks = stacks._runs_on_worker_thread
    # The endpoint asks this server while it answers.
    stacks._runs_on_worker_thread = lambda kind: kind in kinds or blocks(kind)


def ask(operation, asked):
    return pipeline_mends.ask(operation, asked, service="ssm", target="AmazonSSM")


def told(props):
    """The properties as Systems Manager takes them."""
    if isinstance(props, list):
        return [told(it) for it in props]
    if not isinstance(props, dict):
        return props
    return {NAMES.get(key, key): typed(key, told(it)) for key, it in props.items() if key not in ASIDE}


def typed(key, value):
    if key in NUMBERS:
        return int(value)
    return str(value).lower() == "true" if key in FLAGS else value


def create_baseline(logical_id, props, stack_name):
    baseline = ask("CreatePatchBaseline", told(props))["BaselineId"]
    for group in props.get("PatchGroups", []):
        ask("RegisterPatchBaselineForPatchGroup", {"BaselineId": baseline, "PatchGroup": group})
    return baseline, {}


def delete_baseline(physical_id, props):
    for group in props.get("PatchGroups", []):
        ask("DeregisterPatchBaselineForPatchGroup", {"BaselineId": physical_id, "PatchGroup": group})
    ask("DeletePatchBaseline", {"BaselineId": physical_id})


def made(operation, field):
    def create(logical_id, props, stack_name):
        return ask(operation, told(props))[field], {}

    return create


def deleted(operation, field):
    return lambda physical_id, props: ask(operation, {field: physical_id})


def of_window(what):
    field = f"Window{what}Id"

    def delete(physical_id, props):
        ask(f"Deregister{what}FromMaintenanceWindow", {"WindowId": props["WindowId"], field: physical_id})

    return made(f"Register{what}WithMaintenanceWindow", field), delete
