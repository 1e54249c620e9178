import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// Two things at once: refunds and webhooks beside a running payment, two windows for one order, a database that comes and goes.
@Suite(.timeLimit(.minutes(5)))
struct RaceTests {
    /// The reservation is cancelled while ticket's confirmation is on its way: the refund is asked for again until there is something to
    /// refund.
    @Test func aRefundWhileTheConfirmationIsUnderWay() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        fixture.ticket.down(["confirm"])
        #expect(try await fixture.confirm(buyer).status == 202)
        for waits in [true, false] {
            let early = try await fixture.refund(buyer, waits: waits)
            #expect(early.status == 202 && early.body["refunding"]?.boolValue == false, "\(early)")
        }
        fixture.ticket.down([])
        try await fixture.eventually(buyer, "confirmed")
        #expect(try await fixture.refund(buyer).status == 200)
        try await fixture.eventually(buyer, "cancelled")
        #expect(try await fixture.ledger(buyer)["refundedAmount"]?.int64Value == 70_000)
        await fixture.close()
    }

    /// Cancelled in Toss's console between the charge and ticket's confirmation; the webhook comes while nobody asks Toss any more.
    @Test func aCancellationAtTossBeforeTicketHasConfirmed() async throws {
        let fixture = try await PaymentFixture(webhooks: true)
        let buyer = try await fixture.ready()
        fixture.ticket.down(["confirm"])
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.cancelAtToss(buyer)
        try await fixture.until("the webhook") {
            try await !fixture.database.query("SELECT FROM payment_schema.payments WHERE recheck").isEmpty
        }
        fixture.ticket.down([])
        try await fixture.eventually(buyer, "cancelled")
        #expect(
            fixture.ticket[buyer.reservationID]?.status == "cancelled" && fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded")
        #expect(try await fixture.ledger(buyer)["refundedAmount"]?.int64Value == 70_000)
        await fixture.close()
    }

    /// The answer that says DONE is older than the cancellation that the webhook tells of.
    @Test func aCancellationAtTossWhileItsAnswerIsUnderWay() async throws {
        let fixture = try await PaymentFixture(webhooks: true)
        let buyer = try await fixture.ready("slow-800")
        async let confirmed = fixture.confirm(buyer)
        try await fixture.until("the charge") { try await fixture.ledger(buyer)["charges"]?.intValue == 1 }
        try await fixture.cancelAtToss(buyer)
        _ = try await confirmed
        try await fixture.eventually(buyer, "cancelled")
        #expect(fixture.ticket[buyer.reservationID]?.status == "cancelled")
        await fixture.close()
    }

    /// A webhook that comes between the question to Toss and the note that all is well is looked into again.
    @Test func aWebhookDuringAComparisonIsNotForgotten() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        let pool = fixture.database.pool(role: "tiketi_payment", group: PaymentFixture.group)
        let store = PaymentStore(postgres: pool, driverPatience: .seconds(20))
        let order = buyer.orderID
        let open = try await PaymentFixture.group.next().run {
            try await store.hint(transmissionID: "one", eventType: "X", orderID: order, paymentKey: nil, status: "CANCELED")
            let claimed = try await store.claimDue(limit: 10, driver: UUID())
            // Toss is asked here, and says DONE. Then:
            try await store.hint(transmissionID: "two", eventType: "X", orderID: order, paymentKey: nil, status: "CANCELED")
            for payment in claimed { try await store.checked(payment, alarm: nil) }
            return try await store.payment(orderID: order)
        }
        #expect(open?.recheck == true)
        try await fixture.cancelAtToss(buyer)
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).status == "cancelled")
        await pool.close()
        await fixture.close()
    }

    /// A part was given back by hand: an operator is called, nobody loses the ticket, and a later refund gives back exactly the rest.
    @Test func aPartialRefundByHand() async throws {
        let fixture = try await PaymentFixture(webhooks: true)
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        try await fixture.cancelAtToss(buyer, amount: 20_000)
        try await fixture.until("the alarm") { try await fixture.row(buyer).alarm != nil }
        #expect(
            try await fixture.row(buyer)
                == PaymentFixture.Row(status: "confirmed", phase: "done", calls: 1, alarm: "Toss shows PARTIAL_CANCELED"))
        #expect(fixture.metric("tiketi_payment_alarms_total{reason=\"difference\"}") == 1)
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        _ = try await fixture.refund(buyer)
        try await fixture.eventually(buyer, "cancelled")
        let ledger = try await fixture.ledger(buyer)
        #expect(ledger["refundedAmount"]?.int64Value == 70_000 && ledger["status"]?.stringValue == "CANCELED", "\(ledger)")
        #expect(fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded")
        await fixture.close()
    }

    /// A buyer with two payment windows for one order: what became of the second says nothing about the first.
    @Test func anotherWindowOfTheSameOrder() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("lost")
        #expect(try await fixture.confirm(buyer).status == 202)
        var other = buyer
        other.paymentKey = try await fixture.key(buyer, "REJECT_CARD_COMPANY")
        let refused = try await fixture.confirm(other)
        #expect(refused.status == 409 && refused.code == "PAYMENT_KEY_MISMATCH")
        // The order now shows the other window at Toss, and that one is over.
        let headers = [("Authorization", "Basic " + Base64.encode(Array("test_sk_fixture:".utf8)))]
        let aborted = try await fixture.call(.post, "/v1/payments/confirm", port: fixture.simulatorPort, headers: headers) {
            $0.member("paymentKey", other.paymentKey)
            $0.member("orderId", other.orderID)
            $0.member("amount", other.amount)
        }
        #expect(aborted.status == 403)
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).status == "confirmed")
        let ledger = try await fixture.call(.get, "/simulator/ledger?orderId=\(buyer.orderID)", port: fixture.simulatorPort)
        #expect(ledger.body["totals"]?["charged"]?.int64Value == 70_000)
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        await fixture.close()
    }

    /// The event was cancelled after a call that took nothing: not called again, and over as soon as no call can be under way any more.
    @Test func aReservationThatEndsAfterACallThatTookNothing() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("once-PROVIDER_ERROR")
        #expect(try await fixture.confirm(buyer).status == 202)
        fixture.ticket.change(buyer.reservationID) { $0.status = "cancelled" }
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "pending", phase: "confirming", calls: 1))
        try await fixture.age(buyer)
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "failed", phase: "done", calls: 1, code: "RESERVATION_EXPIRED"))
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 409 && answer.code == "RESERVATION_EXPIRED" && answer.body["refunded"] == nil)
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 0)
        await fixture.close()
    }

    /// The event was cancelled after ticket gave the lease and before Toss was called: the lease goes back, however often that takes.
    @Test func aLeaseOfACancelledEventGoesBack() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready()
        fixture.ticket.change(buyer.reservationID) {
            $0.payingOrder = buyer.orderID
            $0.payingUntil = Timestamp.now().adding(seconds: 600)
            $0.eventIsCancelled = true
        }
        fixture.ticket.down(["payment-released"])
        #expect(try await fixture.confirm(buyer).status == 202)
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "pending", phase: "confirming", calls: 0))
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).phase == "confirming")
        fixture.ticket.down([])
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "failed", phase: "done", calls: 0, code: "RESERVATION_EXPIRED"))
        #expect(fixture.ticket[buyer.reservationID]?.payingUntil == nil)
        #expect(fixture.ticket.calls("payment-released", of: buyer.reservationID) == 3)
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 0)
        await fixture.close()
    }

    /// Toss does not know a payment that we confirmed (another shop's key was configured): an operator's matter, asked about once.
    @Test func aConfirmedPaymentThatTossDoesNotKnow() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        try await fixture.database.query(
            """
            UPDATE payment_schema.payments SET order_id = 'ORDER-elsewhere', payment_key = 'elsewhere', recheck = true
            WHERE order_id = $1
            """,
            [buyer.orderID])
        try await fixture.reconcileOnce()
        let rows = try await fixture.database.query("SELECT alarm, recheck, status FROM payment_schema.payments")
        #expect(try rows.first?.string(0) == "Toss shows NOT_FOUND_PAYMENT" && rows.first?.bool(1) == false)
        #expect(try rows.first?.string(2) == "confirmed")
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        await fixture.close()
    }

    /// The order could not be bound: a 202 would let the buyer wait for a payment that nobody works on.
    @Test func noPromiseWithoutARow() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        try await fixture.database.query("REVOKE UPDATE ON payment_schema.payments FROM tiketi_payment")
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 503 && answer.code == "UNAVAILABLE", "\(answer)")
        #expect(try await fixture.ledger(buyer)["confirmCalls"]?.intValue == 0)
        try await fixture.database.query("GRANT UPDATE ON payment_schema.payments TO tiketi_payment")
        #expect(try await fixture.confirm(buyer).status == 200)
        await fixture.close()
    }

    /// Connections die all the time, some in the middle of a commit: every payment still ends, charged once.
    @Test func theDatabaseDropsConnectionsAllTheTime() async throws {
        let fixture = try await PaymentFixture(instances: 2) { $0.driverPatience = .seconds(1) }
        let done = Locked(false)
        let killer = Task {
            while !done.withLock({ $0 }) {
                try await fixture.database.query(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE usename = 'tiketi_payment' AND datname = current_database() AND random() < 0.3
                    """)
                try await PaymentFixture.pause()
            }
        }
        let buyers = try await withThrowingTaskGroup(of: [PaymentFixture.Buyer].self) { group in
            for _ in 0..<10 {
                group.addTask {
                    var buyers: [PaymentFixture.Buyer] = []
                    for index in 0..<6 {
                        var buyer = try fixture.buyer()
                        // Opening an order may fail as well; a buyer tries again.
                        try await fixture.until("an order") {
                            buyer.orderID = try await fixture.prepare(buyer).body["orderId"]?.stringValue ?? ""
                            return buyer.orderID != ""
                        }
                        buyer.paymentKey = try await fixture.key(buyer)
                        _ = try await fixture.confirm(buyer, instance: index % 2)
                        buyers.append(buyer)
                    }
                    return buyers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        done.withLock { $0 = true }
        _ = await killer.result
        #expect(buyers.count == 60)
        for buyer in buyers {
            // Who was told 503 asks again.
            if try await fixture.row(buyer).phase == "created" { #expect(try await fixture.confirm(buyer).status == 200) }
            try await fixture.eventually(buyer, "confirmed")
            #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
            #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        }
        await fixture.close()
    }
}
