// Giving money back, asked by ticket: safe to repeat, because payment finishes what it once began.
import TiketiJSON
import TiketiNet

extension PaymentAPI {
    /// Gives the whole price of a sold reservation back.
    public struct RefundRequest: Sendable, Equatable {
        /// The reservation whose payment is given back.
        public var reservationID: UUID
        /// For the buyer's statement and for people who read logs.
        public var reason: String
        /// Somebody waits for the outcome, so it is worth a few seconds; false only puts it on the books.
        public var waits: Bool

        /// A request to send.
        public init(reservationID: UUID, reason: String, waits: Bool) {
            (self.reservationID, self.reason, self.waits) = (reservationID, reason, waits)
        }

        /// Reads a request. A missing reason reads as "Refund" and a missing `wait` as true; a reason has at most 200 characters.
        public init(_ json: JSONValue) throws(ContractFault) {
            reservationID = try json.uuid("reservationId")
            reason = try json.textOrNil("reason", max: 200) ?? "Refund"
            waits = try json.optional("wait", "true or false", \.boolValue) ?? true
        }

        /// The request as JSON.
        public var encoded: [UInt8] {
            JSONWriter.object {
                $0.member("reservationId", reservationID)
                $0.member("reason", reason)
                $0.member("wait", waits)
            }
        }
    }

    /// How a refund stands.
    public enum RefundAnswer: Sendable, Equatable {
        /// The money is back.
        case refunded
        /// On payment's books for certain; ticket is told when the money is back.
        case refunding
        /// The payment itself is not over: to be asked again.
        case unsettled
        /// No money was ever taken for the reservation.
        case nothingPaid

        /// The code of `nothingPaid`, a 404 of its own: somebody else's must never pass for it.
        public static let nothingPaidCode = "NOTHING_PAID"

        /// From an answer; nil when it is none of these.
        public init?(status: Int, _ json: JSONValue) {
            switch status {
            case 200: self = .refunded
            case 202: self = json["refunding"]?.boolValue == true ? .refunding : .unsettled
            case 404 where json["code"]?.stringValue == Self.nothingPaidCode: self = .nothingPaid
            default: return nil
            }
        }
    }
}
