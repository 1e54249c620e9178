// What one use case did that others have to be told of.

/// Everything one use case has to tell.
struct Announcement: Sendable {
    var changes: [SeatChange] = []
    var expired: [ExpiredReservation] = []

    mutating func add(_ outcome: ExpiryOutcome) {
        if let change = outcome.change { changes.append(change) }
        expired += outcome.expired
    }
}
