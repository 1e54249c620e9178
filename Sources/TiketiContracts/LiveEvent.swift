// What services tell browsers over Socket.IO (docs/specification.md §4): room names, event names and payloads, the same for who sends and
// who serves them.
import TiketiJSON
import TiketiNet

/// Rooms a socket can be in.
public enum LiveRoom {
    /// Whoever looks at an event's page: its status.
    public static func event(_ id: UUID) -> String { "event:\(id)" }
    /// Whoever looks at an event's seat map: every seat that changes.
    public static func seats(_ eventID: UUID) -> String { "seats:\(eventID)" }
    /// The owner of one place in a queue.
    public static func queue(_ queueID: UUID) -> String { queuePrefix + queueID.description }
    /// What the names of all queue rooms begin with.
    public static let queuePrefix = "queue:"
    /// Every socket is in its user's own room.
    public static func user(_ id: UUID) -> String { id.description }
}

/// Events a service sends.
public enum LiveEvent: String, Sendable, CaseIterable {
    case seatReserved = "seat-reserved"
    case seatReleased = "seat-released"
    case reservationExpired = "reservation-expired"
    case queueUpdated = "queue-updated"
    case queueAdmitted = "queue-admitted"
    case eventStatusChanged = "event-status-changed"
    case paymentUpdated = "payment-updated"

    /// `userID` is the holder's id in what goes to the holder's own sockets, and nil for everybody else (docs/specification.md §10).
    public static func seatReserved(seatID: UUID, userID: UUID?, eventID: UUID, status: String, version: Int64, count: Int) -> [UInt8] {
        object {
            $0.member("seatId", seatID)
            $0.member("userId", userID)
            $0.member("eventId", eventID)
            $0.member("status", status)
            $0.member("version", version)
            $0.member("count", count)
        }
    }

    /// The payload of ``seatReleased``. `version` is the map's after the change, `count` how many seats changed with it.
    public static func seatReleased(seatID: UUID, eventID: UUID, version: Int64, count: Int) -> [UInt8] {
        object {
            $0.member("seatId", seatID)
            $0.member("eventId", eventID)
            $0.member("version", version)
            $0.member("count", count)
        }
    }

    /// The payload of ``reservationExpired``, for the buyer; `message` is a sentence to show.
    public static func reservationExpired(reservationID: UUID, message: String) -> [UInt8] {
        object {
            $0.member("reservationId", reservationID)
            $0.member("message", message)
        }
    }

    /// The payload of ``queueUpdated``. `position` counts from 1, `estimatedWait` is in seconds; both nil (`null`) while nobody knows.
    public static func queueUpdated(queueID: UUID, position: Int?, estimatedWait: Int?) -> [UInt8] {
        object {
            $0.member("queueId", queueID)
            $0.member("position", position)
            $0.member("estimatedWait", estimatedWait)
        }
    }

    /// The payload of ``queueAdmitted``: the buyer may reserve until `expiresAt`.
    public static func queueAdmitted(eventID: UUID, queueID: UUID, message: String, expiresAt: Timestamp) -> [UInt8] {
        object {
            $0.member("eventId", eventID)
            $0.member("queueId", queueID)
            $0.member("message", message)
            $0.member("expiresAt", expiresAt)
        }
    }

    /// The payload of ``eventStatusChanged``. `status` as in an event's answer (docs/specification.md §3.2).
    public static func eventStatusChanged(eventID: UUID, status: String) -> [UInt8] {
        object {
            $0.member("eventId", eventID)
            $0.member("status", status)
        }
    }

    /// `state` as in `payment.state` of a reservation (docs/specification.md §3.4).
    public static func paymentUpdated(reservationID: UUID, orderID: String, state: String) -> [UInt8] {
        object {
            $0.member("reservationId", reservationID)
            $0.member("orderId", orderID)
            $0.member("state", state)
        }
    }

    private static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] { JSONWriter.object(members) }
}
