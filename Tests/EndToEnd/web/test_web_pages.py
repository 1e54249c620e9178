"""Every page of buyers in both languages and sizes: no accessibility finding that is serious, no error, nothing that overflows."""

import pytest

from axe_playwright_python.sync_playwright import Axe
from browser import needs_browser, wait_for
from devtools import settings
from helpers import administrator, event

pytestmark = needs_browser


@pytest.fixture(scope="module")
def paths():
    concert = event(rows=3, seats_per_row=5)
    upcoming = event(
        saleStartDate="2099-01-01T00:00:00Z", saleEndDate="2099-02-01T00:00:00Z", eventDate="2099-03-01T00:00:00Z", queueEnabled=True
    )
    news = administrator().post("/api/news", {"title": "소식", "content": "첫 줄\n둘째 줄"})["news"]["id"]
    return {
        "public": [
            "/",
            "/?search=zzzzzz",
            f"/events/{concert}",
            f"/events/{upcoming}",
            "/news",
            f"/news/{news}",
            "/login",
            "/register",
            "/reset",
            "/reset?token=x",
            "/verify",
            "/nothing",
        ],
        "personal": [
            f"/events/{concert}/seats",
            f"/events/{upcoming}/queue",
            "/my-reservations",
            "/my-reservations?tab=past",
            "/payment/fail",
            "/payment",
        ],
        "concert": concert,
    }


def check(one, path):
    page = one.open(path)
    page.wait_for_load_state("networkidle")
    assert page.locator("h1").count() == 1, path
    assert page.title() not in ("", "Tiketi", "티케티"), path
    text = page.inner_text("body")
    assert not any(bad in text for bad in ("undefined", "NaN", "[object")), path
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), f"{path} scrolls sideways"
    found = [
        (violation["id"], [(node["target"], node["failureSummary"]) for node in violation["nodes"]][:3])
        for violation in Axe().run(page).response["violations"] if violation["impact"] in ("serious", "critical")]
    assert found == [], f"{path}: {found}"


@pytest.mark.parametrize("size,language,theme", [("desktop", "ko", "light"), ("phone", "en", "dark")])
def test_every_page(visitor, paths, size, language, theme):
    stranger = visitor(size=size, language=language, signed_in=False, color_scheme=theme)
    for path in paths["public"]:
        check(stranger, path)
    one = visitor(size=size, language=language, color_scheme=theme)
    free = [seat["id"] for seat in one.api.get(f"/api/seats/{paths['concert']}")["seats"] if seat["status"] == "available"][:2]
    reservation = one.api.post("/api/reservations", {"eventId": paths["concert"], "seatIds": free})["reservation"]["id"]
    for path in [*paths["personal"], f"/payment?reservation={reservation}", f"/my-reservations/{reservation}"]:
        check(one, path)
    assert one.page.evaluate("document.documentElement.lang") == language


def test_search_lives_in_the_address(visitor):
    title = f"이름이 긴 공연 {settings.OFFSET}"
    event(title=title)
    page = visitor(signed_in=False).open("/")
    page.fill("[name=search]", title)
    page.wait_for_url("**/?search=*")
    wait_for(page, "document.querySelectorAll('.event-card h2').length === 1")
    page.click(".event-card h2 a")
    page.wait_for_url("**/events/*")
    wait_for(page, "document.activeElement.tagName === 'H1'")
    page.go_back()
    wait_for(page, "title => document.querySelector('[name=search]')?.value === title", arg=title)
    # What was typed left no entries of its own: one step further back is where the visit began.
    page.click("text=전체 >> nth=0")
    page.click("[aria-label='검색어 지우기']")
    wait_for(page, "!location.search")


def test_signing_out_leads_to_login_and_back(visitor):
    one = visitor()
    page = one.open("/my-reservations")
    page.wait_for_selector(".empty")
    page.click("text=로그아웃")
    page.wait_for_selector("text=로그인 >> nth=0")
    one.open("/my-reservations")
    page.wait_for_url("**/login?next=*")
    page.fill("[name=email]", "nobody@example.com")
    page.fill("[name=password]", "wrong horse")
    page.click("form .button.large")
    page.wait_for_selector("[role=alert] >> text=이메일 또는 비밀번호가 올바르지 않습니다.")


def test_a_session_that_ended_elsewhere(visitor):
    one = visitor(init="if (sessionStorage.getItem('spoil')) localStorage.setItem('token', 'x.y.z');")
    page = one.open("/my-reservations")
    page.wait_for_selector(".empty")
    page.evaluate("sessionStorage.setItem('spoil', '1')")
    page.reload()
    page.wait_for_url("**/login?next=%2Fmy-reservations")


def test_language_and_colours_are_remembered(visitor):
    page = visitor(signed_in=False).open("/")
    page.click(".site-foot >> text=English")
    page.wait_for_selector("text=Find the stage you want to see")
    page.click(".site-foot >> text=Dark")
    page.reload()
    page.wait_for_selector("text=Find the stage you want to see")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
