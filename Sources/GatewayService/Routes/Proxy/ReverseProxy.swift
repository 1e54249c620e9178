// Forwards one request to an upstream and its answer back. Bodies stream both ways, nothing is decoded, and what one side can't take the
// other side doesn't send. A request is sent once: only the client library and the choice of an instance may repeat it, and only where
// that can do no harm.
import TiketiCore
import TiketiNet

/// Where a path prefix leads.
struct Upstream: Sendable {
    var instances: ServiceInstances
    /// To the first byte of the answer, and between bytes of the bodies.
    var timeout: Duration
    /// Polls take their message with them: sending one twice loses it.
    var repeatable: Bool

    init(_ instances: ServiceInstances, timeout: Duration, repeatable: Bool = true) {
        self.instances = instances
        self.timeout = timeout
        self.repeatable = repeatable
    }
}

/// One kind of connection to upstreams.
struct ReverseProxy: Sendable {
    let client: HTTPClient
    let connectTimeout: UInt64
    static let connectTimeout: UInt64 = 3_000_000_000
    /// Declared bodies up to this size are read before the upstream is asked, so that a slow sender holds no connection there.
    static let smallBody = 16 * 1024
    /// Answers up to this size go out in one piece.
    static let smallAnswer = 64 * 1024

    /// - Parameter bodyLimit: bytes a request's body may have; more is 413 as soon as it is known, however the body is framed.
    func forward(
        _ request: HTTPRequest, to upstream: Upstream, origin: ProxyHeaders.Origin, bodyLimit: Int
    ) async throws -> HTTPResponse {
        let upgrade = Self.wantsWebSocket(request)
        var outgoing = HTTPClientRequest(
            method: request.method, url: upstream.instances.first.parts(target: request.target),
            headers: ProxyHeaders.forRequest(request.headers, origin: origin, upgrade: upgrade))
        outgoing.connectTimeout = connectTimeout
        outgoing.responseTimeout = upstream.timeout.nanoseconds
        // A long answer may take its time as long as it moves.
        outgoing.totalTimeout = .max
        outgoing.wantsUpgrade = upgrade
        if !upstream.repeatable { outgoing.idempotent = false }
        let body = LimitedBody(request.body, limit: bodyLimit)
        if !request.body.isEmpty { outgoing.body = try await body.content() }
        let answer: HTTPClientResponse
        do throws(HTTPClientError) {
            answer = try await execute(outgoing, for: request, at: upstream)
        } catch {
            throw body.isTooLong ? APIError.bodyTooLarge : Self.failure(error)
        }
        if let (stream, leftover) = answer.upgraded {
            return UpgradeProxy.response(answer, stream, leftover, idle: upstream.timeout.nanoseconds)
        }
        return try await Self.response(answer, to: request.method)
    }

    /// A long poll ends upstream when its browser leaves: only the hub can then end the session, as the protocol asks.
    private func execute(
        _ outgoing: HTTPClientRequest, for request: HTTPRequest, at upstream: Upstream
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        if upstream.repeatable { return try await upstream.instances.execute(outgoing, target: request.target, with: client) }
        let abort = HTTPClientAbort()
        var outgoing = outgoing
        outgoing.abort = abort
        request.whenPeerCloses { abort.abort() }
        defer { request.whenPeerCloses(nil) }
        return try await upstream.instances.execute(outgoing, target: request.target, with: client)
    }

    private static func response(_ answer: HTTPClientResponse, to method: HTTPMethod) async throws -> HTTPResponse {
        var response = HTTPResponse(status: answer.status, headers: ProxyHeaders.forResponse(answer.headers))
        let body = answer.body
        if method == .head {
            // The length of what GET would answer; without one the head says nothing about it.
            let length = answer.headers["content-length"].flatMap { Int($0) }
            response.body = .stream(length: length) { _ in }
        } else if let length = body.length {
            if length == 0 {
                response.body = answer.status.code == 204 || answer.status.code == 304 ? .none : .bytes([])
            } else if length <= smallAnswer {
                do {
                    response.body = .bytes(try await body.collect(upTo: smallAnswer))
                } catch {
                    throw error.code == .timeout ? APIError.upstreamTimeout : APIError.upstreamFailed
                }
            } else {
                response.body = .stream(length: length) { try await copy(body, to: $0) }
            }
        } else {
            response.body = .stream(length: nil) { try await copy(body, to: $0) }
        }
        return response
    }

    /// A piece is read only when the one before has been taken: the slower side sets the pace.
    private static func copy(_ body: HTTPBody, to writer: HTTPBodyWriter) async throws {
        while let piece = try await body.read() { try await writer.write(piece) }
    }

    /// RFC 6455 4.1: a GET that asks to upgrade to `websocket`.
    private static func wantsWebSocket(_ request: HTTPRequest) -> Bool {
        guard request.headers.contains("upgrade"), request.method == .get, request.body.isEmpty else { return false }
        return request.headers.lists("upgrade", token: "websocket") && request.headers.lists("connection", token: "upgrade")
    }

    private static func failure(_ error: HTTPClientError) -> APIError {
        switch error.code {
        case .timeout: .upstreamTimeout
        case .overloaded: .unavailable(retryAfter: 1)
        // The client's own body broke off or came too slowly; most likely nobody reads this.
        case .requestBody: APIError(.badRequest, "MALFORMED_BODY", "The request body is broken")
        case .invalidRequest: .notFound
        default: .upstreamFailed
        }
    }
}

/// A request's body on its way upstream, counted.
///
/// `@unchecked Sendable` because it is confined to the loop of its connection, like the body itself.
private final class LimitedBody: @unchecked Sendable {
    private let body: HTTPBody
    private let limit: Int
    private var count = 0
    private(set) var isTooLong = false

    init(_ body: HTTPBody, limit: Int) {
        self.body = body
        self.limit = limit
    }

    func content() async throws -> HTTPClientRequest.Body {
        if let length = body.length {
            guard length <= limit else { throw APIError.bodyTooLarge }
            if length <= ReverseProxy.smallBody { return .bytes(try await body.collect(upTo: ReverseProxy.smallBody)) }
        }
        return .stream(length: body.length) { try await self.next() }
    }

    private func next() async throws(HTTPBodyError) -> [UInt8]? {
        guard let piece = try await body.read() else { return nil }
        count += piece.count
        if count > limit {
            isTooLong = true
            throw .tooLarge
        }
        return piece
    }
}
