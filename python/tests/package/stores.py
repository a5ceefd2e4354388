# SPDX-License-Identifier: Apache-2.0
"""An S3 service on 127.0.0.1, whose signatures botocore checks: `servers/s3_server.py`."""
import contextlib
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

from places import REPOSITORY

SERVER = os.path.join(REPOSITORY, "python", "tests", "servers", "s3_server.py")


class Service:
    def __init__(self, url):
        self.url = url
        self.client = self.client_in("us-east-1")

    def client_in(self, region):
        import boto3
        import botocore.config

        return boto3.client(
            "s3", endpoint_url=self.url, region_name=region, aws_access_key_id="test", aws_secret_access_key="secret/+=",
            config=botocore.config.Config(s3={"addressing_style": "path"}))

    def set(self, **settings):
        urllib.request.urlopen(self.url + "/-/set?" + urllib.parse.urlencode(settings), data=b"")

    def log(self):
        """Requests since the last `set`."""
        with urllib.request.urlopen(self.url + "/-/log") as answer:
            return json.load(answer)

    def bucket(self, name, **files):
        """Makes a bucket with files of this machine, by their keys."""
        client, settings = self.client, {}
        if name.startswith("far-"):
            client = self.client_in("eu-central-1")
            settings = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
        client.create_bucket(Bucket=name, **settings)
        payer = {"ExtraArgs": {"RequestPayer": "requester"}} if name.startswith("payer-") else {}
        for key, path in files.items():
            client.upload_file(path, name, key, **payer)
        return name

    def objects(self, bucket, prefix=""):
        """Key behind `prefix` → content."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return {
            key.removeprefix(prefix): self.client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


@contextlib.contextmanager
def started():
    """A service, which ends with this."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    process = subprocess.Popen(
        [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment)
    try:
        yield Service(f"http://127.0.0.1:{process.stdout.readline().split()[1]}")
    finally:
        process.kill()
        process.wait()
