// What one server accepts and how long it waits for a peer.

/// Every limit and timeout of the HTTP server; the defaults are the product's (spec §10, Limits).
public struct HTTPServerConfiguration: Sendable {
    /// Bytes of a request line; a longer target answers 414.
    var maxRequestLineBytes = 8 * 1024
    /// Bytes of a whole head, request line included; more answers 431.
    public var maxHeadBytes = 32 * 1024
    /// Header fields of one request; more answer 431.
    public var maxHeaders = 100
    /// Bytes of any request body, whatever the route allows; more answer 413.
    var maxBodyBytes = 64 * 1024 * 1024
    /// Unread body bytes that are thrown away to keep a connection; with more left it is closed.
    var maxDiscardedBodyBytes = 256 * 1024
    /// From the first byte of a head to its last.
    var headTimeoutSeconds = 10.0
    /// Without a byte of the body while somebody waits for it.
    var bodyIdleTimeoutSeconds = 30.0
    /// Without a new request on an open connection.
    var keepAliveTimeoutSeconds = 75.0
    /// Without the peer taking a byte of the response.
    var writeStallTimeoutSeconds = 30.0
    /// Average a body must reach over the time spent waiting for it, once that exceeds the idle timeout; stops one byte every 29 s.
    var minBodyBytesPerSecond = 64
    /// Open connections of this process; more are answered 503 and closed.
    public var maxConnections = 60_000
    /// Open connections of one client address (one proxy in front counts as one address).
    public var maxConnectionsPerAddress = 20_000
    /// Queued response bytes above which writers wait.
    var writeHighWaterBytes = 64 * 1024
    /// Connections of one loop above which idle ones keep no task: 1 kB each instead of 4, for 5 % more CPU per request.
    var parkIdleAboveConnections = 512
    /// Value of the Server header; empty leaves it out.
    public var serverName = ""
    /// Fields on the answers that the server gives by itself, because no handler saw the request (400, 408, 413, 414, 431, 503) or one
    /// made a mistake: what every answer of the product must carry has to stand here too.
    public var ownAnswerFields = HTTPHeaders()

    /// The defaults written beside each property.
    public init() {}
}
