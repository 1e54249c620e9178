// Bodies on the way in, for handlers and for callers of the client, and why one may not come to its end.

/// A message body that is read once, piece by piece; reading is what lets the sender go on (back-pressure).
///
/// Confined to the loop of its connection: `@unchecked Sendable` only so that closures on the same loop may carry it.
public final class HTTPBody: @unchecked Sendable {
    /// The number of bytes in total when the sender said so; nil for a chunked or close-delimited body.
    public let length: Int?
    private var source: (any HTTPBodySource)?
    private var pending: [UInt8]?
    private var isDetached = false

    /// A body that is empty.
    public init() {
        length = 0
    }

    /// A body that is in memory already.
    public init(_ bytes: [UInt8]) {
        length = bytes.count
        pending = bytes.isEmpty ? nil : bytes
    }

    /// A body that comes in pieces.
    /// - Parameter length: Bytes in all; nil when nobody knows yet.
    public init(length: Int?, source: any HTTPBodySource) {
        self.length = length
        self.source = source
    }

    /// Known to be empty without reading.
    public var isEmpty: Bool { length == 0 }

    /// The next bytes (never an empty array), or nil at the end. Suspends until the peer sends some.
    public func read() async throws(HTTPBodyError) -> [UInt8]? {
        if let bytes = pending {
            pending = nil
            return bytes
        }
        guard let source else {
            if isDetached { throw .closed }
            return nil
        }
        if let bytes = try await source.nextChunk() { return bytes }
        self.source = nil
        return nil
    }

    /// Cuts the body from its connection, which has gone on to the next message: whoever kept it reads nothing of that.
    func detach() {
        if source == nil { return }
        source = nil
        isDetached = true
    }

    /// The whole body, or `.tooLarge` as soon as it is known to be longer than the limit (before anything is read, if it declares so).
    public func collect(upTo limit: Int) async throws(HTTPBodyError) -> [UInt8] {
        if let length, length > limit { throw .tooLarge }
        guard var whole = try await read() else { return [] }
        if whole.count > limit { throw .tooLarge }
        if let length { whole.reserveCapacity(length) }
        while let more = try await read() {
            if whole.count + more.count > limit { throw .tooLarge }
            whole.append(contentsOf: more)
        }
        return whole
    }
}

/// Where a body's bytes come from: a connection, or anything else that hands out pieces in order.
public protocol HTTPBodySource: AnyObject {
    /// The next non-empty piece, or nil at the orderly end; after either nil or an error it is not called again.
    func nextChunk() async throws(HTTPBodyError) -> [UInt8]?
}

/// Why a body could not be read, or written, to its end.
public struct HTTPBodyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which way it failed.
    public enum Code: String, Sendable {
        /// Longer than allowed.
        case tooLarge
        /// The peer went away before the end.
        case closed
        /// The peer stopped sending, or reading.
        case timeout
        /// Broken chunked framing.
        case malformed
        /// A stream wrote more or fewer bytes than it had declared.
        case lengthMismatch
    }

    /// The kind of failure.
    public let code: Code

    init(_ code: Code) { self.code = code }

    /// More bytes than the reader allows: answer 413.
    public static var tooLarge: HTTPBodyError { HTTPBodyError(.tooLarge) }
    /// The peer went away before the end.
    public static var closed: HTTPBodyError { HTTPBodyError(.closed) }
    /// The peer stopped sending, or reading: answer 408 where there is still somebody to answer.
    public static var timeout: HTTPBodyError { HTTPBodyError(.timeout) }
    static var malformed: HTTPBodyError { HTTPBodyError(.malformed) }
    static var lengthMismatch: HTTPBodyError { HTTPBodyError(.lengthMismatch) }

    public var description: String { "body \(code.rawValue)" }
}
