// Where Redis is and how long we wait for it; built from a URL, refused with one clear sentence when unreadable.
import TiketiNet

/// Settings of a Redis client or subscriber.
public struct RedisConfiguration: Sendable {
    /// Where the server listens.
    public enum Endpoint: Sendable, Hashable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    /// Where the server listens.
    public var endpoint: Endpoint
    var tls: Bool
    /// PEM file of the authorities to trust instead of the system's.
    public var caFile: String?
    var username: String?
    /// Sent with AUTH; nil where the server asks for none.
    public var password: String?
    var database: Int

    /// One attempt to connect, TLS and AUTH included.
    public var connectTimeout: Duration = .seconds(3)
    /// The deadline of a command that names none.
    public var commandTimeout: Duration = .seconds(2)
    /// The pause after a failed attempt doubles from the lower to the upper bound; up to half is taken off.
    public var reconnectPauses: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
    /// Commands waiting for their answer on one connection, and bytes waiting to be sent: above either, `.overloaded`.
    var maximumPending = 100_000
    var maximumQueuedBytes = 64 << 20
    /// A subscriber that heard nothing for this long asks, and reconnects when two questions in a row stay unanswered.
    public var heartbeat: Duration = .seconds(10)

    /// All limits start from the values beside them; `database` is the number for SELECT.
    public init(endpoint: Endpoint, tls: Bool = false, username: String? = nil, password: String? = nil, database: Int = 0) {
        self.endpoint = endpoint
        self.tls = tls
        self.username = username
        self.password = password
        self.database = database
    }

    /// A server without TLS or password, as in development.
    public init(host: String, port: Int = 6379) { self.init(endpoint: .tcp(host: host, port: port)) }

    /// `redis://[user][:password]@host[:port][/database]`, `rediss://…` for TLS, `unix:///path[?db=n]`.
    public init(url: String) throws(RedisError) {
        guard let separator = url.firstRange(of: "://") else { throw RedisError(.configuration, "Redis URL has no scheme") }
        let scheme = url[..<separator.lowerBound].lowercased()
        var rest = url[separator.upperBound...]
        var query: [Substring] = []
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...].split(separator: "&")
            rest = rest[..<mark]
        }
        if scheme == "unix" || scheme == "redis+unix" {
            guard rest.first == "/" else { throw RedisError(.configuration, "Redis socket path must be absolute") }
            self.init(endpoint: .unix(path: try Self.decoded(rest)))
            for item in query where item.hasPrefix("db=") { database = try Self.database(item.dropFirst(3)) }
            return
        }
        guard scheme == "redis" || scheme == "rediss" else {
            throw RedisError(.configuration, "Redis URL scheme must be redis, rediss or unix")
        }
        guard query.isEmpty else { throw RedisError(.configuration, "Redis URL takes no query") }
        var username: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            username = parts[0].isEmpty ? nil : try Self.decoded(parts[0])
            password = parts.count > 1 ? try Self.decoded(parts[1]) : nil
            rest = rest[rest.index(after: at)...]
        }
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            if !path.isEmpty { database = try Self.database(path) }
            rest = rest[..<slash]
        }
        let (host, port) = try Self.hostAndPort(rest)
        self.init(
            endpoint: .tcp(host: host, port: port), tls: scheme == "rediss", username: username, password: password, database: database)
    }

    /// The authorities to verify the server by; nil without TLS. One for all connections, so that they share their sessions.
    var trust: TLSTrust? { tls ? TLSTrust(caFile: caFile) : nil }

    private static func hostAndPort(_ text: Substring) throws(RedisError) -> (String, Int) {
        var host = text
        var portText: Substring = ""
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw RedisError(.configuration, "Redis URL has a bad IPv6 address") }
            host = text[text.index(after: text.startIndex)..<end]
            let after = text[text.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { throw RedisError(.configuration, "Redis URL has a bad port") }
            portText = after.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { throw RedisError(.configuration, "Redis URL has no host") }
        if portText.isEmpty { return (String(host), 6379) }
        guard let port = Int(portText), (1...65535).contains(port) else { throw RedisError(.configuration, "Redis URL has a bad port") }
        return (String(host), port)
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard let number = Int(text), (0...1_000_000).contains(number) else {
            throw RedisError(.configuration, "Redis URL has a bad database number")
        }
        return number
    }

    /// Percent-decoding (RFC 3986 §2.1).
    private static func decoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var input = text.utf8.makeIterator()
        while let byte = input.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = input.next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
                let low = input.next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue })
            else { throw RedisError(.configuration, "Redis URL has a bad percent escape") }
            bytes.append(UInt8(high << 4 | low))
        }
        guard let result = String(validating: bytes, as: UTF8.self) else {
            throw RedisError(.configuration, "Redis URL is not UTF-8")
        }
        return result
    }
}
