// Methods as a value with names, not an enumeration: what we do not know is passed on or refused, never lost.

/// A request method: any token, compared byte for byte (RFC 9110 §9.1: methods are case-sensitive).
public struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    /// The token as it stands in the request line.
    public let rawValue: String

    /// Any token; it is not checked here (the client refuses to send one that is none).
    @inlinable public init(_ rawValue: String) { self.rawValue = rawValue }

    // Computed, not stored: a short literal is a register value, a stored static costs an initialisation check.
    /// RFC 9110 §9.3.1: safe, idempotent.
    @inlinable public static var get: HTTPMethod { HTTPMethod("GET") }
    /// RFC 9110 §9.3.2: GET without the content.
    @inlinable public static var head: HTTPMethod { HTTPMethod("HEAD") }
    /// RFC 9110 §9.3.3: neither safe nor idempotent, so never sent again by itself.
    @inlinable public static var post: HTTPMethod { HTTPMethod("POST") }
    /// RFC 9110 §9.3.4: idempotent.
    @inlinable public static var put: HTTPMethod { HTTPMethod("PUT") }
    /// RFC 9110 §9.3.5: idempotent.
    @inlinable public static var delete: HTTPMethod { HTTPMethod("DELETE") }
    /// RFC 5789: not idempotent.
    @inlinable public static var patch: HTTPMethod { HTTPMethod("PATCH") }
    /// RFC 9110 §9.3.7: safe; CORS asks with it before it sends.
    @inlinable public static var options: HTTPMethod { HTTPMethod("OPTIONS") }

    /// RFC 9110 §9.2.2: repeating the request has the same effect as sending it once.
    var isIdempotent: Bool {
        switch rawValue {
        case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE": true
        default: false
        }
    }

    public var description: String { rawValue }
}
