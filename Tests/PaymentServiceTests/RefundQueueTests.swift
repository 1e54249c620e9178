import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// A cancelled event: many refunds at once, on the books at once, carried out at a pace that delays nobody else, whatever dies meanwhile.
@Suite(.timeLimit(.minutes(5)))
struct RefundQueueTests {
    private func paid(_ fixture: PaymentFixture, _ count: Int) async throws -> [PaymentFixture.Buyer] {
        try await withThrowingTaskGroup(of: PaymentFixture.Buyer.self) { group in
            for index in 0..<count {
                group.addTask {
                    let buyer = try await fixture.ready()
                    #expect(try await fixture.confirm(buyer, instance: index % fixture.paymentPorts.count).status == 200)
                    return buyer
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func thePaceIsKeptAndNobodyWaits() async throws {
        // Two refunds a second, and nothing else has to wait for them.
        let fixture = try await PaymentFixture { $0.refundsPerSecond = 2 }
        let buyers = try await paid(fixture, 30)
        let clock = ContinuousClock()
        let start = clock.now
        for buyer in buyers {
            let answer = try await fixture.refund(buyer, waits: false)
            #expect(answer.status == 202 && answer.body["refunding"]?.boolValue == true)
        }
        // Another buyer's trouble is looked after before the queue is done, and so is a buyer who waits for a refund.
        let other = try await fixture.ready("once-PROVIDER_ERROR")
        #expect(try await fixture.confirm(other).status == 202)
        try await fixture.eventually(other, "confirmed")
        #expect(try await fixture.refund(other).status == 200)
        let queued = try await fixture.database.query(
            "SELECT count(*) FROM payment_schema.payments WHERE phase = 'settling' AND refunded_at IS NULL")
        #expect(try queued[0].int(0) > 0)
        // Set by the reconciler's rounds: what waits for its turn is no trouble.
        try await fixture.until("the queue's metrics") {
            (fixture.metric("tiketi_payments_refunds_queued") ?? 0) > 0
                && (fixture.metric("tiketi_payments_oldest_unfinished_seconds") ?? 99) < 5
        }
        for buyer in buyers { try await fixture.eventually(buyer, "cancelled") }
        // Thirty at two a second, the first two of them at once.
        #expect(clock.now - start > .seconds(13))
        for buyer in buyers {
            let ledger = try await fixture.ledger(buyer)
            #expect(ledger["refundedAmount"]?.int64Value == 70_000 && ledger["cancelCalls"]?.intValue == 1)
            #expect(fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded")
        }
        await fixture.close()
    }

    /// Asked for by every instance at once, and again and again: each is paid back once.
    @Test func manyInstancesAndRepetitions() async throws {
        let fixture = try await PaymentFixture(instances: 3) { $0.refundsPerSecond = 1000 }
        let buyers = try await paid(fixture, 60)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for buyer in buyers {
                for instance in 0..<3 {
                    group.addTask {
                        let status = try await fixture.refund(buyer, instance: instance, waits: instance == 0).status
                        #expect(status == 202 || status == 200)
                    }
                }
            }
            try await group.waitForAll()
        }
        for buyer in buyers {
            try await fixture.eventually(buyer, "cancelled")
            #expect(try await fixture.ledger(buyer)["refundedAmount"]?.int64Value == 70_000)
            #expect(try await fixture.refund(buyer, waits: false).status == 200)
        }
        await fixture.close()
    }

    /// Toss hangs, and thousands may be under way: ticket is asked to keep their seats whether or not anybody gets to ask Toss about them.
    @Test func leasesAreKeptWhileNobodyGetsToThePayment() async throws {
        let fixture = try await PaymentFixture(reconcile: false) { $0.leaseTime = .seconds(6) }
        let buyer = try await fixture.ready("once-UNKNOWN_PAYMENT_ERROR")
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.database.query("UPDATE payment_schema.payments SET due_at = now() + interval '1 hour'")
        let first = try #require(fixture.ticket[buyer.reservationID]?.payingUntil)
        try await fixture.until("the lease to be prolonged") {
            try await fixture.prolongLeases()
            return try #require(fixture.ticket[buyer.reservationID]?.payingUntil) > first
        }
        // A third of the lease had to pass, and it is not asked for again at once.
        let calls = fixture.ticket.calls("paying", of: buyer.reservationID)
        #expect(calls == 2)
        try await fixture.prolongLeases()
        #expect(fixture.ticket.calls("paying", of: buyer.reservationID) == calls)
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "pending", phase: "confirming", calls: 1))
        await fixture.close()
    }
}
