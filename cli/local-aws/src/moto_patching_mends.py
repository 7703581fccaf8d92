"""Mends moto where patching begins: its Systems Manager has baselines, patch groups and windows, and knows of no instance that it manages.

It is a stand-in: no emulator has patch states. What an instance tells of itself, it tells as on AWS, by PutInventory with
AWS:InstanceInformation, AWS:PatchSummary and AWS:PatchCompliance, and each list replaces the former one. How it is patched is not played.
https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-schema.html
"""

from datetime import datetime

from moto.core.responses import ActionResult, EmptyResult
from moto.ssm.exceptions import DoesNotExistException, ValidationException
from moto.ssm.models import FakeMaintenanceWindowTask
from moto.ssm.responses import SimpleSystemManagerResponse

INFORMATION, SUMMARY, COMPLIANCE = "AWS:InstanceInformation", "AWS:PatchSummary", "AWS:PatchCompliance"
COPIES = "local-aws:copies"  # makes so many nodes outside of EC2 that are as this one is
IDS = 50  # of instances in one call
TIMES = ("OperationStartTime", "OperationEndTime", "LastNoRebootInstallOperationTime")


def mend():
    show_what_was_registered()
    say_which_type_a_task_has()
    keep_what_instances_tell()
    show_instances()


def inventory(response):
    backend = response.ssm_backend
    if not hasattr(backend, "told_by_instances"):
        backend.told_by_instances = {}
    return backend.told_by_instances


def page(response, name, items, default):
    """At most MaxResults of the items from NextToken on, and where they go on."""
    start = int(response._get_param("NextToken") or 0)
    end = start + int(response._get_param("MaxResults") or default)
    more = {"NextToken": str(end)} if end < len(items) else {}
    return ActionResult({name: items[start:end], **more})


def show_what_was_registered():
    """DescribePatchGroups, GetPatchBaseline and GetMaintenanceWindowTask: moto keeps what was given, and does not show it."""

    def describe_patch_groups(self):
        backend = self.ssm_backend
        mappings = []
        for name, group in sorted(backend.patch_groups.items()):
            own = [backend.baselines[it] for it in group.associations.values() if it in backend.baselines]
            mappings += [{"PatchGroup": name, "BaselineIdentity": it.to_json()} for it in own]
        return page(self, "Mappings", mappings, 10)

    def get_patch_baseline(self):
        backend, asked = self.ssm_backend, self._get_param("BaselineId")
        if asked not in backend.baselines:
            raise DoesNotExistException(asked)
        told = backend.baselines[asked].to_json()
        groups = [name for name, group in backend.patch_groups.items() if asked in group.associations.values()]
        return ActionResult({**told, "Name": told["BaselineName"], "Description": told["BaselineDescription"], "PatchGroups": groups})

    def get_maintenance_window_task(self):
        window = self.ssm_backend.get_maintenance_window(self._get_param("WindowId"))
        asked = self._get_param("WindowTaskId")
        if asked not in window.tasks:
            raise DoesNotExistException(asked)
        return ActionResult(window.tasks[asked].to_json())

    SimpleSystemManagerResponse.describe_patch_groups = describe_patch_groups
    SimpleSystemManagerResponse.get_patch_baseline = get_patch_baseline
    SimpleSystemManagerResponse.get_maintenance_window_task = get_maintenance_window_task


def say_which_type_a_task_has():
    """A task is listed with its type and with what it does at the cut-off; moto keeps both to itself."""
    told = FakeMaintenanceWindowTask.to_json

    def to_json(self):
        return {**told(self), "Type": self.task_type, "CutoffBehavior": self.cutoff_behavior}

    FakeMaintenanceWindowTask.to_json = to_json


def keep_what_instances_tell():
    def put_inventory(self):
        instance = inventory(self).setdefault(self._get_param("InstanceId"), {})
        for item in self._get_param("Items"):
            if item["TypeName"] == COPIES:
                copies = range(int(item["Content"][0]["Count"]))
                inventory(self).update({f"mi-{number:017x}": dict(instance) for number in copies})
            else:
                instance[item["TypeName"]] = item.get("Content", [])
        return EmptyResult()

    SimpleSystemManagerResponse.put_inventory = put_inventory


def show_instances():
    """Instances that are managed, their patch states, 50 at most in one call, and the patches of one."""

    def describe_instance_information(self):
        told = inventory(self)
        wanted = {
            value
            for it in self._get_param("Filters") or []
            if it["Key"] == "InstanceIds"
            for value in it["Values"]
        }
        managed = [(name, it[INFORMATION][0]) for name, it in sorted(told.items()) if it.get(INFORMATION)]
        shown = [information(name, it) for name, it in managed if not wanted or name in wanted]
        return page(self, "InstanceInformationList", shown, 10)

    def describe_instance_patch_states(self):
        asked, told = self._get_param("InstanceIds"), inventory(self)
        if len(asked) > IDS:
            raise ValidationException(f"Member must have length less than or equal to {IDS}")
        shown = [state(it, told[it][SUMMARY][0]) for it in asked if told.get(it, {}).get(SUMMARY)]
        return page(self, "InstancePatchStates", shown, 20)

    def describe_instance_patches(self):
        patches = inventory(self).get(self._get_param("InstanceId"), {}).get(COMPLIANCE, [])
        for it in self._get_param("Filters") or []:
            patches = [patch for patch in patches if patch[it["Key"]] in it["Values"]]
        return page(self, "Patches", [{"InstalledTime": 0, "KBId": it["Id"], **it} for it in patches], 20)

    SimpleSystemManagerResponse.describe_instance_information = describe_instance_information
    SimpleSystemManagerResponse.describe_instance_patch_states = describe_instance_patch_states
    SimpleSystemManagerResponse.describe_instance_patches = describe_instance_patches


def information(name, told):
    times = {key: moment(told[key]) for key in ("LastPingDateTime", "RegistrationDate") if key in told}
    kind = "EC2Instance" if name.startswith("i-") else "ManagedInstance"
    return {"InstanceId": name, "PingStatus": "Online", "ResourceType": kind, **told, **times}


def state(name, told):
    counts = {key: int(it) for key, it in told.items() if key.endswith("Count")}
    times = {key: moment(told[key]) for key in TIMES if key in told}
    return {"InstanceId": name, **told, "Operation": told["OperationType"], **counts, **times}


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
