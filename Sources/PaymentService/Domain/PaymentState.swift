// Where a payment stands and which steps are allowed from there, as plain values.
// A payment only moves forward; the same rules stand in the table's constraint `payments_state_is_legal`.

/// How far the saga has come. Public answers show `PaymentStatus`; the phase says what is left to do.
enum PaymentPhase: String, Sendable, CaseIterable {
    /// An open order. Nothing was asked of Toss.
    case created
    /// A payment key is bound to the order. Toss may or may not have been called, and may or may not have taken money.
    case confirming
    /// Toss took exactly the price. The reservation is not confirmed yet.
    case approved
    /// The end is decided; money must go back, or ticket must be told, or both.
    case settling
    /// Nothing is left to do.
    case done
}

/// What buyers and statistics see.
enum PaymentStatus: String, Sendable, CaseIterable {
    case pending, confirmed, cancelled, failed
}

/// Why a payment is settled without (or after) its reservation being confirmed.
enum Settlement: String, Sendable, CaseIterable {
    /// Toss refused, or proved that it took nothing.
    case decline
    /// Toss accepted something that is not our price in full (a virtual account waiting for a deposit, another amount): taken back, then
    /// failed.
    case void
    /// Paid, but the seats can no longer be confirmed: money back.
    case lateRefund = "late_refund"
    /// A confirmed payment given back because somebody asked for it.
    case refund
    /// Cancelled at Toss by somebody else; the money is back already.
    case external
}

/// The facts that decide what may happen next.
struct PaymentState: Sendable, Hashable {
    var phase: PaymentPhase
    var status: PaymentStatus
    var settlement: Settlement?
    /// The buyer has the money again.
    var moneyIsBack: Bool

    init(phase: PaymentPhase, status: PaymentStatus, settlement: Settlement? = nil, moneyIsBack: Bool = false) {
        self.phase = phase
        self.status = status
        self.settlement = settlement
        self.moneyIsBack = moneyIsBack
    }

    static let created = PaymentState(phase: .created, status: .pending)
}

/// One step of the saga. Each is one guarded UPDATE in `PaymentStore`.
enum PaymentStep: Sendable, Hashable, CaseIterable {
    /// The buyer came back from the payment window with a key.
    case begin
    /// Nothing is to be paid: approved without Toss.
    case beginFree
    /// The reservation cannot be paid for (expired, cancelled); Toss was never called.
    case refusedByTicket
    /// Another order is paying for the reservation; Toss was never called and the order stays open.
    case handBack
    /// About to call Toss's confirm.
    case call
    /// Toss holds exactly the price.
    case approve
    /// Toss refused for good, or nothing was taken.
    case decline
    /// Toss said nothing in all the time for which seats are kept: they are given up, and what turns out to be charged goes back.
    case release
    /// Toss holds something that is not our price in full.
    case void
    /// Toss says that the payment was cancelled there.
    case foundCancelled
    /// Ticket confirmed the reservation.
    case confirm
    /// Ticket can no longer confirm the reservation.
    case lose
    /// Somebody asked for a confirmed payment back.
    case askRefund
    /// Toss gave the money back.
    case returnMoney
    /// Ticket knows how it ended.
    case close
    /// An order nobody came to pay.
    case abandon
}

extension PaymentState {
    /// The state after `step`, or nil when the step is not allowed here.
    func after(_ step: PaymentStep) -> PaymentState? {
        switch (phase, step) {
        case (.created, .begin): PaymentState(phase: .confirming, status: .pending)
        case (.created, .beginFree): PaymentState(phase: .approved, status: .pending)
        case (.created, .abandon): PaymentState(phase: .done, status: .failed)
        case (.confirming, .refusedByTicket): PaymentState(phase: .done, status: .failed)
        case (.confirming, .handBack): .created
        case (.confirming, .call): self
        case (.confirming, .approve): PaymentState(phase: .approved, status: .pending)
        case (.confirming, .decline), (.confirming, .release):
            PaymentState(phase: .settling, status: .failed, settlement: .decline)
        case (.confirming, .void): PaymentState(phase: .settling, status: .failed, settlement: .void)
        // An order that we had closed as unpaid, found paid at Toss: taken back.
        case (.done, .void) where status == .failed: PaymentState(phase: .settling, status: .failed, settlement: .void)
        case (.confirming, .foundCancelled), (.approved, .foundCancelled):
            PaymentState(phase: .settling, status: .cancelled, settlement: .external, moneyIsBack: true)
        case (.done, .foundCancelled) where status == .confirmed:
            PaymentState(phase: .settling, status: .cancelled, settlement: .external, moneyIsBack: true)
        case (.approved, .confirm): PaymentState(phase: .done, status: .confirmed)
        case (.approved, .lose): PaymentState(phase: .settling, status: .pending, settlement: .lateRefund)
        case (.done, .askRefund) where status == .confirmed:
            PaymentState(phase: .settling, status: .confirmed, settlement: .refund)
        case (.settling, .returnMoney) where owesMoney:
            PaymentState(phase: .settling, status: status == .failed ? .failed : .cancelled, settlement: settlement, moneyIsBack: true)
        case (.settling, .close) where !owesMoney:
            PaymentState(phase: .done, status: status, settlement: settlement, moneyIsBack: moneyIsBack)
        default: nil
        }
    }

    /// Toss holds money that must go back before anything else happens: money first, seats after.
    var owesMoney: Bool {
        guard phase == .settling, !moneyIsBack else { return false }
        return settlement == .void || settlement == .lateRefund || settlement == .refund
    }
}
