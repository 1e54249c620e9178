// What came of ending the claims whose time is over.

/// What one statement that ends expired claims did.
struct ExpiryOutcome: Sendable {
    /// The seats that are free again; nil when nothing was due.
    var change: SeatChange?
    var expired: [ExpiredReservation] = []
}
