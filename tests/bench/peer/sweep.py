"""The peer of the sweep: how images were shared from a manifest in 2015. For each entry, the images whose names begin so;
for each of them, who may launch it; whom the manifest does not list is removed, whom it lists is added. One call after
the other, in one page.

The manifest was the payload then. It is read from S3 here, as the sweep does.
"""

import json
import os

import boto3

BUCKET, KEY = os.environ["SIGNALBOX_MANIFEST"].removeprefix("s3://").split("/", 1)
REGION = os.environ["AWS_REGION"]

s3 = boto3.client("s3")
ec2 = boto3.client("ec2")


def handler(event, context):
    manifest = json.loads(s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read())
    for prefix, regions in manifest["ami"].items():
        accounts = regions.get(REGION, [])
        images = ec2.describe_images(Filters=[{"Name": "name", "Values": [prefix + "*"]}])["Images"]
        for image in images:
            share(image["ImageId"], accounts)
    return {"outcome": "applied"}


def share(image, accounts):
    permissions = ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]
    present = [permission["UserId"] for permission in permissions if "UserId" in permission]
    unlisted = [account for account in present if account not in accounts]
    if unlisted:
        modify(image, "remove", unlisted)
    if accounts:
        modify(image, "add", accounts)


def modify(image, operation, accounts):
    ec2.modify_image_attribute(
        ImageId=image, Attribute="launchPermission", OperationType=operation, UserIds=accounts
    )
