// What payment tells ticket of a reservation's order. Every call says the same each time it is repeated.
import TiketiJSON
import TiketiNet

extension TicketAPI {
    /// Freezes the reservation's end for a payment, or extends that; the same order may ask again and again.
    public struct LeaseRequest: Sendable, Equatable {
        /// The buyer; refused unless the reservation is theirs.
        public var userID: UUID
        /// The order that pays, by the id it has at Toss.
        public var orderID: String
        /// Whole won; refused (400 `AMOUNT_MISMATCH`) unless it is the reservation's total.
        public var amount: Int64
        /// From now on.
        public var seconds: Int64

        /// A request to send.
        public init(userID: UUID, orderID: String, amount: Int64, seconds: Int64) {
            (self.userID, self.orderID, self.amount, self.seconds) = (userID, orderID, amount, seconds)
        }

        /// Reads a request; throws for a missing member.
        public init(_ json: JSONValue) throws(ContractFault) {
            userID = try json.uuid("userId")
            orderID = try json.text("orderId")
            amount = try json.int("amount", in: TicketAPI.amounts)
            seconds = try json.int("seconds", in: 1...86_400)
        }

        /// The request as JSON.
        public var encoded: [UInt8] {
            JSONWriter.object {
                $0.member("userId", userID)
                $0.member("orderId", orderID)
                $0.member("amount", amount)
                $0.member("seconds", seconds)
            }
        }
    }

    /// Makes a paid reservation final.
    public struct ConfirmRequest: Sendable, Equatable {
        /// The order that paid; only the one that holds the lease may confirm.
        public var orderID: String
        /// Payment's own id of what was paid; nil when nothing had to be.
        public var paymentID: String?
        /// Whole won.
        public var amount: Int64

        /// A request to send.
        public init(orderID: String, paymentID: String?, amount: Int64) {
            (self.orderID, self.paymentID, self.amount) = (orderID, paymentID, amount)
        }

        /// Reads a request; throws for a missing member.
        public init(_ json: JSONValue) throws(ContractFault) {
            orderID = try json.text("orderId")
            paymentID = try json.textOrNil("paymentId")
            amount = try json.int("amount", in: TicketAPI.amounts)
        }

        /// The request as JSON.
        public var encoded: [UInt8] {
            JSONWriter.object {
                $0.member("orderId", orderID)
                $0.member("paymentId", paymentID)
                $0.member("amount", amount)
            }
        }
    }

    /// What became of an order that did not end in a sale.
    public struct OrderReport: Sendable, Equatable {
        /// Nil only for a refund of a sale whose order nobody knows any more.
        public var orderID: String?
        /// For people who read logs.
        var reason: String?

        /// A request to send.
        public init(orderID: String?, reason: String? = nil) {
            (self.orderID, self.reason) = (orderID, reason)
        }

        /// Reads a request; nothing in it must be there.
        public init(_ json: JSONValue) throws(ContractFault) {
            orderID = try json.textOrNil("orderId")
            reason = try json.textOrNil("reason", max: 1000)
        }

        /// The request as JSON.
        public var encoded: [UInt8] {
            JSONWriter.object {
                $0.member("orderId", orderID)
                $0.member("reason", reason)
            }
        }
    }
}
