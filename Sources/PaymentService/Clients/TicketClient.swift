// What payment asks of ticket, through its internal API. An answer that ticket did not give is never taken for a refusal.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// Ticket as payment sees it: leases and the ends of reservations.
final class TicketClient: Sendable {
    enum Lease: Sendable, Equatable {
        case taken
        /// Expired, cancelled, unknown or of another price: this reservation cannot be paid for. Carries ticket's code.
        case refused(code: String)
        /// Another order is paying for it right now.
        case busy
        case unavailable(String)
    }

    enum Outcome: Sendable, Equatable {
        case done
        /// Ticket answered that it cannot: its code.
        case refused(code: String)
        case unavailable(String)
    }

    private let client: InternalClient
    private static let timeout: Duration = .seconds(5)

    init(_ client: InternalClient) {
        self.client = client
    }

    /// As ticket's database sees it now; nil when there is no such reservation.
    func reservation(_ id: UUID, context: RequestContext) async throws -> TicketAPI.Reservation? {
        let call = TicketAPI.reservation
        let answer = try await client.call(call.method, call.path(id), context: context, timeout: Self.timeout)
        if answer.status.code == 404 { return nil }
        guard answer.status.code == 200, let reservation = try? TicketAPI.ReservationAnswer.read(answer.body) else {
            throw APIError.upstreamFailed
        }
        return reservation
    }

    /// Freezes the reservation's end for `time`, or extends that; the same order may ask again and again.
    func takeLease(_ payment: Payment, for time: Duration) async -> Lease {
        let request = TicketAPI.LeaseRequest(
            userID: payment.userID, orderID: payment.orderID, amount: payment.amount, seconds: max(1, time.components.seconds))
        switch await tell(payment, TicketAPI.lease, request.encoded) {
        case .done: return .taken
        case .refused("PAYMENT_IN_PROGRESS"): return .busy
        case .refused(let code): return .refused(code: code)
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    /// The money is here: the seats are the buyer's. Idempotent.
    func confirm(_ payment: Payment) async -> Outcome {
        let request = TicketAPI.ConfirmRequest(orderID: payment.orderID, paymentID: payment.id.description, amount: payment.amount)
        return await tell(payment, TicketAPI.confirm, request.encoded)
    }

    /// Nothing was paid: the reservation ends and its seats are free. Idempotent.
    func paymentFailed(_ payment: Payment, reason: String) async -> Outcome {
        await tell(payment, TicketAPI.paymentFailed, TicketAPI.OrderReport(orderID: payment.orderID, reason: reason).encoded)
    }

    /// Nothing was paid and the hold lives on: the order's lease ends before its time. Idempotent.
    func released(_ payment: Payment) async -> Outcome {
        await tell(payment, TicketAPI.paymentReleased, TicketAPI.OrderReport(orderID: payment.orderID).encoded)
    }

    /// The money went back. Idempotent.
    func refunded(_ payment: Payment, reason: String) async -> Outcome {
        await tell(payment, TicketAPI.refunded, TicketAPI.OrderReport(orderID: payment.orderID, reason: reason).encoded)
    }

    private func tell(_ payment: Payment, _ call: Endpoint, _ body: [UInt8]) async -> Outcome {
        do {
            // Every call says the same each time: safe on a stale connection.
            let (status, answer) = try await client.call(
                call.method, call.path(payment.reservationID), json: body, timeout: Self.timeout, idempotent: true)
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
