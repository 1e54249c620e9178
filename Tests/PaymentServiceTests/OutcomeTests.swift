import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// Every way a confirm call can end at Toss: what the buyer hears, what happens to the hold, and that money and seats agree in the end.
@Suite(.timeLimit(.minutes(5)))
struct OutcomeTests {
    static let declined = [
        "INVALID_REQUEST", "UNAPPROVED_ORDER_ID", "NOT_AVAILABLE_PAYMENT", "BELOW_MINIMUM_AMOUNT", "INVALID_CARD_NUMBER",
        "INVALID_STOPPED_CARD", "INVALID_CARD_EXPIRATION", "INVALID_REJECT_CARD", "INVALID_CARD_LOST_OR_STOLEN", "EXCEED_MAX_AMOUNT",
        "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "INVALID_CARD_INSTALLMENT_PLAN",
        "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "REJECT_CARD_COMPANY", "REJECT_CARD_PAYMENT", "REJECT_ACCOUNT_PAYMENT",
        "EXCEED_MAX_AUTH_COUNT", "EXCEED_MAX_ONE_DAY_AMOUNT", "INVALID_PASSWORD", "FDS_ERROR", "NOT_AVAILABLE_BANK", "NOT_FOUND_PAYMENT",
        "NOT_FOUND_PAYMENT_SESSION",
    ]

    @Test func aDeclineEndsTheReservation() async throws {
        let fixture = try await PaymentFixture()
        for code in Self.declined {
            let buyer = try await fixture.ready(code)
            let answer = try await fixture.confirm(buyer)
            #expect(answer.status == 402 && answer.code == "PAYMENT_REJECTED", "\(code): \(answer)")
            #expect(answer.body["providerCode"]?.stringValue == code)
            #expect(try await fixture.confirm(buyer).body["providerCode"]?.stringValue == code)
            #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "failed", phase: "done", calls: 1, code: code))
            #expect(fixture.ticket[buyer.reservationID]?.cancelReason == "payment_failed")
            #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 0)
            #expect(try await fixture.facts(buyer) == ["payment.failed"])
        }
        await fixture.close()
    }

    /// Toss's answer says nothing certain, and nothing was taken: the seats stay, the same call is made again, and it goes through.
    @Test(arguments: [
        "PROVIDER_ERROR", "CARD_PROCESSING_ERROR", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "FAILED_INTERNAL_SYSTEM_PROCESSING",
        "UNKNOWN_PAYMENT_ERROR", "TOO_MANY_REQUESTS", "SERVICE_UNAVAILABLE", "SOMETHING_NEW",
    ])
    func unknownWithoutACharge(code: String) async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready("once-\(code)")
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 202 && answer.body["payment"]?["status"]?.stringValue == "pending", "\(answer)")
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        if code == "SOMETHING_NEW" {
            // The simulator remembers this answer for the key as Toss would: not ours to judge, until the payment lapses.
            try await fixture.behave(buyer, "ok")
            #expect(try await fixture.row(buyer).status == "pending")
        } else {
            try await fixture.eventually(buyer, "confirmed")
            #expect(try await fixture.confirm(buyer).status == 200)
            #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        }
        await fixture.close()
    }

    /// Toss took the money and did not say so: found out at once by asking, and the buyer never notices.
    @Test(arguments: [
        "charged-PROVIDER_ERROR", "charged-CARD_PROCESSING_ERROR", "charged-ALREADY_PROCESSED_PAYMENT",
        "charged-FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "charged-FAILED_INTERNAL_SYSTEM_PROCESSING", "charged-UNKNOWN_PAYMENT_ERROR",
        "charged-SOMETHING_NEW", "charged-TOO_MANY_REQUESTS", "charged-GATEWAY_TIMEOUT", "drop", "garbage",
    ])
    func unknownWithACharge(behaviour: String) async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready(behaviour)
        #expect(try await fixture.confirm(buyer).status == 200)
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        await fixture.close()
    }

    /// The answer comes after our patience: resolved by the reconciler.
    @Test func aTimeoutAfterTheCharge() async throws {
        let fixture = try await PaymentFixture {
            $0.tossTimeout = .seconds(1)
            $0.tossConnectTimeout = .seconds(1)
            $0.answerTime = .milliseconds(500)
        }
        let buyer = try await fixture.ready("slow-4000")
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.eventually(buyer, "confirmed")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        await fixture.close()
    }

    @Test func aLostCallIsMadeAgain() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready("lost")
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.eventually(buyer, "confirmed")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        await fixture.close()
    }

    /// 409: the same request is still running at Toss.
    @Test func inProgressAtToss() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("once-IDEMPOTENT_REQUEST_PROCESSING")
        #expect(try await fixture.confirm(buyer).status == 202)
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        await fixture.close()
    }

    @Test(arguments: ["UNAUTHORIZED_KEY", "FORBIDDEN_REQUEST", "INCORRECT_BASIC_AUTH_FORMAT", "INVALID_API_KEY", "INVALID_AUTHORIZE_AUTH"])
    func ourOwnKeyKeepsTheHoldAndCallsTheOperator(code: String) async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready(code)
        #expect(try await fixture.confirm(buyer).status == 202)
        let row = try await fixture.row(buyer)
        #expect(row.status == "pending" && row.alarm == code)
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        let exposition = String(decoding: fixture.registry.exposition(), as: UTF8.self)
        #expect(exposition.contains("tiketi_payment_alarms_total{reason=\"configuration\"} 1"))
        await fixture.close()
    }

    @Test(arguments: ["deposit", "short-100"])
    func whatIsNotThePriceIsTakenBack(behaviour: String) async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready(behaviour)
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 402 && answer.code == "PAYMENT_REJECTED", "\(answer)")
        try await fixture.eventually(buyer, "failed")
        #expect(try await fixture.ledger(buyer)["status"]?.stringValue == "CANCELED")
        #expect(fixture.ticket[buyer.reservationID]?.status == "cancelled")
        await fixture.close()
    }

    /// A second call is refused, but the first one's outcome is unknown: the refusal is not believed for 90 s.
    @Test(arguments: [false, true])
    func aRefusalAfterAnUnknownCall(aged: Bool) async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready("lost")
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.behave(buyer, "once-REJECT_CARD_COMPANY")
        if aged { try await fixture.age(buyer) }
        try await fixture.reconcileOnce()
        if aged {
            #expect(
                try await fixture.row(buyer) == PaymentFixture.Row(status: "failed", phase: "done", calls: 2, code: "REJECT_CARD_COMPANY"))
            #expect(fixture.ticket[buyer.reservationID]?.status == "cancelled")
        } else {
            #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "pending", phase: "confirming", calls: 2))
            // The first call's charge arrives after all.
            try await fixture.charge(buyer, idempotencyKey: "the first call")
            try await fixture.reconcileOnce()
            #expect(try await fixture.row(buyer).status == "confirmed")
        }
        await fixture.close()
    }

    @Test func aPaymentThatTossNeverSawFailsAfterNinetySeconds() async throws {
        let fixture = try await PaymentFixture()
        var buyer = try await fixture.ready()
        buyer.paymentKey = "unknown-to-everybody"
        // Toss's first answer is lost, so that its refusal is not heard.
        fixture.ticket.down(["paying"])
        #expect(try await fixture.confirm(buyer).status == 202)
        fixture.ticket.down([])
        try await fixture.eventually(buyer, "failed")
        #expect(try await fixture.row(buyer).code == "NOT_FOUND_PAYMENT")
        await fixture.close()
    }

    @Test func withTheKeepPolicyTheHoldLivesOn() async throws {
        let fixture = try await PaymentFixture { $0.declinePolicy = .keep }
        var buyer = try await fixture.ready("REJECT_CARD_COMPANY")
        #expect(try await fixture.confirm(buyer).status == 402)
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        // Another card, a new order, at once.
        let first = buyer.orderID
        buyer.orderID = try #require(try await fixture.prepare(buyer).body["orderId"]?.stringValue)
        #expect(buyer.orderID != first)
        buyer.paymentKey = try await fixture.key(buyer)
        #expect(try await fixture.confirm(buyer).status == 200)
        await fixture.close()
    }
}

extension PaymentFixture.Answer {
    func expect(_ status: Int) {
        #expect(self.status == status, "\(self)")
    }
}
