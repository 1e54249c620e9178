// Settings and public values of the Engine.IO server; the defaults are those of Node's server.
import TiketiNet

/// How an Engine.IO server behaves.
public struct EngineConfiguration: Sendable {
    /// Every request whose path starts with this belongs to the server.
    public var path = "/socket.io/"
    /// From an answered ping to the next one.
    public var pingInterval: Duration = .seconds(25)
    /// How long a client may say nothing after a ping; it is then closed with `pingTimeout`.
    public var pingTimeout: Duration = .seconds(20)
    /// How long a probing WebSocket may take to become the transport.
    public var upgradeTimeout: Duration = .seconds(10)
    /// Largest message in bytes, and the largest POST.
    public var maxPayload = 1_000_000
    /// What all clients together may hold of messages and POSTs whose end has not come.
    public var maximumUnfinishedBytes = 67_108_864
    /// Whether HTTP long polling may be used.
    public var allowsPolling = true
    /// Whether WebSockets may be used.
    public var allowsWebSocket = true
    /// Bytes that may wait for one client whether it reads or not; beyond it volatile packets are dropped, and the client has to read.
    public var maximumQueuedBytes = 1_048_576
    /// How long a client may take nothing while more than that waits for it.
    public var stallTimeout = Duration.seconds(3)
    /// Bytes that may wait for one client that reads. A message of any size goes to a client that has taken all before.
    public var maximumBurstBytes = 16_777_216
    /// What may wait for lagging clients beyond `maximumQueuedBytes` each, in bytes over all of them; broadcasts, which they share, do not
    /// count.
    public var maximumBacklogBytes = 67_108_864
    /// From this size in bytes answers to polls are compressed with gzip, for clients that accept it; 0 for never.
    public var compressesPollsFrom = 1_024
    /// permessage-deflate; off by default because it costs memory and time per broadcast.
    public var deflate: WebSocketDeflateOptions?
    /// Web origins that may use the server besides its own.
    public var origins = EngineOrigins.none
    /// Number of this process among its like; part of every session id, so that a gateway can find the owner.
    public var node: UInt16 = 0

    /// New sessions a second in the long run, for all loops; 0 for any number. Others get 503 with
    /// `Retry-After`.
    public var acceptRate = 0

    /// The defaults of Node's server, and bounds of our own.
    public init() {}
}

/// What a client said when it opened its session.
public struct EngineHandshake: Sendable {
    /// Who connected; behind a gateway that is the gateway.
    public let peer: SocketAddress
    /// The raw query string.
    public let query: String
    /// The `Authorization` field.
    public let authorization: String?
    /// The `X-Forwarded-For` field, as it came.
    public let forwardedFor: String?
}

/// Why a session ended, in the words of the Socket.IO documentation.
public enum EngineCloseReason: String, Sendable, CaseIterable {
    /// A broken connection, a second poll, a poll that was given up.
    case transportError = "transport error"
    /// The client closed the transport.
    case transportClose = "transport close"
    /// No answer to a ping.
    case pingTimeout = "ping timeout"
    /// A packet that is none, or not allowed.
    case parseError = "parse error"
    /// The process ends; the client is to come back.
    case serverShuttingDown = "server shutting down"
    /// The application, or one of its bounds, closed it.
    case forcedServerClose = "forced server close"
    /// Closed by this server because the client reads too slowly.
    case slowClient = "transport error (slow client)"
}

/// A request that is refused, with the codes of the protocol.
struct EngineError: Error, Sendable, Equatable {
    let code: Int
    let message: String
    var status = 400

    static let unknownTransport = EngineError(code: 0, message: "Transport unknown")
    static let unknownSession = EngineError(code: 1, message: "Session ID unknown")
    static let badHandshakeMethod = EngineError(code: 2, message: "Bad handshake method")
    static let badRequest = EngineError(code: 3, message: "Bad request")
    static let forbidden = EngineError(code: 4, message: "Forbidden", status: 403)
    static let unsupportedVersion = EngineError(code: 5, message: "Unsupported protocol version")
    static let tooLarge = EngineError(code: 3, message: "Payload too large", status: 413)
    static let overloaded = EngineError(code: 3, message: "Too many bodies are under way", status: 503)
}

/// A session's id: where it lives, and twelve random bytes. Knowing it is the right to use the session, so it is as secret as a token.
struct EngineSessionID {
    let node: UInt16
    let loop: Int
    let text: String

    init(node: UInt16, loop: Int) {
        self.node = node
        self.loop = loop
        text = Base64.encodeURL([UInt8(node >> 8), UInt8(node & 255), UInt8(truncatingIfNeeded: loop)] + SecureRandom.bytes(12))
    }

    /// Reads where a session lives; nil for what we can't have given out.
    init?(_ text: String) {
        guard text.utf8.count == 20, let bytes = Base64.decodeURL(text) else { return nil }
        node = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        loop = Int(bytes[2])
        self.text = text
    }
}
