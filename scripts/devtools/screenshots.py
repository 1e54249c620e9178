"""Pictures of every page of the web app, for the eye. Runs against a running copy; makes a buyer and a few bookings of its own."""

import argparse
import os
import pathlib
import uuid

from playwright.sync_api import sync_playwright

from . import settings
from .api import API, administrator, payment_key

SIZES = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
ON_SALE = "e0000000-0000-4000-8000-000000000001"
QUEUED = "e0000000-0000-4000-8000-000000000002"
UPCOMING = "e0000000-0000-4000-8000-000000000003"
ENDED = "e0000000-0000-4000-8000-000000000007"


def make_buyer(base):
    email = f"shots-{uuid.uuid4().hex[:10]}@example.com"
    answer = API(base).post("/api/auth/register", {"email": email, "password": "correct horse 9", "name": "김지은"})
    return API(base, token=answer["token"]), answer


def reserve(buyer, event, count=2, skip=0):
    seats = [seat for seat in buyer.get(f"/api/seats/{event}")["seats"] if seat["status"] == "available"][skip:skip + count]
    return buyer.post("/api/reservations", {"eventId": event, "seatIds": [seat["id"] for seat in seats]})["reservation"]


def pay(buyer, reservation):
    order = buyer.post("/api/payments/prepare", {"reservationId": reservation["id"], "amount": reservation["totalAmount"]})
    buyer.post(
        "/api/payments/confirm",
        {"paymentKey": payment_key(order["orderId"], order["amount"]), "orderId": order["orderId"], "amount": order["amount"]},
    )


def pages(buyer):
    paid = reserve(buyer, ON_SALE)
    pay(buyer, paid)
    cancelled = reserve(buyer, "e0000000-0000-4000-8000-000000000005", 1)
    buyer.call("PUT", f"/api/reservations/{cancelled['id']}/cancel", {})
    pending = reserve(buyer, "e0000000-0000-4000-8000-000000000004", 2, 7)
    news = administrator().get("/api/news").get("news") or [
        administrator().post(
            "/api/news",
            {
                "title": "예매 대기실 이용 안내",
                "content": "오픈 전에 대기실에 들어오시면 추첨으로 순서를 정합니다.\n\n서두르지 않아도 됩니다.",
                "isPinned": True,
            },
        )["news"]
    ]
    return {
        "home": "/",
        "search": "/?search=IU",
        "search-empty": "/?search=zzzz",
        "upcoming": "/?status=upcoming",
        "event": f"/events/{ON_SALE}",
        "event-upcoming": f"/events/{UPCOMING}",
        "event-ended": f"/events/{ENDED}",
        "event-queue": f"/events/{QUEUED}",
        "seats": f"/events/{ON_SALE}/seats",
        "seats-own": "/events/e0000000-0000-4000-8000-000000000004/seats",
        "lobby": f"/events/{UPCOMING}/queue",
        "payment": f"/payment?reservation={pending['id']}",
        "payment-confirmed": f"/payment?reservation={paid['id']}",
        "payment-fail": f"/payment/fail?reservation={pending['id']}&code=PAY_PROCESS_CANCELED",
        "payment-cancelled": f"/payment?reservation={cancelled['id']}",
        "bookings": "/my-reservations",
        "bookings-past": "/my-reservations?tab=past",
        "booking": f"/my-reservations/{paid['id']}",
        "news": "/news",
        "news-item": f"/news/{news[0]['id']}",
        "profile": "/profile",
        "missing": "/nothing",
    }


ANONYMOUS = {
    "login": "/login?next=%2Fmy-reservations",
    "register": "/register",
    "reset": "/reset",
    "reset-token": "/reset?token=abc",
    "verify": "/verify",
}
ADMIN = {
    "admin": "/admin",
    "admin-events": "/admin/events",
    "admin-new-event": "/admin/events/new",
    "admin-event": f"/admin/events/{ON_SALE}",
    "admin-live": f"/admin/events/{ON_SALE}/live",
    "admin-reservations": "/admin/reservations",
    "admin-statistics": "/admin/statistics",
    "admin-users": "/admin/users",
    "admin-news": "/admin/news",
    "admin-layouts": "/admin/layouts",
    "admin-keywords": "/admin/keywords",
    "admin-audit": "/admin/audit",
}


def shoot(browser, base, folder, size, language, theme, paths, session):
    context = browser.new_context(
        viewport=SIZES[size],
        locale="ko-KR" if language == "ko" else "en-GB",
        color_scheme=theme,
        device_scale_factor=1,
        has_touch=size == "phone",
    )
    if session:
        import json
        context.add_init_script(
            f"localStorage.setItem('token', {json.dumps(session['token'])}); localStorage.setItem('user', "
            f"{json.dumps(json.dumps(session['user']))});"
        )
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    for name, path in paths.items():
        page.goto(base + path)
        page.wait_for_selector("h1")
        page.wait_for_timeout(900)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        text = page.inner_text("body")
        for bad in ("undefined", "NaN", "[object", "null"):
            if bad in text:
                problems.append(f"says {bad}")
        if overflow > 0:
            problems.append(f"scrolls sideways by {overflow} px")
        page.screenshot(path=folder / f"{name}-{size}-{language}-{theme}.png", full_page=name not in ("seats", "seats-own"))
        for problem in problems:
            print(f"{name} {size} {language} {theme}: {problem}")
        problems.clear()
    context.close()


def main():
    parser = argparse.ArgumentParser(prog="scripts/screenshots")
    parser.add_argument("--only", help="names of pages, separated by commas")
    parser.add_argument("--quick", action="store_true", help="Korean in light colours only")
    options = parser.parse_args()
    base = os.environ.get("TIKETI_URL", settings.url("gateway"))
    folder = pathlib.Path(settings.ROOT / ".dev" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    buyer, session = make_buyer(base)
    groups = [(pages(buyer), session), (ANONYMOUS, None)]
    admin = API(base).post("/api/auth/login", {"email": settings.ADMIN_EMAIL, "password": settings.SECRETS["ADMIN_PASSWORD"]})
    groups.append((ADMIN, admin))
    if options.only:
        wanted = set(options.only.split(","))
        groups = [({name: path for name, path in group.items() if name in wanted}, who) for group, who in groups]
    variants = [("desktop", "ko", "light"), ("phone", "ko", "light")]
    if not options.quick:
        variants += [("desktop", "en", "dark"), ("phone", "en", "light"), ("phone", "ko", "dark")]
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for size, language, theme in variants:
            for group, who in groups:
                shoot(browser, base, folder, size, language, theme, group, who)
        browser.close()
    print(f"pictures in {folder}")


if __name__ == "__main__":
    main()
