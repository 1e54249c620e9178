// Giving a request up from outside, as a proxy does when its own client has gone.

/// Ends one request from outside: its connection is closed, and `execute` throws `.closed`. Confined to the loop of the request.
///
/// `@unchecked Sendable` because it is used on one loop only: that of the task that makes the request.
public final class HTTPClientAbort: @unchecked Sendable {
    /// Whether ``abort()`` has been called; the request then throws.
    public private(set) var isAborted = false
    private var connection: HTTPClientConnection?

    /// For one request; set it as the `abort` of that request.
    public init() {}

    /// Closes the connection if the answer's head has not come.
    public func abort() {
        isAborted = true
        connection?.close()
        connection = nil
    }

    /// False when the request is not to be sent at all.
    func begin(_ connection: HTTPClientConnection) -> Bool {
        if !isAborted { self.connection = connection }
        return !isAborted
    }

    func end() { connection = nil }
}
