import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// Money back: in full, once, and before the seats are given away.
@Suite(.timeLimit(.minutes(5)))
struct RefundTests {
    @Test func aRefund() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        let before = try await fixture.confirm(buyer)
        let answer = try await fixture.refund(buyer)
        #expect(answer.status == 200 && answer.body["payment"]?["status"]?.stringValue == "cancelled", "\(answer)")
        try await fixture.eventually(buyer, "cancelled")
        #expect(fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded")
        #expect(try await fixture.refund(buyer).status == 200)
        let ledger = try await fixture.ledger(buyer)
        #expect(ledger["refundedAmount"]?.int64Value == 70_000 && ledger["cancelCalls"]?.intValue == 1)
        #expect(try await fixture.facts(buyer) == ["payment.confirmed", "payment.refunded"])
        // The confirm call did succeed, and goes on saying so.
        #expect(try await fixture.confirm(buyer).bytes == before.bytes)
        await fixture.close()
    }

    @Test func whatWasNeverPaidIsNotRefunded() async throws {
        let fixture = try await PaymentFixture()
        let open = try await fixture.ready()
        let nothing = try await fixture.refund(open)
        #expect(nothing.status == 404 && nothing.code == "NOTHING_PAID")
        let declined = try await fixture.ready("REJECT_CARD_COMPANY")
        #expect(try await fixture.confirm(declined).status == 402)
        #expect(try await fixture.refund(declined).code == "NOTHING_PAID")
        #expect(try await fixture.refund(try fixture.buyer()).status == 404)
        #expect(try await fixture.call(.post, "/internal/payments/refund", token: open.token) { _ in }.status == 401)
        await fixture.close()
    }

    @Test func askingManyTimesAtOnceRefundsOnce() async throws {
        let fixture = try await PaymentFixture(instances: 2)
        let buyer = try await fixture.ready("cancel-slow-200")
        #expect(try await fixture.confirm(buyer).status == 200)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<8 { group.addTask { try await fixture.refund(buyer, instance: index % 2).status } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(statuses.isSubset(of: [200, 202]) && statuses.contains(200))
        try await fixture.eventually(buyer, "cancelled")
        #expect(try await fixture.ledger(buyer)["refundedAmount"]?.int64Value == 70_000)
        await fixture.close()
    }

    /// Trouble on the way: asked for until it is seen, never paid back twice, and ticket hears of it only then.
    @Test(arguments: [
        "cancel-drop", "cancel-lost", "cancel-once-FAILED_REFUND_PROCESS", "cancel-once-FAILED_METHOD_HANDLING_CANCEL",
        "cancel-once-COMMON_ERROR", "cancel-once-FORBIDDEN_CONSECUTIVE_REQUEST", "cancel-once-IDEMPOTENT_REQUEST_PROCESSING",
        "cancel-once-PROVIDER_ERROR", "cancel-charged-FAILED_REFUND_PROCESS", "cancel-charged-ALREADY_CANCELED_PAYMENT",
        "cancel-once-UNAUTHORIZED_KEY", "cancel-stuck-FAILED_REFUND_PROCESS", "cancel-once-NOT_CANCELABLE_PAYMENT",
        "cancel-once-NOT_MATCHES_REFUNDABLE_AMOUNT",
    ])
    func troubleWithARefund(behaviour: String) async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready(behaviour)
        #expect(try await fixture.confirm(buyer).status == 200)
        let answer = try await fixture.refund(buyer)
        #expect(answer.status == 200 || answer.status == 202)
        if answer.status == 202 { #expect(answer.body["payment"]?["status"]?.stringValue == "confirmed") }
        try await fixture.eventually(buyer, "cancelled")
        let ledger = try await fixture.ledger(buyer)
        #expect(ledger["refundedAmount"]?.int64Value == 70_000, "\(ledger)")
        #expect(fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded")
        await fixture.close()
    }

    @Test func aRefundThatTossRefusesCallsTheOperator() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("cancel-EXCEED_MAX_REFUND_DUE")
        #expect(try await fixture.confirm(buyer).status == 200)
        #expect(try await fixture.refund(buyer).status == 202)
        let row = try await fixture.row(buyer)
        #expect(row.phase == "settling" && row.status == "confirmed" && row.alarm == "EXCEED_MAX_REFUND_DUE")
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        await fixture.close()
    }

    /// Somebody cancelled in Toss's own console; the webhook says so without proof, and we look.
    @Test func aCancellationAtTossIsFollowed() async throws {
        let fixture = try await PaymentFixture(webhooks: true)
        let buyer = try await fixture.ready("webhook-twice")
        #expect(try await fixture.confirm(buyer).status == 200)
        try await fixture.cancelAtToss(buyer)
        try await fixture.eventually(buyer, "cancelled")
        #expect(fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded")
        #expect(try await fixture.facts(buyer) == ["payment.confirmed", "payment.refunded"])
        await fixture.close()
    }

    /// Answered 200 only when it is stored; the repetition of one that was not counts as the first.
    @Test func aWebhookThatCouldNotBeStoredComesAgain() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        try await fixture.cancelAtToss(buyer)
        func hook() async throws -> Int {
            try await fixture.call(.post, "/api/payments/webhook", headers: [("tosspayments-webhook-transmission-id", "t-1")]) {
                $0.member("eventType", "PAYMENT_STATUS_CHANGED")
                $0.object("data") {
                    $0.member("orderId", buyer.orderID)
                    $0.member("status", "CANCELED")
                }
            }.status
        }
        try await fixture.database.query("REVOKE UPDATE ON payment_schema.payments FROM tiketi_payment")
        #expect(try await hook() >= 500)
        try await fixture.database.query("GRANT UPDATE ON payment_schema.payments TO tiketi_payment")
        #expect(try await fixture.row(buyer).status == "confirmed")
        #expect(try await hook() == 200)
        try await fixture.eventually(buyer, "cancelled")
        #expect(try await hook() == 200)
        #expect(fixture.ticket[buyer.reservationID]?.paymentStatus == "refunded")
        await fixture.close()
    }

    @Test func webhooksAreHintsOnly() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        func hook(_ transmission: String?, _ status: String, order: String) async throws -> Int {
            try await fixture.call(
                .post, "/api/payments/webhook", headers: transmission.map { [("tosspayments-webhook-transmission-id", $0)] } ?? []
            ) {
                $0.member("eventType", "PAYMENT_STATUS_CHANGED")
                $0.object("data") {
                    $0.member("orderId", order)
                    $0.member("paymentKey", buyer.paymentKey)
                    $0.member("status", status)
                }
            }.status
        }
        // A lie: nobody cancelled anything.
        #expect(try await hook("t1", "CANCELED", order: buyer.orderID) == 200)
        #expect(try await hook("t1", "CANCELED", order: buyer.orderID) == 200)
        #expect(try await hook(nil, "DONE", order: "ORDER-unknown") == 200)
        #expect(try await fixture.call(.post, "/api/payments/webhook") { $0.member("anything", 1) }.status == 200)
        try await fixture.until("the looks at Toss") {
            try await fixture.database.query("SELECT FROM payment_schema.payments WHERE recheck").isEmpty
        }
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "confirmed", phase: "done", calls: 1))
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        let stored = try await fixture.database.query("SELECT count(*) FROM payment_schema.webhooks")
        #expect(try stored.first?.int(0) == 1)
        await fixture.close()
    }
}
