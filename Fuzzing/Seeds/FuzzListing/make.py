# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds: what the services of python/tests/servers answer. Run it with the Python of Scripts/venv."""
import os
import subprocess
import sys

import boto3
import botocore.config
from azure.storage.blob import BlobServiceClient

HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = os.path.join(HERE, "..", "..", "..", "python", "tests", "servers")
NAMES = ["a.nc", "a b/+=%.nc", "deep/er/x.nc", "é/<&>.nc", *(f"many/{number:04}.nc" for number in range(150))]
sys.path.insert(0, SERVERS)
import azure_server  # noqa: E402


def serve(script):
    process = subprocess.Popen([sys.executable, os.path.join(SERVERS, script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    return process, "http://127.0.0.1:" + process.stdout.readline().split()[1]


def keep(name, body):
    with open(os.path.join(HERE, name + ".xml"), "wb") as file:
        file.write(body)


def bucket():
    process, url = serve("s3_server.py")
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test",
                          aws_secret_access_key="secret/+=", config=botocore.config.Config(s3={"addressing_style": "path"}))
    bodies = []
    client.meta.events.register("before-parse.s3", lambda response_dict, **_: bodies.append(response_dict["body"]))
    client.create_bucket(Bucket="bucket")
    for name in NAMES:
        client.put_object(Bucket="bucket", Key=name, Body=b"12345")

    def answer(name, call, **arguments):
        bodies.clear()
        try:
            call(Bucket="bucket", **arguments)
        except client.exceptions.ClientError:
            pass
        keep("s3-" + name, bodies[-1])

    answer("all", client.list_objects_v2, EncodingType="url", Prefix="a")
    answer("level", client.list_objects_v2, EncodingType="url", Delimiter="/")
    answer("page", client.list_objects_v2, EncodingType="url", MaxKeys=4)
    answer("empty", client.list_objects_v2, EncodingType="url", Prefix="none")
    answer("upload", client.create_multipart_upload, Key="x")
    answer("no-key", client.get_object, Key="none")
    process.kill()


def container():
    process, url = serve("azure_server.py")
    client = BlobServiceClient(url + "/account", credential={"account_name": "account", "account_key": azure_server.KEY},
                               api_version="2021-08-06").get_container_client("bucket")
    for name in [*NAMES, "control\x01.nc"]:
        client.upload_blob(name, b"12345", overwrite=True)

    hook = {"raw_response_hook": lambda response: keep("azure-" + name, response.http_response.body())}
    name = "page"
    next(client.list_blobs(**hook).by_page())
    name = "level"
    list(next(client.walk_blobs(delimiter="/", **hook).by_page()))
    name = "empty"
    next(client.list_blobs(name_starts_with="none", **hook).by_page())
    process.kill()


if __name__ == "__main__":
    bucket()
    container()
