// What a client may do and how long it waits.

/// Limits and default deadlines of an HTTP client; all durations are nanoseconds.
public struct HTTPClientConfiguration: Sendable {
    /// Connections to one server from one loop, whether busy, idle or being made.
    public var maxConnectionsPerOrigin = 128
    /// Requests that may wait for a connection to one server, per loop; one more fails with `.overloaded`.
    var maxWaiting = 1024
    /// Shorter than the keep-alive time of usual servers, so that they rarely close first.
    public var idleTimeout: UInt64 = 50_000_000_000
    var connectTimeout: UInt64 = 3_000_000_000
    var responseTimeout: UInt64 = 30_000_000_000
    var totalTimeout: UInt64 = 60_000_000_000
    var maxHeadBytes = 64 * 1024
    var maxHeaders = 200
    /// The most bytes that one `HTTPBody.read` returns.
    var maxPieceBytes = 64 * 1024

    /// PEM file of the only authorities to trust for https; nil: the system's.
    public var caFile: String?

    /// The defaults written beside each property.
    public init() {}
}
