"""A small client of the public API for scripts and end-to-end tests: standard library only, one error type that shows the answer."""

import http.client
import json
import socket
import urllib.parse
import uuid

from . import settings


class APIFailure(Exception):
    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path} answered {status}: {json.dumps(body, ensure_ascii=False)}")
        self.status = status
        self.body = body
        self.code = body.get("code") if isinstance(body, dict) else None


class API:
    """One user's view of the system."""

    def __init__(self, base=None, token=None):
        self.base = base or settings.url("gateway")
        self.token = token
        self.user = None

    def call(self, method, path, body=None, headers=None, timeout=40):
        """The status, headers and parsed body of one request; connection errors come as OSError."""
        parts = urllib.parse.urlsplit(self.base)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        try:
            sent = {"Accept": "application/json", **(headers or {})}
            if self.token:
                sent["Authorization"] = "Bearer " + self.token
            payload = None
            if body is not None:
                payload = body if isinstance(body, bytes) else json.dumps(body).encode()
                sent.setdefault("Content-Type", "application/json")
            connection.request(method, path, body=payload, headers=sent)
            answer = connection.getresponse()
            data = answer.read()
            kind = answer.headers.get("Content-Type", "")
            parsed = json.loads(data) if data and "json" in kind else data
            return answer.status, answer.headers, parsed
        except (http.client.HTTPException, socket.timeout) as error:
            raise OSError(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()

    def expect(self, method, path, body=None, status=(200, 201), headers=None):
        """The body of an answer that must have one of the given statuses."""
        got, _, answer = self.call(method, path, body, headers)
        if got not in (status if isinstance(status, tuple) else (status,)):
            raise APIFailure(method, path, got, answer)
        return answer

    def get(self, path, **options):
        return self.expect("GET", path, **options)

    def post(self, path, body, **options):
        return self.expect("POST", path, body, **options)

    def put(self, path, body=None, **options):
        return self.expect("PUT", path, body, **options)

    def register(self, name="Buyer", password="correct horse battery"):
        email = f"{name.lower()}-{uuid.uuid4().hex[:12]}@example.com"
        answer = self.post("/api/auth/register", {"email": email, "password": password, "name": name})
        self.token, self.user = answer["token"], answer["user"]
        return self

    def login(self, email, password):
        answer = self.post("/api/auth/login", {"email": email, "password": password})
        self.token, self.user = answer["token"], answer["user"]
        return self

    def pay(self, reservation, behaviour=None):
        """Prepares, pays at the simulator and confirms. Returns the status and body of the confirmation."""
        order = self.post("/api/payments/prepare", {"reservationId": reservation["id"], "amount": reservation["totalAmount"]})
        key = payment_key(order["orderId"], order["amount"], behaviour)
        status, _, body = self.call(
            "POST", "/api/payments/confirm", {"paymentKey": key, "orderId": order["orderId"], "amount": order["amount"]}
        )
        return status, body


def payment_key(order_id, amount, behaviour=None):
    """What the payment page does for a buyer: authenticates the payment at the simulator."""
    request = {"orderId": order_id, "amount": amount}
    if behaviour:
        request["behaviour"] = behaviour
    return API(settings.url("toss-simulator")).post("/simulator/payments", request)["paymentKey"]


def administrator():
    return API().login(settings.ADMIN_EMAIL, settings.SECRETS["ADMIN_PASSWORD"])
