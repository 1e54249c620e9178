import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// What is left after a death: rows in every unfinished state, taken up by whoever comes first, and brought to the same end.
@Suite(.timeLimit(.minutes(5)))
struct ReconcilerTests {
    /// A process died right after `begin`: nothing was asked of Toss.
    private func dead(_ fixture: PaymentFixture, _ buyer: PaymentFixture.Buyer, _ set: String) async throws {
        try await fixture.database.query(
            """
            UPDATE payment_schema.payments SET phase = 'confirming', payment_key = $2, driver = gen_random_uuid(),
                due_at = now() - interval '1 second', \(set) WHERE order_id = $1
            """, [buyer.orderID, buyer.paymentKey])
    }

    @Test func deadAfterBegin() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        try await dead(fixture, buyer, "calls = 0")
        try await fixture.eventually(buyer, "confirmed")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        #expect(try await fixture.confirm(buyer).status == 200)
        await fixture.close()
    }

    @Test(arguments: [false, true])
    func deadAroundTheCall(charged: Bool) async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        if charged { try await fixture.charge(buyer) }
        try await dead(fixture, buyer, "calls = 1, last_call_at = now()")
        try await fixture.eventually(buyer, "confirmed")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        await fixture.close()
    }

    /// Charged, and dead for so long that the seats went to somebody else.
    @Test func deadUntilTheSeatsAreGone() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        try await fixture.charge(buyer)
        fixture.ticket.change(buyer.reservationID) { $0.status = "cancelled" }
        try await dead(fixture, buyer, "calls = 1, last_call_at = now()")
        try await fixture.eventually(buyer, "cancelled")
        #expect(try await fixture.ledger(buyer)["status"]?.stringValue == "CANCELED")
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 409 && answer.body["refunded"]?.boolValue == true)
        await fixture.close()
    }

    /// Never charged, and the lease cannot be had any more: not called again, and failed only when it is certain.
    @Test func deadAndExpired() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        var buyer = try await fixture.ready()
        buyer.paymentKey = "never-seen"
        fixture.ticket.change(buyer.reservationID) { $0.status = "cancelled" }
        try await fixture.database.query("UPDATE payment_schema.payments SET order_id = 'ORDER-gone' WHERE order_id = $1", [buyer.orderID])
        buyer.orderID = "ORDER-gone"
        try await dead(fixture, buyer, "calls = 1, last_call_at = now()")
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "pending", phase: "confirming", calls: 1))
        try await fixture.age(buyer)
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "failed", phase: "done", calls: 1, code: "NOT_FOUND_PAYMENT"))
        await fixture.close()
    }

    @Test func ticketIsAwayAfterTheCharge() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        fixture.ticket.down(["confirm"])
        #expect(try await fixture.confirm(buyer).status == 202)
        #expect(try await fixture.row(buyer).phase == "approved")
        fixture.ticket.down([])
        try await fixture.eventually(buyer, "confirmed")
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        await fixture.close()
    }

    @Test func ticketIsAwayAfterADecline() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready("REJECT_CARD_COMPANY")
        fixture.ticket.down(["payment-failed"])
        #expect(try await fixture.confirm(buyer).status == 402)
        #expect(try await fixture.row(buyer).phase == "settling")
        fixture.ticket.down([])
        try await fixture.eventually(buyer, "failed")
        #expect(fixture.ticket[buyer.reservationID]?.status == "cancelled")
        await fixture.close()
    }

    /// Many instances, many unfinished payments: each is carried on by one at a time.
    @Test func manyInstancesShareTheWork() async throws {
        let fixture = try await PaymentFixture(instances: 4, reconcile: false)
        var buyers: [PaymentFixture.Buyer] = []
        for _ in 0..<60 {
            let buyer = try await fixture.ready()
            try await dead(fixture, buyer, "calls = 1, last_call_at = now()")
            buyers.append(buyer)
        }
        for _ in 0..<12 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<4 { group.addTask { try await fixture.reconcileOnce(instance: index) } }
                try await group.waitForAll()
            }
        }
        for buyer in buyers {
            #expect(try await fixture.row(buyer).status == "confirmed")
            #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
            #expect(fixture.ticket.calls("confirm", of: buyer.reservationID) == 1)
        }
        await fixture.close()
    }

    /// A driver that lost its payment to another cannot write over it.
    @Test func aDriverThatWasGivenUpIsStopped() async throws {
        let fixture = try await PaymentFixture(reconcile: false) { $0.driverPatience = .seconds(20) }
        let buyer = try await fixture.ready("slow-3000")
        async let first = fixture.confirm(buyer)
        try await fixture.until("Toss to be called") { try await fixture.row(buyer).calls == 1 }
        try await fixture.database.query(
            "UPDATE payment_schema.payments SET driver = gen_random_uuid(), due_at = now() + interval '1 hour' WHERE order_id = $1",
            [buyer.orderID])
        #expect(try await first.status == 202)
        #expect(try await fixture.row(buyer).phase == "confirming")
        await fixture.close()
    }

    /// A call that takes longer than a silent driver is given keeps its payment by its heartbeat.
    @Test func aLongCallKeepsItsPayment() async throws {
        let fixture = try await PaymentFixture { $0.driverPatience = .seconds(1) }
        let buyer = try await fixture.ready("slow-3000")
        #expect(try await fixture.confirm(buyer).status == 200)
        #expect(try await fixture.row(buyer).calls == 1)
        #expect(try await fixture.ledger(buyer)["confirmCalls"]?.intValue == 1)
        await fixture.close()
    }

    @Test func abandonedOrdersAreClosed() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready()
        try await fixture.database.query("UPDATE payment_schema.payments SET created_at = now() - interval '2 hours'")
        let pool = fixture.database.pool(role: "tiketi_payment", group: PaymentFixture.group)
        let store = PaymentStore(postgres: pool, driverPatience: .seconds(20))
        let closed = try await PaymentFixture.group.next().run { try await store.abandon(olderThan: .seconds(3600)) }
        #expect(closed == 1)
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "failed", phase: "done", calls: 0, code: "ABANDONED"))
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 409 && answer.code == "RESERVATION_EXPIRED")
        try await PaymentFixture.group.next().run { try await store.sweep() }
        await pool.close()
        await fixture.close()
    }
}
