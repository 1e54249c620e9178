// The values of RFC 6455: opcodes, close codes, messages, errors. Nothing here touches a socket.

/// A frame's opcode (RFC 6455 §5.2).
public enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
}

/// Why a connection ended (RFC 6455 §7.4 and the IANA registry).
public struct WebSocketCloseCode: Hashable, Sendable, CustomStringConvertible {
    let rawValue: UInt16

    init(_ rawValue: UInt16) { self.rawValue = rawValue }

    /// The purpose of the connection is fulfilled.
    public static let normal = WebSocketCloseCode(1000)
    static let goingAway = WebSocketCloseCode(1001)
    static let protocolError = WebSocketCloseCode(1002)
    /// Stands for a close frame without a code; never sent.
    static let noStatus = WebSocketCloseCode(1005)
    /// Stands for a connection that ended without a close frame; never sent.
    static let abnormal = WebSocketCloseCode(1006)
    /// A text message was no UTF-8.
    public static let invalidPayload = WebSocketCloseCode(1007)
    /// A message was longer than `maximumMessageBytes`.
    public static let tooBig = WebSocketCloseCode(1009)
    /// The server goes down for a restart: come back after a random pause.
    public static let serviceRestart = WebSocketCloseCode(1012)
    static let tryAgainLater = WebSocketCloseCode(1013)

    /// Whether the code may stand in a close frame (§7.4.1 reserves 1004 to 1006 and 1015; §7.4.2 gives 3000 to 4999 to others).
    var isAllowedOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    public var description: String { String(rawValue) }
}

/// One whole message, after reassembly, unmasking and inflation. The bytes of a text message are valid UTF-8.
public struct WebSocketMessage: Sendable, Equatable {
    /// What the sender says the bytes are.
    public enum Kind: Sendable { case text, binary }

    /// Whether the bytes are text.
    public let kind: Kind
    /// The payload, inflated where it came compressed.
    public let bytes: [UInt8]

    init(kind: Kind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }

    static func text(_ text: String) -> WebSocketMessage { WebSocketMessage(kind: .text, bytes: Array(text.utf8)) }
    static func binary(_ bytes: [UInt8]) -> WebSocketMessage { WebSocketMessage(kind: .binary, bytes: bytes) }

    /// The payload as text; of a binary message, with U+FFFD for what is no UTF-8.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What the decoder hands out.
enum WebSocketEvent: Sendable, Equatable {
    case message(WebSocketMessage)
    case ping([UInt8])
    case pong([UInt8])
    /// The peer's close frame; `code` is nil when the frame was empty.
    case close(code: WebSocketCloseCode?, reason: String)
}

/// A violation by the peer, with the close code the RFC asks for.
public struct WebSocketError: Error, Sendable, Equatable {
    /// What went wrong: the peer's violation, a bound passed, or a connection that is no more.
    public enum Code: Sendable, Equatable {
        case protocolError, invalidUTF8, tooBig, tooManyFragments, badDeflate, handshake, closed, slowReader, overloaded
    }

    /// The kind of failure.
    public let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var closeCode: WebSocketCloseCode {
        switch code {
        case .protocolError, .handshake: .protocolError
        case .invalidUTF8, .badDeflate: .invalidPayload
        case .tooBig, .tooManyFragments: .tooBig
        case .closed: .abnormal
        case .slowReader, .overloaded: .tryAgainLater
        }
    }
}

/// Bounds and options of one WebSocket endpoint.
public struct WebSocketConfiguration: Sendable {
    /// Largest message after inflation; a longer one is closed with 1009.
    public var maximumMessageBytes = 1_000_000
    /// Fragments of one message: many tiny fragments cost memory out of proportion (CVE-2026-48779 in ws).
    var maximumFragments = 1_024
    /// What unfinished messages of all connections may hold; nil for no common limit.
    public var unfinished: UnfinishedBytes?
    /// What the kernel may keep unsent for a slow peer; by itself it would take megabytes for each before anybody noticed.
    var maximumUnsentBytes = 131_072
    /// How long the closing side waits for the peer's close frame.
    var closeTimeoutNanoseconds: UInt64 = 5_000_000_000
    /// permessage-deflate (RFC 7692), nil to ignore offers.
    public var deflate: WebSocketDeflateOptions?
    /// Subprotocols this endpoint speaks, best first.
    public var subprotocols: [String] = []
    /// Whether a client's first offer is taken when none is configured: such clients fail when no subprotocol is chosen.
    public var acceptsAnySubprotocol = false

    /// The defaults written beside each property.
    public init() {}
}

/// permessage-deflate settings. Contexts are never taken over, so that a compressed frame can be shared between connections.
public struct WebSocketDeflateOptions: Sendable {
    /// Messages below this stay uncompressed.
    var minimumBytes = 1_024
    /// zlib level, 1 (fast) to 9 (small).
    var level: Int32 = 6

    /// Messages from 1 KiB on, at level 6.
    public init() {}
}
