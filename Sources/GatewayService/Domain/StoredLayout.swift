// A seat layout under a name, from which an organiser makes events.
import TiketiContracts
import TiketiJSON
import TiketiNet

/// A layout in the organiser's collection.
struct StoredLayout: Sendable {
    var id: UUID
    var name: String
    var description: String?
    var totalSeats: Int
    /// JSON: `{"sections":[…]}`.
    var config: [UInt8]
    var createdAt: Timestamp
    var updatedAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("name", name)
        json.member("description", description)
        json.member("totalSeats", totalSeats)
        json.member("layoutConfig", raw: config)
        json.member("createdAt", createdAt)
        json.member("updatedAt", updatedAt)
    }

    /// The layout as a JSON object, for the audit trail.
    var document: [UInt8] { AuditEntry.document { write(to: &$0) } }
}

/// What an edit changes; nil leaves the field as it is.
struct LayoutChange: Sendable {
    var name: String?
    /// Whether `description` counts: nil then clears it.
    var setsDescription = false
    var description: String?
    var layout: SeatLayout?
}
