// A payment service for tests of ticket.
import TiketiContracts
import TiketiCore
import TiketiNet

@testable import TicketService

/// Gives the configured answers and records what it was asked.
final class FakePayments: PaymentClient {
    let asked = Locked<[UUID]>([])
    let answer = Locked<Result<PaymentAPI.RefundAnswer, APIError>>(.success(.refunded))

    func refund(_ reservation: UUID, reason: String, waits: Bool) async throws -> PaymentAPI.RefundAnswer {
        asked.withLock { $0.append(reservation) }
        return try answer.withLock { $0 }.get()
    }

    /// What `standing` answers; nil is a payment service that is away.
    let standing = Locked<PaymentAPI.Standing?>(nil)

    func standing(of reservation: UUID) async -> PaymentAPI.Standing? { standing.withLock { $0 } }
}
