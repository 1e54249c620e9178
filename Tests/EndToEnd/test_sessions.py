"""A session that has ended is over in every service within five seconds, and so is an administrator's role."""

import helpers
from devtools.api import API


def test_a_signed_out_session_holds_buys_and_renews_nothing():
    event = helpers.event()
    seat = helpers.seats(event)[0]["id"]
    api = API().register()
    other = API().login(api.user["email"], "correct horse battery")
    assert api.post("/api/seats/reserve", {"seatIds": [seat]})["success"]
    assert len(api.get("/api/auth/sessions")["sessions"]) == 2
    api.post("/api/auth/logout", {})
    for path, body in [
        ("/api/seats/reserve", {"seatIds": [seat]}),
        ("/api/reservations", {"eventId": event, "seatIds": [seat]}),
        ("/api/queue", {"eventId": event}),
        ("/api/payments/prepare", {"reservationId": event, "amount": 50000}),
        ("/api/auth/refresh", {}),
    ]:
        helpers.eventually(lambda path=path, body=body: api.call("POST", path, body)[0] == 401, path, 15)
        assert api.call("POST", path, body)[2]["code"] == "SESSION_ENDED"
    # The other sign-in goes on, with the hold that is the account's.
    assert other.post("/api/reservations", {"eventId": event, "seatIds": [seat]})["reservation"]["status"] == "pending"


def test_who_lost_the_role_or_the_account_is_no_administrator():
    chief = helpers.administrator()
    event = helpers.event()
    buyer = helpers.buyer()
    seat = helpers.seats(event)[0]["id"]
    reservation = buyer.post("/api/reservations", {"eventId": event, "seatIds": [seat]})["reservation"]
    paths = ["/api/admin/users", "/api/stats", f"/api/reservations/{reservation['id']}"]

    def make():
        email = API().register().user["email"]
        found = chief.get(f"/api/admin/users?search={email}")["users"][0]
        chief.expect("PATCH", f"/api/admin/users/{found['id']}/role", {"role": "admin"})
        admin = API().login(email, "correct horse battery")
        for path in paths:
            assert admin.call("GET", path)[0] == 200, path
        return admin, found["id"]

    demoted, user = make()
    chief.expect("PATCH", f"/api/admin/users/{user}/role", {"role": "user"})
    deleted, gone = make()
    helpers.sql(f"DELETE FROM auth_schema.users WHERE id = '{gone}'")
    for admin in [demoted, deleted]:
        for path in paths:
            helpers.eventually(lambda admin=admin, path=path: admin.call("GET", path)[0] == 403, path, 15)
