// Whose request it is: the peer's address, unless the peer is a proxy we trust; then the last address in X-Forwarded-For that we don't.

import TiketiNet

/// Networks in CIDR notation, for `TRUSTED_PROXIES`.
public struct NetworkList: Sendable {
    private struct Network: Sendable {
        var high: UInt64
        var low: UInt64
        var bits: Int
    }

    private var networks: [Network] = []

    /// No network at all.
    init() {}

    /// Throws the entry that can't be read. A bare address is a network of one.
    init(_ entries: [String]) throws(UnreadableNetwork) {
        for entry in entries {
            let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = SocketAddress(literal: String(parts[0]), port: 0), let (high, low) = Self.words(address)
            else {
                throw UnreadableNetwork(entry: entry)
            }
            let offset = if case .ipv4 = address { 96 } else { 0 }
            var bits = 128
            if parts.count == 2 {
                guard let given = Int(parts[1]), given >= 0, given + offset <= 128 else { throw UnreadableNetwork(entry: entry) }
                bits = given + offset
            }
            let mask = Self.mask(bits)
            networks.append(Network(high: high & mask.high, low: low & mask.low, bits: bits))
        }
    }

    var isEmpty: Bool { networks.isEmpty }

    func contains(_ address: SocketAddress) -> Bool {
        guard !networks.isEmpty, let (high, low) = Self.words(address) else { return false }
        return networks.contains { network in
            let mask = Self.mask(network.bits)
            return high & mask.high == network.high && low & mask.low == network.low
        }
    }

    /// IPv4 as mapped IPv6 (RFC 4291 §2.5.5.2), so that one comparison serves both.
    private static func words(_ address: SocketAddress) -> (UInt64, UInt64)? {
        switch address {
        case .ipv4(let number, _): (0, 0xFFFF_0000_0000 | UInt64(number))
        case .ipv6(let high, let low, _): (high, low)
        case .unix: nil
        }
    }

    private static func mask(_ bits: Int) -> (high: UInt64, low: UInt64) {
        (
            bits == 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits)),
            bits <= 64 ? 0 : bits >= 128 ? .max : ~(.max >> UInt64(bits - 64))
        )
    }
}

struct UnreadableNetwork: Error, Sendable {
    let entry: String
}

/// Reads the client's address from a request.
public struct ClientAddressReader: Sendable {
    private let trusted: NetworkList

    /// `trusted` are our own proxies: what they write into X-Forwarded-For is believed.
    public init(trusted: NetworkList) { self.trusted = trusted }

    /// Walks X-Forwarded-For from the end, where our own proxies wrote, and stops at the first address that is not one of them. What stands
    /// before it was written by a stranger. An unreadable entry ends the walk at the proxy that let it through.
    public func address(of request: HTTPRequest) -> SocketAddress {
        guard !trusted.isEmpty, trusted.contains(request.peer) else { return request.peer }
        var address = request.peer
        for line in request.headers.values("x-forwarded-for").reversed() {
            for entry in line.split(separator: ",").reversed() {
                guard let next = Self.read(entry) else { return address }
                address = next
                if !trusted.contains(next) { return next }
            }
        }
        return address
    }

    /// One entry as proxies spell it: an address, with a port (Azure, IIS), in brackets (RFC 7239 §6), or both; IPv4 mapped into IPv6 is
    /// IPv4.
    static func read(_ entry: some StringProtocol) -> SocketAddress? {
        var text = String(entry).trimmedASCII
        if text.utf8.first == UInt8(ascii: "\""), text.utf8.last == UInt8(ascii: "\""), text.utf8.count > 1 {
            text = String(text.dropFirst().dropLast())
        }
        if text.utf8.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            let inner = String(text[text.index(after: text.startIndex)..<end])
            guard case .ipv6? = SocketAddress(literal: inner, port: 0) else { return nil }
            text = inner
        } else if let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon {
            guard isPort(text[colon...]) else { return nil }
            text = String(text[..<colon])
        }
        // A zone (fe80::1%eth0) means something on the machine that wrote it only.
        if let zone = text.firstIndex(of: "%") { text = String(text[..<zone]) }
        guard let address = SocketAddress(literal: text, port: 0) else { return nil }
        if case .ipv6(0, let low, _) = address, low >> 32 == 0xFFFF { return .ipv4(UInt32(truncatingIfNeeded: low), port: 0) }
        return address
    }

    /// Nothing, or a colon and a port.
    private static func isPort(_ text: Substring) -> Bool {
        if text.isEmpty { return true }
        guard text.first == ":", text.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return UInt16(text.dropFirst()) != nil
    }

    /// Whether what the peer says about the connection before it (X-Forwarded-Proto) counts.
    public func trustsPeer(of request: HTTPRequest) -> Bool { trusted.contains(request.peer) }
}

extension SocketAddress {
    /// An entry of X-Forwarded-For as proxies write it: an address, in brackets or quotes, with or without the client's port, IPv4 also
    /// as IPv4-mapped IPv6. Nil for anything else. The port is left out: the address is whose request it is.
    init?(forwarded entry: Substring) {
        var text = entry.trimming()
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        if text.first == "[" {
            guard let end = text.lastIndex(of: "]"), Self.isPort(text[text.index(after: end)...]) else { return nil }
            text = text[text.index(after: text.startIndex)..<end]
        } else if text.contains("."), let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            guard Self.isPort(text[colon...]) else { return nil }
            text = text[..<colon]
        }
        // A zone names an interface of whoever wrote it (RFC 4007 §11).
        if let zone = text.firstIndex(of: "%") { text = text[..<zone] }
        guard let address = SocketAddress(literal: String(text), port: 0) else { return nil }
        self = address.unmapped
    }

    /// Nothing, or a colon with a number.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.utf8.count <= 6 && text.utf8.dropFirst().allSatisfy { (48...57).contains($0) })
    }

    /// IPv4 for an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2): both are one client.
    private var unmapped: SocketAddress {
        guard case .ipv6(0, let low, let port) = self, low >> 32 == 0xFFFF else { return self }
        return .ipv4(UInt32(truncatingIfNeeded: low), port: port)
    }
}

extension EnvironmentReader {
    /// A list of networks in CIDR notation.
    public mutating func networks(_ name: String, default fallback: [String] = []) -> NetworkList {
        do {
            return try NetworkList(list(name, default: fallback))
        } catch {
            problem(name, "must be a list of networks such as 10.0.0.0/8")
            return NetworkList()
        }
    }
}
