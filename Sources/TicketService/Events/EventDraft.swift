// What an organiser gives to make or change an event, already checked for form.
import TiketiContracts
import TiketiNet

/// A new event with all its seats.
public struct EventDraft: Sendable {
    public var title: String
    public var description: String?
    public var venue: String
    public var address: String?
    public var eventDate: Timestamp
    public var saleStartDate: Timestamp
    public var saleEndDate: Timestamp
    public var posterImageURL: String?
    public var artistName: String?
    public var queueEnabled: Bool
    public var seatLayoutID: UUID?
    public var createdBy: UUID?
    public var layout: SeatLayout
}

/// A partial change; an outer nil leaves the field alone, an inner nil clears it.
public struct EventChanges: Sendable {
    public var title: String?
    public var description: String??
    public var venue: String?
    public var address: String??
    public var eventDate: Timestamp?
    public var saleStartDate: Timestamp?
    public var saleEndDate: Timestamp?
    public var posterImageURL: String??
    public var artistName: String??
    public var queueEnabled: Bool?
}
