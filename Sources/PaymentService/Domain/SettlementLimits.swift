// How long and how often an order of unknown outcome is asked about: the bounds of docs/specification.md §3.6, as plain arithmetic.

/// The bounds of one order on its way through Toss.
struct SettlementLimits: Sendable {
    /// Requests to Toss about one order within an hour.
    static let callsPerHour = 40
    /// An ordinary round makes five requests at most (two questions, a call, two questions); what is beyond this is kept for the last
    /// question and for giving the money back.
    static let roundsStopAt = 26
    /// Most requests of one round that gives money back, and of a comparison.
    static let refundRound = 3

    /// How long a reservation is kept for one order, from the moment the buyer came back from the payment window.
    let lease: Duration

    /// After this no new confirm call is begun, so that the last one's outcome is certain before the seats are given up.
    var callsUntil: Duration { max(lease - .seconds(120), lease / 2) }

    /// From here on the order is settled by whatever Toss says, while the reservation is still kept.
    var settlesAfter: Duration { max(lease - .seconds(30), lease * 9 / 10) }

    /// What is left of the time for which the seats are kept.
    func leaseLeft(_ payment: Payment) -> Duration { max(.zero, lease - payment.sinceBegin) }

    /// The order is to be settled in this round.
    func isLast(_ payment: Payment) -> Bool { payment.isToldToEnd || payment.sinceBegin >= settlesAfter }

    func mayCall(_ payment: Payment) -> Bool { payment.sinceBegin < callsUntil && !payment.isToldToEnd }

    /// How long the next round must wait for the sake of Toss; nil when it may go on.
    func pause(_ payment: Payment) -> Duration? {
        let used = payment.tossCalls + payment.tally.count
        switch payment.phase {
        case .created, .approved: return nil
        case .confirming:
            if isLast(payment) || used <= Self.roundsStopAt { return nil }
            return max(.seconds(1), settlesAfter - payment.sinceBegin)
        case .settling where !payment.state.owesMoney || payment.isFree: return nil
        case .settling, .done: return used + Self.refundRound <= Self.callsPerHour ? nil : max(.seconds(1), payment.tossHourLeft)
        }
    }

    /// Doubled from one second: to two minutes while somebody waits, to an hour for a second look at what is over.
    static func backoff(_ payment: Payment) -> Duration {
        let longest: Int
        switch payment.phase {
        // Only ticket is asked, and it answers when it is back.
        case .approved: longest = 30
        case .settling where !payment.state.owesMoney: longest = 30
        case .created, .confirming, .settling: longest = 128
        case .done: longest = 3600
        }
        return .seconds(min(longest, 1 << min(payment.failures, 12)))
    }
}
