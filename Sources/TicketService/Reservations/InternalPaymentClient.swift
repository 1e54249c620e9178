// Asks payment through its internal API: refunds, and where the payment of a reservation stands.
import TiketiContracts
import TiketiCore
import TiketiNet

struct InternalPaymentClient: PaymentClient {
    let client: InternalClient
    /// A reservation is shown without its payment's own word rather than late.
    private static let standingPatience: Duration = .seconds(1)

    func refund(_ reservation: UUID, reason: String, waits: Bool) async throws -> PaymentAPI.RefundAnswer {
        let request = PaymentAPI.RefundRequest(reservationID: reservation, reason: reason, waits: waits)
        let call = PaymentAPI.refund
        let (status, body) = try await client.call(call.method, call.path(), json: request.encoded, idempotent: true)
        if let answer = PaymentAPI.RefundAnswer(status: status.code, body) { return answer }
        throw status.code == 503 ? APIError.unavailable() : APIError.upstreamFailed
    }

    func standing(of reservation: UUID) async -> PaymentAPI.Standing? {
        let call = PaymentAPI.standing
        guard
            let (status, body) = try? await client.call(
                call.method, call.path(reservation), timeout: Self.standingPatience),
            status.code == 200
        else { return nil }
        return try? PaymentAPI.Standing(body)
    }
}
