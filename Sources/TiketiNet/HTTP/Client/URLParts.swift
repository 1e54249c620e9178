// The little of a URL (RFC 3986) that a client needs; queries are passed on as they are.

/// Where a request goes, split once: scheme, host, port and the target that stands in the request line.
public struct URLParts: Hashable, Sendable, CustomStringConvertible {
    /// With or without TLS.
    public enum Scheme: String, Hashable, Sendable {
        case http, https
        /// The port that a URL without one means (RFC 9110 §4.2).
        public var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// How it is reached.
    public var scheme: Scheme
    /// A name, an address (IPv6 without brackets), or the absolute path of a Unix socket.
    public var host: String
    /// 1 to 65535; of no meaning for a Unix socket.
    public var port: Int
    /// Path and query, beginning with `/`.
    var target: String

    /// From parts that are trusted to be well-formed; a port of nil is the scheme's own.
    public init(scheme: Scheme = .http, host: String, port: Int? = nil, target: String = "/") {
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.defaultPort
        self.target = target
    }

    /// Reads `http[s]://host[:port][/path][?query]`; a fragment is dropped. Nil for anything else, user information included.
    init?(_ text: String) {
        guard let mark = text.firstRange(of: "://"), let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased()) else {
            return nil
        }
        var rest = text[mark.upperBound...]
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<end]
        var target = String(rest[end...])
        if !target.hasPrefix("/") { target = "/" + target }
        var host = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let after = authority[authority.index(after: close)...]
            if !after.isEmpty {
                guard after.hasPrefix(":") else { return nil }
                portText = after.dropFirst()
            }
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
            if host.contains(":") { return nil }
        }
        var port = scheme.defaultPort
        if let portText, !portText.isEmpty {
            guard portText.utf8.allSatisfy(Byte.isDigit), let number = Int(portText), (1...65535).contains(number) else { return nil }
            port = number
        }
        let valid = host.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "\\") }
        guard !host.isEmpty, valid, target.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { return nil }
        self.init(scheme: scheme, host: String(host), port: port, target: target)
    }

    /// What the Host field says (RFC 9110 §7.2): brackets around IPv6, the port unless it is the scheme's own.
    public var authority: String {
        if host.utf8.first == UInt8(ascii: "/") { return "localhost" }
        let name = host.utf8.contains(Byte.colon) ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// The same place, another target.
    public func with(target: String) -> URLParts {
        var copy = self
        copy.target = target
        return copy
    }

    public var description: String { "\(scheme.rawValue)://\(authority)\(target)" }
}
