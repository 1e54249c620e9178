"""What must be true of seats, told from requests and answers alone.

A claim says that a user has a seat: surely until `sure_until`, possibly until `possible_until`. Between the sending of a request and its
answer, and after a lost answer, a claim is possible and not sure. Whatever the service answers must fit: two sure claims of one seat by two
users are a seat with two owners; a seat refused as taken must possibly have been taken.
"""

import time

FOREVER = float("inf")
# Clocks of this process and of the database are the same; rounding and scheduling are not.
SLACK = 0.05


class Violation(AssertionError):
    pass


class Claim:
    __slots__ = ("user", "sure_until", "possible_until", "reservation")

    def __init__(self, user, sure_until=0.0, possible_until=FOREVER, reservation=None):
        self.user, self.sure_until, self.possible_until, self.reservation = user, sure_until, possible_until, reservation

    def settle(self, until):
        """Surely until then, and not longer."""
        self.sure_until = self.possible_until = until


class Seat:
    __slots__ = ("id", "event", "price", "claims", "last_possible")

    def __init__(self, id, event, price):
        self.id, self.event, self.price = id, event, price
        self.claims = []
        self.last_possible = 0.0

    def add(self, claim):
        self.claims.append(claim)
        return claim

    def drop(self, claim, now=None):
        if claim in self.claims:
            self.claims.remove(claim)
            self.last_possible = max(self.last_possible, min(now or time.time(), claim.possible_until))

    def purge(self, now):
        """Forgets claims whose time is certainly over."""
        for claim in [claim for claim in self.claims if claim.possible_until + SLACK < now]:
            self.drop(claim, now)

    def of(self, user):
        return next((claim for claim in self.claims if claim.user is user), None)

    def may_have_been_taken(self, since, apart_from=None):
        return self.last_possible + SLACK >= since or any(
            claim is not apart_from and claim.possible_until + SLACK >= since for claim in self.claims)


class Reservation:
    __slots__ = ("id", "user", "event", "claims", "amount", "state", "busy", "contested", "leased_until")

    def __init__(self, id, user, event, claims, amount):
        self.id, self.user, self.event, self.claims, self.amount = id, user, event, claims, amount
        self.state = "pending"
        # Requests under way on it; with two at a time nobody can tell which came first.
        self.busy = 0
        self.contested = False
        self.leased_until = 0.0

    def begin(self):
        self.contested |= self.busy > 0
        self.busy += 1
        return [(claim, claim.sure_until, claim.possible_until) for _, claim in self.claims]

    def end(self):
        self.busy -= 1
        if self.contested:
            self.doubt()

    def doubt(self):
        for _, claim in self.claims:
            claim.sure_until = 0.0
            claim.possible_until = FOREVER

    def restore(self, before):
        if not self.contested:
            for claim, sure_until, _ in before:
                claim.sure_until = sure_until

    def drop(self, now):
        for seat, claim in self.claims:
            seat.drop(claim, now)

    def is_surely_held(self, now):
        return not self.contested and all(claim.sure_until > now + SLACK for _, claim in self.claims)


class Event:
    def __init__(self, id, seats):
        self.id = id
        self.seats = {seat_id: Seat(seat_id, self, price) for seat_id, price in seats}
        self.reservations = []
        # Being cancelled, or cancelled: nothing is sure any more.
        self.is_ending = False
        # The sale is surely closed between these two; unsurely open until `unsure_until`.
        self.closed_since = None
        self.unsure_until = 0.0
        # Version and states of each seat, by the entity tag.
        self.maps = {}

    def may_have_been_closed(self, since):
        return self.is_ending or self.unsure_until >= since


class User:
    def __init__(self, id, token):
        self.id, self.token = id, token
        self.takes = {}

    def possible_seats(self, event, since):
        return {
            seat.id
            for seat in event.seats.values()
            for claim in seat.claims
            if claim.user is self and claim.possible_until + SLACK >= since
        }

    def sure_seats(self, event, now):
        return {seat.id for seat in event.seats.values() for claim in seat.claims if claim.user is self and claim.sure_until > now + SLACK}


def check_exclusive(seat, user, now):
    """The user just got the seat: nobody else may surely have it."""
    for claim in seat.claims:
        if claim.user is not user and claim.sure_until > now + SLACK:
            raise Violation(f"seat {seat.id} has two owners: {user.id} and {claim.user.id} (until {claim.sure_until - now:.3f} s from now)")
