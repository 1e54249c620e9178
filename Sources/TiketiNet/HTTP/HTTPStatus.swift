// The status codes that the product gives or reads (RFC 9110 §15).

/// A response status code with its registered phrase; any code from 100 to 999 is representable.
public struct HTTPStatus: Hashable, Sendable, CustomStringConvertible {
    /// Three digits.
    public let code: Int

    /// Any code from 100 to 999; the first digit gives its class (RFC 9110 §15).
    @inlinable public init(_ code: Int) { self.code = code }

    /// 101 (RFC 9110 §15.2.2): the connection speaks the protocol of the Upgrade field from here on.
    @inlinable public static var switchingProtocols: HTTPStatus { HTTPStatus(101) }
    /// 200 (RFC 9110 §15.3.1).
    @inlinable public static var ok: HTTPStatus { HTTPStatus(200) }
    /// 201 (§15.3.2): there is something new.
    @inlinable public static var created: HTTPStatus { HTTPStatus(201) }
    /// 202 (§15.3.3): taken on, not done yet.
    @inlinable public static var accepted: HTTPStatus { HTTPStatus(202) }
    /// 204 (§15.3.5): done, and nothing to say; has no body.
    @inlinable public static var noContent: HTTPStatus { HTTPStatus(204) }
    /// 304 (§15.4.5): what the client has is still right; has no body.
    @inlinable public static var notModified: HTTPStatus { HTTPStatus(304) }
    /// 400 (§15.5.1): malformed or not valid.
    @inlinable public static var badRequest: HTTPStatus { HTTPStatus(400) }
    /// 401 (§15.5.2): no token, or one that does not count.
    @inlinable public static var unauthorized: HTTPStatus { HTTPStatus(401) }
    /// 402 (§15.5.3): here, the payment provider turned the payment down.
    @inlinable public static var paymentRequired: HTTPStatus { HTTPStatus(402) }
    /// 403 (§15.5.4): known, and not allowed.
    @inlinable public static var forbidden: HTTPStatus { HTTPStatus(403) }
    /// 404 (§15.5.5): not there, or not to be seen by this caller.
    @inlinable public static var notFound: HTTPStatus { HTTPStatus(404) }
    /// 405 (§15.5.6): the path knows other methods, which Allow lists.
    @inlinable public static var methodNotAllowed: HTTPStatus { HTTPStatus(405) }
    /// 408 (§15.5.9): the request did not come to its end in time.
    @inlinable public static var requestTimeout: HTTPStatus { HTTPStatus(408) }
    /// 409 (§15.5.10): the state of things does not allow it, such as a seat that is taken.
    @inlinable public static var conflict: HTTPStatus { HTTPStatus(409) }
    /// 413 (§15.5.14): the body is longer than its route allows.
    @inlinable public static var contentTooLarge: HTTPStatus { HTTPStatus(413) }
    /// 415 (§15.5.16): no type that the route reads.
    @inlinable public static var unsupportedMediaType: HTTPStatus { HTTPStatus(415) }
    /// 429 (RFC 6585 §4): over a rate limit; Retry-After says when again.
    @inlinable public static var tooManyRequests: HTTPStatus { HTTPStatus(429) }
    /// 500 (RFC 9110 §15.6.1): a fault of ours.
    @inlinable public static var internalServerError: HTTPStatus { HTTPStatus(500) }
    /// 502 (§15.6.3): the service behind gave no usable answer.
    @inlinable public static var badGateway: HTTPStatus { HTTPStatus(502) }
    /// 503 (§15.6.4): not now; Retry-After says when again.
    @inlinable public static var serviceUnavailable: HTTPStatus { HTTPStatus(503) }
    /// 504 (§15.6.5): the service behind did not answer in time.
    @inlinable public static var gatewayTimeout: HTTPStatus { HTTPStatus(504) }

    /// The phrase of RFC 9110 §15 (and RFC 6585); empty for codes that have none.
    var reason: StaticString {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }

    /// RFC 9112 §6.3: informational, 204 and 304 answers end at the head whatever their fields say.
    @inlinable var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

    public var description: String { String(code) }
}
