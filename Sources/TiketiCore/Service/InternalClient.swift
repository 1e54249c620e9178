// Calls another service of Tiketi: bearer token, request id and trace go along, every failure is a clear 502, 503 or 504.

import TiketiJSON
import TiketiNet

/// A client for the `/internal` routes of one service. To be used from a task of an event loop.
public final class InternalClient: Sendable {
    /// What the other service answered, whatever the status.
    public typealias Answer = (status: HTTPStatus, body: JSONValue)

    /// Longest answer that is read; internal lists are paged.
    private static let answerLimit = 16 << 20

    private let instances: ServiceInstances
    private let authorization: String
    private let http: HTTPClient
    private let timeout: Duration

    /// A service with one address.
    public convenience init(base: ServiceURL, token: String, http: HTTPClient, timeout: Duration = .seconds(10)) {
        self.init(base: ServiceInstances([base]), token: token, http: http, timeout: timeout)
    }

    /// - Parameters:
    ///   - base: all addresses of the service; one that can't be reached is followed by the next.
    ///   - token: shown as bearer token.
    ///   - timeout: of a whole exchange, unless the call says otherwise.
    public init(base: ServiceInstances, token: String, http: HTTPClient, timeout: Duration = .seconds(10)) {
        instances = base
        authorization = "Bearer \(token)"
        self.http = http
        self.timeout = timeout
    }

    /// Sends a request and reads the JSON answer. `path` may carry a query.
    /// - Parameters:
    ///   - context: the request this one is made for: its ids are passed on.
    ///   - timeout: for the whole exchange.
    ///   - idempotent: the call may be sent again on a stale connection although its method says otherwise.
    /// - Throws: `APIError` `UPSTREAM_FAILED`, `UPSTREAM_TIMEOUT` or `UNAVAILABLE` when there is no usable answer.
    public func call(
        _ method: HTTPMethod, _ path: String, json: [UInt8]?, context: RequestContext? = nil, timeout: Duration? = nil,
        idempotent: Bool? = nil
    ) async throws(APIError) -> Answer {
        var headers = HTTPHeaders(capacity: 256)
        headers.add("Authorization", authorization)
        headers.add("Accept", "application/json")
        headers.add("X-Request-Id", context?.requestID ?? RequestID.make())
        headers.add("traceparent", context?.traceparent ?? TraceParent.make())
        if json != nil { headers.add("Content-Type", "application/json") }
        let limit = (timeout ?? self.timeout).nanoseconds
        let request = HTTPClientRequest(
            method: method, url: instances.first.parts(target: path), headers: headers, body: json.map { .bytes($0) } ?? .none,
            responseTimeout: limit,
            totalTimeout: limit, idempotent: idempotent)
        let response: HTTPClientResponse
        do { response = try await instances.execute(request, target: path, with: http) } catch { throw Self.meaning(of: error) }
        let bytes: [UInt8]
        do {
            bytes = try await response.body.collect(upTo: Self.answerLimit)
        } catch {
            throw error.code == .timeout ? .upstreamTimeout : .upstreamFailed
        }
        if bytes.isEmpty { return (response.status, .null) }
        do {
            return (response.status, try JSONValue.parse(bytes))
        } catch {
            throw .upstreamFailed
        }
    }

    /// The same with a JSON tree as body.
    public func call(
        _ method: HTTPMethod, _ path: String, json: JSONValue?, context: RequestContext? = nil, timeout: Duration? = nil,
        idempotent: Bool? = nil
    ) async throws(APIError) -> Answer {
        try await call(method, path, json: json.map { $0.encoded }, context: context, timeout: timeout, idempotent: idempotent)
    }

    /// The same without a body.
    public func call(
        _ method: HTTPMethod, _ path: String, context: RequestContext? = nil, timeout: Duration? = nil
    ) async throws(APIError) -> Answer {
        try await call(method, path, json: nil as [UInt8]?, context: context, timeout: timeout)
    }

    private static func meaning(of error: HTTPClientError) -> APIError {
        switch error.code {
        case .timeout: .upstreamTimeout
        case .connect, .overloaded: .unavailable(retryAfter: 1)
        default: .upstreamFailed
        }
    }
}

extension ServiceURL {
    /// Where a request with this target (path and query, beginning with a slash) goes.
    public func parts(target: String) -> URLParts {
        URLParts(scheme: isSecure ? .https : .http, host: host, port: port, target: path + target)
    }
}
