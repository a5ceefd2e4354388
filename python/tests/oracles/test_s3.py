# SPDX-License-Identifier: Apache-2.0
"""Objects of S3: moto's service, with signatures that botocore checks; values through s3fs, objects through boto3."""
import contextlib
import hashlib
import json
import os
import random
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

import command

boto3 = pytest.importorskip("boto3")
pytest.importorskip("moto")
import botocore.config  # noqa: E402

SERVERS = os.path.join(command.REPOSITORY, "python", "tests", "servers")
sys.path.insert(0, SERVERS)
import s3_server  # noqa: E402

TOOL = os.path.join(os.path.dirname(command.KERCHUNK), "store-tool")
CLIMATE = os.path.join(command.FIXTURES, "netcdf4", "climate.nc")
# No test may ask the machine for credentials, or find those of who runs it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
ENVIRONMENT |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent", "NO_PROXY": "*"}
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "secret/+="}
AWKWARD = ["plain.nc", "a b.nc", "a+b=c.nc", "100%.nc", "%41.nc", "ümlaut/日本.nc", "a//b.nc", "x/./y.nc", "x/../y.nc", "~t*i'l(d)e!.nc",
           'quo"te.nc', "a&b;c:d@e$,.nc", "que?ry#frag.nc", "[0-9].nc", "back\\slash.nc", "time=2000-01-01T00:00/x.nc",
           "e\u0301/accent.nc", "/leading.nc", "tab\there.nc", "<xml>&amp;.nc", "a%2Fb.nc", "{brace}|^`.nc"]


class Service:
    def __init__(self, url):
        self.url = url
        self.client = boto3.client("s3", endpoint_url=url, region_name=s3_server.REGION, aws_access_key_id="test",
                                   aws_secret_access_key="secret/+=", config=botocore.config.Config(
                                       s3={"addressing_style": "path"}, retries={"max_attempts": 1}))

    def log(self):
        return json.load(urllib.request.urlopen(self.url + "/-/log"))

    def set(self, **settings):
        urllib.request.urlopen(self.url + "/-/set?" + urllib.parse.urlencode(settings), data=b"")

    def bucket(self, name):
        with contextlib.suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
            self.client.create_bucket(Bucket=name)
        self.set()
        return name

    def environment(self, **further):
        return ENVIRONMENT | {"AWS_ENDPOINT_URL_S3": self.url} | further


@pytest.fixture(scope="module")
def service():
    process = subprocess.Popen([sys.executable, os.path.join(SERVERS, "s3_server.py")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    try:
        yield Service(f"http://127.0.0.1:{process.stdout.readline().split()[1]}")
    finally:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def _fresh(request):
    if "service" in request.fixturenames:
        request.getfixturevalue("service").set()


def tool(*arguments, env, options=None):
    if not os.access(TOOL, os.X_OK):
        pytest.skip("there is no store-tool beside the command")
    return subprocess.run([TOOL, json.dumps(options or {}), *map(str, arguments)], capture_output=True, text=True, env=env,
                          timeout=120)


def answer(*arguments, env, options=None):
    run = tool(*arguments, env=env, options=options)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def scan(url, output, *arguments, env):
    run = command.kerchunk("scan", url, "-o", output, "--overwrite", *arguments, env=env)
    assert run.status == 0, run.err
    with open(output) as file:
        return json.load(file)["refs"]


def test_values_through_s3fs(service, tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("s3fs")
    service.client.upload_file(CLIMATE, service.bucket("values"), "data/climate.nc")
    refs = tmp_path / "a.json"
    scan("s3://values/data/climate.nc", refs, env=service.environment(**KEYS))
    there = xarray.open_dataset("reference://", engine="zarr", backend_kwargs={"consolidated": False, "storage_options": {
        "fo": str(refs), "remote_protocol": "s3", "remote_options": {
            "key": "test", "secret": "secret/+=", "endpoint_url": service.url, "asynchronous": True}}})
    with xarray.open_dataset(CLIMATE, engine="h5netcdf") as here:
        xarray.testing.assert_equal(here.load(), there.load())


def test_references_are_those_of_the_local_file(service, tmp_path):
    service.client.upload_file(CLIMATE, service.bucket("values"), "climate.nc")
    here = scan(CLIMATE, tmp_path / "a.json", env=ENVIRONMENT)
    for scheme in ("s3", "s3a"):
        service.set()
        there = scan(f"{scheme}://values/climate.nc", tmp_path / "b.json", env=service.environment(**KEYS))
        assert len(service.log()) == 1
        assert json.loads(json.dumps(here).replace(CLIMATE, f"{scheme}://values/climate.nc")) == there


@pytest.mark.parametrize("key", AWKWARD)
def test_awkward_keys_come_and_go(service, tmp_path, key):
    bucket = service.bucket("awkward")
    content = hashlib.sha256(key.encode()).digest() * 20_000
    (tmp_path / "in").write_bytes(content)
    env = service.environment(**KEYS)
    url = f"s3://{bucket}/{key}"
    answer("put", tmp_path / "in", url, env=env)
    # werkzeug joins and decodes paths before moto sees them: what it keeps is compared, and the signed path always.
    path = next(entry["path"] for entry in service.log() if entry["method"] == "PUT")
    assert urllib.parse.unquote(path) == f"/{bucket}/{key}"
    answer("get", url, tmp_path / "out", env=env)
    assert (tmp_path / "out").read_bytes() == content
    listed = {entry["key"] for entry in answer("list", f"s3://{bucket}/", env=env)}
    assert listed == {f"s3://{bucket}/{entry['Key']}" for entry in service.client.list_objects_v2(Bucket=bucket)["Contents"]}
    answer("remove", url, env=env)
    assert answer("list", url, env=env) == []


def requests_to_sign():
    rng = random.Random(5)
    queries = [[], [["list-type", "2"], ["prefix", "a b/+=%é"]], [["uploads", ""]],
               [["partNumber", "2"], ["uploadId", "a-b_c.~+/="]], [["a", "2"], ["a-b", "1"], ["a", "1"], ["A", "é"]]]
    for number, key in enumerate(AWKWARD):
        for session in (None, "to/ken+="):
            for endpoint in ("https://bucket.s3.eu-central-1.amazonaws.com", "http://localhost:9000/bucket",
                             "https://s3.us-east-1.amazonaws.com:443/my.bucket"):
                body = rng.choice([None, "", "content é", "x" * 1000])
                headers = {"Range": "bytes=0-99"} if number % 2 else {"x-amz-request-payer": "requester"}
                if body is not None:
                    headers["Content-Type"] = "application/octet-stream"
                yield {"method": "GET" if body is None else rng.choice(["PUT", "POST"]), "endpoint": endpoint, "key": key,
                       "query": rng.choice(queries), "headers": headers, "body": body,
                       "time": str(rng.choice([0, 951_782_400, 1_709_164_799, 1_369_353_600, 4_102_444_800])),
                       "id": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token": session,
                       "region": rng.choice(["us-east-1", "eu-central-1", "cn-north-1"])}


def test_signatures_are_those_of_botocore():
    import time

    requests = list(requests_to_sign())
    assert len(requests) > 100
    signed = answer("sign", json.dumps(requests), env=ENVIRONMENT)
    for request, ours in zip(requests, signed):
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(int(request["time"])))
        body = None if request["body"] is None else request["body"].encode()
        path = urllib.parse.quote(request["key"], safe="/~")
        query = "&".join(f"{urllib.parse.quote(k, safe='')}={urllib.parse.quote(v, safe='')}" for k, v in request["query"])
        url = f"{request['endpoint']}/{path}" + (f"?{query}" if query else "")
        expected = s3_server.expected(request["method"], url, dict(request["headers"]), body, request["id"], request["secret"],
                                      request["token"], request["region"], date)
        assert ours["headers"]["Authorization"] == expected, request
        assert sorted(ours["url"].split("?")[-1].split("&")) == sorted(url.split("?")[-1].split("&"))


def test_wrong_credentials_are_told_apart(service, tmp_path):
    bucket = service.bucket("private")
    service.client.upload_file(CLIMATE, bucket, "a.nc")
    service.client.upload_file(CLIMATE, bucket, "open.nc", ExtraArgs={"ACL": "public-read"})
    url = f"s3://{bucket}/a.nc"

    def refused(words, *arguments, **env):
        run = command.kerchunk("scan", url, "-o", tmp_path / "a.json", *arguments, env=service.environment(**env))
        assert run.status == 1 and "answered 403 Forbidden" in run.err and words in run.err, run.err
        assert url in run.err and "secret" not in run.err.replace("secret=…", "").lower().replace("aws_secret_access_key", "")

    refused("(SignatureDoesNotMatch); the credentials were those of AWS_ACCESS_KEY_ID\n", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="wrong secret")
    refused("(InvalidAccessKeyId)", AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="x")
    refused("no credentials were found, so the request was anonymous")
    refused("as requested (--anon)", "--anon", **KEYS)
    assert scan(f"s3://{bucket}/open.nc", tmp_path / "b.json", env=service.environment())
    assert scan(f"s3://{bucket}/open.nc", tmp_path / "b.json", "--anon", env=service.environment(**KEYS))
    assert all("authorization" not in entry["headers"] for entry in service.log()[-2:])
    run = command.kerchunk("scan", url, "-o", tmp_path / "a.json", "--storage-option", "anon=false", env=service.environment())
    assert run.status == 1 and "no credentials were found" in run.err


def test_what_is_not_there(service, tmp_path):
    bucket = service.bucket("empty")
    env = service.environment(**KEYS)
    run = command.kerchunk("scan", f"s3://{bucket}/none.nc", "-o", tmp_path / "a.json", env=env)
    assert run.status == 1 and "404 Not Found" in run.err and "(NoSuchKey)" in run.err
    run = command.kerchunk("scan", "s3://absent-bucket/none.nc", "-o", tmp_path / "a.json", env=env)
    assert run.status == 1 and "(NoSuchBucket)" in run.err
    run = tool("list", "s3://absent-bucket/", env=env)
    assert run.returncode == 1 and "(NoSuchBucket)" in run.stderr and "kind: not-found" in run.stderr
    service.client.put_object(Bucket=bucket, Key="zero", Body=b"")
    assert answer("get", f"s3://{bucket}/zero", tmp_path / "zero", env=env)["size"] == 0


def test_credentials_come_from_where_users_keep_them(service, tmp_path):
    bucket = service.bucket("chain")
    service.client.upload_file(CLIMATE, bucket, "a.nc")
    url = f"s3://{bucket}/a.nc"
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n"
        "[mine]\naws_access_key_id=session\naws_secret_access_key = other\naws_session_token = a/token+of=the session\n")
    (tmp_path / "config").write_text(
        f"[default]\nregion = nowhere-1\n[profile whole]\naws_access_key_id = test\naws_secret_access_key = secret/+=\n"
        f"services = local\nregion = us-east-1\ns3 =\n  addressing_style = path\n"
        f"[services local]\ns3 =\n  endpoint_url = {service.url}\n"
        "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = mine\n[profile sso]\nsso_session = x\n"
        "[profile program]\ncredential_process = /bin/true\n[profile half]\naws_access_key_id = x\n")
    files = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_CONFIG_FILE": str(tmp_path / "config")}

    def reads(*arguments, id, **env):
        assert scan(url, tmp_path / "a.json", *arguments, env=env)
        assert f"Credential={id}/" in service.log()[-1]["headers"]["authorization"]

    there = service.environment()
    reads(id="session", **there, **files, AWS_PROFILE="mine")
    reads("--profile", "mine", id="session", **there, **files, **KEYS)
    reads(id="test", **there, **files, **KEYS, AWS_PROFILE="mine")
    reads("--profile", "whole", id="test", **ENVIRONMENT, **files)
    reads("--storage-option", "key=test", "--storage-option", "secret=secret/+=", id="test", **there, **files, AWS_PROFILE="mine")
    reads(id="session", **there, AWS_ACCESS_KEY_ID="session", AWS_SECRET_ACCESS_KEY="other",
          AWS_SESSION_TOKEN="a/token+of=the session")
    reads("--storage-option", "client_kwargs=" + json.dumps({"endpoint_url": service.url, "region_name": "us-east-1"}),
          "--storage-option", 'config_kwargs={"s3": {"addressing_style": "path"}}', id="test", **ENVIRONMENT, **KEYS)
    reads("--endpoint-url", service.url, id="test", **ENVIRONMENT, **KEYS, AWS_ENDPOINT_URL="http://127.0.0.1:1")

    for arguments, env, words in [
        (["--profile", "role"], files, "from \"role_arn\", which is not supported; get them with the AWS command: eval"),
        (["--profile", "sso"], files, "from \"sso_session\""), (["--profile", "program"], files, "from \"credential_process\""),
        (["--profile", "half"], files, "no aws_secret_access_key"),
        (["--profile", "absent"], files, "there is no profile \"absent\""),
        ([], {"AWS_ACCESS_KEY_ID": "x"}, "AWS_SECRET_ACCESS_KEY is not"),
        (["--storage-option", "key=x"], {}, "one of them is missing"),
        ([], {"AWS_WEB_IDENTITY_TOKEN_FILE": "/x", "AWS_ROLE_ARN": "y"}, "web identity"),
        (["--storage-option", 'client_kwargs={"aws_session": 1}'], {}, "fetch the file with fsspec in Python"),
        (["--storage-option", 'config_kwargs={"s3": {"x": 1}}'], {}, "s3.x, which is not supported"),
        (["--storage-option", 'client_kwargs={"verify": "/x.pem"}'], {}, '"verify" of the storage option "client_kwargs" must be true or false'),
        (["--storage-option", 'client_kwargs=[]'], {}, "must be a JSON object"),
        (["--storage-option", "addressing_style=x"], {}, "auto, path or virtual"),
        (["--storage-option", "region=x/y"], {}, "is not a valid region"),
        (["--endpoint-url", "localhost:9000"], {}, "is a URL such as"),
    ]:
        run = command.kerchunk("scan", url, "-o", tmp_path / "b.json", *arguments, env=there | env)
        assert run.status != 0 and words in run.err, (arguments, run.err)


def test_credentials_of_the_machine(service, tmp_path):
    bucket = service.bucket("machines")
    for name in "ab":
        service.client.upload_file(CLIMATE, bucket, name + ".nc")
    service.set()
    urls = [f"s3://{bucket}/a.nc", f"s3://{bucket}/b.nc"]
    instance = service.environment(AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url + "/-/machine")
    del instance["AWS_EC2_METADATA_DISABLED"]
    container = service.environment(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url + "/-/container",
                                    AWS_CONTAINER_AUTHORIZATION_TOKEN="who I am")
    for env in (instance, container):
        run = command.kerchunk("scan", *urls, "-o", tmp_path / "out", "--overwrite", env=env)
        assert run.status == 0, run.err
        log = service.log()
        # Asked for once, however many files there are.
        assert sum(entry["path"].endswith(("/a%20role", "/-/container")) for entry in log) == 1
        assert all("Credential=machine/" in entry["headers"]["authorization"] for entry in log if bucket in entry["path"])
        service.set()
    # The server takes the keys no more, and the machine has others.
    service.set(expired="machine")
    scan(urls[0], tmp_path / "a.json", env=instance)
    assert "Credential=machine2/" in service.log()[-1]["headers"]["authorization"]
    # The others are refused, too.
    service.set(expired="machine,machine2")
    run = command.kerchunk("scan", urls[0], "-o", tmp_path / "a.json", "--overwrite", env=instance)
    assert run.status == 1 and "the session token has expired" in run.err
    service.set(expired="session")
    run = command.kerchunk("scan", urls[0], "-o", tmp_path / "a.json", "--overwrite", env=service.environment(
        AWS_ACCESS_KEY_ID="session", AWS_SECRET_ACCESS_KEY="other", AWS_SESSION_TOKEN="a/token+of=the session"))
    assert run.status == 1 and "(ExpiredToken); the session token has expired: get new credentials" in run.err
    # Keys that are about to run out serve as long as there are no others; the endpoint is not asked for each request.
    for lifetime, count in ((300, 1), (0, 2)):
        service.set(lifetime=lifetime)
        run = command.kerchunk("scan", *urls, "-o", tmp_path / "out", "--overwrite", "--jobs", "1", env=instance)
        assert run.status == 0, run.err
        assert sum(entry["path"].endswith("/a%20role") for entry in service.log()) >= count
        assert lifetime == 0 or sum(entry["path"].endswith("/a%20role") for entry in service.log()) == 1
    # Nobody answers, so the request is anonymous.
    nobody = instance | {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9"}
    run = command.kerchunk("scan", urls[0], "-o", tmp_path / "a.json", "--overwrite", env=nobody)
    assert run.status == 1 and "no credentials were found" in run.err
    wrong = service.environment(AWS_CONTAINER_CREDENTIALS_FULL_URI="http://example.invalid/x")
    run = command.kerchunk("scan", urls[0], "-o", tmp_path / "a.json", "--overwrite", env=wrong)
    assert run.status != 0 and "must start with https://" in run.err


def test_a_requester_pays(service, tmp_path):
    bucket = service.bucket("payer-bucket")
    client = service.client
    client.put_object(Bucket=bucket, Key="a.nc", Body=open(CLIMATE, "rb").read(), RequestPayer="requester")
    env = service.environment(**KEYS)
    run = command.kerchunk("scan", f"s3://{bucket}/a.nc", "-o", tmp_path / "a.json", env=env)
    assert run.status == 1 and "--requester-pays pays for requests" in run.err
    assert scan(f"s3://{bucket}/a.nc", tmp_path / "a.json", "--requester-pays", env=env)
    assert scan(f"s3://{bucket}/a.nc", tmp_path / "a.json", "--storage-option", "requester_pays=true", env=env)


def test_a_bucket_in_another_region(service, tmp_path):
    far = boto3.client("s3", endpoint_url=service.url, region_name="eu-central-1", aws_access_key_id="test",
                       aws_secret_access_key="secret/+=")
    far.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for number in range(5):
        far.upload_file(CLIMATE, "far-away", f"{number}.nc")
    service.set()
    run = command.kerchunk("scan", *(f"s3://far-away/{n}.nc" for n in range(5)), "-o", tmp_path / "out", "--jobs", "1",
                           "--stats", env=service.environment(**KEYS))
    assert run.status == 0, run.err
    # One answer tells the region, for all files of the bucket.
    assert len(service.log()) == 6


def test_faults_of_the_service(service, tmp_path):
    bucket = service.bucket("faults")
    service.client.upload_file(CLIMATE, bucket, "a.nc")
    env = service.environment(**KEYS)
    for fail in ("2:503:SlowDown", "1:500:InternalError", "1:400:RequestTimeout"):
        service.set(fail=fail)
        run = command.kerchunk("scan", f"s3://{bucket}/a.nc", "-o", tmp_path / "a.json", "--overwrite", "--json", env=env)
        assert run.status == 0, run.err
        assert json.loads(run.out)["stats"]["retries"] == int(fail[0])
    service.set(fail="9:503:SlowDown")
    run = command.kerchunk("scan", f"s3://{bucket}/a.nc", "-o", tmp_path / "b.json", "--storage-option", "retries=1", env=env)
    assert run.status == 1 and "503 Service Unavailable: \"as was asked for\" (SlowDown) (2 times)" in run.err
    service.set()


def test_a_clock_that_is_wrong(service, tmp_path):
    bucket = service.bucket("clocks")
    service.client.upload_file(CLIMATE, bucket, "a.nc")
    service.set(clock=7200)
    assert scan(f"s3://{bucket}/a.nc", tmp_path / "a.json", env=service.environment(**KEYS))
    assert len(service.log()) == 2


def test_listings_of_several_pages(service):
    bucket = service.bucket("many")
    years = {2000: 1130, 2001: 1040}
    names = [f"y/{year}/{number:04}.nc" for year, count in years.items() for number in range(count)] + ["y/top.nc", "other/x.nc"]
    for year, count in years.items():
        service.set(fill=f"{bucket}:y/{year}/:{count}")
    for name in names[-2:]:
        service.client.put_object(Bucket=bucket, Key=name, Body=b"12345")
    service.client.put_object(Bucket=bucket, Key="y/2000/", Body=b"")
    service.set()
    env = service.environment(**KEYS)
    listed = answer("list", f"s3://{bucket}/y/", env=env)
    assert listed == [{"key": f"s3://{bucket}/{name}", "size": 5} for name in sorted(names) if name.startswith("y/")]
    assert len(service.log()) == 3
    assert len(answer("list", f"s3://{bucket}/y/2001/000", env=env)) == 10
    service.set()
    level = answer("level", f"s3://{bucket}/y/", env=env)
    assert level == {"objects": [{"key": f"s3://{bucket}/y/top.nc", "size": 5}],
                     "folders": [f"s3://{bucket}/y/2000/", f"s3://{bucket}/y/2001/"]}
    assert len(service.log()) == 1
    assert answer("level", f"s3://{bucket}", env=env)["folders"] == [f"s3://{bucket}/other/", f"s3://{bucket}/y/"]


@pytest.mark.parametrize("size, parts", [(0, 0), (1, 0), (8 << 20, 0), ((8 << 20) + 1, 2), (50_000_000, 6)])
def test_objects_of_any_size_are_written(service, tmp_path, size, parts):
    bucket = service.bucket("written")
    content = random.Random(size).randbytes(size)
    (tmp_path / "in").write_bytes(content)
    answer("put", tmp_path / "in", f"s3://{bucket}/out/{size}", env=service.environment(**KEYS))
    # A request for each part, one before and one after them.
    assert len([entry for entry in service.log() if entry["method"] in ("PUT", "POST")]) == (parts + 2 if parts else 1)
    assert service.client.get_object(Bucket=bucket, Key=f"out/{size}")["Body"].read() == content


def test_an_upload_that_fails_leaves_nothing(service, tmp_path):
    bucket = service.bucket("aborted")
    (tmp_path / "in").write_bytes(bytes(40_000_000))
    env = service.environment(**KEYS)
    answer("put-and-abort", tmp_path / "in", f"s3://{bucket}/a", env=env)
    # A part is refused: of the parts before it nothing stays.
    service.set(fail="1:403:AccessDenied", only="partNumber=5")
    run = tool("put", tmp_path / "in", f"s3://{bucket}/c", env=env)
    assert run.returncode == 1 and "(AccessDenied)" in run.stderr
    # The end is refused.
    service.set(fail="9:400:InvalidPart", only="POST /aborted/d?uploadId")
    run = tool("put", tmp_path / "in", f"s3://{bucket}/d", env=env)
    assert run.returncode == 1 and "(InvalidPart)" in run.stderr
    service.set()
    assert "Uploads" not in service.client.list_multipart_uploads(Bucket=bucket)
    assert "Contents" not in service.client.list_objects_v2(Bucket=bucket)
    run = tool("put", tmp_path / "in", f"s3://{bucket}/b", env=service.environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="x"))
    assert run.returncode == 1 and "(SignatureDoesNotMatch)" in run.stderr
    assert "Contents" not in service.client.list_objects_v2(Bucket=bucket)


def test_an_upload_whose_service_stumbles(service, tmp_path):
    """Refusals that pass, also with status 200, and answers that get lost on their way."""
    bucket = service.bucket("stumbling")
    content = random.Random(7).randbytes(20_000_000)
    (tmp_path / "in").write_bytes(content)
    for number, settings in enumerate([
            {"fail": "2:503:SlowDown", "only": "partNumber=2"}, {"fail": "1:500:InternalError", "only": "uploads="},
            {"fail": "1:200:InternalError", "only": "?uploadId"}, {"lose": "?uploadId"}, {"lose": "partNumber=1"}]):
        service.set(**settings)
        answer("put", tmp_path / "in", f"s3://{bucket}/{number}", env=service.environment(**KEYS))
        assert service.client.get_object(Bucket=bucket, Key=str(number))["Body"].read() == content, settings
    service.set()
    (tmp_path / "small").write_bytes(b"small")
    service.set(lose="PUT /stumbling/small")
    answer("put", tmp_path / "small", f"s3://{bucket}/small", env=service.environment(**KEYS))


def test_headers_of_the_user_go_along_signed(service, tmp_path):
    bucket = service.bucket("headers")
    service.client.upload_file(CLIMATE, bucket, "a.nc")
    scan(f"s3://{bucket}/a.nc", tmp_path / "a.json", "--header", "x-amz-custom:  a   b ", env=service.environment(**KEYS))
    headers = service.log()[-1]["headers"]
    assert headers["x-amz-custom"].split() == ["a", "b"] and "x-amz-custom" in headers["authorization"]


def test_objects_are_removed(service):
    bucket = service.bucket("removed")
    for name in ("a", "b c", "d"):
        service.client.put_object(Bucket=bucket, Key=name, Body=b"x")
    env = service.environment(**KEYS)
    answer("remove", f"s3://{bucket}/a", f"s3://{bucket}/b c", f"s3://{bucket}/never", env=env)
    assert [entry["Key"] for entry in service.client.list_objects_v2(Bucket=bucket)["Contents"]] == ["d"]
    assert "(NoSuchBucket)" in tool("remove", "s3://absent-bucket/x", env=env).stderr


def test_credentials_never_follow_a_redirect(service, tmp_path):
    """A service that sends elsewhere is followed without them."""
    bucket = service.bucket("redirected")
    port = service.url.rsplit(":", 1)[1]
    code = ("import http.server,sys\n"
            "class H(http.server.BaseHTTPRequestHandler):\n"
            "    def do_GET(self):\n"
            f"        self.send_response(307); self.send_header('Location', 'http://localhost:{port}'+self.path)\n"
            "        self.send_header('Content-Length','0'); self.end_headers()\n"
            "    def log_message(self,*a): pass\n"
            "s=http.server.HTTPServer(('127.0.0.1',0),H); print(s.server_port,flush=True); s.timeout=20; s.handle_request()\n")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
            run = command.kerchunk("scan", f"s3://{bucket}/a.nc", "-o", tmp_path / "a.json", "--endpoint-url", url,
                                   env=ENVIRONMENT | KEYS | {"AWS_SESSION_TOKEN": "hidden"})
        finally:
            process.kill()
    assert run.status == 1
    asked = [entry for entry in service.log() if bucket in entry["path"] and entry["method"] == "GET"]
    assert asked
    for entry in asked:
        assert not {name for name in entry["headers"] if name.startswith("x-amz") or name == "authorization"}


def test_the_contract_of_stores_is_kept(service):
    """What Tests/KerchunkTestKit/ObjectStoreSuite.swift wants of a store that can be written."""
    bucket = service.bucket("suite-bucket")
    assert answer("check", f"s3://{bucket}/the suite/", env=service.environment(**KEYS)) == []
