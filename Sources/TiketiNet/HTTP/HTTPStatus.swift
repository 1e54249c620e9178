/// A response status code with its registered phrase; any code from 100 to 999 is representable.
public struct HTTPStatus: Hashable, Sendable, CustomStringConvertible {
    public let code: Int

    @inlinable public init(_ code: Int) { self.code = code }

    @inlinable public static var switchingProtocols: HTTPStatus { HTTPStatus(101) }
    @inlinable public static var ok: HTTPStatus { HTTPStatus(200) }
    @inlinable public static var created: HTTPStatus { HTTPStatus(201) }
    @inlinable public static var accepted: HTTPStatus { HTTPStatus(202) }
    @inlinable public static var noContent: HTTPStatus { HTTPStatus(204) }
    @inlinable public static var movedPermanently: HTTPStatus { HTTPStatus(301) }
    @inlinable public static var found: HTTPStatus { HTTPStatus(302) }
    @inlinable public static var notModified: HTTPStatus { HTTPStatus(304) }
    @inlinable public static var badRequest: HTTPStatus { HTTPStatus(400) }
    @inlinable public static var unauthorized: HTTPStatus { HTTPStatus(401) }
    @inlinable public static var paymentRequired: HTTPStatus { HTTPStatus(402) }
    @inlinable public static var forbidden: HTTPStatus { HTTPStatus(403) }
    @inlinable public static var notFound: HTTPStatus { HTTPStatus(404) }
    @inlinable public static var methodNotAllowed: HTTPStatus { HTTPStatus(405) }
    @inlinable public static var requestTimeout: HTTPStatus { HTTPStatus(408) }
    @inlinable public static var conflict: HTTPStatus { HTTPStatus(409) }
    @inlinable public static var preconditionFailed: HTTPStatus { HTTPStatus(412) }
    @inlinable public static var contentTooLarge: HTTPStatus { HTTPStatus(413) }
    @inlinable public static var uriTooLong: HTTPStatus { HTTPStatus(414) }
    @inlinable public static var unsupportedMediaType: HTTPStatus { HTTPStatus(415) }
    @inlinable public static var rangeNotSatisfiable: HTTPStatus { HTTPStatus(416) }
    @inlinable public static var expectationFailed: HTTPStatus { HTTPStatus(417) }
    @inlinable public static var upgradeRequired: HTTPStatus { HTTPStatus(426) }
    @inlinable public static var tooManyRequests: HTTPStatus { HTTPStatus(429) }
    @inlinable public static var headerFieldsTooLarge: HTTPStatus { HTTPStatus(431) }
    @inlinable public static var internalServerError: HTTPStatus { HTTPStatus(500) }
    @inlinable public static var notImplemented: HTTPStatus { HTTPStatus(501) }
    @inlinable public static var badGateway: HTTPStatus { HTTPStatus(502) }
    @inlinable public static var serviceUnavailable: HTTPStatus { HTTPStatus(503) }
    @inlinable public static var gatewayTimeout: HTTPStatus { HTTPStatus(504) }
    @inlinable public static var versionNotSupported: HTTPStatus { HTTPStatus(505) }

    /// The phrase of RFC 9110 §15 (and RFC 6585); empty for codes that have none.
    public var reason: StaticString {
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
    @inlinable public var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

    public var description: String { String(code) }
}
