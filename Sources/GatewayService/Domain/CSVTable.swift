// Which columns an export has, and how a row of JSON becomes a line.
import TiketiJSON

/// One kind of export.
struct CSVTable: Sendable {
    /// A column's heading and the member it shows; dots lead into objects.
    struct Column: Sendable {
        var name: String
        var path: [String]

        init(_ name: String, _ path: String? = nil) {
            self.name = name
            self.path = (path ?? name).split(separator: ".").map { String($0) }
        }
    }

    var columns: [Column]
    /// The member of the owner's answer that holds the rows.
    var member: String

    static let reservations = CSVTable(
        columns: [
            Column("reservationNumber"), Column("id"), Column("status"), Column("paymentStatus"), Column("totalAmount"),
            Column("eventId", "event.id"), Column("eventTitle", "event.title"), Column("eventDate", "event.eventDate"), Column("userId"),
            Column("seats"), Column("createdAt"), Column("expiresAt"),
        ], member: "reservations")

    static let payments = CSVTable(
        columns: [
            "orderId", "id", "reservationId", "userId", "amount", "status", "phase", "method", "approvedAt", "refundedAt", "refundReason",
            "providerCode", "alarm", "createdAt",
        ].map { Column($0) }, member: "payments")

    static let audit = CSVTable(
        columns: [
            "id", "at", "actorId", "actorEmail", "action", "entityType", "entityId", "outcome", "before", "after", "requestId", "address",
        ].map { Column($0) }, member: "audit")

    var heading: [String] { columns.map(\.name) }

    func line(_ row: JSONValue) -> [String] { columns.map { Self.text($0.path.reduce(row) { $0?[$1] }) } }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null?: return ""
        case .array(let elements)?:
            // Seats by their labels; anything else as JSON.
            let labels = elements.compactMap { $0["seatLabel"]?.stringValue }
            return labels.count == elements.count ? labels.joined(separator: " ") : String(decoding: value?.encoded ?? [], as: UTF8.self)
        case let value?: return value.stringValue ?? String(decoding: value.encoded, as: UTF8.self)
        }
    }
}
