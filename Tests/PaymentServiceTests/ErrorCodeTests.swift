import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// Toss's error codes one by one, over the wire with the HTTP status each comes with: what the buyer is told, what happens to the hold, and
/// how it ends.
@Suite(.timeLimit(.minutes(5)))
struct ErrorCodeTests {
    /// What becomes of a payment whose confirm call is answered with the code for good.
    enum End: Sendable {
        /// 402 with the code; the hold ends (or lives on, as the policy says).
        case declined
        /// 202 and the seats kept; nothing was taken, so it goes through when it is tried again.
        case retried
        /// 202 and the seats kept; Toss gives the same answer until its window closes, and then the payment is failed and nobody charged.
        case lapses
        /// 202, the seats kept, an alarm; goes through once the operator has corrected the key.
        case alarm
    }

    static let confirm: [(codes: [String], end: End)] = [
        (
            [
                "INVALID_REQUEST", "UNAPPROVED_ORDER_ID", "NOT_AVAILABLE_PAYMENT", "BELOW_MINIMUM_AMOUNT", "INVALID_CARD_NUMBER",
                "INVALID_STOPPED_CARD", "INVALID_CARD_EXPIRATION", "INVALID_REJECT_CARD", "INVALID_CARD_LOST_OR_STOLEN",
                "EXCEED_MAX_AMOUNT", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "INVALID_CARD_INSTALLMENT_PLAN",
                "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_ALLOWED_POINT_USE_INSTALLMENT_PLAN", "REJECT_CARD_COMPANY",
                "REJECT_CARD_PAYMENT", "REJECT_ACCOUNT_PAYMENT", "EXCEED_MAX_AUTH_COUNT", "EXCEED_MAX_ONE_DAY_AMOUNT", "INVALID_PASSWORD",
                "FDS_ERROR", "NOT_AVAILABLE_BANK", "NOT_FOUND_PAYMENT", "NOT_FOUND_PAYMENT_SESSION",
            ], .declined
        ),
        (
            [
                "PROVIDER_ERROR", "CARD_PROCESSING_ERROR", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
                "FAILED_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR", "IDEMPOTENT_REQUEST_PROCESSING", "TOO_MANY_REQUESTS",
            ], .retried
        ),
        (["ALREADY_PROCESSED_PAYMENT", "SOMETHING_NEW"], .lapses),
        (
            [
                "INVALID_API_KEY", "INVALID_AUTHORIZE_AUTH", "UNAUTHORIZED_KEY", "FORBIDDEN_REQUEST", "INCORRECT_BASIC_AUTH_FORMAT",
                "INVALID_IDEMPOTENCY_KEY",
            ], .alarm
        ),
    ]

    @Test(arguments: [PaymentConfig.DeclinePolicy.cancel, .keep])
    func confirming(policy: PaymentConfig.DeclinePolicy) async throws {
        let fixture = try await PaymentFixture(reconcile: false) { $0.declinePolicy = policy }
        for (codes, end) in Self.confirm {
            for code in codes {
                // Toss does not give a payment up for an answer that it knows nothing of; a card that was refused is over.
                let buyer = try await fixture.ready(end.isLapse ? "once-\(code)" : code)
                let hold = try #require(fixture.ticket[buyer.reservationID]).expiresAt
                let alarms = fixture.metric("tiketi_payment_alarms_total{reason=\"configuration\"}") ?? 0
                let answer = try await fixture.confirm(buyer)
                let reservation = try #require(fixture.ticket[buyer.reservationID])
                let row = try await fixture.row(buyer)
                switch end {
                case .declined:
                    #expect(answer.status == 402 && answer.code == "PAYMENT_REJECTED", "\(code): \(answer)")
                    #expect(answer.body["providerCode"]?.stringValue == code)
                    #expect(try await fixture.confirm(buyer).bytes.count == answer.bytes.count, "\(code): the same answer again")
                    #expect(row == PaymentFixture.Row(status: "failed", phase: "done", calls: 1, code: code))
                    #expect(try await fixture.facts(buyer) == ["payment.failed"])
                    if policy == .keep {
                        #expect(
                            reservation.status == "pending" && reservation.expiresAt == hold && reservation.payingUntil == nil, "\(code)")
                    } else {
                        #expect(reservation.status == "cancelled" && reservation.cancelReason == "payment_failed", "\(code)")
                    }
                case .retried, .lapses, .alarm:
                    #expect(answer.status == 202 && answer.body["payment"]?["status"]?.stringValue == "pending", "\(code): \(answer)")
                    #expect(row.status == "pending" && row.phase == "confirming", "\(code): \(row)")
                    #expect(row.alarm == (end.isAlarm ? code : nil))
                    #expect(reservation.status == "pending" && reservation.payingUntil.map { $0 > hold.adding(seconds: -900) } == true)
                    let after = fixture.metric("tiketi_payment_alarms_total{reason=\"configuration\"}")
                    #expect(after == alarms + (end.isAlarm ? 1 : 0), "\(code)")
                }
                #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 0, "\(code)")
                try await ends(end, code, fixture, buyer)
            }
        }
        await fixture.close()
    }

    /// What was left pending comes to its end.
    private func ends(_ end: End, _ code: String, _ fixture: PaymentFixture, _ buyer: PaymentFixture.Buyer) async throws {
        switch end {
        case .declined: return
        case .retried, .alarm:
            try await fixture.behave(buyer, "ok")
            try await fixture.until("the end of \(code)") {
                try await fixture.reconcileOnce()
                return try await fixture.row(buyer).phase == "done"
            }
            let row = try await fixture.row(buyer)
            #expect(row.status == "confirmed" && row.alarm == nil, "\(code): \(row)")
            #expect(try await fixture.confirm(buyer).status == 200)
            #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1, "\(code)")
            #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        case .lapses:
            try await fixture.reconcileOnce()
            #expect(try await fixture.row(buyer).status == "pending", "\(code)")
        }
    }

    /// Toss says nothing certain for ever: the seats are kept until its own window closes, and then nobody was charged.
    @Test func theWindowClosesOnAnUnknownOutcome() async throws {
        let fixture = try await PaymentFixture(reconcile: false, window: .seconds(5))
        let buyer = try await fixture.ready("once-SOMETHING_NEW")
        let late = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 202)
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).status == "pending")
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        for window in [buyer, late] {
            try await fixture.until("Toss's window to close") { try await fixture.tossStatus(window) == "EXPIRED" }
        }
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).code == "EXPIRED")
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 402 && answer.body["providerCode"]?.stringValue == "EXPIRED")
        #expect(fixture.ticket[buyer.reservationID]?.cancelReason == "payment_failed")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 0)

        // Too late from the beginning.
        #expect(try await fixture.confirm(late).body["providerCode"]?.stringValue == "NOT_FOUND_PAYMENT_SESSION")
        #expect(try await fixture.ledger(late)["charges"]?.intValue == 0)
        await fixture.close()
    }

    /// A cancel call answered with the code: the buyer keeps the ticket until the money is back, and an operator is called when it cannot
    /// go.
    static let cancel: [(codes: [String], isRefused: Bool)] = [
        (
            [
                "NOT_CANCELABLE_AMOUNT", "NOT_CANCELABLE_PAYMENT", "EXCEED_MAX_REFUND_DUE", "NOT_ALLOWED_PARTIAL_REFUND",
                "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "EXCEED_CANCEL_LIMIT", "REFUND_REJECTED", "INVALID_REFUND_ACCOUNT_INFO",
                "INVALID_REFUND_ACCOUNT_NUMBER", "UNAUTHORIZED_KEY", "FORBIDDEN_REQUEST",
            ], true
        ),
        (
            [
                "NOT_MATCHES_REFUNDABLE_AMOUNT", "ALREADY_REFUND_PAYMENT", "ALREADY_CANCELED_PAYMENT", "FORBIDDEN_CONSECUTIVE_REQUEST",
                "IDEMPOTENT_REQUEST_PROCESSING", "FAILED_REFUND_PROCESS", "FAILED_METHOD_HANDLING_CANCEL", "FAILED_PARTIAL_REFUND",
                "COMMON_ERROR", "PROVIDER_ERROR", "SOMETHING_NEW",
            ], false
        ),
    ]

    @Test func cancelling() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        for (codes, isRefused) in Self.cancel {
            for code in codes {
                let buyer = try await fixture.ready("cancel-\(code)")
                #expect(try await fixture.confirm(buyer).status == 200)
                let answer = try await fixture.refund(buyer)
                #expect(answer.status == 202 && answer.body["refunding"]?.boolValue == true, "\(code): \(answer)")
                #expect(answer.body["payment"]?["status"]?.stringValue == "confirmed")
                let row = try await fixture.row(buyer)
                #expect(row.phase == "settling" && row.status == "confirmed", "\(code): \(row)")
                #expect(row.alarm == (isRefused ? code : nil), "\(code): \(row)")
                #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
                #expect(fixture.ticket.calls("refunded", of: buyer.reservationID) == 0)
                #expect(try await fixture.ledger(buyer)["refundedAmount"]?.int64Value == 0)
            }
        }
        #expect((fixture.metric("tiketi_payment_alarms_total{reason=\"refund_refused\"}") ?? 0) >= 9)
        await fixture.close()
    }
}

extension ErrorCodeTests.End {
    var isAlarm: Bool { if case .alarm = self { true } else { false } }
    var isLapse: Bool { if case .lapses = self { true } else { false } }
}
