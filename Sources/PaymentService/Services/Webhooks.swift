import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore

/// Toss's webhooks about payments are unsigned: a body is a hint that something may have changed, never a fact. The hint is stored, and
/// the reconciler asks Toss.
public final class Webhooks: Sendable {
    private let store: PaymentStore

    public init(store: PaymentStore) {
        self.store = store
    }

    /// Returns only after the hint is stored. Bodies that say nothing about a payment are taken and forgotten, because Toss repeats
    /// whatever is not answered 200.
    public func receive(_ body: JSONValue, transmissionID: String?) async throws {
        // DEPOSIT_CALLBACK has no eventType and puts the order at the top.
        let data = body["data"] ?? body
        let orderID = data["orderId"]?.stringValue
        let paymentKey = data["paymentKey"]?.stringValue
        guard orderID != nil || paymentKey != nil else { return }
        guard (orderID?.utf8.count ?? 0) <= 64, (paymentKey?.utf8.count ?? 0) <= 200 else { return }
        let transmission = transmissionID.map { String($0.prefix(200)) } ?? UUID().description
        try await store.hint(
            transmissionID: transmission, eventType: String((body["eventType"]?.stringValue ?? "DEPOSIT_CALLBACK").prefix(100)),
            orderID: orderID, paymentKey: paymentKey, status: String((data["status"]?.stringValue ?? "").prefix(50)))
    }
}
