// Reservations from making to their end, with the defects of earlier systems (lessons 1, 2, 12, 13, 44) as tests.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import TicketService

@Suite struct ReservationTests {
    @Test func reservesHeldAndFreeSeats() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(price: 150_000)
        let user = UUID()
        #expect(try await fixture.hold([seats[0]], as: user).status == 200)
        try await fixture.pass(seconds: 300)
        let made = try await fixture.reserve(event, [seats[0], seats[1]], as: user)
        #expect(made.status == 201)
        let json = made.json["reservation"] ?? .null
        #expect(json["totalAmount"]?.intValue == 300_000)
        #expect(json["status"]?.stringValue == "pending" && json["paymentStatus"]?.stringValue == "pending")
        #expect(json["seats"]?.arrayValue?.map { $0["seatLabel"]?.stringValue } == ["A-1-1", "A-1-2"])
        #expect(json["seats"]?.arrayValue?.first?["price"]?.intValue == 150_000)
        // It ends when the earliest hold would have.
        let end = try #require(json["expiresAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) })
        #expect((595...600).contains((end.microseconds - Timestamp.now().microseconds) / 1_000_000))
        let number = try #require(json["reservationNumber"]?.stringValue)
        #expect(number.hasPrefix("TKT-") && number.count >= 18)

        #expect(try await fixture.reserve(event, [seats[1]], as: user).code == "SEATS_UNAVAILABLE")
        #expect(try await fixture.release([seats[0]], as: user).json["released"]?.arrayValue == [])
        let mine = try await fixture.call(.get, "/api/reservations/my", as: user)
        #expect(mine.json["reservations"]?.arrayValue?.count == 1)
        #expect(mine.json["pagination"]?["total"]?.intValue == 1)
        #expect(mine.json["reservations"]?.arrayValue?.first?["event"]?["title"]?.stringValue == "Test")

        let id = try #require(made.reservationID)
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: user).status == 200)
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: UUID()).status == 404)
        let admin = try await fixture.administrator()
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: admin, role: .admin).status == 200)
        // A token that says admin proves nothing once the account is gone or has lost the role.
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: UUID(), role: .admin).code == "ADMIN_REQUIRED")
        #expect(try await fixture.call(.get, "/api/reservations/nonsense", as: user).status == 404)
        #expect(try await fixture.call(.get, "/api/reservations/my?limit=0", as: user).status == 400)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func refusesWhatHoldingRefuses() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let other = try await fixture.event()
        let user = UUID()
        #expect(try await fixture.call(.post, "/api/reservations", "{}").code == "NO_TOKEN")
        #expect(try await fixture.call(.post, "/api/reservations", as: user, "{}").code == "VALIDATION_FAILED")
        #expect(try await fixture.reserve(UUID(), [seats[0]], as: user).status == 404)
        #expect(try await fixture.reserve(event, [UUID()], as: user).status == 404)
        #expect(try await fixture.reserve(event, [other.seats[0]], as: user).status == 400)
        #expect(try await fixture.reserve(event, Array(seats[0..<5]), as: user).code == "SEAT_LIMIT")
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        let taken = try await fixture.reserve(event, [seats[0], seats[1]], as: user)
        #expect(taken.code == "SEATS_UNAVAILABLE" && taken.json["unavailableSeats"]?.arrayValue?.count == 1)
        let shut = try await fixture.event(opens: -3600, closes: -10)
        #expect(try await fixture.reserve(shut.id, [shut.seats[0]], as: user).code == "EVENT_NOT_ON_SALE")
        try await fixture.close()
    }

    @Test func paysAndCancels() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event(seats: 2)
        let (anna, ben) = (UUID(), UUID())
        let id = try #require(try await fixture.reserve(event, seats, as: anna).reservationID)
        func paying(_ order: String, amount: Int = 2000, user: UUID? = nil) async throws -> TestResponse {
            try await fixture.inside(
                .post, "/internal/reservations/\(id)/paying",
                "{\"userId\":\"\(user ?? anna)\",\"orderId\":\"\(order)\",\"amount\":\(amount),\"seconds\":60}")
        }
        #expect(try await paying("ORDER-1", user: ben).status == 404)
        let mismatch = try await paying("ORDER-1", amount: 1999)
        #expect(mismatch.status == 400 && mismatch.code == "AMOUNT_MISMATCH")
        #expect(try await paying("ORDER-1").status == 200)
        #expect(try await paying("ORDER-1").status == 200)
        #expect(try await paying("ORDER-2").code == "PAYMENT_IN_PROGRESS")
        let refused = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: anna)
        #expect(refused.status == 409 && refused.code == "PAYMENT_IN_PROGRESS")

        // The lease outlives the reservation's end.
        try await fixture.pass(seconds: 30)
        try await fixture.database.run(script: "UPDATE ticket_schema.reservations SET expires_at = now() - interval '1 s'")
        try await fixture.expire()
        let confirmed = try await fixture.pay(id, anna, order: "ORDER-1", amount: 2000)
        #expect(confirmed.status == 200)
        let sold = try await fixture.call(.get, "/api/reservations/\(id)", as: anna)
        #expect(sold.reservation("status") == "confirmed" && sold.reservation("paymentStatus") == "completed")
        // Payment's own word; while payment is away, what the reservation itself knows.
        #expect(sold.json["reservation"]?["payment"]?["state"]?.stringValue == "confirmed")
        fixture.payments.standing.withLock { $0 = .init(state: .refunding, orderID: "ORDER-1") }
        let payment = try await fixture.call(.get, "/api/reservations/\(id)", as: anna).json["reservation"]?["payment"]
        #expect(payment?["state"]?.stringValue == "refunding" && payment?["orderId"]?.stringValue == "ORDER-1")
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: ben).status == 404)
        #expect(try await fixture.pay(id, anna, order: "ORDER-1", amount: 2000).status == 200)
        #expect(try await fixture.pay(id, anna, order: "ORDER-9", amount: 2000).code == "RESERVATION_EXPIRED")
        #expect(try await fixture.call(.get, "/api/events/\(event)").json["event"]?["status"]?.stringValue == "sold_out")
        #expect(try await fixture.hold([seats[0]], as: ben).code == "SEATS_UNAVAILABLE")
        // Another order's refund leaves it alone.
        #expect(
            try await fixture.inside(.post, "/internal/reservations/\(id)/refunded", "{\"orderId\":\"ORDER-9\",\"reason\":\"x\"}").status
                == 200)
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: anna).reservation("status") == "confirmed")

        #expect(try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: ben).status == 404)
        fixture.payments.answer.withLock { $0 = .success(.unsettled) }
        let pending = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: anna)
        #expect(pending.status == 202 && pending.reservation("status") == "confirmed")
        fixture.payments.answer.withLock { $0 = .success(.refunded) }
        let done = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: anna)
        #expect(done.status == 200)
        #expect(done.reservation("status") == "cancelled" && done.reservation("paymentStatus") == "refunded")
        #expect(done.reservation("cancelReason") == "user")
        #expect(try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: anna).status == 200)
        #expect(try await fixture.call(.get, "/api/events/\(event)").json["event"]?["status"]?.stringValue == "on_sale")
        #expect(try await fixture.hold(seats, as: ben).status == 200)
        // Lesson 2: what was cancelled can't be paid for any more.
        #expect(try await paying("ORDER-1").code == "RESERVATION_EXPIRED")
        let late = try await fixture.inside(.post, "/internal/reservations/\(id)/confirm", "{\"orderId\":\"ORDER-1\",\"amount\":2000}")
        #expect(late.status == 409 && late.code == "RESERVATION_EXPIRED")
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    /// Lesson 1: the seats of an expired reservation may belong to somebody else by now.
    @Test func cancellingAnExpiredReservationFreesNothingOfOthers() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let (anna, ben) = (UUID(), UUID())
        let old = try #require(try await fixture.reserve(event, [seats[0], seats[1]], as: anna).reservationID)
        try await fixture.pass(seconds: 901)
        #expect(try await fixture.call(.get, "/api/reservations/\(old)", as: anna).reservation("status") == "cancelled")
        let new = try #require(try await fixture.reserve(event, [seats[0]], as: ben).reservationID)
        #expect(try await fixture.pay(new, ben, order: "ORDER-B", amount: 1000).status == 200)
        #expect(try await fixture.call(.put, "/api/reservations/\(old)/cancel", as: anna).status == 200)
        let failed = try await fixture.inside(
            .post, "/internal/reservations/\(old)/payment-failed", "{\"orderId\":\"ORDER-A\",\"reason\":\"x\"}")
        #expect(failed.status == 200)
        #expect(try await fixture.pay(old, anna, order: "ORDER-A", amount: 2000).code == "RESERVATION_EXPIRED")
        let owner = try await fixture.database.query("SELECT status, reserved_by FROM ticket_schema.seats WHERE id = '\(seats[0])'")
        #expect(try owner.first?.string(0) == "reserved" && owner.first?.uuid(1) == ben)
        #expect(try await fixture.hold([seats[0]], as: UUID()).code == "SEATS_UNAVAILABLE")
        #expect(try await fixture.hold([seats[1]], as: UUID()).status == 200)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func cancellingAnExpiredOneBeforeTheCleanerFreesItsOwnSeats() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[0]], as: user).reservationID)
        try await fixture.pass(seconds: 901)
        let cancelled = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user)
        #expect(cancelled.status == 200 && cancelled.reservation("cancelReason") == "expired")
        #expect(try await fixture.database.query("SELECT FROM ticket_schema.seats WHERE status <> 'available'").isEmpty)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func failedPaymentFreesTheSeats() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[0]], as: user).reservationID)
        _ = try await fixture.inside(
            .post, "/internal/reservations/\(id)/paying", "{\"userId\":\"\(user)\",\"orderId\":\"O1\",\"amount\":1000,\"seconds\":60}")
        for order in ["O2", "O1", "O1"] {
            let answer = try await fixture.inside(
                .post, "/internal/reservations/\(id)/payment-failed", "{\"orderId\":\"\(order)\",\"reason\":\"declined\"}")
            #expect(answer.status == 200 && answer.json["reservation"] == nil)
            let now = try await fixture.inside(.get, "/internal/reservations/\(id)")
            #expect(now.reservation("status") == (order == "O2" ? "pending" : "cancelled"))
        }
        let state = try await fixture.database.query("SELECT payment_status, cancel_reason FROM ticket_schema.reservations")
        #expect(try state.first?.string(0) == "failed" && state.first?.string(1) == "payment_failed")
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        try await fixture.close()
    }

    /// After a declined card the hold lives on, to its own end: the lease neither blocks the next order nor prolongs anything.
    @Test func aLeaseEndsBeforeItsTime() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[0], seats[1]], as: user).reservationID)
        func step(_ what: String, _ order: String) async throws -> TestResponse {
            try await fixture.inside(
                .post, "/internal/reservations/\(id)/\(what)",
                "{\"userId\":\"\(user)\",\"orderId\":\"\(order)\",\"amount\":2000,\"seconds\":1800}")
        }
        let end = try await fixture.call(.get, "/api/reservations/\(id)", as: user).reservation("expiresAt")
        #expect(try await step("paying", "O1").status == 200)
        #expect(try await step("paying", "O2").code == "PAYMENT_IN_PROGRESS")
        // Not its lease: nothing happens.
        #expect(try await step("payment-released", "O2").status == 200)
        #expect(try await step("paying", "O2").code == "PAYMENT_IN_PROGRESS")
        #expect(try await step("payment-released", "O1").status == 200)
        // A request to prolong it that comes late gets nothing.
        #expect(try await step("paying", "O1").code == "RESERVATION_EXPIRED")
        let ends = try await fixture.database.query(
            """
            SELECT count(*) FROM ticket_schema.seats s JOIN ticket_schema.seat_claims c ON c.seat_id = s.id AND c.ended_at IS NULL
            JOIN ticket_schema.reservations r ON r.id = s.reservation_id
            WHERE s.hold_expires_at = r.expires_at AND c.expires_at = r.expires_at AND r.paying_until <= now()
            """)
        #expect(try ends.first?.int(0) == 2)
        #expect(try await fixture.breaches() == [])

        let second = try await step("paying", "O2")
        #expect(second.status == 200)
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: user).reservation("expiresAt") == end)
        #expect(try await step("payment-released", "O2").status == 200)
        #expect(try await step("confirm", "O3").status == 200)
        // Sold: nothing to release any more.
        #expect(try await step("payment-released", "O3").status == 200)
        #expect(try await fixture.call(.get, "/api/reservations/\(id)", as: user).reservation("status") == "confirmed")
        #expect(try await fixture.inside(.post, "/internal/reservations/\(UUID())/payment-released", "{\"orderId\":\"O1\"}").status == 404)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    /// The reservation's own end passed while the card was asked: with the lease it is over at once, and the seats are free.
    @Test func aLeaseThatOutlivedItsReservationFreesTheSeats() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[0]], as: user).reservationID)
        _ = try await fixture.inside(
            .post, "/internal/reservations/\(id)/paying", "{\"userId\":\"\(user)\",\"orderId\":\"O1\",\"amount\":1000,\"seconds\":3600}")
        try await fixture.pass(seconds: 1000)
        #expect(try await fixture.hold([seats[0]], as: UUID()).code == "SEATS_UNAVAILABLE")
        let released = try await fixture.inside(.post, "/internal/reservations/\(id)/payment-released", "{\"orderId\":\"O1\"}")
        #expect(released.status == 200)
        #expect(try await fixture.inside(.get, "/internal/reservations/\(id)").reservation("status") == "cancelled")
        #expect(try await fixture.hold([seats[0]], as: UUID()).status == 200)
        #expect(try await fixture.breaches() == [])
        try await fixture.close()
    }

    @Test func ownersMayNotCancelAfterTheEventBegan() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let id = try #require(try await fixture.reserve(event, [seats[0]], as: user).reservationID)
        #expect(try await fixture.pay(id, user, order: "O1", amount: 1000).status == 200)
        try await fixture.database.run(script: "UPDATE ticket_schema.events SET event_date = now() - interval '1 s'")
        let late = try await fixture.call(.put, "/api/reservations/\(id)/cancel", as: user)
        #expect(late.status == 409 && late.code == "TOO_LATE")
        let bad = try await fixture.inside(.patch, "/internal/reservations/\(id)/status", "{\"status\":\"confirmed\"}")
        #expect(bad.status == 400)
        let admin = try await fixture.inside(.patch, "/internal/reservations/\(id)/status", "{\"status\":\"cancelled\"}")
        #expect(admin.status == 200 && admin.reservation("paymentStatus") == "refunded" && admin.reservation("cancelReason") == "admin")
        #expect(fixture.payments.asked.withLock { $0 } == [id])
        try await fixture.close()
    }

    @Test func theSameIdempotencyKeyReservesOnce() async throws {
        let fixture = try await TicketFixture.make()
        let (event, seats) = try await fixture.event()
        let user = UUID()
        let headers: HTTPHeaders = ["Idempotency-Key": "once"]
        let body = "{\"eventId\":\"\(event)\",\"seatIds\":[\"\(seats[0])\"]}"
        let first = try await fixture.call(.post, "/api/reservations", as: user, headers: headers, body)
        let second = try await fixture.call(.post, "/api/reservations", as: user, headers: headers, body)
        #expect(first.status == 201 && second.status == 201 && first.body == second.body)
        let other = body.replacing(seats[0].description, with: seats[1].description)
        let mismatch = try await fixture.call(.post, "/api/reservations", as: user, headers: headers, other)
        #expect(mismatch.status == 409 && mismatch.code == "IDEMPOTENCY_MISMATCH")
        try await fixture.close()
    }

    @Test func internalRoutesNeedTheServicesToken() async throws {
        let fixture = try await TicketFixture.make()
        for target in ["/internal/reservations", "/internal/events", "/internal/events/\(UUID())/version"] {
            #expect(try await fixture.app.get(target).status == 401)
            #expect(try await fixture.call(.get, target, as: UUID(), role: .admin).status == 401)
        }
        #expect(try await fixture.inside(.get, "/internal/events/\(UUID())/version").status == 404)
        try await fixture.close()
    }
}
