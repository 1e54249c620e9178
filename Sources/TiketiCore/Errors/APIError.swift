// The errors a client sees: a status, a stable code and a public text (spec §3); internal causes never enter one.

import TiketiJSON
import TiketiNet

/// One field that did not pass, as it stands in `details`.
public struct FieldError: Sendable, Equatable {
    var field: String
    var message: String

    /// `field` is the member's path as the client wrote it; `message` names the rule, never the value.
    public init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

/// An error on its way to the client. Throw one from a handler, a service or a middleware; the router writes the envelope.
public struct APIError: Error, Sendable, CustomStringConvertible {
    var status: HTTPStatus
    /// For programs: upper case with underscores, and it never changes.
    public var code: String
    /// Public text; never a cause from inside.
    var message: String
    var details: [FieldError] = []
    /// Header fields of the answer, such as `Retry-After` and `Allow`.
    public var headers: [(name: String, value: String)] = []
    /// Writes further members of the envelope (`unavailableSeats`, `refunded`).
    var extra: (@Sendable (inout JSONWriter) -> Void)?

    /// Any error; `extra` adds members to the answer's object, `headers` fields to its head.
    public init(
        _ status: HTTPStatus, _ code: String, _ message: String, headers: [(name: String, value: String)] = [],
        extra: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.extra = extra
    }

    public var description: String { "\(status.code) \(code)" }
}

extension APIError {
    /// 400 `VALIDATION_FAILED` with every fault; the first one is its sentence.
    public static func validation(_ details: [FieldError]) -> APIError {
        var error = APIError(.badRequest, "VALIDATION_FAILED", details.first.map { "\($0.field) \($0.message)" } ?? "Validation failed")
        error.details = details
        return error
    }

    /// 400 `VALIDATION_FAILED` with one fault.
    public static func validation(_ field: String, _ message: String) -> APIError { .validation([FieldError(field, message)]) }

    static func malformedJSON(_ reason: String? = nil) -> APIError {
        APIError(.badRequest, "MALFORMED_JSON", reason.map { "Malformed JSON: \($0)" } ?? "Malformed JSON")
    }

    /// 400 with a code of its own.
    public static func badRequest(_ code: String, _ message: String) -> APIError { APIError(.badRequest, code, message) }

    /// RFC 6750 §3: without a token the challenge names no error.
    static var noToken: APIError {
        APIError(.unauthorized, "NO_TOKEN", "No token provided", headers: [("WWW-Authenticate", "Bearer")])
    }

    /// 401 `INVALID_TOKEN`, with the challenge of RFC 6750 §3.
    public static var invalidToken: APIError {
        APIError(.unauthorized, "INVALID_TOKEN", "Invalid token", headers: [("WWW-Authenticate", "Bearer error=\"invalid_token\"")])
    }

    static var tokenExpired: APIError {
        APIError(
            .unauthorized, "TOKEN_EXPIRED", "Token expired",
            headers: [("WWW-Authenticate", "Bearer error=\"invalid_token\", error_description=\"expired\"")])
    }

    static var adminRequired: APIError { APIError(.forbidden, "ADMIN_REQUIRED", "Admin access required") }

    /// 403: known, and not allowed.
    public static func forbidden(_ code: String, _ message: String) -> APIError { APIError(.forbidden, code, message) }

    /// 404 `NOT_FOUND`, in no more words.
    public static var notFound: APIError { .notFound("Not found") }

    /// 404 `NOT_FOUND`, naming what was not found.
    public static func notFound(_ message: String) -> APIError { APIError(.notFound, "NOT_FOUND", message) }

    /// 409 with a code of its own: the state of things does not allow it.
    public static func conflict(
        _ code: String, _ message: String, extra: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) -> APIError {
        APIError(.conflict, code, message, extra: extra)
    }

    /// 413 `BODY_TOO_LARGE`.
    public static var bodyTooLarge: APIError { APIError(.contentTooLarge, "BODY_TOO_LARGE", "Request body too large") }

    /// 415 `UNSUPPORTED_MEDIA_TYPE`.
    public static func unsupportedMediaType(_ message: String = "Content-Type must be application/json") -> APIError {
        APIError(.unsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    static func methodNotAllowed(_ allow: String) -> APIError {
        APIError(.methodNotAllowed, "METHOD_NOT_ALLOWED", "Method not allowed", headers: [("Allow", allow)])
    }

    /// 429 `RATE_LIMITED`; Retry-After is in seconds, at least 1.
    public static func rateLimited(retryAfter seconds: Int, _ message: String = "Too many requests") -> APIError {
        APIError(.tooManyRequests, "RATE_LIMITED", message, headers: [("Retry-After", String(max(1, seconds)))])
    }

    /// 502 `UPSTREAM_FAILED`: another service's answer was none.
    public static var upstreamFailed: APIError { APIError(.badGateway, "UPSTREAM_FAILED", "A service did not answer properly") }

    /// 504 `UPSTREAM_TIMEOUT`.
    public static var upstreamTimeout: APIError { APIError(.gatewayTimeout, "UPSTREAM_TIMEOUT", "A service did not answer in time") }

    /// 503 `UNAVAILABLE`: a store or service is away, and another attempt is worth while; Retry-After is in seconds, at least 1.
    public static func unavailable(retryAfter seconds: Int = 1, _ message: String = "Service temporarily unavailable") -> APIError {
        APIError(.serviceUnavailable, "UNAVAILABLE", message, headers: [("Retry-After", String(max(1, seconds)))])
    }

    /// 500 `INTERNAL`: a fault of ours; what it was stands in the log only.
    public static var `internal`: APIError { APIError(.internalServerError, "INTERNAL", "Internal server error") }
}

/// An error of another type that knows its public form; services conform their domain errors in one file.
public protocol APIErrorConvertible: Error {
    /// What the client is told.
    var apiError: APIError { get }
}
