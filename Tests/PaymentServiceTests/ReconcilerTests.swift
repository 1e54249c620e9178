import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// What is left after a death: rows in every unfinished state, taken up by whoever comes first, and brought to the same end.
@Suite(.timeLimit(.minutes(5)))
struct ReconcilerTests {
    /// A process died right after `begin`: nothing was asked of Toss.
    private func dead(_ bed: Bed, _ buyer: Bed.Buyer, _ set: String) async throws {
        try await bed.database.query(
            """
            UPDATE payment_schema.payments SET phase = 'confirming', payment_key = $2, driver = gen_random_uuid(),
                due_at = now() - interval '1 second', \(set) WHERE order_id = $1
            """, [buyer.orderID, buyer.paymentKey])
    }

    @Test func deadAfterBegin() async throws {
        let bed = try await Bed()
        let buyer = try await bed.ready()
        try await dead(bed, buyer, "calls = 0")
        try await bed.eventually(buyer, "confirmed")
        #expect(try await bed.ledger(buyer)["charges"]?.intValue == 1)
        #expect(try await bed.confirm(buyer).status == 200)
        await bed.close()
    }

    @Test(arguments: [false, true])
    func deadAroundTheCall(charged: Bool) async throws {
        let bed = try await Bed()
        let buyer = try await bed.ready()
        if charged { try await bed.charge(buyer) }
        try await dead(bed, buyer, "calls = 1, last_call_at = now()")
        try await bed.eventually(buyer, "confirmed")
        #expect(try await bed.ledger(buyer)["charges"]?.intValue == 1)
        await bed.close()
    }

    /// Charged, and dead for so long that the seats went to somebody else.
    @Test func deadUntilTheSeatsAreGone() async throws {
        let bed = try await Bed()
        let buyer = try await bed.ready()
        try await bed.charge(buyer)
        bed.ticket.change(buyer.reservationID) { $0.status = "cancelled" }
        try await dead(bed, buyer, "calls = 1, last_call_at = now()")
        try await bed.eventually(buyer, "cancelled")
        #expect(try await bed.ledger(buyer)["status"]?.stringValue == "CANCELED")
        let answer = try await bed.confirm(buyer)
        #expect(answer.status == 409 && answer.body["refunded"]?.boolValue == true)
        await bed.close()
    }

    /// Never charged, and the lease cannot be had any more: not called again, and failed only when it is certain.
    @Test func deadAndExpired() async throws {
        let bed = try await Bed(reconcile: false)
        var buyer = try await bed.ready()
        buyer.paymentKey = "never-seen"
        bed.ticket.change(buyer.reservationID) { $0.status = "cancelled" }
        try await bed.database.query("UPDATE payment_schema.payments SET order_id = 'ORDER-gone' WHERE order_id = $1", [buyer.orderID])
        buyer.orderID = "ORDER-gone"
        try await dead(bed, buyer, "calls = 1, last_call_at = now()")
        try await bed.reconcileOnce()
        #expect(try await bed.row(buyer) == Bed.Row(status: "pending", phase: "confirming", calls: 1))
        try await bed.age(buyer)
        try await bed.reconcileOnce()
        #expect(try await bed.row(buyer) == Bed.Row(status: "failed", phase: "done", calls: 1, code: "NOT_FOUND_PAYMENT"))
        await bed.close()
    }

    @Test func ticketIsAwayAfterTheCharge() async throws {
        let bed = try await Bed()
        let buyer = try await bed.ready()
        bed.ticket.down(["confirm"])
        #expect(try await bed.confirm(buyer).status == 202)
        #expect(try await bed.row(buyer).phase == "approved")
        bed.ticket.down([])
        try await bed.eventually(buyer, "confirmed")
        #expect(bed.ticket[buyer.reservationID]?.status == "confirmed")
        await bed.close()
    }

    @Test func ticketIsAwayAfterADecline() async throws {
        let bed = try await Bed()
        let buyer = try await bed.ready("REJECT_CARD_COMPANY")
        bed.ticket.down(["payment-failed"])
        #expect(try await bed.confirm(buyer).status == 402)
        #expect(try await bed.row(buyer).phase == "settling")
        bed.ticket.down([])
        try await bed.eventually(buyer, "failed")
        #expect(bed.ticket[buyer.reservationID]?.status == "cancelled")
        await bed.close()
    }

    /// Many instances, many unfinished payments: each is carried on by one at a time.
    @Test func manyInstancesShareTheWork() async throws {
        let bed = try await Bed(instances: 4, reconcile: false)
        var buyers: [Bed.Buyer] = []
        for _ in 0..<60 {
            let buyer = try await bed.ready()
            try await dead(bed, buyer, "calls = 1, last_call_at = now()")
            buyers.append(buyer)
        }
        for _ in 0..<12 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<4 { group.addTask { try await bed.reconcileOnce(instance: index) } }
                try await group.waitForAll()
            }
        }
        for buyer in buyers {
            #expect(try await bed.row(buyer).status == "confirmed")
            #expect(try await bed.ledger(buyer)["charges"]?.intValue == 1)
            #expect(bed.ticket.calls("confirm", of: buyer.reservationID) == 1)
        }
        await bed.close()
    }

    /// A driver that lost its payment to another cannot write over it.
    @Test func aDriverThatWasGivenUpIsStopped() async throws {
        let bed = try await Bed(reconcile: false) { $0.driverSeconds = 20 }
        let buyer = try await bed.ready("slow-3000")
        async let first = bed.confirm(buyer)
        try await bed.until("Toss to be called") { try await bed.row(buyer).calls == 1 }
        try await bed.database.query(
            "UPDATE payment_schema.payments SET driver = gen_random_uuid(), due_at = now() + interval '1 hour' WHERE order_id = $1",
            [buyer.orderID])
        #expect(try await first.status == 202)
        #expect(try await bed.row(buyer).phase == "confirming")
        await bed.close()
    }

    /// A call that takes longer than a silent driver is given keeps its payment by its heartbeat.
    @Test func aLongCallKeepsItsPayment() async throws {
        let bed = try await Bed { $0.driverSeconds = 1 }
        let buyer = try await bed.ready("slow-3000")
        #expect(try await bed.confirm(buyer).status == 200)
        #expect(try await bed.row(buyer).calls == 1)
        #expect(try await bed.ledger(buyer)["confirmCalls"]?.intValue == 1)
        await bed.close()
    }

    @Test func abandonedOrdersAreClosed() async throws {
        let bed = try await Bed(reconcile: false)
        let buyer = try await bed.ready()
        try await bed.database.query("UPDATE payment_schema.payments SET created_at = now() - interval '2 hours'")
        let pool = bed.database.pool(role: "tiketi_payment", group: Bed.group)
        let store = PaymentStore(postgres: pool, driverSeconds: 20)
        let closed = try await Bed.group.next().run { try await store.abandon(olderThanSeconds: 3600) }
        #expect(closed == 1)
        #expect(try await bed.row(buyer) == Bed.Row(status: "failed", phase: "done", calls: 0, code: "ABANDONED"))
        let answer = try await bed.confirm(buyer)
        #expect(answer.status == 409 && answer.code == "RESERVATION_EXPIRED")
        try await Bed.group.next().run { try await store.sweep() }
        await pool.close()
        await bed.close()
    }
}
