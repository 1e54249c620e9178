// The filters of the list of reservations for admins.
import TiketiNet

/// What an admin looks for; nil fields do not filter.
struct ReservationFilter: Sendable {
    var status: ReservationStatus?
    var eventID: UUID?
    var userID: UUID?
    var search: String?
}
