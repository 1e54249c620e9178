// What an organiser gives to make or change an event, already checked for form.
import TiketiContracts
import TiketiNet

/// A new event with all its seats.
struct EventDraft: Sendable {
    var title: String
    var description: String?
    var venue: String
    var address: String?
    var eventDate: Timestamp
    var saleStartDate: Timestamp
    var saleEndDate: Timestamp
    var posterImageURL: String?
    var artistName: String?
    var queueEnabled: Bool
    var seatLayoutID: UUID?
    var createdBy: UUID?
    var layout: SeatLayout
}
