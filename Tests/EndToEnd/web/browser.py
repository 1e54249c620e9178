"""Visitors of the web app in a real browser: signed in without bcrypt, every script error and console error noted."""

import json
import os
import time
import uuid

import pytest

from devtools import settings
from devtools.api import API
from helpers import token

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = "/usr/bin/chromium"
needs_browser = pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="no chromium")

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
# The browser writes each failed request to the console; the page handles them, and tests that want a failure look for it.
HANDLED = ("Failed to load resource", "WebSocket connection to", "net::ERR_INTERNET_DISCONNECTED")


class Visitor:
    """A page with its user; `api` is the same user without a browser."""

    def __init__(self, browser, size="desktop", language="ko", signed_in=True, init="", **context):
        tag = "ko-KR" if language == "ko" else "en-GB"
        self.context = browser.new_context(viewport=SIZES[size], locale=tag, has_touch=size == "phone", accept_downloads=True, **context)
        self.errors = []
        self.user = {"id": str(uuid.uuid4()), "email": f"web-{uuid.uuid4().hex[:12]}@example.com", "name": "구매자", "role": "user"}
        if signed_in:
            key = token(self.user["id"], email=self.user["email"])
            self.api = API(settings.url("gateway"), token=key)
            # Once only: a page that signs out must stay signed out.
            self.context.add_init_script(
                "if (!sessionStorage.getItem('begun')) { sessionStorage.setItem('begun', '1');"
                f"localStorage.setItem('token', {json.dumps(key)}); localStorage.setItem('user', {json.dumps(json.dumps(self.user))}); }}")
        if init:
            self.context.add_init_script(init)
        self.page = self.tab()

    def tab(self):
        page = self.context.new_page()
        page.set_default_timeout(30000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda message: message.type == "error" and not message.text.startswith(HANDLED) and self.errors.append(message.text)
        )
        return page

    def open(self, path, page=None):
        page = page or self.page
        page.goto(settings.url("gateway") + path)
        page.wait_for_selector("h1")
        return page

    def close(self):
        assert self.errors == [], self.errors
        self.context.close()


def wait_for(page, expression, arg=None, timeout=30000):
    """Waits until the page says yes. The strict CSP lets nobody evaluate texts inside the page later on, so it is asked anew each time."""
    end = time.monotonic() + timeout / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < end, f"not within {timeout} ms: {expression}"
        page.wait_for_timeout(20)


def choose(page, count):
    """The best seats together, as the page proposes them."""
    page.wait_for_selector(".together")
    page.select_option(".together select >> nth=0", str(count))
    page.click(".together button")
    wait_for(page, "count => document.querySelectorAll('.panel .chosen li').length === count", arg=count)
    return page.locator(".panel .chosen li b").all_inner_texts()


def hold(page, count):
    """Chooses and holds; the page goes on to payment."""
    labels = choose(page, count)
    page.click(".panel .button.large")
    page.wait_for_url("**/payment?reservation=*")
    page.wait_for_selector(".payment-page")
    return labels


def reservation_of(page):
    return page.url.split("reservation=")[1].split("&")[0]


def pay(page, outcome="ok"):
    """Agrees and pays; the card company answers as told."""
    page.select_option("[name=outcome]", outcome)
    page.check(".check input")
    page.click(".payment-layout .button.large")
    page.wait_for_url("**/payment/success*")


def wait_for_outcome(page, outcome, seconds=30):
    page.wait_for_selector(f'[data-outcome="{outcome}"]', timeout=seconds * 1000)
