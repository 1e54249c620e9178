"""The drawn seat map: by keyboard, by wheel and press, and live."""

import time

from browser import needs_browser, wait_for
from helpers import buyer, event, seats

pytestmark = needs_browser

CURRENT = ".seatmap [role=option]"


def open_map(visitor, concert, **options):
    page = visitor(**options).open(f"/events/{concert}/seats")
    page.wait_for_selector(".seatmap canvas")
    return page


def test_the_keyboard_walks_the_rows_and_chooses(visitor):
    concert = event(rows=3, seats_per_row=6)
    page = open_map(visitor, concert)
    page.focus(".seatmap-box")

    def at(key=None):
        if key:
            page.keyboard.press(key)
        return page.inner_text(CURRENT).split(",")[0]

    assert at("Home") == "A 1열 1번"
    assert at("ArrowRight") == "A 1열 2번"
    assert at("ArrowDown") == "A 2열 2번"
    assert at("End") == "A 2열 6번"
    assert at("ArrowRight") == "A 2열 6번"
    assert at("ArrowUp") == "A 1열 6번"
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelectorAll('.panel .chosen li').length === 1")
    assert page.get_attribute(CURRENT, "aria-selected") == "true"
    page.keyboard.press("Space")
    wait_for(page, "document.querySelectorAll('.panel .chosen li').length === 0")
    # No more than four, however many are asked for.
    page.keyboard.press("Home")
    for _ in range(6):
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowRight")
    assert page.locator(".panel .chosen li").count() == 4


def test_a_wheel_zooms_and_a_press_chooses_the_seat_under_it(visitor):
    concert = event(rows=30, seats_per_row=40)
    page = open_map(visitor, concert)
    whole = page.locator(".seatmap button:text-is('전체 보기')")
    assert whole.is_disabled()
    box = page.locator(".seatmap canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    for _ in range(12):
        page.mouse.wheel(0, -150)
    wait_for(page, "!document.querySelector('.seatmap-tools button:nth-of-type(3)').disabled")
    page.mouse.move(x + 3, y)
    page.wait_for_selector(".seatmap-tip:not([hidden])")
    pointed = page.inner_text(".seatmap-tip").split(",")[0]
    page.mouse.click(x + 3, y)
    wait_for(page, "document.querySelectorAll('.panel .chosen li').length === 1")
    row, number = pointed.replace("A ", "").replace("번", "").split("열 ")
    assert f"A-{row}-{number}" in page.inner_text(".panel .chosen li")
    whole.click()
    wait_for(page, "document.querySelector('.seatmap-tools button:nth-of-type(3)').disabled")


def test_a_press_from_afar_brings_the_place_near_on_a_phone(visitor):
    concert = event(rows=30, seats_per_row=40)
    page = open_map(visitor, concert, size="phone")
    page.locator(".seatmap canvas").scroll_into_view_if_needed()
    box = page.locator(".seatmap canvas").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_for(page, "!document.querySelector('.seatmap-tools button:nth-of-type(3)').disabled")
    assert page.locator(".panel .chosen li").count() == 0
    page.wait_for_timeout(400)
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_for(page, "document.querySelectorAll('.panel .chosen li').length === 1")


def test_another_buyers_seat_changes_within_a_second(visitor):
    concert = event(rows=2, seats_per_row=6)
    page = open_map(visitor, concert)
    page.focus(".seatmap-box")
    page.keyboard.press("Home")
    first = next(seat["id"] for seat in seats(concert) if seat["seatLabel"] == "A-1-1")
    other = buyer()

    def says(word, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            # The voice tells a seat as it is when the keyboard comes to it.
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowLeft")
            if word in page.inner_text(CURRENT):
                return True
        return False

    # Once over whatever way, so that the connection stands.
    other.post("/api/seats/reserve", {"seatIds": [first]})
    assert says("다른 사람이 선택 중", 20)
    # Then pushed: the page asks by itself once in twenty seconds only. A busy machine may be slow, but not each time.
    waits = []
    for path, word in (("release", "선택 가능"), ("reserve", "다른 사람이 선택 중")) * 3:
        began = time.monotonic()
        other.post(f"/api/seats/{path}", {"seatIds": [first]})
        assert says(word, 6)
        waits.append(time.monotonic() - began)
    assert min(waits) < 1, waits
