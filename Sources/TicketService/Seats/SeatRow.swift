// One seat as the database has it, without what changes.
import TiketiNet

/// One seat of a plan, as the database gave it.
struct SeatRow: Sendable {
    var id: UUID
    var section: String
    /// Labels, of 1 to 10 characters.
    var row: String
    var number: String
    var label: String
    var price: String
}
