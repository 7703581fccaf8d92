"""The peer of the mirror: how a push was copied to S3 by the published solution. What the branch has is fetched with all of its history
into /tmp, everything below the repository's prefix is deleted, and then every file is uploaded, one after the other.

It is given what makes it fast: its client lives as long as the process, deletions go a thousand at a time, a repository that was cloned
stays, and it asks S3 for nothing that it does not need.
"""

import os

import boto3
import pygit2

BUCKET = os.environ["SIGNALBOX_MIRROR_BUCKET"]
URL = os.environ["BENCH_REPOSITORY"]
FOLDER = os.path.join(os.environ["TMPDIR"], "repository")
PREFIX = "acme/templates/"

s3 = boto3.client("s3")


def handler(event, context):
    empty()
    repository = fetch()
    for path, blob in files(repository, repository.revparse_single("refs/remotes/origin/main").tree):
        s3.put_object(Bucket=BUCKET, Key=PREFIX + path, Body=blob.data)
    return {"batchItemFailures": []}


def fetch():
    if os.path.exists(FOLDER):
        repository = pygit2.Repository(FOLDER)
    else:
        repository = pygit2.init_repository(FOLDER, bare=True)
        repository.remotes.create("origin", URL)
    repository.remotes["origin"].fetch()
    return repository


def empty():
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX):
        keys = [{"Key": each["Key"]} for each in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys, "Quiet": True})


def files(repository, tree, above=""):
    for entry in tree:
        if entry.type_str == "tree":
            yield from files(repository, entry, above + entry.name + "/")
        else:
            yield above + entry.name, entry
