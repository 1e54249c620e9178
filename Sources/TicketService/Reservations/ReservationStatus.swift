// The states of a reservation.

/// The states of a reservation.
enum ReservationStatus: String, Sendable, CaseIterable {
    case pending, confirmed, cancelled
}
