// A seat as its holder's own page shows it.
import TiketiNet

/// One of a user's seats.
struct OwnSeat: Sendable, Equatable {
    var id: UUID
    /// held, pending (in a reservation that is not paid yet) or reserved.
    var status: String
    /// Nil once it is bought.
    var expiresAt: Timestamp?
    var reservationID: UUID?
}
