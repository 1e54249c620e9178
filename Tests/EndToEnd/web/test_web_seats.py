"""The seat page: live for everybody, own seats restored, losses shown at the seat, a way on when all is sold."""

import concurrent.futures
import re
import time

from browser import choose, hold, needs_browser, pay, wait_for, wait_for_outcome
from helpers import buyer, event, seats

pytestmark = needs_browser


def as_list(page):
    page.wait_for_selector(".seatmap-switch")
    page.click(".seatmap-switch")
    page.wait_for_selector(".seatlist")


def free_count(page):
    return page.locator(".seatlist-seat:not(.is-mine)").count()


def test_two_buyers_see_each_other(visitor):
    concert = event(rows=3, seats_per_row=5)
    one, other = visitor(), visitor(size="phone")
    watcher = other.open(f"/events/{concert}/seats")
    as_list(watcher)
    wait_for(watcher, "document.querySelectorAll('.seatlist-seat').length === 15")
    page = one.open(f"/events/{concert}/seats")
    labels = hold(page, 2)
    wait_for(watcher, "document.querySelectorAll('.seatlist-seat').length === 13", timeout=8000)
    page.go_back()
    page.wait_for_selector("text=내가 잡은 좌석")
    assert sorted(page.locator(".panel .chosen b").all_inner_texts()) == sorted(labels)
    page.click("text=좌석 다시 고르기")
    page.click("dialog .button.danger")
    wait_for(watcher, "document.querySelectorAll('.seatlist-seat').length === 15", timeout=8000)


def test_own_seats_are_here_again_after_a_reload_and_in_another_tab(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    # Nothing offers to pay for or to give back what is not held.
    page.wait_for_selector(".together")
    assert not page.is_visible("text=결제하기") and not page.is_visible("text=좌석 다시 고르기")
    labels = hold(page, 2)
    for tab in (one.open(f"/events/{concert}/seats"), one.open(f"/events/{concert}/seats", one.tab())):
        tab.wait_for_selector("text=내가 잡은 좌석")
        assert sorted(tab.locator(".panel .chosen b").all_inner_texts()) == sorted(labels)
        # A quarter of an hour, less what opening the page took.
        assert re.fullmatch(r"15:00|14:[0-5]\d", tab.inner_text(".panel .countdown b"))
        assert not tab.is_visible("text=선택 완료")
    page.click("text=결제하기")
    page.wait_for_url("**/payment?reservation=*")


def test_a_lost_seat_is_shown_with_the_nearest_one(visitor):
    concert = event(rows=3, seats_per_row=6)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    labels = choose(page, 2)
    taken = next(seat for seat in seats(concert) if seat["seatLabel"] == labels[0])
    buyer().post("/api/seats/reserve", {"seatIds": [taken["id"]]})
    page.wait_for_selector(f'.lost[role=alert]:has-text("{labels[0]}")', timeout=8000)
    assert page.locator(".panel .chosen b").all_inner_texts() == [labels[1]]
    page.click(".lost .button")
    wait_for(page, "document.querySelectorAll('.panel .chosen li').length === 2")
    page.click(".panel .button.large")
    page.wait_for_selector(".payment-page")


def test_a_race_that_only_the_server_decides(visitor):
    """The message comes too late: the answer of the order names the seat."""
    concert = event(rows=2, seats_per_row=6)
    one = visitor(init="delete window.WebSocket;")
    one.context.route("**/socket.io/**", lambda route: route.abort())
    one.context.route("**/api/seats/*?since=*", lambda route: route.abort())
    page = one.open(f"/events/{concert}/seats")
    labels = choose(page, 2)
    taken = next(seat for seat in seats(concert) if seat["seatLabel"] == labels[1])
    buyer().post("/api/seats/reserve", {"seatIds": [taken["id"]]})
    page.click(".panel .button.large")
    page.wait_for_selector(f'.lost[role=alert]:has-text("{labels[1]}")')
    assert page.locator(".panel .chosen b").all_inner_texts() == [labels[0]]


def test_the_limit_holds_while_choosing(visitor):
    concert = event(rows=2, seats_per_row=6)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    choose(page, 4)
    as_list(page)
    page.click('.seatlist-seat[aria-pressed="false"] >> nth=0')
    page.wait_for_selector(".seats-notices >> text=4석까지 예매할 수 있습니다")
    assert page.locator(".panel .chosen li").count() == 4


def test_the_keyboard_chooses_a_seat(visitor):
    concert = event(rows=3, seats_per_row=5)
    page = visitor().open(f"/events/{concert}/seats")
    page.focus(".seatmap-box")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelectorAll('.panel .chosen li').length === 1")
    page.keyboard.press("Enter")
    wait_for(page, "document.querySelectorAll('.panel .chosen li').length === 0")


def test_sections_stand_in_the_order_of_the_hall(visitor):
    sections = [
        {"name": name, "rows": 1, "seatsPerRow": 3, "price": price, "startRow": 1}
        for name, price in (("발코니", 30000), ("가운데", 90000), ("앞", 60000))
    ]
    concert = event(seatLayout={"sections": sections})
    page = visitor().open(f"/events/{concert}/seats")
    as_list(page)
    assert page.locator(".seatlist-name").all_inner_texts() == ["발코니", "가운데", "앞"]
    page.goto(page.url.replace("/seats", ""))
    page.wait_for_selector(".price-list")
    assert page.locator(".price-list b").all_inner_texts() == ["발코니", "가운데", "앞"]


def test_sold_out_is_no_dead_end(visitor):
    concert = event(rows=1, seats_per_row=2)
    one, other = visitor(), visitor()
    page = one.open(f"/events/{concert}/seats")
    hold(page, 2)
    pay(page)
    wait_for_outcome(page, "confirmed")
    watcher = other.open(f"/events/{concert}")
    watcher.wait_for_selector("text=매진되었습니다")
    watcher.click("text=취소 자리 지켜보기")
    watcher.wait_for_selector("text=남은 좌석이 없습니다")
    page.click("text=예매 내역 보기")
    page.click("text=예매 취소")
    page.click("dialog .button.danger")
    wait_for_outcome(page, "refunded")
    watcher.wait_for_selector("text=자리가 나왔습니다")
    hold(watcher, 2)


def test_the_map_follows_a_rush(visitor):
    """Sixty holds as fast as they go: the page is at the end of them right after the last."""
    concert = event(rows=6, seats_per_row=20)
    page = visitor().open(f"/events/{concert}/seats")
    as_list(page)
    wait_for(page, "document.querySelectorAll('.seatlist-seat').length === 120")
    ids = [seat["id"] for seat in seats(concert)][:60]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda id: buyer().call("POST", "/api/seats/reserve", {"seatIds": [id]})[0], ids):
            assert answer == 200
    began = time.monotonic()
    wait_for(page, "document.querySelectorAll('.seatlist-seat').length === 60", timeout=10000)
    # The list itself is drawn anew once a second; left to its own questions the page would need up to twenty.
    assert time.monotonic() - began < 6


def test_offline_and_back(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    as_list(page)
    wait_for(page, "document.querySelectorAll('.seatlist-seat').length === 15")
    one.context.set_offline(True)
    page.wait_for_selector(".net-banner")
    ids = [seat["id"] for seat in seats(concert)][:3]
    buyer().post("/api/seats/reserve", {"seatIds": ids})
    one.context.set_offline(False)
    page.wait_for_selector(".net-banner", state="detached")
    wait_for(page, "document.querySelectorAll('.seatlist-seat').length === 12")
