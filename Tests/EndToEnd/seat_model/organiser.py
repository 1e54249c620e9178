"""Organisers: they make events, close sales and open them again, cancel single reservations and whole events, and delete."""

import asyncio
import datetime
import time
import uuid

from .actors import Uncertain, Worker
from .model import FOREVER, SLACK, Event, Violation


def at(**delta):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Organiser(Worker):
    async def run(self):
        while not self.world.is_over:
            await asyncio.sleep(self.random.uniform(0.1, 0.6))
            event = self.random.choice(self.world.events)
            actions = (
                (self.cancel_reservation, 50), (self.close_sale, 10), (self.rename, 10), (self.cancel_event, 6), (self.delete_event, 8))
            action = self.random.choices([each for each, _ in actions], [weight for _, weight in actions])[0]
            try:
                async with self.world.gate:
                    if not self.world.is_over and not event.is_ending:
                        await action(event)
            except Uncertain:
                pass
            except Violation as violation:
                self.world.violations.append(violation)
                self.world.is_over = True

    async def make(self):
        rows, width, price = self.world.rows, self.world.seats // self.world.rows, 1000
        body = {
            "title": f"Model {uuid.uuid4().hex[:8]}", "venue": "Hall", "eventDate": at(days=3), "saleStartDate": at(hours=-1),
            "saleEndDate": at(days=2), "createdBy": str(uuid.uuid4()),
            "seatLayout": {"sections": [{"name": "A", "rows": rows, "seatsPerRow": width, "price": price}]}}
        while True:
            try:
                answer = await self.call("POST", "/internal/events", body)
                break
            except Uncertain:
                continue
        if answer.status != 201:
            raise Violation(f"an event was refused: {answer.status} {answer.text[:200]}")
        event_id = answer.json["event"]["id"]
        while True:
            try:
                answer = await self.call("GET", f"/api/seats/{event_id}")
            except Uncertain:
                continue
            if answer.status == 200:
                return Event(event_id, [(seat["id"], seat["price"]) for seat in answer.json["seats"]])
            if answer.status != 503:
                raise Violation(f"a new event's seats answered {answer.status}")

    async def replace(self, event):
        """The old one goes on only in the final books."""
        new = await self.make()
        self.world.events[self.world.events.index(event)] = new
        self.world.past.append(event)

    async def cancel_reservation(self, event):
        open_ones = [each for each in event.reservations if each.state in ("pending", "confirmed")]
        if open_ones:
            reservation = self.random.choice(open_ones)
            path = f"/internal/reservations/{reservation.id}/status"
            await self.on(reservation, "PATCH", path, {"status": "cancelled"}, self.ended)

    async def insist(self, method, path, body=None):
        """Repeats until there is an answer; for requests that may run twice."""
        while True:
            try:
                answer = await self.call(method, path, body)
                if answer.status != 503:
                    return answer
            except Uncertain:
                pass
            await asyncio.sleep(0.01)

    async def close_sale(self, event):
        if event.closed_since is not None or event.unsure_until > time.time():
            return
        event.unsure_until = FOREVER
        path = f"/internal/events/{event.id}"
        closed = await self.insist("PUT", path, {"saleEndDate": at(minutes=-1)})
        if closed.status != 200 and not event.is_ending:
            raise Violation(f"closing a sale answered {closed.status} {closed.text[:200]}")
        event.closed_since = time.time()
        await asyncio.sleep(0.15)
        event.closed_since = None
        await self.insist("PUT", path, {"saleEndDate": at(days=2)})
        event.unsure_until = time.time() + SLACK

    async def rename(self, event):
        title = f"Model {uuid.uuid4().hex[:8]}"
        answer = await self.call("PUT", f"/internal/events/{event.id}", {"title": title})
        if answer.status == 200 and answer.json["event"]["title"] != title:
            raise Violation("a title was not changed")

    async def cancel_event(self, event):
        sold = sum(any(claim.sure_until == FOREVER for claim in seat.claims) for seat in event.seats.values())
        if sold < 0.5 * len(event.seats) and self.random.random() < 0.8:
            return
        event.is_ending = True
        for seat in event.seats.values():
            for claim in seat.claims:
                claim.sure_until, claim.possible_until = 0.0, FOREVER
        answer = await self.insist("POST", f"/internal/events/{event.id}/cancel", {})
        if answer.status != 200 or answer.json["event"]["status"] != "cancelled":
            raise Violation(f"cancelling an event answered {answer.status} {answer.text[:200]}")
        await self.replace(event)

    async def delete_event(self, event):
        """Allowed only when nobody has a seat; most attempts are refused."""
        sent = time.time()
        used = [claim for seat in event.seats.values() for claim in seat.claims if claim.sure_until > sent]
        event.is_ending = True
        try:
            answer = await self.call("DELETE", f"/internal/events/{event.id}")
        except Uncertain:
            # Gone or not: nobody looks at it again.
            await self.replace(event)
            raise
        now = time.time()
        if answer.status == 200:
            still = [claim for seat in event.seats.values() for claim in seat.claims if claim in used and claim.sure_until > now + SLACK]
            if still:
                raise Violation("an event was deleted while somebody had a seat")
            event.is_deleted = True
            await self.replace(event)
        elif answer.status == 409 and answer.code == "EVENT_HAS_RESERVATIONS":
            if not any(seat.may_have_been_taken(sent) for seat in event.seats.values()):
                raise Violation("an event without buyers was not deleted")
            event.is_ending = False
        elif answer.status == 503:
            event.is_ending = False
        else:
            raise Violation(f"deleting an event answered {answer.status} {answer.text[:200]}")
