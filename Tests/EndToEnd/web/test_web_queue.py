"""The waiting room: the place told live, no trap for Back, leaving asked first, the draw checked in the browser."""

import datetime
import uuid

from browser import needs_browser
from devtools import settings
from devtools.api import API
from helpers import event, token

pytestmark = needs_browser


def inside(concert):
    """Somebody who is let in by an event's queue, and the id of the place."""
    person = API(settings.url("gateway"), token=token(str(uuid.uuid4())))
    place = person.post("/api/queue", {"eventId": concert})
    assert place["status"] == "admitted"
    return person, place["queueId"]


def test_the_line_moves_and_back_is_no_trap(visitor):
    concert = event(rows=2, seats_per_row=5, queueEnabled=True)
    people = [inside(concert) for _ in range(2)]
    first, second = visitor(), visitor(size="phone")
    for one, place in ((first, "1번째"), (second, "2번째")):
        page = one.open(f"/events/{concert}")
        page.click(".action .button")
        page.wait_for_selector(f'.queue-place:has-text("{place}")')
    second.page.reload()
    second.page.wait_for_selector('.queue-place:has-text("2번째")')
    first.page.click("text=대기열에서 나가기")
    first.page.click("dialog .button.secondary")
    first.page.click("text=대기열에서 나가기")
    first.page.click("dialog .button.danger")
    first.page.wait_for_url(f"**/events/{concert}")
    second.page.wait_for_selector('.queue-place:has-text("1번째")')
    api, queue = people[0]
    assert api.call("DELETE", f"/api/queue/{queue}")[0] == 200
    second.page.wait_for_url(f"**/events/{concert}/seats", timeout=60000)
    second.page.wait_for_selector(".together")
    second.page.go_back()
    second.page.wait_for_url(f"**/events/{concert}")
    # Who comes past the line is led to its end.
    first.open(f"/events/{concert}/seats")
    first.page.wait_for_url(f"**/events/{concert}/queue")
    first.page.wait_for_selector('.queue-place:has-text("번째")')


def test_the_lobby_and_the_check_of_its_draw(visitor):
    opens = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=20)
    concert = event(rows=2, seats_per_row=5, queueEnabled=True, saleStartDate=opens.strftime("%Y-%m-%dT%H:%M:%SZ"))
    one = visitor()
    page = one.open(f"/events/{concert}")
    page.click(".action .button")
    page.wait_for_selector('.queue[data-status="lobby"]')
    promised = page.locator('[data-testid="commitment"]').text_content()
    # Others stand before this visitor: it may have to wait, and can check meanwhile.
    for _ in range(6):
        API(settings.url("gateway"), token=token(str(uuid.uuid4()))).post("/api/queue", {"eventId": concert})
    page.wait_for_selector('.queue[data-status="waiting"], .queue[data-status="admitted"], .seats-page', timeout=60000)
    proof = one.api.get(f"/api/queue/{concert}/proof")
    assert proof["commitment"] == promised and proof["seed"] and len(proof["entries"]) == 7
    if page.locator('.queue[data-status="waiting"]').count():
        page.click(".draw summary")
        page.click(".draw .button")
        page.wait_for_selector(".draw .banner.good:has-text('7명 중')")
