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

        public init(node: UInt16) { self.node = node }

        public init(_ json: JSONValue) throws(ContractFault) { node = UInt16(try json.int("node", in: 0...65_535)) }

        public func write(to writer: inout JSONWriter) { writer.member("node", Int(node)) }
    }
}
