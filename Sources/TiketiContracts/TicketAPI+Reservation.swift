// A reservation as ticket shows it: to its owner and to admins in public answers, to payment in internal ones. One shape for all of them.
import TiketiJSON
import TiketiNet

extension TicketAPI {
    /// A reservation as of now; a pending one whose time ran out reads as cancelled.
    public struct Reservation: Sendable, Equatable {
        /// The reservation's id.
        public var id: UUID
        /// `TKT-YYYYMMDD-NNNNN`.
        var number: String
        /// Whose it is.
        public var userID: UUID
        var eventID: UUID
        var eventTitle: String
        var eventDate: Timestamp
        var venue: String
        /// JSON array of `{seatId, seatLabel, price}`, in the order of the hall.
        var seatsJSON: [UInt8]
        /// Won, a plain decimal without needless zeros.
        var totalAmount: String
        /// pending, confirmed, cancelled.
        public var status: String
        /// pending, completed, failed, refunded.
        public var paymentStatus: String
        /// user, expired, payment_failed, event_cancelled, admin; nil until cancelled.
        var cancelReason: String?
        var expiresAt: Timestamp
        var confirmedAt: Timestamp?
        var cancelledAt: Timestamp?
        var createdAt: Timestamp

        /// As ticket's database has it; amounts and the seats are given in their JSON form.
        public init(
            id: UUID, number: String, userID: UUID, eventID: UUID, eventTitle: String, eventDate: Timestamp, venue: String,
            seatsJSON: [UInt8], totalAmount: String, status: String, paymentStatus: String, cancelReason: String? = nil,
            expiresAt: Timestamp, confirmedAt: Timestamp? = nil, cancelledAt: Timestamp? = nil, createdAt: Timestamp
        ) {
            (self.id, self.number, self.userID, self.eventID) = (id, number, userID, eventID)
            (self.eventTitle, self.eventDate, self.venue, self.seatsJSON) = (eventTitle, eventDate, venue, seatsJSON)
            (self.totalAmount, self.status, self.paymentStatus) = (totalAmount, status, paymentStatus)
            self.cancelReason = cancelReason
            (self.expiresAt, self.confirmedAt) = (expiresAt, confirmedAt)
            (self.cancelledAt, self.createdAt) = (cancelledAt, createdAt)
        }

        /// The total in whole won; nil when it has a fraction.
        public var totalWon: Int64? { Int64(totalAmount) }

        /// The members of its object, without the braces around them.
        public func writeMembers(to writer: inout JSONWriter) {
            writer.member("id", id)
            writer.member("reservationNumber", number)
            writer.member("eventId", eventID)
            writer.member("userId", userID)
            writer.object("event") {
                $0.member("id", eventID)
                $0.member("title", eventTitle)
                $0.member("eventDate", eventDate)
                $0.member("venue", venue)
            }
            writer.member("seats", raw: seatsJSON)
            writer.member("totalAmount", raw: Array(totalAmount.utf8))
            writer.member("status", status)
            writer.member("paymentStatus", paymentStatus)
            writer.member("cancelReason", cancelReason)
            writer.member("expiresAt", expiresAt)
            writer.member("confirmedAt", confirmedAt)
            writer.member("cancelledAt", cancelledAt)
            writer.member("createdAt", createdAt)
        }

        init(_ json: JSONValue) throws(ContractFault) {
            let event = try json.required("event", "an object") { $0.objectValue == nil ? nil : $0 }
            self.init(
                id: try json.uuid("id"), number: try json.text("reservationNumber"), userID: try json.uuid("userId"),
                eventID: try json.uuid("eventId"), eventTitle: try event.text("title", max: 255), eventDate: try event.time("eventDate"),
                venue: try event.text("venue", max: 255),
                seatsJSON: try json.required("seats", "an array") { $0.arrayValue == nil ? nil : $0.encoded },
                totalAmount: try json.required("totalAmount", "a number") { value in
                    value.int64Value.map(String.init) ?? value.doubleValue.map { "\($0)" }
                },
                status: try json.text("status"), paymentStatus: try json.text("paymentStatus"),
                cancelReason: try json.textOrNil("cancelReason"), expiresAt: try json.time("expiresAt"),
                confirmedAt: try json.timeOrNil("confirmedAt"), cancelledAt: try json.timeOrNil("cancelledAt"),
                createdAt: try json.time("createdAt"))
        }
    }

    /// `{"success":true,"reservation":{…}}`.
    public enum ReservationAnswer {
        /// The `reservation` of an answer; throws when it is missing or not whole.
        public static func read(_ json: JSONValue) throws(ContractFault) -> Reservation {
            try Reservation(try json.required("reservation", "an object") { $0 })
        }

        /// The member `reservation`; `more` adds what one answer alone has.
        public static func write(_ reservation: Reservation, to writer: inout JSONWriter, more: (inout JSONWriter) -> Void = { _ in }) {
            writer.object("reservation") {
                reservation.writeMembers(to: &$0)
                more(&$0)
            }
        }
    }
}
