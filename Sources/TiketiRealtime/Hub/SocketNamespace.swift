// What an application gives a Socket.IO server: one namespace's rules.
import TiketiJSON

/// The application's side of a namespace. All calls come on the socket's loop; events of one socket come one after another, in order.
public protocol SocketNamespace: Sendable {
    /// Decides whether a client may connect.
    func authorize(_ request: SocketConnectRequest) async -> SocketDecision
    /// The client is connected and knows it; its events follow.
    func connected(_ socket: Socket) async
    /// An event. Those that came before the client left are handled as well; a socket that the server sent away gets none.
    func received(_ event: SocketEvent, from socket: Socket) async
    /// The socket has left, after its last event. Not called for sockets that were never `connected`.
    func disconnected(_ socket: Socket, _ reason: SocketDisconnectReason)
}

extension SocketNamespace {
    /// Lets everybody in.
    public func authorize(_ request: SocketConnectRequest) async -> SocketDecision { .accept() }
    /// Does nothing.
    public func connected(_ socket: Socket) async {}
    /// Does nothing.
    public func disconnected(_ socket: Socket, _ reason: SocketDisconnectReason) {}
}

/// A client's wish to join a namespace.
public struct SocketConnectRequest: Sendable {
    /// The namespace's name.
    public let namespace: String
    /// The `auth` object as JSON; empty when the client sent none.
    public let auth: [UInt8]
    /// What the client said when it opened its connection.
    public let handshake: EngineHandshake
}

/// What becomes of a client that wants to connect.
public enum SocketDecision: Sendable {
    /// Lets the client in. It is in `rooms` before it hears so; `data` stays with the socket. A session is recovered by the same
    /// `identity` only.
    case accept(rooms: [String] = [], data: (any Sendable)? = nil, identity: String = "")
    /// Answers `connect_error` with the message and, when given, JSON data. The connection stays open for other namespaces.
    case refuse(message: String, data: [UInt8]? = nil)
}

/// Why a socket left, in the words of the Socket.IO documentation.
public enum SocketDisconnectReason: Sendable, Equatable, CustomStringConvertible {
    case connection(EngineCloseReason)
    case clientNamespaceDisconnect
    case serverNamespaceDisconnect

    /// The words of the protocol.
    public var description: String {
        switch self {
        case .connection(let reason): reason.rawValue
        case .clientNamespaceDisconnect: "client namespace disconnect"
        case .serverNamespaceDisconnect: "server namespace disconnect"
        }
    }
}

/// An event from a client.
public struct SocketEvent: Sendable {
    private let packet: SocketPacket
    private let reply: SocketReply?

    init(_ packet: SocketPacket, _ reply: SocketReply?) {
        self.packet = packet
        self.reply = reply
    }

    /// The event's name; a number as its text.
    public var name: String { packet.eventName }
    /// All arguments, for passing on.
    public var arguments: SocketArguments { packet.arguments }
    /// Binary arguments, by the numbers of their placeholders.
    public var attachments: [[UInt8]] { packet.attachments }
    /// The JSON of one argument.
    public func argument(_ index: Int) -> [UInt8]? { packet.argument(index) }

    /// The text of one argument; nil when it is not a string.
    public func string(_ index: Int) -> String? {
        packet.argument(index).flatMap { JSONScanner.string($0, $0.indices) }
    }

    /// The arguments without the first ones, which are to be free of binary values: attachments keep their numbers.
    public func arguments(from index: Int) -> SocketArguments {
        let list = (packet.kind == .event ? packet.elements.dropFirst() : packet.elements[...]).dropFirst(index)
        guard let first = list.first, let last = list.last else { return .none }
        return SocketArguments(json: Array(packet.json[first.lowerBound..<last.upperBound]), attachments: packet.attachments)
    }

    /// Acknowledges, once; later calls and calls for events without a wish for one do nothing. On the socket's loop.
    public func acknowledge(_ arguments: SocketArguments = .none) { reply?.send(arguments) }
}

/// `@unchecked Sendable` because it is confined to its socket's loop, like the socket.
final class SocketReply: @unchecked Sendable {
    private var socket: Socket?
    private let id: UInt64

    init(_ socket: Socket, _ id: UInt64) {
        self.socket = socket
        self.id = id
    }

    func send(_ arguments: SocketArguments) {
        guard let socket else { return }
        self.socket = nil
        socket.send(.ack(id, arguments, namespace: socket.namespace))
    }
}

/// No acknowledgement came in time, or the socket left.
public struct SocketAckError: Error, Sendable {}
