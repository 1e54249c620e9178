// The bounds of an order whose outcome nobody knows: calls to Toss, time, seats; and the administrator who ends it.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

@Suite(.timeLimit(.minutes(5)))
struct SettlementLimitTests {
    /// Toss answers every call with trouble of the moment: the pauses grow although every round makes a new call.
    @Test func theBackOffOutlivesCalls() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("PROVIDER_ERROR")
        #expect(try await fixture.confirm(buyer).status == 202)
        for round in 2...6 {
            try await fixture.reconcileOnce()
            let row = try await fixture.database.query(
                """
                SELECT failures, calls, extract(epoch FROM due_at - updated_at)::float8 FROM payment_schema.payments WHERE order_id = $1
                """, [buyer.orderID])[0]
            #expect(try row.int(0) == round)
            #expect(try row.int(1) == round)
            // Doubled each time: a second, two, four …
            let pause = Double(1 << (round - 1))
            #expect(try row.double(2) > pause * 0.7 && row.double(2) < pause * 1.3)
        }
        await fixture.close()
    }

    /// However often somebody asks, however the reconciler is hurried: at most 40 requests for one order, its end included.
    @Test func atMostFortyRequestsForOneOrder() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("PROVIDER_ERROR")
        for _ in 0..<60 {
            #expect(try await fixture.confirm(buyer).status == 202)
            try await fixture.reconcileOnce()
        }
        #expect(try await fixture.row(buyer).phase == "confirming")
        #expect(try await fixture.standing(buyer) == "unknown")
        #expect(try await fixture.tossRequests() < 36)
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        // The end of its time: Toss shows that nothing was taken.
        try await fixture.ageBegin(buyer, by: .seconds(880))
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).code == "PAYMENT_TIMEOUT")
        #expect(fixture.ticket[buyer.reservationID]?.cancelReason == "payment_failed")
        for _ in 0..<20 { try await fixture.reconcileOnce() }
        #expect(try await fixture.tossRequests() <= 40)
        #expect(try await fixture.row(buyer).alarm == nil)
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 402 && answer.body["providerCode"]?.stringValue == "PAYMENT_TIMEOUT")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 0)
        await fixture.close()
    }

    /// Webhooks are anybody's: a flood of them makes nobody ask Toss without bound.
    @Test func webhooksDoNotHammerToss() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        for _ in 0..<150 {
            try await fixture.call(.post, "/api/payments/webhook") {
                $0.member("eventType", "PAYMENT_STATUS_CHANGED")
                $0.object("data") {
                    $0.member("orderId", buyer.orderID)
                    $0.member("status", "EXPIRED")
                }
            }.expect(200)
            try await PaymentFixture.pause()
        }
        #expect(try await fixture.tossRequests() <= 40)
        #expect(try await fixture.row(buyer).status == "confirmed")
        await fixture.close()
    }

    /// What Toss does not know is not called again after the first call's own doubt: calling on would renew it for ever.
    @Test func doubtCountsFromTheFirstCall() {
        func decide(first: Int, latest: Int) -> ConfirmDecision {
            TossDecision.afterQuery(
                .refused(status: 404, code: "NOT_FOUND_PAYMENT", message: "m"), orderID: "ORDER-1", amount: 1000,
                doubt: .init(sinceFirst: .seconds(first), sinceLatest: .seconds(latest)))
        }
        #expect(decide(first: 89, latest: 10) == .callAgain)
        #expect(decide(first: 90, latest: 10) == .wait(reason: "NOT_FOUND_PAYMENT"))
        #expect(decide(first: 400, latest: 89) == .wait(reason: "NOT_FOUND_PAYMENT"))
        #expect(decide(first: 400, latest: 90) == .decline(code: "NOT_FOUND_PAYMENT", message: "m"))
    }

    /// Ticket is asked for no more than what is left, and for nothing at the end.
    @Test func aReservationIsKeptForTheLimitAndNoLonger() async throws {
        let fixture = try await PaymentFixture(reconcile: false) { $0.limits = SettlementLimits(lease: .seconds(300)) }
        let buyer = try await fixture.ready("PROVIDER_ERROR")
        let begin = Timestamp.now()
        #expect(try await fixture.confirm(buyer).status == 202)
        func until() throws -> Timestamp { try #require(fixture.ticket[buyer.reservationID]?.payingUntil) }
        // Some seconds more for a machine that is busy.
        #expect(try until() <= begin.adding(seconds: 330))
        let first = fixture.ticket.calls("paying", of: buyer.reservationID)
        try await fixture.database.query("UPDATE payment_schema.payments SET leased_at = now() - interval '1 hour'")
        try await fixture.ageBegin(buyer, by: .seconds(200))
        try await fixture.prolongLeases()
        #expect(fixture.ticket.calls("paying", of: buyer.reservationID) == first + 1)
        #expect(try until() <= Timestamp.now().adding(seconds: 130))
        try await fixture.database.query("UPDATE payment_schema.payments SET leased_at = now() - interval '1 hour'")
        try await fixture.ageBegin(buyer, by: .seconds(101))
        try await fixture.prolongLeases()
        #expect(fixture.ticket.calls("paying", of: buyer.reservationID) == first + 1)
        await fixture.close()
    }

    /// Toss says nothing until the end: an alarm, the seats are free, and a charge that shows up later goes back.
    @Test(arguments: [false, true])
    func aSilentTossAtTheEnd(isCharged: Bool) async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("lost")
        #expect(try await fixture.confirm(buyer).status == 202)
        if isCharged { try await fixture.charge(buyer, idempotencyKey: "the first call") }
        try await fixture.toss(isAway: true)
        try await fixture.ageBegin(buyer, by: .seconds(600))
        try await fixture.reconcileOnce()
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        #expect(fixture.metric("tiketi_payment_alarms_total{reason=\"outcome_unknown\"}") == 0)
        try await fixture.ageBegin(buyer, by: .seconds(280))
        try await fixture.reconcileOnce()
        let row = try await fixture.row(buyer)
        #expect(row.status == "failed" && row.code == "OUTCOME_UNKNOWN" && row.alarm == "OUTCOME_UNKNOWN", "\(row)")
        #expect(fixture.ticket[buyer.reservationID]?.status == "cancelled")
        #expect(fixture.metric("tiketi_payment_alarms_total{reason=\"outcome_unknown\"}") == 1)
        // Nobody forgets it, however long Toss is away.
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).alarm == "OUTCOME_UNKNOWN")
        try await fixture.toss(isAway: false)
        try await fixture.until("the second look") {
            try await fixture.reconcileOnce()
            let row = try await fixture.row(buyer)
            return row.phase == "done" && row.alarm == nil
        }
        let ledger = try await fixture.ledger(buyer)
        #expect(try await fixture.row(buyer).status == "failed")
        #expect(ledger["charges"]?.intValue == (isCharged ? 1 : 0))
        #expect(ledger["refundedAmount"]?.int64Value == (isCharged ? 70_000 : 0))
        await fixture.close()
    }

    /// Paid in time, but nobody heard of it: the last question finds it, and the seats are the buyer's.
    @Test func theLastQuestionFindsACharge() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("lost")
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.charge(buyer, idempotencyKey: "the first call")
        try await fixture.ageBegin(buyer, by: .seconds(880))
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).status == "confirmed")
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        await fixture.close()
    }

    /// Ticket was away all the time: Toss was never called, and the order ends.
    @Test func anOrderThatNeverGotItsLeaseEnds() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready()
        fixture.ticket.down(["paying"])
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.ageBegin(buyer, by: .seconds(880))
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "failed", phase: "done", calls: 0, code: "RESERVATION_EXPIRED"))
        #expect(try await fixture.tossRequests() == 0)
        await fixture.close()
    }

    @Test func anAdministratorEndsAStuckPayment() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let stuck = try await fixture.ready("UNAUTHORIZED_KEY")
        #expect(try await fixture.confirm(stuck).status == 202)
        #expect(try await fixture.settle(stuck, token: nil).status == 401)
        #expect(try await fixture.settle(stuck, token: stuck.token).status == 401)
        let settled = try await fixture.settle(stuck)
        #expect(settled.status == 200 && settled.body["payment"]?["status"]?.stringValue == "failed", "\(settled)")
        #expect(settled.body["payment"]?["state"]?.stringValue == "failed")
        #expect(fixture.ticket[stuck.reservationID]?.cancelReason == "payment_failed")
        try await fixture.reconcileOnce()
        #expect(try await fixture.settle(stuck).code == "NOT_STUCK")
        #expect(try await fixture.ledger(stuck)["charges"]?.intValue == 0)

        // Toss does not answer: the seats are free all the same.
        let silent = try await fixture.ready("lost")
        #expect(try await fixture.confirm(silent).status == 202)
        try await fixture.toss(isAway: true)
        let given = try await fixture.settle(silent)
        #expect(given.body["payment"]?["alarm"]?.stringValue == "OUTCOME_UNKNOWN", "\(given)")
        #expect(fixture.ticket[silent.reservationID]?.status == "cancelled")
        try await fixture.toss(isAway: false)

        // Toss says that it was paid.
        let paid = try await fixture.ready("lost")
        #expect(try await fixture.confirm(paid).status == 202)
        try await fixture.charge(paid, idempotencyKey: "the first call")
        #expect(try await fixture.settle(paid).body["payment"]?["status"]?.stringValue == "confirmed")
        #expect(try await fixture.settle(paid).code == "NOT_STUCK")
        let nobody = try await fixture.call(.post, "/internal/payments/\(UUID())/settle", token: PaymentFixture.token)
        #expect(nobody.status == 404)
        await fixture.close()
    }
}
