// A reservation that was not paid in time.
import TiketiNet

/// A pending reservation that the clock ended.
struct ExpiredReservation: Sendable, Equatable {
    var id: UUID
    var userID: UUID
}
