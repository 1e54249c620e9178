// Where the payment of a reservation stands, in the words that buyers' pages know.
import TiketiJSON
import TiketiNet

extension PaymentAPI {
    /// `payment.state` of a reservation and `state` of `payment-updated` (docs/specification.md §3.4).
    public enum Progress: String, Sendable, CaseIterable {
        /// No order was ever opened.
        case none
        /// An order waits for its buyer.
        case open
        /// On its way.
        case confirming
        /// Toss has not said whether it took the money; the seats are kept.
        case unknown
        case confirmed
        case failed
        /// Money is on its way back.
        case refunding
        case refunded
    }

    /// The payment of a reservation; `none` without an order.
    public struct Standing: Sendable, Equatable {
        var state: Progress
        var orderID: String?

        /// `orderID` is nil exactly when the state is `none`.
        public init(state: Progress, orderID: String?) {
            (self.state, self.orderID) = (state, orderID)
        }

        /// Reads an answer; throws for a state that is none of ``Progress``.
        public init(_ json: JSONValue) throws(ContractFault) {
            state = try json.required("state", "a state of a payment") { $0.stringValue.flatMap(Progress.init(rawValue:)) }
            orderID = try json.textOrNil("orderId")
        }

        /// The members of its object, without the braces around them.
        public func writeMembers(to writer: inout JSONWriter) {
            writer.member("state", state.rawValue)
            writer.member("orderId", orderID)
        }
    }
}
