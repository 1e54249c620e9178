// Reads `postgres://user:password@host:port/database?sslmode=…`; anything that is not understood is refused, never guessed.

extension PostgresConfiguration {
    /// Reads a `postgres://` or `postgresql://` URL. `?host=/directory` names a Unix socket's directory.
    ///
    /// Throws a ``PostgresError`` of code `configuration` whose text never holds the URL, which may carry a password.
    public init(url: String) throws(PostgresError) {
        guard let schemeEnd = url.firstRange(of: "://"), ["postgres", "postgresql"].contains(url[..<schemeEnd.lowerBound]) else {
            throw PostgresError(.configuration, "a PostgreSQL URL begins with postgres://")
        }
        self.init()
        var rest = url[schemeEnd.upperBound...]
        var query = rest[rest.endIndex...]
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        if let slash = rest.firstIndex(of: "/") {
            let name = rest[rest.index(after: slash)...]
            if !name.isEmpty { database = try Self.decode(name) }
            rest = rest[..<slash]
        }
        if let at = rest.lastIndex(of: "@") {
            let credentials = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = try Self.decode(credentials[0])
            if credentials.count == 2 { password = try Self.decode(credentials[1]) }
            rest = rest[rest.index(after: at)...]
        }
        try read(authority: rest)
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try read(option: String(parts[0]), value: Self.decode(parts.count == 2 ? parts[1] : ""))
        }
    }

    private mutating func read(authority: Substring) throws(PostgresError) {
        var authority = authority
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw PostgresError(.configuration, "the PostgreSQL URL has an open [") }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            authority = authority[authority.index(after: end)...]
        } else {
            let name = authority.prefix { $0 != ":" }
            if !name.isEmpty { host = try Self.decode(name) }
            authority = authority[name.endIndex...]
        }
        guard !authority.isEmpty else { return }
        try read(option: "port", value: String(authority.dropFirst()))
    }

    private mutating func read(option: String, value: String) throws(PostgresError) {
        switch option {
        case "host": host = value
        case "port":
            guard let number = Int(value), (1...65535).contains(number) else {
                throw PostgresError(.configuration, "the port of the PostgreSQL URL is not a number from 1 to 65535")
            }
            port = number
        case "user": user = value
        case "password": password = value
        case "sslmode":
            guard let mode = SSLMode(rawValue: value) else { throw PostgresError(.configuration, "unknown sslmode in the PostgreSQL URL") }
            sslMode = mode
        case "sslrootcert": sslRootCertificate = value
        case "application_name": applicationName = value
        default: throw PostgresError(.configuration, "unknown option \(option) in the PostgreSQL URL")
        }
    }

    /// Percent-decodes one component (RFC 3986 section 2.1).
    private static func decode(_ text: Substring) throws(PostgresError) -> String {
        var bytes: [UInt8] = []
        var source = text.utf8.makeIterator()
        while let byte = source.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let first = source.next(), let second = source.next(),
                let value = UInt8(String(decoding: [first, second], as: UTF8.self), radix: 16), first != UInt8(ascii: "+")
            else { throw PostgresError(.configuration, "the PostgreSQL URL has a broken % escape") }
            bytes.append(value)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
