import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// The confirming phase: the lease at ticket, then Toss, then what its answer means. The lease not obtained, Toss is not called.
extension PaymentSaga {
    func confirming(_ payment: Payment) async throws -> Progress {
        if payment.calls == 0 { return try await firstCall(payment) }
        // An earlier call's outcome was never learned: ask before anything else.
        let answer = await ask(payment)
        let decision = TossDecision.afterQuery(
            answer, orderID: payment.orderID, amount: payment.amount, secondsSinceCall: Self.doubt(payment))
        guard decision == .callAgain else { return try await act(on: decision, payment, detail: Self.detail("query", answer)) }
        return try await callAgain(payment)
    }

    private func firstCall(_ payment: Payment) async throws -> Progress {
        switch await ticket.takeLease(payment, seconds: config.leaseSeconds) {
        case .taken: break
        case .busy:
            guard let next = try await store.handBack(payment) else { return .lost }
            return .moved(next)
        case .refused(let code):
            // A lease that this order got before the reservation was given up (its event was cancelled) has no use any more. It goes back
            // before the payment is over: afterwards nobody would come back for it.
            if case .unavailable(let reason) = await ticket.released(payment) { return try await park(payment, reason: reason) }
            guard let next = try await store.refusedByTicket(payment, code: code) else { return .lost }
            metrics.processed(.failed)
            return .moved(next)
        case .unavailable(let reason):
            return try await park(payment, reason: reason)
        }
        FaultPoint.reach("leased")
        guard let called = try await store.call(payment) else { return .lost }
        return try await confirm(called, repeated: false, secondsSinceDoubt: 0)
    }

    /// The same call with the same Idempotency-Key: Toss answers a repetition with the first outcome.
    private func callAgain(_ payment: Payment) async throws -> Progress {
        switch await ticket.takeLease(payment, seconds: config.leaseSeconds) {
        case .taken: break
        case .busy: return try await park(payment, reason: "another order is paying for the reservation")
        case .refused(let code):
            // Toss shows the payment unconfirmed and is not called again. Once no earlier call can change that any more, nothing was taken.
            guard Self.doubt(payment) >= TossDecision.inFlightSeconds else { return try await park(payment, reason: "ticket: \(code)") }
            return try await act(
                on: .decline(code: ConfirmAnswer.expiredCode, message: "The reservation has expired"), payment,
                detail: Self.detail("ticket", code))
        case .unavailable(let reason): return try await park(payment, reason: reason)
        }
        guard let called = try await store.call(payment) else { return .lost }
        return try await confirm(called, repeated: payment.secondsSinceCall != nil, secondsSinceDoubt: Self.doubt(payment))
    }

    /// `secondsSinceDoubt`: since the latest call before this one, whose outcome is unknown.
    private func confirm(_ payment: Payment, repeated: Bool, secondsSinceDoubt: Int) async throws -> Progress {
        FaultPoint.reach("called")
        let answer = await toss.confirm(
            paymentKey: payment.paymentKey ?? "", orderID: payment.orderID, amount: payment.amount, idempotencyKey: payment.confirmKey)
        FaultPoint.reach("answered")
        let decision = TossDecision.afterConfirm(answer, orderID: payment.orderID, amount: payment.amount, repeated: repeated)
        let detail = Self.detail("confirm", answer)
        guard case .ask(let refusal) = decision else {
            var refused = false
            if case .configuration = decision { refused = true }
            return try await act(on: decision, payment, refusedCall: refused, detail: detail)
        }
        let second = await ask(payment)
        let verdict = TossDecision.afterQuery(
            second, orderID: payment.orderID, amount: payment.amount, secondsSinceCall: refusal == nil ? 0 : secondsSinceDoubt,
            refusal: refusal)
        return try await act(
            on: verdict, payment, refusedCall: refusal != nil,
            detail: Self.detail("confirm", "\(Self.words(answer)); then \(Self.words(second))"))
    }

    private func act(on decision: ConfirmDecision, _ payment: Payment, refusedCall: Bool = false, detail: String) async throws -> Progress {
        let next: Payment?
        switch decision {
        case .approve(let found): next = try await store.approve(payment, found, detail: detail)
        case .decline(let code, let message):
            next = try await store.decline(payment, code: code, message: message, detail: detail)
        case .void(let code, let key):
            logger.error("Toss did not take exactly the price", metadata: ["orderId": "\(payment.orderID)", "code": "\(code)"])
            next = try await store.void(payment, code: code, key: key, detail: detail)
        case .foundCancelled: next = try await store.foundCancelled(payment, detail: detail)
        case .configuration(let code, let message):
            logger.critical("Toss refuses our key", metadata: ["code": "\(code)", "message": "\(message)"])
            metrics.alarm("configuration")
            return try await park(payment, reason: code, alarm: code, refusedCall: refusedCall, detail: detail)
        case .ask, .callAgain, .wait:
            // Seats are kept while nobody knows: the reconciler prolongs the lease.
            return try await park(payment, reason: "the outcome is unknown", refusedCall: refusedCall, detail: detail)
        }
        guard let next else { return .lost }
        FaultPoint.reach("recorded")
        return .moved(next)
    }

    /// What Toss knows of this payment, by order id. When that shows nothing, or only another window of the same order that no money went
    /// through, the key that the order is bound to decides: what became of another window says nothing about this one.
    func ask(_ payment: Payment) async -> TossAnswer {
        let byOrder = await toss.payment(orderID: payment.orderID)
        guard let key = payment.paymentKey else { return byOrder }
        let nothing: TossAnswer
        switch byOrder {
        case .payment(let found):
            if found.paymentKey == key || found.holdsMoney { return byOrder }
            nothing = .refused(status: 404, code: "NOT_FOUND_PAYMENT", message: "")
        case .refused(_, let code, _) where TossCodes.notPaid.contains(code): nothing = byOrder
        case .refused, .unreachable: return byOrder
        }
        let byKey = await toss.payment(key: key)
        switch byKey {
        case .payment(let own): return own.orderID == payment.orderID ? byKey : nothing
        case .refused(_, let code, _): return TossCodes.notPaid.contains(code) ? nothing : byKey
        case .unreachable: return byKey
        }
    }

    /// How long ago the latest call of unknown outcome began; for ever ago when every call was definitely refused.
    private static func doubt(_ payment: Payment) -> Int { payment.secondsSinceCall ?? .max }

    private static func words(_ answer: TossAnswer) -> String {
        switch answer {
        case .payment(let payment): payment.status?.rawValue ?? "unknown state"
        case .refused(let status, let code, _): "\(status) \(code)"
        case .unreachable(let reason): reason
        }
    }
}
