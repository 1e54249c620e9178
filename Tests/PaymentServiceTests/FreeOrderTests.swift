// Reservations of 0 won: an order like any other, without a payment window and without Toss.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

@Suite(.timeLimit(.minutes(5)))
struct FreeOrderTests {
    private func prepared(_ fixture: PaymentFixture) async throws -> PaymentFixture.Buyer {
        var buyer = try fixture.buyer(amount: 0)
        let prepared = try await fixture.prepare(buyer)
        #expect(prepared.status == 200 && prepared.body["amount"]?.int64Value == 0, "\(prepared)")
        buyer.orderID = try #require(prepared.body["orderId"]?.stringValue)
        return buyer
    }

    private func confirm(_ fixture: PaymentFixture, _ buyer: PaymentFixture.Buyer, key: String? = nil, amount: Int64 = 0, instance: Int = 0)
        async throws -> PaymentFixture.Answer
    {
        try await fixture.call(.post, "/api/payments/confirm", port: fixture.paymentPorts[instance], token: buyer.token) {
            if let key { $0.member("paymentKey", key) }
            $0.member("orderId", buyer.orderID)
            $0.member("amount", amount)
        }
    }

    @Test func isBoughtAndGivenBackWithoutToss() async throws {
        let fixture = try await PaymentFixture(instances: 2, reconcile: false)
        let buyer = try await prepared(fixture)
        let answers = try await withThrowingTaskGroup(of: PaymentFixture.Answer.self) { group in
            for index in 0..<6 { group.addTask { try await confirm(fixture, buyer, instance: index % 2) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for answer in answers {
            #expect(answer.status == 200 && answer.bytes == answers[0].bytes, "\(answer)")
        }
        let payment = answers[0].body["payment"]
        #expect(payment?["status"]?.stringValue == "confirmed" && payment?["method"]?.stringValue == "free")
        #expect(payment?["amount"]?.int64Value == 0 && payment?["approvedAt"]?.stringValue != nil)
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        #expect(fixture.ticket.calls("confirm", of: buyer.reservationID) == 1)
        #expect(try await fixture.facts(buyer) == ["payment.confirmed"])
        #expect(try await fixture.refund(buyer).status == 200)
        try await fixture.until("ticket to hear of it") { fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded" }
        #expect(try await fixture.row(buyer).status == "cancelled")
        #expect(try await fixture.tossRequests() == 0)
        await fixture.close()
    }

    @Test func keysAndAmountsMustFit() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await prepared(fixture)
        #expect(try await confirm(fixture, buyer, key: "some-key").code == "VALIDATION_FAILED")
        #expect(try await confirm(fixture, buyer, amount: 100).code == "VALIDATION_FAILED")
        #expect(try await confirm(fixture, buyer, key: "some-key", amount: 100).code == "AMOUNT_MISMATCH")
        let priced = try await fixture.ready()
        #expect(try await confirm(fixture, priced).code == "AMOUNT_MISMATCH")
        #expect(try await fixture.row(priced).phase == "created")
        let missing = try await fixture.call(.post, "/api/payments/confirm", token: buyer.token) { $0.member("orderId", buyer.orderID) }
        #expect(missing.code == "VALIDATION_FAILED")
        await fixture.close()
    }

    @Test func comesTooLateLikeAnyOther() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await prepared(fixture)
        fixture.ticket.change(buyer.reservationID) { $0.endsBeforeConfirm = true }
        let late = try await confirm(fixture, buyer)
        #expect(late.status == 409 && late.code == "RESERVATION_EXPIRED", "\(late)")
        #expect(try await fixture.tossRequests() == 0)
        await fixture.close()
    }

    /// A process died between the steps: the reconciler finishes it.
    @Test func isFinishedAfterACrash() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await prepared(fixture)
        fixture.ticket.down(["confirm"])
        #expect(try await confirm(fixture, buyer).status == 202)
        fixture.ticket.down([])
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).status == "confirmed")
        await fixture.close()
    }
}
