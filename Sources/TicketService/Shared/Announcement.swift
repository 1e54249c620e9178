// The changes of one use case that have to be announced.

/// Everything one use case has to announce.
struct Announcement: Sendable {
    var changes: [SeatChange] = []
    var expired: [ExpiredReservation] = []

    mutating func add(_ outcome: ExpiryOutcome) {
        if let change = outcome.change { changes.append(change) }
        expired += outcome.expired
    }
}
