// One seat as the database has it, without what changes.
import TiketiNet

/// One seat of a plan, as the database gave it.
public struct SeatRow: Sendable {
    public var id: UUID
    public var section: String
    /// Labels, of 1 to 10 characters.
    public var row: String
    public var number: String
    public var label: String
    public var price: String
}
