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
    public let rawValue: UInt16

    public init(_ rawValue: UInt16) { self.rawValue = rawValue }

    public static let normal = WebSocketCloseCode(1000)
    public static let goingAway = WebSocketCloseCode(1001)
    public static let protocolError = WebSocketCloseCode(1002)
    public static let unsupportedData = WebSocketCloseCode(1003)
    /// Stands for a close frame without a code; never sent.
    public static let noStatus = WebSocketCloseCode(1005)
    /// Stands for a connection that ended without a close frame; never sent.
    public static let abnormal = WebSocketCloseCode(1006)
    public static let invalidPayload = WebSocketCloseCode(1007)
    public static let policyViolation = WebSocketCloseCode(1008)
    public static let tooBig = WebSocketCloseCode(1009)
    public static let missingExtension = WebSocketCloseCode(1010)
    public static let internalError = WebSocketCloseCode(1011)
    public static let serviceRestart = WebSocketCloseCode(1012)
    public static let tryAgainLater = WebSocketCloseCode(1013)

    /// Whether the code may stand in a close frame (§7.4.1 reserves 1004 to 1006 and 1015; §7.4.2 gives 3000 to 4999 to others).
    public var isAllowedOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    public var description: String { String(rawValue) }
}

/// One whole message, after reassembly, unmasking and inflation. The bytes of a text message are valid UTF-8.
public struct WebSocketMessage: Sendable, Equatable {
    public enum Kind: Sendable { case text, binary }

    public let kind: Kind
    public let bytes: [UInt8]

    public init(kind: Kind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }

    public static func text(_ text: String) -> WebSocketMessage { WebSocketMessage(kind: .text, bytes: Array(text.utf8)) }
    public static func binary(_ bytes: [UInt8]) -> WebSocketMessage { WebSocketMessage(kind: .binary, bytes: bytes) }

    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What the decoder hands out.
public enum WebSocketEvent: Sendable, Equatable {
    case message(WebSocketMessage)
    case ping([UInt8])
    case pong([UInt8])
    /// The peer's close frame; `code` is nil when the frame was empty.
    case close(code: WebSocketCloseCode?, reason: String)
}

/// A violation by the peer, with the close code the RFC asks for.
public struct WebSocketError: Error, Sendable, Equatable {
    public enum Code: Sendable, Equatable {
        case protocolError, invalidUTF8, tooBig, tooManyFragments, badDeflate, handshake, closed, slowReader, overloaded
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var closeCode: WebSocketCloseCode {
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
    public var maximumFragments = 1_024
    /// What unfinished messages of all connections may hold; nil for no common limit.
    public var unfinished: UnfinishedBytes?
    /// What the kernel may keep unsent for a slow peer; by itself it would take megabytes for each before anybody noticed.
    public var maximumUnsentBytes = 131_072
    /// How long the closing side waits for the peer's close frame.
    public var closeTimeoutNanoseconds: UInt64 = 5_000_000_000
    /// permessage-deflate (RFC 7692), nil to ignore offers.
    public var deflate: WebSocketDeflateOptions?
    /// Subprotocols this endpoint speaks, best first.
    public var subprotocols: [String] = []
    /// Whether a client's first offer is taken when none is configured: such clients fail when no subprotocol is chosen.
    public var acceptsAnySubprotocol = false

    public init() {}
}

/// permessage-deflate settings. Contexts are never taken over, so that a compressed frame can be shared between connections.
public struct WebSocketDeflateOptions: Sendable {
    /// Messages below this stay uncompressed.
    public var minimumBytes = 1_024
    /// zlib level, 1 (fast) to 9 (small).
    public var level: Int32 = 6

    public init() {}
}
