// Toss's webhooks: hints, stored for the reconciler.
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiStore

/// Toss's webhooks about payments are unsigned: a body is a hint that something may have changed, never a fact. The hint is stored, and
/// the reconciler asks Toss.
final class Webhooks: Sendable {
    private let store: PaymentStore

    init(store: PaymentStore) {
        self.store = store
    }

    /// Returns only after the hint is stored. Bodies that say nothing about a payment are taken and forgotten, because Toss repeats
    /// whatever is not answered 200.
    func receive(_ body: JSONValue, transmissionID: String?) async throws {
        // DEPOSIT_CALLBACK has no eventType and puts the order at the top.
        let data = body["data"] ?? body
        let orderID = data["orderId"]?.stringValue
        let paymentKey = data["paymentKey"]?.stringValue
        guard orderID != nil || paymentKey != nil else { return }
        let eventType = body["eventType"]?.stringValue ?? "DEPOSIT_CALLBACK"
        let status = data["status"]?.stringValue ?? ""
        let transmission = transmissionID ?? UUID().description
        // Toss's own words are short and printable, and PostgreSQL's texts hold no NUL; anybody may post something else.
        guard Self.isWord(orderID, 64), Self.isWord(paymentKey, 200), Self.isWord(eventType, 100), Self.isWord(status, 50),
            Self.isWord(transmission, 200)
        else { return }
        try await store.hint(
            transmissionID: transmission, eventType: eventType, orderID: orderID, paymentKey: paymentKey, status: status)
    }

    private static func isWord(_ text: String?, _ most: Int) -> Bool {
        guard let text else { return true }
        return text.utf8.count <= most && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
