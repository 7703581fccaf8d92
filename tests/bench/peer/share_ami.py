"""The peer: the job of `share-ami` the way it was done in 2015, one boto3 call after the other.

It is given what makes it fast: its clients live as long as the process, and it reads no more than it needs.
"""

import json
import os
import time

import boto3

BUCKET, KEY = os.environ["SIGNALBOX_MANIFEST"].removeprefix("s3://").split("/", 1)
TABLE = os.environ["SIGNALBOX_LEDGER_TABLE"]

dynamodb = boto3.client("dynamodb")
s3 = boto3.client("s3")
ec2 = boto3.client("ec2")


def wanted(manifest, name, region):
    accounts = set()
    for prefix, regions in manifest.get("ami", {}).items():
        if name.startswith(prefix):
            accounts.update(regions.get(region, []))
    return accounts


def handler(event, context):
    detail = event["detail"]
    image_id = detail["ImageId"]
    key = {"S": "share-ami#" + image_id + "#" + detail["RequestId"]}
    now = int(time.time())
    dynamodb.put_item(
        TableName=TABLE,
        Item={"id": key, "status": {"S": "INPROGRESS"}, "expiration": {"N": str(now + 1296000)}},
        ConditionExpression="attribute_not_exists(id) OR expiration < :now",
        ExpressionAttributeValues={":now": {"N": str(now)}},
    )
    manifest = json.loads(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read())
    image = ec2.describe_images(ImageIds=[image_id], Owners=["self"])["Images"][0]
    accounts = wanted(manifest, image["Name"], event["region"])
    permissions = ec2.describe_image_attribute(ImageId=image_id, Attribute="launchPermission")["LaunchPermissions"]
    launching = {p["UserId"] for p in permissions if "UserId" in p}
    for mapping in image["BlockDeviceMappings"]:
        snapshot = mapping["Ebs"]["SnapshotId"]
        attribute = ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
        copying = {p["UserId"] for p in attribute["CreateVolumePermissions"] if "UserId" in p}
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot,
            Attribute="createVolumePermission",
            OperationType="add",
            UserIds=sorted(accounts - copying),
        )
    ec2.modify_image_attribute(
        ImageId=image_id,
        LaunchPermission={
            "Add": [{"UserId": account} for account in sorted(accounts - launching)],
            "Remove": [{"UserId": account} for account in sorted(launching - accounts)],
        },
    )
    dynamodb.update_item(
        TableName=TABLE,
        Key={"id": key},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": "COMPLETED"}},
    )
    return {"outcome": "applied"}
