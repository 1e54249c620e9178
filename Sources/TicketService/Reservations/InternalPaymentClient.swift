// Refunds, asked of the payment service.
import TiketiCore
import TiketiJSON
import TiketiNet

struct InternalPaymentClient: PaymentClient {
    let client: InternalClient

    /// Payment repeats an unfinished refund itself, so asking twice is safe.
    func refund(_ reservation: UUID, reason: String, waits: Bool) async throws -> RefundAnswer {
        var writer = JSONWriter()
        writer.object {
            $0.member("reservationId", reservation)
            $0.member("reason", reason)
            $0.member("wait", waits)
        }
        let answer = try await client.call(.post, "/internal/payments/refund", json: writer.finish(), idempotent: true)
        switch answer.status.code {
        case 200: return .refunded
        case 202: return answer.body["refunding"]?.boolValue == true ? .known : .pending
        // Only payment's own "no such payment" counts; a 404 of somebody else would give seats away unpaid.
        case 404 where answer.body["code"]?.stringValue == "NOTHING_PAID": return .nothingPaid
        case 503: throw APIError.unavailable()
        default: throw APIError.upstreamFailed
        }
    }
}
