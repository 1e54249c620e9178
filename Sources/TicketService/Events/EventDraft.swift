// What an organiser gives to make or change an event, already checked for form.
import TiketiNet

/// One block of seats: rows `startRow ..< startRow + rows`, each with seats 1 to `seatsPerRow`, all at one price.
public struct SectionDraft: Sendable, Equatable {
    public var name: String
    public var rows: Int
    public var seatsPerRow: Int
    public var startRow: Int
    /// Whole won.
    public var price: Int64
    public var seats: Int { rows * seatsPerRow }
}

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
    public var sections: [SectionDraft]
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
