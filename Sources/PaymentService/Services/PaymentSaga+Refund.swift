// The settling phase while Toss still holds money: it goes back before ticket or the buyer hears that it did.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// The settling phase while Toss still holds money: it goes back before ticket or the buyer hears that it did.
extension PaymentSaga {
    func refund(_ payment: Payment) async throws -> StepOutcome {
        // Nothing was paid, so nothing goes back.
        if payment.isFree { return try await act(on: .returned, payment, detail: Self.detail("amount", "0")) }
        // The first attempt of a whole price needs no question; everything else asks what Toss holds.
        if payment.refundCalls == 0, payment.state.settlement != .void {
            return try await cancel(payment, newAttempt: false, refundable: payment.amount)
        }
        return try await askRefund(payment, refused: false, detail: nil, cancels: 0)
    }

    private func cancel(_ payment: Payment, newAttempt: Bool, refundable: Int64, cancels: Int = 1) async throws -> StepOutcome {
        payment.tally.add()
        guard let called = try await store.refundCall(payment, newAttempt: newAttempt) else { return .lost }
        FaultPoint.reach("refund-called")
        let answer = await toss.cancel(
            paymentKey: called.paymentKey ?? "", reason: called.refundReason ?? called.providerCode ?? "Refund", refundable: refundable,
            idempotencyKey: called.refundKey)
        FaultPoint.reach("refund-answered")
        let detail = Self.detail("cancel", answer)
        let decision = TossDecision.afterCancel(answer)
        guard case .ask(let refused) = decision else { return try await act(on: decision, called, detail: detail) }
        return try await askRefund(called, refused: refused, detail: detail, cancels: cancels)
    }

    private func askRefund(_ payment: Payment, refused: Bool, detail: String?, cancels: Int) async throws -> StepOutcome {
        payment.tally.add()
        let answer = await toss.payment(key: payment.paymentKey ?? "")
        let decision = TossDecision.afterRefundQuery(answer, refused: refused)
        guard case .cancel(let refusedBefore, let refundable) = decision else {
            return try await act(on: decision, payment, detail: Self.detail("query", answer))
        }
        // Toss may remember even an internal error for the key that met it. Four calls show that; another key is harmless, because what
        // goes back is what is left, guarded by `refundableAmount`.
        let newAttempt = refusedBefore || payment.refundCalls >= 4 * payment.refundAttempt
        // Toss runs only the first of two cancels of one payment within a second: a third try belongs to the next round.
        if cancels >= 1 { return try await park(payment, reason: "refund not done yet", newRefundAttempt: newAttempt, detail: detail) }
        return try await cancel(payment, newAttempt: newAttempt, refundable: refundable)
    }

    private func act(on decision: RefundDecision, _ payment: Payment, detail: String) async throws -> StepOutcome {
        switch decision {
        case .returned:
            guard let next = try await store.returnMoney(payment, detail: detail) else { return .lost }
            FaultPoint.reach("money-returned")
            return .moved(next)
        case .refused(let code, let message):
            logger.critical(
                "Toss refuses a refund", metadata: ["orderId": "\(payment.orderID)", "code": "\(code)", "message": "\(message)"])
            metrics.alarm("refund_refused")
            return try await park(payment, reason: code, alarm: code, pause: .seconds(600), newRefundAttempt: true, detail: detail)
        case .configuration(let code, _):
            logger.critical("Toss refuses our key", metadata: ["code": "\(code)"])
            metrics.alarm("configuration")
            return try await park(payment, reason: code, alarm: code, detail: detail)
        case .ask, .cancel, .wait:
            return try await park(payment, reason: "refund not done yet", detail: detail)
        }
    }
}
