"""Buying in a real browser, from registration to the code at the door, and every outcome of a payment at every reload."""

import uuid

import pytest

from browser import choose, hold, needs_browser, pay, reservation_of, wait_for, wait_for_outcome
from helpers import event, eventually, expire, seats

pytestmark = needs_browser


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_from_registration_to_the_code_and_back(visitor, size):
    concert = event(rows=4, seats_per_row=6)
    one = visitor(size=size, signed_in=False)
    page = one.open(f"/events/{concert}")
    page.click(".action .button")
    # Buying needs an account; the way leads back to where one was.
    page.wait_for_url("**/login?next=*")
    page.click(".auth >> text=회원가입")
    page.fill("[name=email]", f"web-{uuid.uuid4().hex[:12]}@example.com")
    page.fill("[name=password]", "short")
    page.fill("[name=name]", "구매자")
    page.click("form .button.large")
    page.wait_for_selector("text=8자 이상 입력해 주세요.")
    page.fill("[name=password]", "correct horse 9")
    page.click("form .button.large")
    page.wait_for_url(f"**/events/{concert}/seats")
    page.wait_for_selector(".together")
    assert page.title().startswith("좌석 선택")
    labels = hold(page, 2)
    assert page.locator(".payment-page .chosen b").all_inner_texts() == labels
    page.click(".payment-layout .button.large")
    page.wait_for_selector("text=취소·환불 규정을 확인해 주세요")
    pay(page)
    wait_for_outcome(page, "confirmed")
    wait_for(page, "document.activeElement.tagName === 'H1'")
    page.reload()
    wait_for_outcome(page, "confirmed")
    with page.expect_download() as download:
        page.click("text=캘린더에 추가")
    assert download.value.suggested_filename.startswith("TKT-")
    page.click("text=예매 내역 보기")
    page.wait_for_selector(".qr")
    assert sorted(page.locator(".stub dd >> nth=3").inner_text().split(", ")) == sorted(labels)
    page.click("text=예매 취소")
    page.wait_for_selector("dialog >> text=100,000원 전액")
    page.click("dialog .button.danger")
    wait_for_outcome(page, "refunded")
    assert page.locator(".qr").count() == 0


def test_a_declined_card(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    hold(page, 1)
    pay(page, "reject")
    wait_for_outcome(page, "declined")
    for _ in range(2):
        page.reload()
        wait_for_outcome(page, "declined")
        assert page.locator("text=예매가 완료되었습니다").count() == 0
    page.click("text=좌석 다시 고르기")
    page.wait_for_url(f"**/events/{concert}/seats")
    hold(page, 1)
    pay(page)
    wait_for_outcome(page, "confirmed")


def test_a_reload_while_paying_and_going_back_after_it(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    hold(page, 1)
    id = reservation_of(page)
    pay(page, "slow")
    wait_for_outcome(page, "confirming")
    page.reload()
    wait_for_outcome(page, "confirmed")
    # Back leads to the seats, which are bought, never to a second payment.
    page.go_back()
    page.wait_for_url(f"**/events/{concert}/seats")
    page.wait_for_selector("text=이미 예매한 좌석")
    one.open(f"/payment?reservation={id}")
    wait_for_outcome(page, "confirmed")
    assert one.api.get(f"/api/reservations/{id}")["reservation"]["status"] == "confirmed"


def test_an_unknown_outcome_resolves_by_itself(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    hold(page, 1)
    pay(page, "drop")
    page.wait_for_selector('[data-outcome="unknown"], [data-outcome="confirming"], [data-outcome="confirmed"]')
    assert page.locator('[data-outcome="declined"], [data-outcome="expired"]').count() == 0
    wait_for_outcome(page, "confirmed", 90)


def test_what_has_expired_can_not_be_paid(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    hold(page, 2)
    id = reservation_of(page)
    tab = one.open(f"/events/{concert}/seats", one.tab())
    tab.wait_for_selector("text=내가 잡은 좌석")
    expire(concert)
    # Told without a reload, in both tabs.
    wait_for_outcome(page, "expired")
    assert page.locator("text=결제하기").count() == 0
    tab.wait_for_selector("text=선택 완료")
    eventually(lambda: all(seat["status"] == "available" for seat in seats(concert)), "free seats")
    one.open(f"/payment/success?reservation={id}&orderId=ORDER-{uuid.uuid4()}&amount=100000&paymentKey=sim.ok.x")
    wait_for_outcome(page, "expired")
    page.click("text=좌석 다시 고르기")
    choose(page, 2)


def test_stopping_at_the_card_company_keeps_the_seats(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor()
    page = one.open(f"/events/{concert}/seats")
    hold(page, 1)
    id = reservation_of(page)
    one.open(f"/payment/fail?reservation={id}&code=PAY_PROCESS_CANCELED&message=x")
    wait_for_outcome(page, "retry")
    page.click("text=다시 결제하기")
    page.wait_for_selector(".payment-page")
    pay(page)
    wait_for_outcome(page, "confirmed")


def test_a_clock_that_is_wrong_by_twenty_minutes(visitor):
    concert = event(rows=3, seats_per_row=5)
    one = visitor(init="const real = Date.now; Date.now = () => real() + 20 * 60 * 1000;")
    page = one.open(f"/events/{concert}/seats")
    hold(page, 1)
    left = page.inner_text(".countdown b")
    assert left.startswith("14:") or left == "15:00", left
    pay(page)
    wait_for_outcome(page, "confirmed")
