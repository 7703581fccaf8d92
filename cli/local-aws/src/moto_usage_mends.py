"""Mends moto: EC2's usage reports of images and the time when an image was last launched, which it has not. A report counts the running
instances of every account here that were launched from the image, at the moment when it is created, and says no more than that afterwards.
"""

from collections import Counter
from datetime import datetime, timedelta, timezone
from uuid import uuid4

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami
from moto.ec2.responses.amis import AmisResponse

PAGE = 2


def mend():
    AmisResponse.create_image_usage_report = create_image_usage_report
    AmisResponse.describe_image_usage_reports = describe_image_usage_reports
    AmisResponse.describe_image_usage_report_entries = describe_image_usage_report_entries
    Ami.last_launched_time = property(last_launched_time)


def reports_of(backend):
    if not hasattr(backend, "usage_reports"):
        backend.usage_reports = []
    return backend.usage_reports


def create_image_usage_report(self):
    """The report is available at once, where AWS takes hours."""
    now, image = datetime.now(timezone.utc), self._get_param("ImageId")
    accounts = self._get_param("AccountIds", [])
    report = {"ImageId": image, "ReportId": f"amiur-{uuid4().hex[:17]}", "AccountIds": accounts, "State": "available"}
    report |= {"CreationTime": now, "ExpirationTime": now + timedelta(days=30)}
    report["Entries"] = [
        {
            "ResourceType": "ec2:Instance",
            "ReportId": report["ReportId"],
            "UsageCount": count,
            "AccountId": account,
            "ImageId": image,
            "ReportCreationTime": now,
        }
        for account, count in used_by(image, self.region)
        if not accounts or account in accounts
    ]
    reports_of(self.ec2_backend).append(report)
    return ActionResult({"ReportId": report["ReportId"]})


def instances_of(image, region):
    """Every instance that was launched from the image, with its account."""
    for account, backends in ec2_backends.items():
        if region in backends:
            instances = [it for reservation in backends[region].reservations.values() for it in reservation.instances]
            yield from ((account, it) for it in instances if it.image_id == image)


def used_by(image, region):
    running = Counter(account for account, it in instances_of(image, region) if it.state_code == 16)
    return running.items()


def last_launched_time(self):
    """Told at once, where AWS tells it a day later."""
    launches = [it.launch_time for _, it in instances_of(self.id, self.ec2_backend.region_name)]
    return max(launches).strftime("%Y-%m-%dT%H:%M:%SZ") if launches else None


def page_of(self, items):
    """Two at a time, so that a reader that takes the first page for all is found out."""
    start = int(self._get_param("NextToken") or 0)
    more = {"NextToken": str(start + PAGE)} if start + PAGE < len(items) else {}
    return items[start : start + PAGE], more


def describe_image_usage_reports(self):
    images, ids = self._get_param("ImageIds", []), self._get_param("ReportIds", [])
    found = [it for it in reports_of(self.ec2_backend) if (not images or it["ImageId"] in images) and (not ids or it["ReportId"] in ids)]
    some, more = page_of(self, found)
    return ActionResult({"ImageUsageReports": [{key: value for key, value in it.items() if key != "Entries"} for it in some]} | more)


def describe_image_usage_report_entries(self):
    images, ids = self._get_param("ImageIds", []), self._get_param("ReportIds", [])
    found = [it for it in reports_of(self.ec2_backend) if (not images or it["ImageId"] in images) and (not ids or it["ReportId"] in ids)]
    some, more = page_of(self, [entry for it in found for entry in it["Entries"]])
    return ActionResult({"ImageUsageReportEntries": some} | more)
