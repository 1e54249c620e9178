"""The workers: buyers who hold, release, reserve, pay and cancel, and organisers who cancel, close and delete. Each answer is checked."""

import asyncio
import datetime
import random
import re
import time
import uuid

import helpers
from devtools import settings
from wire import Connection, Hung, Lost, NotSent

from .model import FOREVER, SLACK, Claim, Reservation, User, Violation, check_exclusive

INTERNAL = settings.SECRETS["INTERNAL_API_TOKEN"]
CAP = 4
# A statement that a killed process had sent may still be waiting for its locks.
AFTERMATH = 12.0


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Uncertain(Exception):
    """The answer was lost; the worker goes on as somebody else."""


class Worker:
    def __init__(self, world, number):
        self.world = world
        self.random = random.Random(f"{world.seed} {number}")
        self.connections = [Connection(port) for port in world.pair.ports]

    async def call(self, method, path, body=None, user=None, headers=(), instance=None):
        """One request to either instance, to the other one when the first is down."""
        order = [0, 1] if self.random.random() < 0.5 else [1, 0]
        if instance is not None:
            order = [instance, 1 - instance]
        token = user.token if user else INTERNAL
        for attempt in range(200):
            self.world.count(method, path)
            began = time.monotonic()
            try:
                answer = await self.connections[order[attempt % 2]].call(method, path, body, token, headers)
            except NotSent:
                await asyncio.sleep(0.02)
                continue
            except Lost as error:
                self.world.lost += 1
                raise Uncertain from error
            except Hung as error:
                raise Violation(str(error)) from error
            if answer.status >= 500 and not (answer.status == 503 and answer.header("Retry-After")):
                raise Violation(f"{method} {path} answered {answer.status}: {answer.text[:300]}")
            self.world.tally(method, path, answer, time.monotonic() - began)
            return answer
        raise Violation("neither instance listens")

    # Buyers

    async def run(self):
        while not self.world.is_over:
            user_id = str(uuid.uuid4())
            user = User(user_id, helpers.token(user_id))
            event = self.random.choice(self.world.events)
            try:
                for _ in range(self.random.randint(5, 30)):
                    async with self.world.gate:
                        if self.world.is_over or event.is_ending:
                            break
                        await self.step(user, event)
            except Uncertain:
                pass
            except Violation as violation:
                self.world.violations.append(violation)
                self.world.is_over = True

    async def step(self, user, event):
        actions = (
            (self.hold, 30), (self.release, 12), (self.reserve, 16), (self.pay, 12), (self.cancel, 8), (self.look, 8), (self.ask, 4),
            (self.greedy, 3), (self.rest, 3))
        action = self.random.choices([each for each, _ in actions], [weight for _, weight in actions])[0]
        await action(user, event)

    def some_seats(self, user, event, most=3):
        seats = list(event.seats.values())
        picked = self.random.sample(seats, self.random.randint(1, min(most, len(seats))))
        mine = [event.seats[seat_id] for seat_id in user.possible_seats(event, time.time())]
        if mine and self.random.random() < 0.5:
            picked = list({seat.id: seat for seat in self.random.sample(mine, self.random.randint(1, len(mine))) + picked[:1]}.values())[
                :CAP
            ]
        return picked

    async def hold(self, user, event):
        await self.take(user, event, self.some_seats(user, event))

    async def greedy(self, user, event):
        """One user with three windows: the cap and the slots race."""
        seats = self.random.sample(list(event.seats.values()), min(6, len(event.seats)))
        windows = [self, Worker(self.world, self.random.random()), Worker(self.world, self.random.random())]
        parts = [seats[0:2], seats[2:4], seats[4:6]]
        results = await asyncio.gather(
            *(window.take(user, event, part) for window, part in zip(windows, parts) if part), return_exceptions=True)
        for window in windows[1:]:
            for connection in window.connections:
                connection.close()
        failed = [result for result in results if isinstance(result, BaseException)]
        for kind in (Violation, Uncertain, BaseException):
            for failure in failed:
                if isinstance(failure, kind):
                    raise failure

    async def take(self, user, event, seats, reserve=False):
        """Holds or reserves; returns the reservation, or whether the hold succeeded."""
        sent = time.time()
        for seat in event.seats.values():
            seat.purge(sent)
        own = {seat.id: seat.of(user) for seat in seats}
        surely_taken = {
            seat.id: (claim, claim.sure_until)
            for seat in seats
            for claim in seat.claims
            if claim.user is not user and claim.sure_until > sent
        }
        fresh = {seat.id: seat.add(Claim(user)) for seat in seats if own[seat.id] is None}
        possible = user.possible_seats(event, sent)
        for seat in seats:
            user.takes[seat.id] = user.takes.get(seat.id, 0) + 1
        states = {seat.id: claim.reservation.state for seat in seats for claim in [own[seat.id]] if claim and claim.reservation}
        body = {"seatIds": [seat.id for seat in seats]}
        headers = []
        if reserve:
            body["eventId"] = event.id
        path = "/api/reservations" if reserve else "/api/seats/reserve"
        if self.random.random() < 0.15:
            headers = [("Idempotency-Key", str(uuid.uuid4()))]
        hold = self.world.hold_seconds
        # What ends meanwhile may be held anew by the same request.
        kept = [(claim, claim.possible_until) for claim in own.values() if claim]
        for claim, _ in kept:
            claim.possible_until = FOREVER
        # So may what an organiser ends meanwhile: the claim of the reservation then goes, and this one stays.
        anew = {seat.id: seat.add(Claim(user)) for seat in seats if own[seat.id] and own[seat.id].reservation}
        try:
            answer = await self.call("POST", path, body, user, headers)
        except Uncertain:
            now = time.time()
            for claim in [*fresh.values(), *anew.values()]:
                claim.possible_until = now + hold + AFTERMATH
            # If it became a reservation it ends with the earliest of the holds.
            earliest = min((claim.sure_until for claim, _ in kept), default=0)
            for claim, possible_until in kept:
                claim.possible_until = max(possible_until, now + hold + AFTERMATH)
                if reserve:
                    claim.sure_until = min(claim.sure_until, earliest)
            raise
        now = time.time()
        for claim, possible_until in kept:
            claim.possible_until = possible_until
        for seat in seats:
            seat.drop(anew.get(seat.id), now)
        claims = {seat.id: own[seat.id] or fresh[seat.id] for seat in seats}
        if answer.status in (200, 201):
            self.taken(user, event, seats, claims, own, sent, now, answer, reserve)
            for seat in seats:
                claim = claims[seat.id]
                reservation = claim.reservation
                if reservation and (
                    reservation.busy or reservation.contested or reservation.state != states[seat.id] or claim.sure_until < now + SLACK
                ):
                    # Held before its end, or after it: nobody can tell.
                    seat.add(Claim(user, 0.0, now + hold + SLACK))
                    reservation.contested = True
                    reservation.doubt()
                    raise Uncertain
            if headers and self.random.random() < 0.7:
                await self.repeat(path, body, user, headers, answer)
            if not reserve:
                return True
            data = answer.json["reservation"]
            if data["totalAmount"] != sum(seat.price for seat in seats) or {each["seatId"] for each in data["seats"]} != set(claims):
                raise Violation(f"a reservation of other seats or another price: {data}")
            reservation = Reservation(data["id"], user, event, [(seat, claims[seat.id]) for seat in seats], data["totalAmount"])
            event.reservations.append(reservation)
            for claim in claims.values():
                claim.reservation = reservation
            return reservation
        self.refused(user, event, seats, fresh, surely_taken, possible, sent, now, answer)
        for seat in seats:
            if seat.id in fresh:
                seat.drop(fresh[seat.id], now)
        return None

    def taken(self, user, event, seats, claims, own, sent, now, answer, reserve):
        hold = self.world.hold_seconds
        data = answer.json["reservation"] if reserve else answer.json
        until = moment(data["expiresAt"])
        if until > now + hold + SLACK:
            raise Violation(f"a hold of {until - sent:.3f} s")
        lapsed = event.is_ending
        for seat in seats:
            if not lapsed and until > now:
                check_exclusive(seat, user, now)
        if event.closed_since is not None and event.closed_since < sent and not any(own.values()):
            raise Violation("seats were taken while the sale was closed")
        sure_own = [claim for claim in own.values() if claim and claim.sure_until > now + SLACK]
        for claim in sure_own:
            if until > claim.possible_until + SLACK:
                raise Violation(f"a hold was prolonged by {until - claim.possible_until:.3f} s")
        if not any(own.values()) and until < sent + hold - SLACK:
            raise Violation(f"a hold of only {until - now:.3f} s")
        for seat in seats:
            claim = claims[seat.id]
            if event.is_ending or claim.reservation:
                continue
            if reserve or len(seats) == 1:
                claim.settle(until)
            elif own[seat.id] is None or claim not in sure_own:
                # Some of the seats may have been held before; this one surely ends not before `until`.
                claim.sure_until = until
                claim.possible_until = now + hold + SLACK if any(own.values()) else until
        if len(user.sure_seats(event, now) | {seat.id for seat in seats}) > CAP and not event.is_ending and until > now:
            raise Violation(f"user {user.id} has more than {CAP} seats")

    def refused(self, user, event, seats, fresh, surely_taken, possible, sent, now, answer):
        code = answer.code
        if answer.status == 503:
            return
        if code == "SEATS_UNAVAILABLE":
            named = answer.json["unavailableSeats"]
            if not named or not set(named) <= {seat.id for seat in seats}:
                raise Violation(f"refused for other seats: {named}")
            for seat in seats:
                if seat.id in named and not seat.may_have_been_taken(sent, apart_from=fresh.get(seat.id)):
                    raise Violation(f"seat {seat.id} is refused and was free (for {sent - seat.last_possible:.3f} s)")
            # Every one of them: what somebody else surely had all the time must be named.
            for seat in seats:
                claim, until = surely_taken.get(seat.id, (None, 0.0))
                if claim in seat.claims and min(until, claim.sure_until) > now + SLACK and seat.id not in named:
                    raise Violation(
                        f"seat {seat.id} was taken (for {until - now:.3f} s more, reservation "
                        f"{claim.reservation and claim.reservation.state}) and is "
                        f"not named among {named} of {[seat.id for seat in seats]}"
                    )
        elif code == "SEAT_LIMIT":
            # One's own sold seat among those wanted counts as bought and as wanted.
            twice = sum(bool(seat.of(user) and seat.of(user).reservation) for seat in seats)
            if len(possible | user.possible_seats(event, sent) | {seat.id for seat in seats}) + twice <= CAP:
                raise Violation("SEAT_LIMIT below the cap")
        elif code == "EVENT_NOT_ON_SALE":
            if not event.may_have_been_closed(sent):
                raise Violation("EVENT_NOT_ON_SALE while the sale was open")
        elif code == "HOLD_LIMIT":
            if max(user.takes[seat.id] for seat in seats) < 2:
                raise Violation("HOLD_LIMIT for somebody who never held the seats")
        elif answer.status == 404:
            if not event.is_ending:
                raise Violation("404 for seats that exist")
        else:
            raise Violation(f"{answer.status} {answer.text[:300]}")

    async def repeat(self, path, body, user, headers, first):
        again = await self.call("POST", path, body, user, headers)
        if again.status == 503:
            return
        if (again.status, again.text) != (first.status, first.text) or not again.header("Idempotency-Replayed"):
            raise Violation(f"the same Idempotency-Key answered {again.status} {again.text[:200]} after {first.status} {first.text[:200]}")

    async def release(self, user, event):
        seats = self.some_seats(user, event)
        sent = time.time()
        before = {seat.id: (claim, claim.sure_until) for seat in seats for claim in [seat.of(user)] if claim}
        for claim, _ in before.values():
            if claim.reservation is None:
                claim.sure_until = 0.0
        answer = await self.call("POST", "/api/seats/release", {"seatIds": [seat.id for seat in seats]}, user)
        now = time.time()
        if answer.status == 503:
            return
        if answer.status != 200:
            raise Violation(f"release answered {answer.status} {answer.text[:200]}")
        released = set(answer.json["released"])
        for seat in seats:
            claim, sure_until = before.get(seat.id, (None, 0.0))
            if seat.id in released:
                if claim is None or claim.possible_until + SLACK < sent:
                    raise Violation(f"released seat {seat.id}, which the user did not hold")
                if claim.reservation is not None and not claim.reservation.contested and claim.reservation.state != "cancelled":
                    raise Violation(f"released seat {seat.id} of a reservation")
                seat.drop(claim, now)
            elif claim is not None and claim.reservation is None:
                if sure_until > now + SLACK and not event.is_ending:
                    raise Violation(f"seat {seat.id} was held and not released")
                seat.drop(claim, now)

    async def reserve(self, user, event):
        mine = [seat for seat in event.seats.values() for claim in seat.claims if claim.user is user and claim.reservation is None]
        if mine and self.random.random() < 0.7:
            seats = self.random.sample(mine, self.random.randint(1, len(mine)))[:CAP]
        else:
            # Free seats, or others' or own reserved ones, which are refused.
            seats = self.some_seats(user, event)
        if any(claim and claim.reservation for claim in (seat.of(user) for seat in seats)):
            # One's own reserved seat can't be reserved again; holding it again is another matter and tried there.
            seats = [seat for seat in seats if not (seat.of(user) and seat.of(user).reservation)]
        if seats:
            await self.take(user, event, seats, reserve=True)

    def pick(self, user, event, *states):
        mine = [
            each for each in event.reservations if each.user is user and each.state in states
            # Seats that lapsed and that the user took again belong to the newer claim.
            and all(other is claim for seat, claim in each.claims for other in seat.claims if other.user is user)]
        return self.random.choice(mine) if mine else None

    async def pay(self, user, event):
        """What payment does: the lease, then the confirmation, or its failure, or nothing at all."""
        reservation = self.pick(user, event, "pending")
        if reservation is None:
            return
        order = "ORDER-" + reservation.id
        seconds = self.world.lease_seconds
        body = {"userId": user.id, "orderId": order, "amount": reservation.amount, "seconds": seconds}
        answer = await self.on(reservation, "POST", f"/internal/reservations/{reservation.id}/paying", body, self.leased)
        if answer is None or answer.status != 200:
            return
        chance = self.random.random()
        if chance < 0.08:
            return
        if chance < 0.2:
            # A slow bank: the answer comes around the end of the lease.
            await asyncio.sleep(self.random.uniform(0.5, 1.2) * seconds)
        if chance < 0.35:
            await self.on(reservation, "POST", f"/internal/reservations/{reservation.id}/payment-failed", {"orderId": order}, self.ended)
        else:
            body = {"orderId": order, "paymentId": str(uuid.uuid4()), "amount": reservation.amount}
            await self.on(reservation, "POST", f"/internal/reservations/{reservation.id}/confirm", body, self.confirmed)

    async def on(self, reservation, method, path, body, judge, user=None):
        """One request about a reservation, with its claims in doubt while it is under way."""
        before = reservation.begin()
        sent = time.time()
        was_held = reservation.is_surely_held(sent)
        for claim, _, _ in before:
            if judge == self.ended:
                claim.sure_until = 0.0
            else:
                claim.possible_until = FOREVER
        if judge != self.ended:
            # A late lease or confirmation may revive what had lapsed.
            for seat, claim in reservation.claims:
                if claim not in seat.claims:
                    seat.add(claim)
        try:
            answer = await self.call(method, path, body, user)
            if answer.status == 503:
                reservation.contested = True
                return None
            judge(reservation, before, sent, was_held, answer)
            return answer
        except Uncertain:
            reservation.contested = True
            raise
        finally:
            reservation.end()

    def leased(self, reservation, before, sent, was_held, answer):
        now = time.time()
        if answer.status == 200:
            if not reservation.contested:
                for claim, sure_until, possible_until in before:
                    claim.sure_until = max(sure_until, sent + self.world.lease_seconds - SLACK)
                    # What was made while a delete was tried may last longer than is sure.
                    claim.possible_until = max(possible_until, now + self.world.lease_seconds + SLACK)
            reservation.leased_until = now + self.world.lease_seconds + SLACK
        elif answer.code == "RESERVATION_EXPIRED":
            self.over(reservation, before, now, was_held)
        else:
            raise Violation(f"a lease answered {answer.status} {answer.text[:200]}")

    def confirmed(self, reservation, before, sent, was_held, answer):
        now = time.time()
        if answer.status == 200:
            reservation.contested |= reservation.event.is_ending
            if reservation.contested:
                return
            reservation.state = "confirmed"
            for seat, claim in reservation.claims:
                check_exclusive(seat, reservation.user, now)
                claim.settle(FOREVER)
        elif answer.code == "RESERVATION_EXPIRED":
            self.over(reservation, before, now, was_held)
        else:
            raise Violation(f"a confirmation answered {answer.status} {answer.text[:200]}")

    def over(self, reservation, before, now, was_held):
        if was_held and not reservation.contested and not reservation.event.is_ending and all(sure > now + SLACK for _, sure, _ in before):
            raise Violation(f"reservation {reservation.id} is called expired and is not")
        if not reservation.contested:
            reservation.state = "cancelled"
            reservation.drop(now)

    def ended(self, reservation, before, sent, was_held, answer):
        now = time.time()
        if answer.status == 200:
            is_doubtful = reservation.contested or reservation.event.is_ending
            # Payment's report is answered without the reservation: what became of it is seen by whoever asks next.
            status = answer.json["reservation"]["status"] if "reservation" in answer.json else None
            if status != "cancelled" and (is_doubtful or status is not None):
                if not is_doubtful:
                    raise Violation(f"ended and reads {status}")
                return
            reservation.state = "cancelled"
            reservation.drop(now)
        elif answer.status == 202:
            # The money is on its way back, the seats come free when it has arrived.
            reservation.contested = True
        elif answer.code == "PAYMENT_IN_PROGRESS":
            if reservation.leased_until < sent and not reservation.contested:
                raise Violation("PAYMENT_IN_PROGRESS without a payment")
            reservation.restore(before)
        else:
            raise Violation(f"ending a reservation answered {answer.status} {answer.text[:200]}")

    async def cancel(self, user, event):
        reservation = self.pick(user, event, "pending", "confirmed", "cancelled")
        if reservation:
            await self.on(reservation, "PUT", f"/api/reservations/{reservation.id}/cancel", {}, self.ended, user)

    async def ask(self, user, event):
        reservation = self.pick(user, event, "pending", "confirmed", "cancelled")
        if reservation is None:
            answer = await self.call("GET", "/api/reservations/my?limit=5", None, user)
            if answer.status == 200 and answer.json["pagination"]["total"] != sum(
                    each.user is user for each in event.reservations) and not event.is_ending:
                raise Violation("the list of reservations has another length")
            return
        busy, state, held = reservation.busy, reservation.state, reservation.is_surely_held(time.time())
        answer = await self.call("GET", f"/api/reservations/{reservation.id}", None, user)
        stayed = busy == 0 and reservation.busy == 0 and not reservation.contested and not event.is_ending and state == reservation.state
        if answer.status == 200 and stayed and (held and reservation.is_surely_held(time.time()) or state == "cancelled"):
            if answer.json["reservation"]["status"] != state:
                raise Violation(f"reservation {reservation.id} reads {answer.json['reservation']['status']}, not {state}")

    async def look(self, user, event):
        """A snapshot, or what changed since an older one: the same tag names the same map everywhere; without chaos it shows every
        finished change."""
        path, base = f"/api/seats/{event.id}", {}
        if event.maps and self.random.random() < 0.5:
            version, base = self.random.choice(list(event.maps.values())[-30:])
            path += f"?since={version}"
        sent = time.time()
        sure = [(seat, claim, claim.sure_until) for seat in event.seats.values() for claim in seat.claims if claim.sure_until > sent]
        answer = await self.call("GET", path, None, user)
        now = time.time()
        if answer.status == 503 or event.is_ending:
            return
        if answer.status != 200:
            raise Violation(f"a seat map answered {answer.status} {answer.text[:200]}")
        data = answer.json
        shown = {seat["id"]: seat["status"] for seat in data["seats"]}
        if "since" in data:
            self.world.repaired += 1
            shown = {**base, **shown}
        if set(shown) != set(event.seats):
            raise Violation("a seat map of other seats")
        tag = re.sub(r"-since-\d+", "", answer.header("ETag"))
        _, known = event.maps.setdefault(tag, (data["version"], shown))
        if known != shown:
            wrong = {seat: (known[seat], shown[seat]) for seat in shown if known[seat] != shown[seat]}
            raise Violation(f"two maps for {tag}, the second of {path}: {wrong}")
        if len(event.maps) > 500:
            event.maps.clear()
        if not self.world.is_calm_since(sent - 31):
            return
        for seat, claim, until in sure:
            if claim in seat.claims and min(until, claim.sure_until) > now + SLACK and shown[seat.id] == "available":
                raise Violation(f"seat {seat.id} is taken and shown as available at version {data['version']}")

    async def rest(self, user, event):
        await asyncio.sleep(self.random.uniform(0, self.world.hold_seconds * 0.6))
