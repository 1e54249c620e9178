import TiketiCore
import TiketiJSON
import TiketiNet

/// What payment asks of ticket, through its internal API. An answer that ticket did not give is never taken for a refusal.
public final class TicketClient: Sendable {
    /// What prepare needs to know of a reservation.
    public struct Reservation: Sendable {
        public var userID: UUID
        public var totalAmount: Int64
        /// As ticket's database sees it now: a pending reservation whose time is over reads cancelled.
        public var status: String
    }

    public enum Lease: Sendable, Equatable {
        case taken
        /// Expired, cancelled, unknown or of another price: this reservation cannot be paid for. Carries ticket's code.
        case refused(code: String)
        /// Another order is paying for it right now.
        case busy
        case unavailable(String)
    }

    public enum Outcome: Sendable, Equatable {
        case done
        /// Ticket answered that it cannot: its code.
        case refused(code: String)
        case unavailable(String)
    }

    private let client: InternalClient
    private let timeout: UInt64 = 5_000_000_000

    public init(_ client: InternalClient) {
        self.client = client
    }

    /// nil when there is no such reservation.
    public func reservation(_ id: UUID, context: RequestContext?) async throws -> Reservation? {
        let (answered, body) = try await client.call(.get, "/internal/reservations/\(id)", context: context, timeout: timeout)
        let status = answered.code
        if status == 404 { return nil }
        let reservation = body["reservation"] ?? body
        guard status == 200, let user = reservation["userId"]?.stringValue.flatMap({ UUID($0) }),
            let total = reservation["totalAmount"]?.int64Value, let state = reservation["status"]?.stringValue
        else { throw APIError.upstreamFailed }
        return Reservation(userID: user, totalAmount: total, status: state)
    }

    /// Freezes the reservation's end for `seconds`, or extends that; the same order may ask again and again.
    public func takeLease(_ payment: Payment, seconds: Int) async -> Lease {
        let call = await tell(payment, "paying") {
            $0.member("userId", payment.userID)
            $0.member("orderId", payment.orderID)
            $0.member("amount", payment.amount)
            $0.member("seconds", seconds)
        }
        switch call {
        case .done: return .taken
        case .refused("PAYMENT_IN_PROGRESS"): return .busy
        case .refused(let code): return .refused(code: code)
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    /// The money is here: the seats are the buyer's. Idempotent.
    public func confirm(_ payment: Payment) async -> Outcome {
        await tell(payment, "confirm") {
            $0.member("orderId", payment.orderID)
            $0.member("paymentId", payment.id)
            $0.member("amount", payment.amount)
        }
    }

    /// Nothing was paid: the reservation ends and its seats are free. Idempotent.
    public func paymentFailed(_ payment: Payment, reason: String) async -> Outcome {
        await tell(payment, "payment-failed") {
            $0.member("orderId", payment.orderID)
            $0.member("reason", reason)
        }
    }

    /// Nothing was paid and the hold lives on: the order's lease ends before its time. Idempotent.
    public func released(_ payment: Payment) async -> Outcome {
        await tell(payment, "payment-released") { $0.member("orderId", payment.orderID) }
    }

    /// The money went back. Idempotent.
    public func refunded(_ payment: Payment, reason: String) async -> Outcome {
        await tell(payment, "refunded") {
            $0.member("orderId", payment.orderID)
            $0.member("reason", reason)
        }
    }

    private func tell(_ payment: Payment, _ what: String, _ body: (inout JSONWriter) -> Void) async -> Outcome {
        var writer = JSONWriter()
        writer.object(body)
        do {
            // Every call says the same each time: safe on a stale connection.
            let (status, answer) = try await client.call(
                .post, "/internal/reservations/\(payment.reservationID)/\(what)", json: writer.finish(), timeout: timeout, idempotent: true)
            switch status.code {
            case 200..<300: return .done
            // Only "no such reservation", "not in this state" and "not this price" are answers to the question, and only in ticket's own
            // words; the rest is trouble on the way.
            case 400, 404, 409:
                guard let code = answer["code"]?.stringValue, status.code != 400 || code == "AMOUNT_MISMATCH" else { fallthrough }
                return .refused(code: code)
            default: return .unavailable("ticket answered \(status.code) \(answer["code"]?.stringValue ?? "")")
            }
        } catch {
            return .unavailable("ticket did not answer: \(error.code)")
        }
    }
}
