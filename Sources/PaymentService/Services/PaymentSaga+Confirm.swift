// The confirming phase: the lease at ticket, then Toss, then what its answer means. Without the lease Toss is not called.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// The confirming phase: the lease at ticket, then Toss, then what its answer means. The lease not obtained, Toss is not called.
extension PaymentSaga {
    func confirming(_ payment: Payment) async throws -> StepOutcome {
        let isLast = config.limits.isLast(payment)
        if payment.calls == 0 { return isLast ? try await neverCalled(payment) : try await firstCall(payment) }
        // An earlier call's outcome was never learned: ask before anything else.
        let answer = await ask(payment)
        let doubt = doubt(payment)
        let decision = TossDecision.afterQuery(answer, orderID: payment.orderID, amount: payment.amount, doubt: doubt)
        let detail = Self.detail("query", answer)
        switch decision {
        case .approve, .decline, .void, .foundCancelled: return try await act(on: decision, payment, detail: detail)
        case .ask, .callAgain, .wait, .configuration: break
        }
        if isLast { return try await giveUp(payment, answer, detail: detail) }
        guard decision == .callAgain, config.limits.mayCall(payment) else { return try await act(on: decision, payment, detail: detail) }
        return try await callAgain(payment, doubt)
    }

    private func lease(_ payment: Payment) async -> TicketClient.Lease {
        await ticket.takeLease(payment, for: min(config.leaseTime, config.limits.leaseLeft(payment)))
    }

    private func firstCall(_ payment: Payment) async throws -> StepOutcome {
        switch await lease(payment) {
        case .taken: break
        case .busy:
            guard let next = try await store.handBack(payment) else { return .lost }
            return .moved(next)
        case .refused(let code): return try await refusedByTicket(payment, code: code)
        case .unavailable(let reason): return try await park(payment, reason: reason)
        }
        FaultPoint.reach("leased")
        payment.tally.add()
        guard let called = try await store.call(payment) else { return .lost }
        return try await confirm(called, isRepeated: false, .fresh)
    }

    /// A lease that this order got before the reservation was given up (its event was cancelled) has no use any more. It goes back before
    /// the payment is over: afterwards nobody would come back for it.
    private func refusedByTicket(_ payment: Payment, code: String) async throws -> StepOutcome {
        if case .unavailable(let reason) = await ticket.released(payment) { return try await park(payment, reason: reason) }
        guard let next = try await store.refusedByTicket(payment, code: code) else { return .lost }
        metrics.processed(.failed)
        log("payment failed", next)
        return .moved(next)
    }

    /// Ticket was away for all the time that an order has: Toss was never called, so nothing was taken.
    private func neverCalled(_ payment: Payment) async throws -> StepOutcome {
        try await refusedByTicket(payment, code: ConfirmAnswer.expiredCode)
    }

    /// The same call with the same Idempotency-Key: Toss answers a repetition with the first outcome.
    private func callAgain(_ payment: Payment, _ doubt: TossDecision.Doubt) async throws -> StepOutcome {
        switch await lease(payment) {
        case .taken: break
        case .busy: return try await park(payment, reason: "another order is paying for the reservation")
        case .refused(let code):
            // Toss shows the payment unconfirmed and is not called again. Once no earlier call can change that any more, nothing was taken.
            guard doubt.isOver else { return try await park(payment, reason: "ticket: \(code)") }
            return try await act(
                on: .decline(code: ConfirmAnswer.expiredCode, message: "The reservation has expired"), payment,
                detail: Self.detail("ticket", code))
        case .unavailable(let reason): return try await park(payment, reason: reason)
        }
        payment.tally.add()
        guard let called = try await store.call(payment) else { return .lost }
        return try await confirm(called, isRepeated: payment.sinceLatestCall != nil, doubt)
    }

    /// `doubt`: of the calls before this one.
    private func confirm(_ payment: Payment, isRepeated: Bool, _ doubt: TossDecision.Doubt) async throws -> StepOutcome {
        FaultPoint.reach("called")
        let answer = await toss.confirm(
            paymentKey: payment.paymentKey ?? "", orderID: payment.orderID, amount: payment.amount, idempotencyKey: payment.confirmKey)
        FaultPoint.reach("answered")
        let decision = TossDecision.afterConfirm(answer, orderID: payment.orderID, amount: payment.amount, repeated: isRepeated)
        let detail = Self.detail("confirm", answer)
        guard case .ask(let refusal) = decision else {
            var refused = false
            if case .configuration = decision { refused = true }
            return try await act(on: decision, payment, refusedCall: refused, detail: detail)
        }
        let second = await ask(payment)
        let verdict = TossDecision.afterQuery(
            second, orderID: payment.orderID, amount: payment.amount, doubt: refusal == nil ? .fresh : doubt, refusal: refusal)
        return try await act(
            on: verdict, payment, refusedCall: refusal != nil,
            detail: Self.detail("confirm", "\(Self.words(answer)); then \(Self.words(second))"))
    }

    /// The time for which seats are kept is over, and Toss has not decided: either it shows that it took nothing, or it says nothing. The
    /// seats are given up, the reconciler goes on looking, and what turns out to be charged goes back.
    private func giveUp(_ payment: Payment, _ answer: TossAnswer, detail: String) async throws -> StepOutcome {
        let isSilent = !TossDecision.showsNothingTaken(answer, orderID: payment.orderID)
        let code = isSilent ? Self.unknownCode : Self.timeoutCode
        if isSilent {
            logger.critical(
                "Toss does not say what became of a payment, its seats are given up", metadata: ["orderId": "\(payment.orderID)"])
            metrics.alarm("outcome_unknown")
        }
        let message = isSilent ? "The payment provider did not answer; a charge is refunded" : "The payment was not made in time"
        guard let next = try await store.release(payment, code: code, message: message, alarm: isSilent ? code : nil, detail: detail) else {
            return .lost
        }
        FaultPoint.reach("recorded")
        return .moved(next)
    }

    static let unknownCode = "OUTCOME_UNKNOWN"
    static let timeoutCode = "PAYMENT_TIMEOUT"

    private func act(on decision: ConfirmDecision, _ payment: Payment, refusedCall: Bool = false, detail: String) async throws
        -> StepOutcome
    {
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
        payment.tally.add()
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
        payment.tally.add()
        let byKey = await toss.payment(key: key)
        switch byKey {
        case .payment(let own): return own.orderID == payment.orderID ? byKey : nothing
        case .refused(_, let code, _): return TossCodes.notPaid.contains(code) ? nothing : byKey
        case .unreachable: return byKey
        }
    }

    /// What is known of the confirm calls so far; none when every one was definitely refused.
    func doubt(_ payment: Payment) -> TossDecision.Doubt {
        guard let latest = payment.sinceLatestCall else { return .none }
        // A row of the version before does not know its first call.
        return TossDecision.Doubt(sinceFirst: payment.sinceFirstCall ?? latest, sinceLatest: latest)
    }

    private static func words(_ answer: TossAnswer) -> String {
        switch answer {
        case .payment(let payment): payment.status?.rawValue ?? "unknown state"
        case .refused(let status, let code, _): "\(status) \(code)"
        case .unreachable(let reason): reason
        }
    }
}
