"""A strict stand-in for S3 and the security token service: every signature is computed anew by botocore and compared, and refusals are
AWS's own.

It keeps objects in memory. `faults` are answers given instead of the next ones; `log` is what was asked.
"""

import datetime
import hashlib
import http.server
import re
import secrets
import threading
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY, SECRET, REGION = "AKIATIKETIEXAMPLE", "s3cr3t/of+the=stand-in", "ap-northeast-2"
ROLE = "arn:aws:iam::123456789012:role/tiketi-images"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([a-z0-9-]+)/s3/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")
LONGEST_SKEW = 15 * 60


class Refusal(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class Key:
    def __init__(self, secret, token=None, ends=None):
        self.secret, self.token, self.ends = secret, token, ends


class StrictS3:
    """Use as a context. `lifetime`: seconds that a role's credentials last."""

    def __init__(self, *buckets, lifetime=3600):
        self.objects = {bucket: {} for bucket in buckets}
        self.keys = {KEY: Key(SECRET)}
        self.lifetime = lifetime
        self.web_token = "web.identity.token"
        self.faults, self.log, self.assumed = [], [], 0
        self.lock = threading.Lock()
        stand_in = self

        class Handler(RequestHandler):
            server_state = stand_in

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc)

    def place(self, host, path):
        """The bucket and the key that a request is about: the bucket stands before the host, or first in the path."""
        name = host.partition(":")[0]
        for bucket in self.objects:
            if name.startswith(bucket + "."):
                return bucket, urllib.parse.unquote(path[1:])
        bucket, _, key = path[1:].partition("/")
        return urllib.parse.unquote(bucket), urllib.parse.unquote(key)

    def check_signature(self, method, target, headers, body):
        match = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
        if not match:
            raise Refusal(403, "AccessDenied")
        key_id, day, region, signed, signature = match.groups()
        names = signed.split(";")
        if names != sorted(names) or "host" not in names or any(
                name.lower().startswith("x-amz-") and name.lower() not in names for name in headers):
            raise Refusal(403, "AccessDenied")
        if region != REGION:
            raise Refusal(400, "AuthorizationHeaderMalformed")
        date = headers.get("X-Amz-Date", "")
        try:
            sent = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            raise Refusal(403, "AccessDenied") from None
        if date[:8] != day:
            raise Refusal(403, "SignatureDoesNotMatch")
        if abs((self.now() - sent).total_seconds()) > LONGEST_SKEW:
            raise Refusal(403, "RequestTimeTooSkewed")
        key = self.keys.get(key_id)
        if key is None:
            raise Refusal(403, "InvalidAccessKeyId")
        if headers.get("X-Amz-Security-Token") != key.token:
            raise Refusal(400, "InvalidToken")
        if key.ends and self.now() >= key.ends:
            raise Refusal(400, "ExpiredToken")
        request = AWSRequest(method=method, url=f"http://{headers['Host']}{target}", headers={name: headers.get(name) for name in names})
        request.context["timestamp"] = date
        signer = S3SigV4Auth(Credentials(key_id, key.secret, key.token), "s3", region)
        expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        if expected != signature:
            raise Refusal(403, "SignatureDoesNotMatch")
        claimed = headers.get("X-Amz-Content-Sha256")
        if claimed != "UNSIGNED-PAYLOAD" and claimed != hashlib.sha256(body).hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch")

    def assume(self, form):
        """AssumeRoleWithWebIdentity, for one role and one token."""
        if form.get("Action") != "AssumeRoleWithWebIdentity" or form.get("Version") != "2011-06-15":
            raise Refusal(400, "InvalidAction")
        if form.get("WebIdentityToken") != self.web_token:
            raise Refusal(400, "InvalidIdentityToken")
        if form.get("RoleArn") != ROLE or not re.fullmatch(r"[\w+=,.@-]{2,64}", form.get("RoleSessionName", "")):
            raise Refusal(403, "AccessDenied")
        ends = self.now() + datetime.timedelta(seconds=self.lifetime)
        with self.lock:
            self.assumed += 1
            name = f"ASIA{self.assumed:012}"
            key = self.keys[name] = Key(secrets.token_urlsafe(30), "session/" + secrets.token_urlsafe(60) + "+=", ends)
        return f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
            <Credentials><AccessKeyId>{name}</AccessKeyId><SecretAccessKey>{key.secret}</SecretAccessKey>
            <SessionToken>{key.token}</SessionToken>
            <Expiration>{ends.strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z</Expiration></Credentials>
            </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>""".encode()

    def answer(self, method, target, headers, body):
        """The status, the body and the fields of an answer."""
        path = target.partition("?")[0]
        if method == "POST" and path == "/":
            return 200, self.assume(dict(urllib.parse.parse_qsl(body.decode()))), {"Content-Type": "text/xml"}
        self.check_signature(method, target, headers, body)
        bucket, key = self.place(headers["Host"], path)
        if bucket not in self.objects:
            raise Refusal(404, "NoSuchBucket")
        objects = self.objects[bucket]
        if method == "PUT":
            objects[key] = (body, headers.get("Content-Type"), headers.get("Cache-Control"))
            return 200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}
        if method == "DELETE":
            objects.pop(key, None)
            return 204, b"", {}
        if method not in ("GET", "HEAD"):
            raise Refusal(405, "MethodNotAllowed")
        if key not in objects:
            raise Refusal(404, "NoSuchKey")
        content, kind, _ = objects[key]
        return 200, content, {"Content-Type": kind}


class RequestHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        state = self.server_state
        if "Content-Length" not in self.headers and self.command in ("PUT", "POST"):
            return self.reply(411, refused("MissingContentLength"), {})
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with state.lock:
            state.log.append((self.command, self.path, self.headers.get("Host")))
            fault = state.faults.pop(0) if state.faults else None
        if fault == "hang up":
            self.close_connection = True
            return self.connection.close()
        if fault:
            return self.reply(fault[0], refused(fault[1]), {})
        try:
            return self.reply(*state.answer(self.command, self.path, self.headers, body))
        except Refusal as refusal:
            return self.reply(refusal.status, refused(refusal.code), {})

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_any

    def reply(self, status, body, fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def refused(code):
    return f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'.encode()
