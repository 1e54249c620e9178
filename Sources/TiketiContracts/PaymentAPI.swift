// The calls that other services make of payment, below /internal: ticket about refunds and where a payment stands, the gateway for admins.
// Each path stands here once, for the router and for every caller.
import TiketiNet

/// Payment's internal API. Requests and answers that a service reads are the types nested here; what the gateway passes on as it is has
/// none.
public enum PaymentAPI {
    // MARK: For ticket

    /// `RefundRequest` → `RefundAnswer`.
    public static let refund = Endpoint(.post, "/internal/payments/refund")
    /// → `Standing` of the reservation's latest order.
    public static let standing = Endpoint(.get, "/internal/payments/reservations/:reservationId")

    // MARK: For admins, through the gateway

    /// `?page&limit&status&phase&userId&reservationId&orderId&alarmed` → `payments`, `pagination`.
    public static let payments = Endpoint(.get, "/internal/payments")
    /// → `payment`, `history`.
    public static let payment = Endpoint(.get, "/internal/payments/:id")
    /// Ends a payment that is stuck, by what Toss says now, or without it → `payment`; 409 `NOT_STUCK` for one that is over.
    public static let settle = Endpoint(.post, "/internal/payments/:id/settle")
}
