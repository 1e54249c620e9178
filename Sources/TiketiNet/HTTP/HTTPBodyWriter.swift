// Bodies on the way out, and where they go.

/// The writing end of a streamed response; `write` suspends while the peer is slow, so memory stays bounded.
///
/// Confined to the loop of its connection: `@unchecked Sendable` only so that closures on the same loop may carry it.
public final class HTTPBodyWriter: @unchecked Sendable {
    private var sink: (any HTTPBodySink)?

    init(sink: any HTTPBodySink) { self.sink = sink }

    /// Queues the bytes; returns at once while little is queued, else when the peer has taken enough.
    public func write(_ bytes: [UInt8]) async throws(HTTPBodyError) {
        guard let sink else { throw .closed }
        if !bytes.isEmpty { try await sink.write(bytes) }
    }

    /// Cuts the writer from its connection once the response is over.
    func detach() { sink = nil }
}

/// Where a streamed response goes: a connection, or memory in tests.
public protocol HTTPBodySink: AnyObject {
    /// Queues the bytes, and waits while the peer is slow. Throws `closed` once the peer is gone.
    func write(_ bytes: [UInt8]) async throws(HTTPBodyError)
}

/// Keeps what is written, for tests and for callers that need the whole of a response.
public final class CollectingBodySink: HTTPBodySink {
    private(set) var bytes: [UInt8] = []
    private let limit: Int

    init(limit: Int = .max) { self.limit = limit }

    public func write(_ more: [UInt8]) async throws(HTTPBodyError) {
        if more.count > limit - bytes.count { throw .tooLarge }
        bytes.append(contentsOf: more)
    }
}
