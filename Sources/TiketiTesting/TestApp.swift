// Calls a router as a client would, without a socket: the request is built in memory and answered on a real event loop.

import TiketiCore
import TiketiJSON
import TiketiNet

/// A router under test.
public final class TestApp: Sendable {
    private let handler: HTTPHandler
    private let loop: EventLoop
    private let peer: SocketAddress

    /// The router as a service would build it; requests run on `loop`.
    public init(_ router: Router, observers: RouterObservers = RouterObservers(), loop: EventLoop = EventLoopGroup.shared.next()) {
        handler = router.makeHandler(observers)
        self.loop = loop
        // A literal address is always readable.
        peer = SocketAddress(literal: "127.0.0.1", port: 50_000)!
    }

    /// Sends one request and collects the answer. `json` sets the Content-Type, `token` the Authorization field.
    public func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), json: String? = nil, body: [UInt8] = [],
        token: String? = nil
    ) async throws -> TestResponse {
        var headers = headers
        if json != nil, !headers.contains("Content-Type") { headers.add("Content-Type", "application/json") }
        if let token { headers.add("Authorization", "Bearer \(token)") }
        let bytes = json.map { Array($0.utf8) } ?? body
        let (handler, loop, peer, fields) = (handler, loop, peer, headers)
        return try await loop.run {
            let request = HTTPRequest(method: method, target: target, headers: fields, body: HTTPBody(bytes), peer: peer, loop: loop)
            let response = await handler(request)
            return TestResponse(status: response.status.code, headers: response.headers, body: try await response.body.collect())
        }
    }

    /// A GET, with `token` as bearer token.
    public func get(_ target: String, token: String? = nil) async throws -> TestResponse { try await send(.get, target, token: token) }

    /// A POST of a JSON body, with `token` as bearer token.
    public func post(_ target: String, json: String, token: String? = nil) async throws -> TestResponse {
        try await send(.post, target, json: json, token: token)
    }
}

/// An answer with its body in memory.
public struct TestResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The response's fields, before the connection adds its own.
    public var headers: HTTPHeaders
    /// The whole body, streamed ones included.
    public var body: [UInt8]

    /// A response that came another way, such as over a socket.
    public init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as UTF-8.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; `.null` when it is none.
    public var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }

    /// The `code` of an error envelope.
    public var code: String? { json["code"]?.stringValue }
}
