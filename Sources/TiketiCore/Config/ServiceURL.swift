// The address of another service: scheme, host, port and a path prefix, checked once at start.

/// An `http` or `https` base address without query, fragment or user part.
public struct ServiceURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether it is `https`.
    public let isSecure: Bool
    /// Without brackets for IPv6.
    public let host: String
    /// Given, or the scheme's own.
    public let port: Int
    /// Starts with a slash and does not end with one; empty for the root.
    public let path: String

    /// From parts that are known to be well-formed.
    public init(isSecure: Bool = false, host: String, port: Int, path: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    internal static let nowhere = ServiceURL(host: "", port: 0)

    /// Nil for anything that is not a plain base address (RFC 3986 without userinfo, query and fragment).
    public init?(_ text: String) {
        let rest: Substring
        if text.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else if text.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else {
            return nil
        }
        let visible = rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        guard visible, !rest.contains("?"), !rest.contains("#"), !rest.contains("@") else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var prefix = rest[slash...]
        while prefix.last == "/" { prefix = prefix.dropLast() }
        path = String(prefix)
        var authority = rest[..<slash]
        var port = isSecure ? 443 : 80
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            let tail = authority[authority.index(after: close)...]
            authority = authority[authority.index(after: authority.startIndex)..<close]
            guard tail.isEmpty || tail.first == ":" else { return nil }
            if !tail.isEmpty {
                guard let number = Self.port(tail.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = authority.firstIndex(of: ":") {
            guard let number = Self.port(authority[authority.index(after: colon)...]) else { return nil }
            port = number
            authority = authority[..<colon]
        }
        guard !authority.isEmpty else { return nil }
        host = String(authority)
        self.port = port
    }

    private static func port(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text),
            (1...65_535).contains(number)
        else { return nil }
        return number
    }

    var scheme: String { isSecure ? "https" : "http" }

    /// What a `Host` field carries: the port only when it is not the scheme's own (RFC 9110 §7.2).
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    public var description: String { "\(scheme)://\(authority)\(path)" }
}
