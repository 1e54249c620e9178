"""Images in a bucket: uploaded through one gateway, served through another, by a strict server's leave."""

import concurrent.futures
import datetime
import functools
import struct
import urllib.request
import zlib

import botocore.session
import pytest
import s3_standin
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from gateways import Gateway, raw, refusal_of
from helpers import administrator, eventually, sql

BUCKET = "tiketi-images"


@functools.cache
def token():
    return administrator().token


def png(size=1, noise=0):
    """A real picture, and what its maker need not tell."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes([row % 256, 7, 9]) * size for row in range(size))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) + chunk(b"tEXt", b"Author\0Kim")
            + chunk(b"prVt", bytes(noise)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def upload(gateway, content, name='a;b "name=x.png'):
    escaped = name.replace('"', '\\"')
    form = (b'preamble\r\n--frontier \t\r\nContent-Disposition: form-data; name="other"\r\n\r\nimage\r\n--frontier\r\n'
            + f'Content-Disposition: form-data; filename="{escaped}"; name="image"\r\nContent-Type: image/png\r\n\r\n'.encode()
            + content + b"\r\n--frontier--\r\nepilogue")
    return gateway.api(token()).call("POST", "/api/image/upload", form, {"Content-Type": 'multipart/form-data; boundary="frontier"'})


def stored(gateway, content):
    status, _, answer = upload(gateway, content)
    assert status == 201, answer
    return answer["url"]


def settings_for(server, **more):
    return {
        "AWS_S3_BUCKET": BUCKET, "AWS_REGION": s3_standin.REGION, "S3_ENDPOINT": f"http://127.0.0.1:{server.port}",
        "AWS_ACCESS_KEY_ID": s3_standin.KEY, "AWS_SECRET_ACCESS_KEY": s3_standin.SECRET, **more,
    }


def role_settings(server, token_file, **more):
    return {
        **settings_for(server), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ROLE_ARN": s3_standin.ROLE,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file), "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{server.port}", **more,
    }


@pytest.fixture
def s3():
    with s3_standin.StrictS3(BUCKET) as server:
        yield server


def test_the_stand_in_is_strict(s3):
    """What botocore signs is taken; what anybody changes is refused as AWS would."""
    client = botocore.session.Session().create_client(
        "s3", region_name=s3_standin.REGION, endpoint_url=f"http://127.0.0.1:{s3.port}", aws_access_key_id=s3_standin.KEY,
        aws_secret_access_key=s3_standin.SECRET,
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required", retries={"max_attempts": 0}))
    client.put_object(Bucket=BUCKET, Key="a b/한글+.txt", Body=b"hello", ContentType="text/plain")
    assert client.get_object(Bucket=BUCKET, Key="a b/한글+.txt")["Body"].read() == b"hello"

    def refusal(secret=s3_standin.SECRET, region=s3_standin.REGION, key=s3_standin.KEY, body=b"x", **changed):
        request = AWSRequest(
            method="PUT", url=f"http://127.0.0.1:{s3.port}/{BUCKET}/k", data=b"x", headers={"Host": f"127.0.0.1:{s3.port}"}
        )
        S3SigV4Auth(Credentials(key, secret), "s3", region).add_auth(request)
        headers = {**dict(request.headers.items()), **changed}
        try:
            with urllib.request.urlopen(urllib.request.Request(request.url, body, headers, method="PUT")):
                return None
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode().split("Code>")[1].rstrip("</")

    assert refusal() is None
    assert refusal(secret="other") == (403, "SignatureDoesNotMatch")
    assert refusal(key="AKIAOTHER") == (403, "InvalidAccessKeyId")
    assert refusal(body=b"y") == (400, "XAmzContentSHA256Mismatch")
    assert refusal(region="us-east-1") == (400, "AuthorizationHeaderMalformed")
    assert refusal(**{"X-Amz-Acl": "public-read"}) == (403, "AccessDenied")
    early = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20)).strftime("%Y%m%dT%H%M%SZ")
    assert refusal(**{"X-Amz-Date": early}) in [(403, "RequestTimeTooSkewed"), (403, "SignatureDoesNotMatch")]
    assert refusal(**{"X-Amz-Security-Token": "t"}) == (403, "AccessDenied")
    assert refusal(Authorization="") == (403, "AccessDenied")


def test_what_one_gateway_takes_another_serves(s3):
    with Gateway("images-1", **settings_for(s3)) as one, Gateway("images-2", **settings_for(s3)) as two:
        picture = png(40)
        url = stored(one, picture)
        assert url.startswith("/uploads/") and url.endswith(".png")
        content, kind, caching = s3.objects[BUCKET][url[1:]]
        assert b"Kim" in picture and b"Kim" not in content
        assert kind == "image/png" and caching == "public, max-age=31536000, immutable"
        for gateway in [one, two]:
            status, headers, body = raw(gateway, "GET", url)
            assert (status, body) == (200, content)
            assert headers["Content-Type"] == "image/png" and headers["Content-Length"] == str(len(content))
            assert headers["Vary"] == "Origin" and headers["Cache-Control"] == caching
            assert raw(gateway, "GET", url, headers={"If-None-Match": headers["ETag"]})[0] == 304
            status, headers, body = raw(gateway, "HEAD", url)
            assert (status, headers["Content-Length"], body) == (200, str(len(content)), b"")
        assert raw(two, "GET", "/uploads/00000000-0000-4000-8000-000000000000.png")[0] == 404
        # Removed through one, gone at the other.
        name = url.rsplit("/", 1)[1]
        assert two.api(token()).call("DELETE", f"/api/image/{name}")[0] == 200
        assert url[1:] not in s3.objects[BUCKET]
        assert raw(one, "GET", url)[0] == 404
        assert two.api(token()).call("DELETE", f"/api/image/{name}")[0] == 404
        assert sql(f"SELECT count(*) FROM public.audit_log WHERE action = 'image.delete' AND entity_id = '{name}'") == [["1"]]


def test_the_bucket_before_the_host_and_a_place_of_its_own_for_readers(s3):
    settings = settings_for(
        s3, S3_ENDPOINT=f"http://localhost:{s3.port}", S3_ADDRESSING="virtual", PUBLIC_IMAGE_URL="https://images.example/cdn")
    with Gateway("images-virtual", **settings) as gateway:
        url = stored(gateway, png(3))
        prefix = "https://images.example/cdn/uploads/"
        assert url.startswith(prefix)
        key = "uploads/" + url.removeprefix(prefix)
        assert key in s3.objects[BUCKET]
        assert {host for _, _, host in s3.log} == {f"{BUCKET}.localhost:{s3.port}"}
        assert raw(gateway, "GET", "/" + key)[2] == s3.objects[BUCKET][key][0]


def test_a_stumbling_bucket_is_asked_again(s3):
    with Gateway("images-faults", **settings_for(s3)) as gateway:
        s3.faults += [(503, "SlowDown"), "hang up", (500, "InternalError")]
        url = stored(gateway, png(2, noise=1_000_000))
        assert [method for method, _, _ in s3.log] == ["PUT"] * 4
        s3.faults += ["hang up", (503, "ServiceUnavailable")]
        assert raw(gateway, "GET", url)[2] == s3.objects[BUCKET][url[1:]][0]
        # For good: the client is told to come back, and nothing is promised.
        before = dict(s3.objects[BUCKET])
        s3.faults += [(503, "SlowDown")] * 4
        status, headers, answer = upload(gateway, png(2))
        assert (status, answer["code"], headers["Retry-After"]) == (503, "UNAVAILABLE", "5")
        assert s3.objects[BUCKET] == before
        s3.faults += [(403, "AccessDenied")]
        assert raw(gateway, "GET", url)[0] == 503
        assert raw(gateway, "GET", url)[0] == 200


def test_a_wrong_key_stores_nothing(s3):
    with Gateway("images-wrong", **settings_for(s3, AWS_SECRET_ACCESS_KEY="wr0ng-secret")) as gateway:
        assert upload(gateway, png())[0] == 503
        assert not s3.objects[BUCKET]
        assert "SignatureDoesNotMatch" in gateway.log.read_text() and "wr0ng-secret" not in gateway.log.read_text()


def test_a_role_is_taken_by_the_pods_token(tmp_path):
    with s3_standin.StrictS3(BUCKET, lifetime=8) as s3:
        file = tmp_path / "token"
        file.write_text(s3.web_token + "\n")
        with Gateway("images-role", **role_settings(s3, file)) as gateway:
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                urls = list(pool.map(lambda _: stored(gateway, png(2)), range(8)))
            assert s3.assumed == 1
            # The platform replaces the token; credentials end, and new ones are there before that.
            s3.web_token = "the.next.token"
            file.write_text(s3.web_token)
            first = min(key.ends for key in s3.keys.values() if key.ends)

            def served():
                assert raw(gateway, "GET", urls[0])[0] == 200
                return s3.now() > first + datetime.timedelta(seconds=4)

            eventually(served, "requests beyond the first credentials' end", 30)
            assert 2 <= s3.assumed <= 4
            assert ["GET"] * 3 == [method for method, path, _ in s3.log if path.startswith("/" + BUCKET)][-3:]
            # Credentials that the bucket knows no more are replaced within the request.
            for name in [name for name in s3.keys if name.startswith("ASIA")]:
                del s3.keys[name]
            assert raw(gateway, "GET", urls[0])[0] == 200


def test_no_upload_is_held_in_memory(s3):
    """Twenty large uploads at a time cost no memory of their size."""
    with Gateway("images-many", **settings_for(s3, UPLOAD_DAILY_QUOTA="1000000")) as gateway:
        picture = png(1, noise=4_900_000)
        stored(gateway, picture)
        before = peak = gateway.memory()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            running = [pool.submit(stored, gateway, picture) for _ in range(30)]
            while not all(work.done() for work in running):
                peak = max(peak, gateway.memory())
        for work in running:
            work.result()
        assert peak - before < 40_000_000, f"{(peak - before) / 1e6:.0f} MB more"


def test_production_has_a_bucket():
    text = refusal_of(NODE_ENV="production", AWS_S3_BUCKET="")
    assert "AWS_S3_BUCKET: is required in production" in text
