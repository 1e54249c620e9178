import TiketiContracts
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
        let call = TicketAPI.reservation
        let (status, body) = try await client.call(call.method, call.path(id), context: context, timeout: timeout)
        if status.code == 404 { return nil }
        guard status.code == 200, let found = try? TicketAPI.ReservationAnswer.read(body), let total = found.totalWon else {
            throw APIError.upstreamFailed
        }
        return Reservation(userID: found.userID, totalAmount: total, status: found.status)
    }

    /// Freezes the reservation's end for `seconds`, or extends that; the same order may ask again and again.
    public func takeLease(_ payment: Payment, seconds: Int) async -> Lease {
        let wish = TicketAPI.LeaseRequest(
            userID: payment.userID, orderID: payment.orderID, amount: payment.amount, seconds: Int64(seconds))
        switch await tell(payment, TicketAPI.lease, wish.encoded) {
        case .done: return .taken
        case .refused("PAYMENT_IN_PROGRESS"): return .busy
        case .refused(let code): return .refused(code: code)
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    /// The money is here: the seats are the buyer's. Idempotent.
    public func confirm(_ payment: Payment) async -> Outcome {
        let sale = TicketAPI.ConfirmRequest(orderID: payment.orderID, paymentID: payment.id.description, amount: payment.amount)
        return await tell(payment, TicketAPI.confirm, sale.encoded)
    }

    /// Nothing was paid: the reservation ends and its seats are free. Idempotent.
    public func paymentFailed(_ payment: Payment, reason: String) async -> Outcome {
        await tell(payment, TicketAPI.paymentFailed, TicketAPI.OrderReport(orderID: payment.orderID, reason: reason).encoded)
    }

    /// Nothing was paid and the hold lives on: the order's lease ends before its time. Idempotent.
    public func released(_ payment: Payment) async -> Outcome {
        await tell(payment, TicketAPI.paymentReleased, TicketAPI.OrderReport(orderID: payment.orderID).encoded)
    }

    /// The money went back. Idempotent.
    public func refunded(_ payment: Payment, reason: String) async -> Outcome {
        await tell(payment, TicketAPI.refunded, TicketAPI.OrderReport(orderID: payment.orderID, reason: reason).encoded)
    }

    private func tell(_ payment: Payment, _ call: Endpoint, _ body: [UInt8]) async -> Outcome {
        do {
            // Every call says the same each time: safe on a stale connection.
            let (status, answer) = try await client.call(
                call.method, call.path(payment.reservationID), json: body, timeout: timeout, idempotent: true)
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
