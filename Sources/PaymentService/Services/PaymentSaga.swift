// The saga of one payment: its steps in order, what ends a round, and how long it waits for the next.
import Logging
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore

/// Carries one payment on, step by step, until it is done or must wait. Every step is durable before the next begins, and Toss and ticket
/// are never called inside a database transaction; a process may die between any two lines here.
final class PaymentSaga: Sendable {
    let store: PaymentStore
    let toss: TossClient
    let ticket: TicketClient
    let announcer: PaymentAnnouncer
    let config: PaymentConfig
    let metrics: PaymentMetrics
    let logger: Logger

    init(
        store: PaymentStore, toss: TossClient, ticket: TicketClient, announcer: PaymentAnnouncer, config: PaymentConfig,
        metrics: PaymentMetrics, logger: Logger
    ) {
        self.store = store
        self.toss = toss
        self.ticket = ticket
        self.announcer = announcer
        self.config = config
        self.metrics = metrics
        self.logger = logger
    }

    /// What one step came to.
    enum StepOutcome: Sendable {
        /// The payment stands somewhere else now; go on.
        case moved(Payment)
        /// Let go of, to be taken up again later, by whoever comes first.
        case parked(Payment)
        /// Somebody else carries it on.
        case lost
    }

    /// Drives `payment`, whose driver is the caller, as far as it goes; returns how it stands then. `isEnough` ends the drive early and
    /// leaves the payment with its driver.
    func drive(_ payment: Payment, until isEnough: @Sendable (Payment) -> Bool = { _ in false }) async -> Payment {
        guard let driver = payment.driver else { return payment }
        let heartbeat = Heartbeat(every: config.driverPatience / 3) { [store] in
            (try? await store.renew(payment.id, driver: driver)) ?? true
        }
        defer { heartbeat.stop() }
        var current = payment
        // Whoever had it before may have died before its browser was told. What is unknown was told by the one who parked it.
        if current.progress != .unknown { announcer.tell(current) }
        do {
            while !isEnough(current) {
                FaultPoint.reach("\(current.phase.rawValue)-\(current.state.settlement?.rawValue ?? "none")")
                switch try await step(current) {
                case .moved(let next):
                    if next.progress != current.progress { announcer.tell(next) }
                    current = next
                    if next.driver == nil { return next }
                case .parked(let next):
                    if next.progress != current.progress { announcer.tell(next) }
                    return next
                case .lost: return (try await store.payment(id: payment.id)) ?? current
                }
            }
        } catch {
            // The database is away: the row keeps its driver until the lease runs out, then the reconciler takes it up.
            logger.error("payment step failed", metadata: ["orderId": "\(payment.orderID)", "error": "\(error)"])
        }
        return current
    }

    private func step(_ payment: Payment) async throws -> StepOutcome {
        if let pause = config.limits.pause(payment) {
            return try await park(payment, reason: "Toss was asked often enough for now", alarm: payment.alarm, pause: pause)
        }
        switch payment.phase {
        case .confirming: return try await confirming(payment)
        case .approved: return try await approved(payment)
        case .settling: return try await payment.state.owesMoney ? refund(payment) : close(payment)
        case .created, .done: return try await recheck(payment)
        }
    }

    // MARK: approved

    private func approved(_ payment: Payment) async throws -> StepOutcome {
        switch await ticket.confirm(payment) {
        case .done:
            FaultPoint.reach("ticket-confirmed")
            guard let next = try await store.confirm(payment) else { return .lost }
            metrics.processed(.confirmed)
            log("payment confirmed", next)
            return .moved(next)
        case .refused(let code):
            guard let next = try await store.lose(payment, detail: Self.detail("ticket", code)) else { return .lost }
            logger.warning("paid too late, refunding", metadata: ["orderId": "\(payment.orderID)", "code": "\(code)"])
            return .moved(next)
        case .unavailable(let reason):
            return try await park(payment, reason: reason)
        }
    }

    // MARK: settling, after the money

    private func close(_ payment: Payment) async throws -> StepOutcome {
        switch await tellTicket(payment) {
        // A refusal here means that the reservation has ended already, which is all that we wanted to say.
        case .done, .refused:
            guard let next = try await store.close(payment) else { return .lost }
            metrics.processed(next.status)
            log(next.state.moneyIsBack ? "payment refunded" : "payment failed", next)
            return .moved(next)
        case .unavailable(let reason):
            return try await park(payment, reason: reason)
        }
    }

    private func tellTicket(_ payment: Payment) async -> TicketClient.Outcome {
        switch payment.state.settlement {
        case .decline, .void, nil:
            // The hold lives on: its own end comes back, and another order may pay.
            if config.declinePolicy == .keep { return await ticket.released(payment) }
            return await ticket.paymentFailed(payment, reason: payment.providerCode ?? "declined")
        case .refund, .lateRefund, .external:
            return await ticket.refunded(payment, reason: payment.refundReason ?? "refunded")
        }
    }

    // MARK: done, but somebody wants to know

    private func recheck(_ payment: Payment) async throws -> StepOutcome {
        guard payment.paymentKey != nil else {
            try await store.checked(payment, alarm: nil)
            return .parked(payment)
        }
        let answer = await ask(payment)
        let detail = Self.detail("query", answer)
        // What was given up without an answer may still be charged by the last call.
        if payment.status == .failed, TossDecision.showsNothingTaken(answer, orderID: payment.orderID), !doubt(payment).isOver {
            return try await park(
                payment, reason: "a call may be under way", alarm: payment.alarm, pause: TossDecision.inFlight, detail: detail)
        }
        guard case .payment(let found) = answer else {
            guard case .refused(_, let code, _) = answer, TossCodes.notPaid.contains(code) else {
                return try await park(payment, reason: "query", alarm: payment.alarm, detail: detail)
            }
            return try await compared(payment, agrees: payment.status == .failed, toss: code)
        }
        let isBack = TossDecision.isBack(found)
        switch payment.status {
        case .confirmed where isBack:
            guard let next = try await store.foundCancelled(payment, detail: detail) else { return .lost }
            return .moved(next)
        case .failed where found.holdsMoney && !isBack:
            logger.critical("a failed payment was paid at Toss, taking it back", metadata: ["orderId": "\(payment.orderID)"])
            metrics.alarm("paid_after_failed")
            guard let next = try await store.void(payment, code: "PAID_AFTER_FAILED", key: found.paymentKey, detail: detail) else {
                return .lost
            }
            return .moved(next)
        case .confirmed:
            return try await compared(payment, agrees: TossDecision.holds(found, payment.amount), toss: found.status?.rawValue)
        case .cancelled:
            return try await compared(payment, agrees: isBack || !found.holdsMoney, toss: found.status?.rawValue)
        case .failed, .pending: return try await compared(payment, agrees: true, toss: nil)
        }
    }

    private func compared(_ payment: Payment, agrees: Bool, toss: String?) async throws -> StepOutcome {
        let toss = toss ?? "an unknown state"
        if !agrees {
            logger.critical(
                "our books and Toss's differ",
                metadata: ["orderId": "\(payment.orderID)", "ours": "\(payment.status.rawValue)", "toss": "\(toss)"])
            metrics.alarm("difference")
        }
        try await store.checked(payment, alarm: agrees ? nil : "Toss shows \(toss)")
        return .parked(payment)
    }

    // MARK: Waiting

    /// Lets go of the payment for a while, each time for longer and a little scattered, so that many do not come back at once.
    func park(
        _ payment: Payment, reason: String, alarm: String? = nil, pause: Duration? = nil, refusedCall: Bool = false,
        newRefundAttempt: Bool = false, detail: String? = nil
    ) async throws -> StepOutcome {
        var wait = pause ?? SettlementLimits.backoff(payment) * Double.random(in: 0.8...1.2)
        // The end does not wait for a long pause.
        if payment.phase == .confirming, !config.limits.isLast(payment) {
            wait = min(wait, config.limits.settlesAfter - payment.sinceBegin)
        }
        logger.notice(
            "payment waits",
            metadata: ["orderId": "\(payment.orderID)", "phase": "\(payment.phase.rawValue)", "reason": "\(reason)", "pause": "\(wait)"])
        guard
            let next = try await store.park(
                payment, for: wait, alarm: alarm, refusedCall: refusedCall, newRefundAttempt: newRefundAttempt,
                detail: detail ?? Self.detail("waits", reason))
        else { return .lost }
        return .parked(next)
    }

    /// A business line: ids and sums, nothing about the person.
    func log(_ what: Logger.Message, _ payment: Payment) {
        logger.info(
            what,
            metadata: [
                "paymentId": "\(payment.id)", "orderId": "\(payment.orderID)", "reservationId": "\(payment.reservationID)",
                "userId": "\(payment.userID)", "amount": "\(payment.amount)", "code": "\(payment.providerCode ?? "")",
            ])
    }

    /// History details, as JSON text. Never holds a secret: codes, states and amounts only.
    static func detail(_ name: StaticString, _ text: String) -> String {
        var writer = JSONWriter(capacity: 128)
        writer.object { $0.member(name, String(text.prefix(300))) }
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    static func detail(_ name: StaticString, _ answer: TossAnswer) -> String {
        switch answer {
        case .payment(let payment):
            detail(name, "\(payment.status?.rawValue ?? "unknown state") \(payment.totalAmount), left \(payment.balanceAmount)")
        case .refused(let status, let code, _): detail(name, "\(status) \(code)")
        case .unreachable(let reason): detail(name, reason)
        }
    }
}
