"""The web app in a real browser: one visitor buys while another watches the map. Runs where chromium and playwright are installed."""

import datetime
import os
import subprocess
import uuid

import pytest

from conftest import ROOT
from devtools import settings
from devtools.api import API
from helpers import event, token

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = "/usr/bin/chromium"
pytestmark = pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="no chromium")


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def visitor(browser):
    """A page of a newly registered buyer, in a browser profile of its own. Script errors end the test."""
    page = browser.new_context(locale="ko-KR").new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(error))
    page.on("dialog", lambda dialog: dialog.accept())
    page.set_default_timeout(15000)
    page.goto(settings.url("gateway") + "/register")
    page.fill("[name=email]", f"web-{uuid.uuid4().hex[:12]}@example.com")
    page.fill("[name=password]", "correct horse")
    page.fill("[name=name]", "구매자")
    page.click("form button")
    page.wait_for_selector(".cards")
    return page


def test_buying_is_seen_by_others(browser):
    concert = event(rows=3, seats_per_row=5)
    buyer, watcher = visitor(browser), visitor(browser)
    for page in (buyer, watcher):
        page.goto(f"{settings.url('gateway')}/events/{concert}")
        page.click("text=좌석 선택")
        page.wait_for_selector(".seat.available")
    free = buyer.locator(".seat.available")
    seats = [free.nth(index).get_attribute("data-id") for index in (6, 7)]

    def watch(state):
        for seat in seats:
            watcher.wait_for_selector(f'.seat.{state}[data-id="{seat}"]')

    for seat in seats:
        buyer.click(f'[data-id="{seat}"]')
    buyer.click("text=좌석 잡기")
    buyer.wait_for_selector(".seat.mine")
    watch("locked")
    buyer.click("text=결제하기")
    buyer.click("section button")
    buyer.wait_for_selector("text=예매가 완료되었습니다.")
    watch("reserved")

    buyer.click("text=내 예매 보기")
    buyer.wait_for_selector(".tag.confirmed")
    buyer.click("li.card >> text=취소")
    buyer.wait_for_selector(".tag.cancelled")
    watch("available")

    watcher.click(f'[data-id="{seats[0]}"]')
    watcher.click("text=좌석 잡기")
    watcher.wait_for_selector(".seat.mine")
    watcher.click("text=결제하기")
    watcher.select_option("select", "REJECT_CARD_COMPANY")
    watcher.click("section button")
    watcher.wait_for_selector('[role=status] p:has-text("거절")')
    assert buyer.errors == [] and watcher.errors == []


def test_a_map_is_whole_again_after_redis_was_away(browser):
    """Nobody hears of what changes meanwhile, and no later message shows that something is missing."""
    concert = event(rows=3, seats_per_row=5)
    watcher = visitor(browser)
    watcher.goto(f"{settings.url('gateway')}/events/{concert}/seats")
    watcher.wait_for_selector(".seat.available")
    seats = [watcher.locator(".seat").nth(index).get_attribute("data-id") for index in (3, 4)]
    buyer = API(settings.url("gateway"), token=token(str(uuid.uuid4())))
    assert buyer.call("POST", "/api/seats/reserve", {"seatIds": [seats[0]]})[0] == 200
    watcher.wait_for_selector(f'.seat.locked[data-id="{seats[0]}"]')
    subprocess.run([ROOT / "scripts/dev", "kill", "redis"], check=True, cwd=ROOT)
    try:
        assert buyer.call("POST", "/api/seats/reserve", {"seatIds": [seats[1]]})[0] == 200
    finally:
        subprocess.run([ROOT / "scripts/dev", "start", "redis"], check=True, cwd=ROOT)
    watcher.wait_for_selector(f'.seat.locked[data-id="{seats[1]}"]')
    assert watcher.errors == []


def test_the_waiting_room(browser):
    """A place in a full line, told live; who leaves makes others move up, and who is let in sees the seats."""
    concert = event(rows=2, seats_per_row=5, queueEnabled=True)
    inside = [join(concert) for _ in range(2)]
    first, second = visitor(browser), visitor(browser)
    for page, place in ((first, "1번째"), (second, "2번째")):
        page.goto(f"{settings.url('gateway')}/events/{concert}")
        page.click("text=좌석 선택")
        page.wait_for_selector(f'.position:has-text("{place}")')
    first.click("text=대기열에서 나가기")
    first.wait_for_selector("text=좌석 선택")
    second.wait_for_selector('.position:has-text("1번째")')
    api, queue = inside[0]
    assert api.call("DELETE", f"/api/queue/{queue}")[0] == 200
    second.wait_for_selector(".seat.available", timeout=60000)
    second.click(".seat.available >> nth=0")
    second.click("text=좌석 잡기")
    second.wait_for_selector(".seat.mine")
    # Who comes past the line is led to its end.
    first.goto(f"{settings.url('gateway')}/events/{concert}/seats")
    first.click(".seat.available >> nth=0")
    first.click("text=좌석 잡기")
    first.wait_for_selector('.position:has-text("번째")')
    assert first.errors == [] and second.errors == []


def join(concert):
    """Somebody who is let in by an event's queue, and the id of the place."""
    person = API(settings.url("gateway"), token=token(str(uuid.uuid4())))
    place = person.post("/api/queue", {"eventId": concert})
    assert place["status"] == "admitted"
    return person, place["queueId"]


def test_the_lobby_is_drawn_at_the_opening(browser):
    opens = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=8)
    concert = event(rows=2, seats_per_row=5, queueEnabled=True, saleStartDate=opens.strftime("%Y-%m-%dT%H:%M:%SZ"))
    page = visitor(browser)
    page.goto(f"{settings.url('gateway')}/events/{concert}")
    page.click("text=대기실 입장")
    page.wait_for_selector('.position:has-text("추첨 대기")')
    page.wait_for_selector("code")
    page.wait_for_selector(".seat.available", timeout=60000)
    assert page.errors == []


def test_signing_out_leads_to_login(browser):
    page = visitor(browser)
    page.click("text=로그아웃")
    page.goto(settings.url("gateway") + "/my-reservations")
    page.wait_for_url("**/login?next=*")
    page.fill("[name=email]", "nobody@example.com")
    page.fill("[name=password]", "wrong horse")
    page.click("form button")
    page.wait_for_selector("text=이메일 또는 비밀번호가 올바르지 않습니다.")
    assert page.errors == []
