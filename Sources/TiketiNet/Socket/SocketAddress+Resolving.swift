// Host names become addresses on the blocking pool, so that a slow name server never holds an event loop.
import Glibc

extension SocketAddress {
    /// Addresses of `host` in the system's order of preference. Literals and `unix:` paths return at once.
    /// - Throws: `IOError` with code `.unresolved`.
    public static func resolve(_ host: String, port: Int, on pool: BlockingPool) async throws(IOError) -> [SocketAddress] {
        if host.hasPrefix("/") { return [.unix(path: host)] }
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        do {
            return try await pool.run { try lookUp(host, port: port) }
        } catch let error as IOError {
            throw error
        } catch {
            throw IOError(.unresolved, detail: "\(host): too many names are being looked up")
        }
    }

    private static func lookUp(_ host: String, port: Int) throws(IOError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        // Names below localhost are this machine, whatever a name server says (RFC 6761 §6.3); not every system's resolver knows.
        let name = host.lowercased().hasSuffix(".localhost") ? "localhost" : host
        let status = getaddrinfo(name, String(port), &hints, &list)
        guard status == 0, let first = list else {
            throw IOError(.unresolved, detail: "\(host): \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var entry: UnsafeMutablePointer<addrinfo>? = first
        while let current = entry {
            let bytes = UnsafeRawBufferPointer(start: current.pointee.ai_addr, count: Int(current.pointee.ai_addrlen))
            if let address = SocketAddress(bytes), !addresses.contains(address) { addresses.append(address) }
            entry = current.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw IOError(.unresolved, detail: "\(host): no usable address") }
        return addresses
    }
}
