"""The organiser's desk in a real browser: an event from its making to its cancellation, and every page without a serious fault of access.
"""

import json
import re
import struct
import zlib

import pytest

from browser import Visitor, needs_browser, wait_for
from devtools import settings
from devtools.api import administrator
from helpers import buyer, eventually

pytestmark = needs_browser

PAGES = [
    "/admin",
    "/admin/events",
    "/admin/events/new",
    "/admin/reservations",
    "/admin/payments?view=all",
    "/admin/statistics",
    "/admin/users",
    "/admin/news",
    "/admin/layouts",
    "/admin/keywords",
    "/admin/sessions",
    "/admin/audit",
]


def png(width=30, height=40):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x55\x36\xe8" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def organiser(visitor):
    admin = administrator()
    user = json.dumps(json.dumps(admin.user))
    one = visitor(signed_in=False, init=f"localStorage.setItem('token', {json.dumps(admin.token)}); localStorage.setItem('user', {user});")
    one.api = admin
    return one


def reserve(user, event, count):
    free = [seat["id"] for seat in user.get(f"/api/seats/{event}")["seats"] if seat["status"] == "available"][:count]
    return user.post("/api/reservations", {"eventId": event, "seatIds": free})["reservation"]


def bought(event, count):
    user = buyer()
    made = reserve(user, event, count)
    assert user.pay(made)[0] == 200
    return made


def tile(page, name):
    return page.locator(".tile", has=page.locator("dt", has_text=re.compile(f"^{name}$"))).locator("dd")


def test_an_organiser_makes_opens_watches_refunds_and_cancels_an_event(organiser):
    page = organiser.open("/admin/events/new")
    # What is missing is said at the fields, and nothing is sent.
    page.click("button[type=submit]")
    page.wait_for_selector("input[aria-invalid=true]")
    page.fill("label:text-is('제목') + input", "가을밤의 재즈")
    page.fill("label:text-is('장소') + input", "예술의전당")
    page.fill("label:text-is('예매 시작') + input", "2026-01-01T20:00")
    page.set_input_files("input[type=file]", {"name": "poster.png", "mimeType": "image/png", "buffer": png()})
    page.wait_for_selector(".poster-frame img")
    page.fill(".layout-field.rows input", "2")
    page.fill(".layout-field.price input", "120,000")
    assert "2,400,000" in page.inner_text("section:has(.layout-sections) p[role=status]")
    page.click("button[type=submit]")
    page.wait_for_url(re.compile(r"/admin/events/[0-9a-f-]{36}$"))
    page.wait_for_selector("text=공연 수정")
    event = page.url.rsplit("/", 1)[1]
    stored = organiser.api.get(f"/api/admin/events/{event}")["event"]
    # Typed in Seoul, kept in UTC.
    assert stored["saleStartDate"] == "2026-01-01T11:00:00Z" and stored["totalSeats"] == 20 and stored["status"] == "on_sale"
    assert page.evaluate("document.querySelector('.poster-frame img').naturalWidth") == 30

    page.click("text=실시간 >> nth=0")
    page.wait_for_selector(".badge.live:text-is('실시간 연결됨')")
    refunded, kept = bought(event, 2), bought(event, 1)
    wait_for(
        page,
        "[...document.querySelectorAll('.tile')].some(one => one.innerText.startsWith('판매') && "
        "one.querySelector('dd').innerText.startsWith('3'))",
        timeout=8000,
    )
    assert "360,000" in tile(page, "좌석 매출").inner_text()
    assert page.locator(".feed li").count() >= 3

    page.goto(settings.url("gateway") + f"/admin/reservations?eventId={event}")
    page.click(f"text={refunded['reservationNumber']}")
    page.wait_for_selector(".dialog .steps li")
    page.click(".dialog .button.danger")
    page.locator(".dialog .button.danger").last.click()
    page.wait_for_selector(".toast")
    eventually(lambda: organiser.api.get(f"/api/reservations/{refunded['id']}")["reservation"]["paymentStatus"] == "refunded", "the refund")
    page.reload()
    page.wait_for_selector(".dialog .badge:text-is('환불')")

    page.goto(settings.url("gateway") + "/admin/events?search=%EA%B0%80%EC%9D%84%EB%B0%A4")
    row = page.locator("tr", has=page.locator(f"a[href='/admin/events/{event}']"))
    row.locator("button:text-is('공연 취소')").click()
    action = page.locator(".dialog .button.danger")
    page.wait_for_selector(".dialog .facts")
    assert "120,000" in page.inner_text(".dialog .facts")
    page.fill(".dialog input", "1건 12,000원")
    assert action.is_disabled()
    page.fill(".dialog input", "1건 120,000원")
    action.click()
    row.locator(".badge:text-is('공연 취소')").wait_for()
    eventually(
        lambda: organiser.api.get(f"/api/reservations/{kept['id']}")["reservation"]["paymentStatus"] == "refunded", "the last refund"
    )
    assert organiser.api.get(f"/api/admin/events/{event}")["event"]["status"] == "cancelled"


def test_every_page_is_accessible_and_has_one_heading(organiser):
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    for path in PAGES:
        page = organiser.open(path)
        page.wait_for_selector("[aria-busy=true]", state="detached")
        assert page.locator("h1").count() == 1, path
        found = axe.run(page).response["violations"]
        serious = [
            (one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], (path, serious)
        text = page.inner_text("body")
        assert not any(word in text for word in ("undefined", "NaN", "[object")), path


def test_a_buyer_sees_no_organisers_page(visitor):
    page = visitor().open("/admin/reservations")
    assert "관리자만" in page.inner_text("main")
    assert page.locator(".table").count() == 0


def test_nothing_is_wider_than_a_phone_in_english(chromium):
    admin = administrator()
    user = json.dumps(json.dumps(admin.user))
    phone = Visitor(
        chromium,
        size="phone",
        language="en",
        signed_in=False,
        init=f"localStorage.setItem('token', {json.dumps(admin.token)}); localStorage.setItem('user', {user});",
    )
    for path in PAGES:
        page = phone.open(path)
        page.wait_for_selector("[aria-busy=true]", state="detached")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert not re.search("[가-힣]", page.inner_text(".admin-nav") + page.inner_text(".admin-head")), path
    phone.close()
