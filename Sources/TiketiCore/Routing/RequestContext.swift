// One request as a route handler sees it: what was matched, who calls, and the body on demand. Everything is worked out only when asked
// for.

import Logging
import TiketiJSON
import TiketiNet

/// The context of one request.
///
/// `@unchecked Sendable`: made on the loop of its connection and used only by the task that answers the request there.
public final class RequestContext: @unchecked Sendable {
    /// The request as it came in.
    public let request: HTTPRequest
    /// Sent back as `X-Request-Id`, logged, and passed on to other services.
    public let requestID: String
    internal let matched: Route
    internal let captures: PathCaptures
    internal let allow: String
    private let baseLogger: Logger
    private var authentication = AuthenticationState.undecided
    /// Set by the `Authentication` middleware.
    public var verifier: JWT.Verifier?
    private var parsedBody: JSONValue?
    private var bodyBytes: [UInt8]?
    /// The client's address as the gateway's proxy rules see it; the peer's when nobody set it.
    public var clientAddress: String?
    /// Values that middleware hands to handlers.
    public var storage: [String: any Sendable] = [:]

    internal init(request: HTTPRequest, route: Route, captures: PathCaptures, allow: String, baseLogger: Logger) {
        self.request = request
        matched = route
        self.captures = captures
        self.allow = allow
        self.baseLogger = baseLogger
        requestID = RequestID.accepted(from: request.headers) ?? RequestID.make()
    }

    /// The request's method.
    public var method: HTTPMethod { request.method }
    /// The loop that everything about this request stays on.
    public var loop: EventLoop { request.loop }

    /// The pattern of the matched route.
    public var route: String { matched.pattern }

    /// What the route allows.
    public var options: RouteOptions { matched.options }

    // MARK: Path and query

    /// The path parameter `name`, percent-decoded; for `*name`, all that is left of the path as it was sent.
    public func parameter(_ name: String) -> String {
        guard let index = matched.parameterNames.firstIndex(of: name), index < captures.count else {
            assertionFailure("route \(route) has no parameter \(name)")
            return ""
        }
        let span = request.target.utf8.span.extracting(captures[index])
        return PercentCoding.decode(span, plusIsSpace: false) ?? ""
    }

    /// The path parameter `name` as an id. A malformed id is 404, like one nobody has (spec §10).
    public func uuidParameter(_ name: String) throws(APIError) -> UUID {
        guard let id = UUID(parameter(name)) else { throw .notFound }
        return id
    }

    /// The query parameters, read at each call: keep the value when you need several.
    public var query: QueryParameters { QueryParameters(request.query) }

    // MARK: Caller

    /// The verified caller; nil without a token, and with a bad one.
    public var principal: Principal? {
        get { if case .known(let principal) = resolved() { principal } else { nil } }
        set { authentication = newValue.map { .known($0) } ?? .refused(.noToken) }
    }

    /// The verified caller, or 401 with the reason.
    public func requirePrincipal() throws(APIError) -> Principal {
        switch resolved() {
        case .known(let principal): return principal
        case .refused(let error): throw error
        case .undecided: throw .noToken
        }
    }

    /// The verified caller if it is an administrator; 401 or 403 otherwise.
    @discardableResult
    func requireAdmin() throws(APIError) -> Principal {
        let principal = try requirePrincipal()
        guard principal.isAdmin else { throw .adminRequired }
        return principal
    }

    /// The caller if somebody asked for it already: for the access log, which must not cost a verification.
    internal var knownPrincipal: Principal? { if case .known(let principal) = authentication { principal } else { nil } }

    private func resolved() -> AuthenticationState {
        if case .undecided = authentication { authentication = AuthenticationState.resolve(request.headers, verifier) }
        return authentication
    }

    // MARK: Body

    /// The whole body, at most as long as the route allows (413).
    public func body() async throws -> [UInt8] {
        if let bodyBytes { return bodyBytes }
        let bytes = try await request.body.collect(upTo: matched.options.bodyLimit)
        bodyBytes = bytes
        return bytes
    }

    /// The body as JSON: 415 for another media type, 413 when too long, 400 `MALFORMED_JSON`.
    public func json() async throws -> JSONValue {
        if let parsedBody { return parsedBody }
        try requireJSONContentType()
        let bytes = try await body()
        guard !bytes.isEmpty else { throw APIError.malformedJSON("the body is empty") }
        do {
            let value = try JSONValue.parse(bytes)
            // Nothing that PostgreSQL keeps has a NUL, and not everything that is read from a body passes the reader of fields.
            if let name = NULSearch.member(of: value, in: bytes) { throw APIError.validation(name, "must not contain NUL") }
            parsedBody = value
            return value
        } catch let error as JSONError {
            throw APIError.malformedJSON(error.description)
        }
    }

    /// The members of a JSON object body, for validation.
    public func fields() async throws -> FieldReader {
        let value = try await json()
        guard case .object(let members) = value else { throw APIError.validation("body", "must be a JSON object") }
        return FieldReader(members)
    }

    private func requireJSONContentType() throws(APIError) {
        guard let type = request.headers["Content-Type"] else { return }
        guard MediaType.isJSON(type) else { throw .unsupportedMediaType() }
    }

    // MARK: Trace

    /// The incoming W3C `traceparent`, if it is well formed.
    var traceparent: String? { TraceParent.accepted(from: request.headers) }

    /// What goes along to another service: the incoming trace, or one that begins here.
    public var outgoingTraceparent: String { traceparent ?? TraceParent.make() }

    /// The 32 digits of the trace id in `traceparent`.
    var traceID: String? { traceparent.map { String($0.dropFirst(3).prefix(32)) } }

    /// A logger that names this request.
    public var logger: Logger {
        var logger = baseLogger
        logger[metadataKey: "requestId"] = "\(requestID)"
        if let traceID { logger[metadataKey: "traceId"] = "\(traceID)" }
        return logger
    }
}
