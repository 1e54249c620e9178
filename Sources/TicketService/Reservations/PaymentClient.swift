// What ticket asks of payment, through its internal API: refunds, and where the payment of a reservation stands.
import TiketiContracts
import TiketiCore
import TiketiNet

/// Payment as ticket sees it; tests bring their own.
protocol PaymentClient: Sendable {
    /// Asks for a refund; safe to ask twice, as payment repeats an unfinished refund itself.
    ///
    /// - Parameter waits: a caller waits for the outcome, so payment may take a few seconds to give it.
    func refund(_ reservation: UUID, reason: String, waits: Bool) async throws -> PaymentAPI.RefundAnswer

    /// Where the payment of a reservation stands; nil when payment does not say so within a moment.
    func standing(of reservation: UUID) async -> PaymentAPI.Standing?
}
