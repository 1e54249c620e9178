// The request that handlers get, and the type of a handler.

/// One request as a handler sees it: a complete, checked head, and a body that arrives while it is read.
///
/// `@unchecked Sendable` because it never leaves the loop of its connection: it is made there, and the handler's task runs there.
public final class HTTPRequest: @unchecked Sendable {
    /// As it stood in the request line; one nobody knows is the router's to refuse.
    public let method: HTTPMethod
    /// Origin form as received (`/path?query`), or `*`. An absolute target has become this and the Host header.
    public let target: String
    /// The fields as received; a middleware may add to them before the request is passed on.
    public var headers: HTTPHeaders
    /// The other end of the connection: a proxy's address where there is one.
    public let peer: SocketAddress
    /// The loop of the connection; the handler runs on it, and what it waits for should live there too.
    public let loop: EventLoop
    /// Arrives while it is read; what the handler leaves unread is drained or ends the connection.
    public let body: HTTPBody
    /// The 1 of HTTP/1.1.
    let minorVersion: Int
    private let queryMark: Int
    private let stream: Stream?

    /// For the connection, and for tests of handlers without one.
    public convenience init(
        method: HTTPMethod = .get, target: String, headers: HTTPHeaders = HTTPHeaders(), body: HTTPBody = HTTPBody(), peer: SocketAddress,
        loop: EventLoop
    ) {
        let mark = target.utf8.firstIndex(of: 63).map { target.utf8.distance(from: target.utf8.startIndex, to: $0) }
        self.init(
            method: method, target: target, queryMark: mark ?? -1, headers: headers, minorVersion: 1, body: body, peer: peer, loop: loop)
    }

    init(
        method: HTTPMethod, target: String, queryMark: Int, headers: HTTPHeaders, minorVersion: Int, body: HTTPBody, peer: SocketAddress,
        loop: EventLoop, stream: Stream? = nil
    ) {
        self.stream = stream
        self.method = method
        self.target = target
        self.queryMark = queryMark
        self.headers = headers
        self.minorVersion = minorVersion
        self.body = body
        self.peer = peer
        self.loop = loop
    }

    /// Calls `watcher` once when the client hangs up (or half-closes) before it has been answered; for handlers that wait long. nil ends
    /// the watch.
    public func whenPeerCloses(_ watcher: (() -> Void)?) { stream?.whenPeerCloses(watcher) }

    /// The target before `?`, not decoded.
    public var path: String {
        queryMark < 0 ? target : String(target.utf8.prefix(queryMark)) ?? target
    }

    /// The target after the first `?`, not decoded; empty when there is none.
    public var query: String {
        queryMark < 0 ? "" : String(target.utf8.dropFirst(queryMark + 1)) ?? ""
    }
}

/// Answers one request; runs on the loop of the request's connection.
public typealias HTTPHandler = @Sendable (HTTPRequest) async -> HTTPResponse
