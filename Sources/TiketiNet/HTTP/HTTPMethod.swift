/// A request method: any token, compared byte for byte (RFC 9110 §9.1: methods are case-sensitive).
public struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    @inlinable public init(_ rawValue: String) { self.rawValue = rawValue }

    // Computed, not stored: a short literal is a register value, a stored static costs an initialisation check.
    @inlinable public static var get: HTTPMethod { HTTPMethod("GET") }
    @inlinable public static var head: HTTPMethod { HTTPMethod("HEAD") }
    @inlinable public static var post: HTTPMethod { HTTPMethod("POST") }
    @inlinable public static var put: HTTPMethod { HTTPMethod("PUT") }
    @inlinable public static var delete: HTTPMethod { HTTPMethod("DELETE") }
    @inlinable public static var patch: HTTPMethod { HTTPMethod("PATCH") }
    @inlinable public static var options: HTTPMethod { HTTPMethod("OPTIONS") }

    /// RFC 9110 §9.2.2: repeating the request has the same effect as sending it once.
    public var isIdempotent: Bool {
        switch rawValue {
        case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE": true
        default: false
        }
    }

    public var description: String { rawValue }
}
