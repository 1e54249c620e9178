// The internal API of the realtime service: what gateways ask, to find the hub that has a session.
import TiketiJSON
import TiketiNet

/// Calls that hubs answer.
public enum HubAPI {
    /// Which hub this is. Answers `Identity`.
    public static let identity = Endpoint(.get, "/internal/hub")

    /// A hub among its like.
    public struct Identity: Sendable, Equatable {
        /// The number that every session id of this hub begins with.
        public var node: UInt16

        /// The answer of the hub with this number.
        public init(node: UInt16) { self.node = node }

        /// Reads an answer; throws when `node` is missing or no number below 65,536.
        public init(_ json: JSONValue) throws(ContractFault) { node = UInt16(try json.int("node", in: 0...65_535)) }

        /// The members of an open object.
        public func write(to writer: inout JSONWriter) { writer.member("node", Int(node)) }
    }
}
