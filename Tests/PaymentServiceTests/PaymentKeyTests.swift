// One payment key belongs to one order: whoever pays with another order's key hears it at once, and Toss is not asked.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

@Suite(.timeLimit(.minutes(5)))
struct PaymentKeyTests {
    @Test func aRefundedKeyPaysNothingElse() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let first = try await fixture.ready()
        #expect(try await fixture.confirm(first).status == 200)
        #expect(try await fixture.refund(first).status == 200)
        let second = try await fixture.ready()
        let requests = try await fixture.tossRequests()
        for _ in 0..<3 {
            let refused = try await fixture.confirm(second, paymentKey: first.paymentKey)
            #expect(refused.status == 409 && refused.code == "PAYMENT_KEY_USED", "\(refused)")
        }
        #expect(try await fixture.row(second) == PaymentFixture.Row(status: "pending", phase: "created", calls: 0))
        #expect(fixture.ticket.calls("paying", of: second.reservationID) == 0)
        try await fixture.reconcileOnce()
        #expect(try await fixture.tossRequests() == requests)
        // The order is as open as before.
        #expect(try await fixture.confirm(second).status == 200)
        await fixture.close()
    }

    /// The version before writes a key into the payment's row only; it counts all the same.
    @Test func keysOfTheVersionBeforeCount() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let old = try await fixture.ready()
        try await fixture.database.query(
            """
            UPDATE payment_schema.payments SET phase = 'confirming', payment_key = $2, unfinished_since = now(), driver = gen_random_uuid()
            WHERE order_id = $1
            """, [old.orderID, old.paymentKey])
        let next = try await fixture.ready()
        #expect(try await fixture.confirm(next, paymentKey: old.paymentKey).code == "PAYMENT_KEY_USED")
        await fixture.close()
    }

    @Test func twoOrdersWithOneKeyAtOnce() async throws {
        let fixture = try await PaymentFixture(instances: 2)
        for _ in 0..<10 {
            let first = try await fixture.ready()
            var second = try await fixture.ready()
            second.paymentKey = first.paymentKey
            let other = second
            async let one = fixture.confirm(first, instance: 0)
            async let two = fixture.confirm(other, instance: 1)
            let codes = try await [one, two].map(\.code)
            #expect(codes.filter { $0 == "PAYMENT_KEY_USED" }.count == 1, "\(codes)")
        }
        await fixture.close()
    }

    @Test func anOrderThatWasHandedBackKeepsItsKey() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready()
        fixture.ticket.change(buyer.reservationID) {
            $0.payingOrder = "ORDER-another"
            $0.payingUntil = Timestamp.now().adding(seconds: 600)
        }
        #expect(try await fixture.confirm(buyer).code == "PAYMENT_IN_PROGRESS")
        fixture.ticket.change(buyer.reservationID) { $0.payingUntil = nil }
        #expect(try await fixture.confirm(buyer).status == 200)
        await fixture.close()
    }
}
