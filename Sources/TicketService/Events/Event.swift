// An event with its sale, as everybody reads it.
import TiketiNet

/// An event as readers see it at the moment of reading.
struct Event: Sendable {
    var id: UUID
    var title: String
    var description: String?
    var venue: String
    var address: String?
    var eventDate: Timestamp
    var saleStartDate: Timestamp
    var saleEndDate: Timestamp
    var posterImageURL: String?
    var status: String
    var artistName: String?
    var queueEnabled: Bool
    var seatLayoutID: UUID?
    var createdBy: UUID?
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var totalSeats: Int
    var soldSeats: Int
    var version: Int64
    var revision: Int64
    /// When it was archived: gone for the public, kept for its buyers and the books.
    var deletedAt: Timestamp?
}
