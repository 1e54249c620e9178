// Where a socket listens or connects: IPv4, IPv6 or a Unix path, as a plain value.
import Glibc

/// A socket's address.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as a number in host order.
    case ipv4(UInt32, port: UInt16)
    /// The address as two big-endian words.
    case ipv6(UInt64, UInt64, port: UInt16)
    case unix(path: String)

    /// A literal IPv4 or IPv6 address (not a name); nil when it is none.
    public init?(literal host: String, port: Int) {
        guard let port = UInt16(exactly: port) else { return nil }
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            self = .ipv4(UInt32(bigEndian: four.s_addr), port: port)
        } else if inet_pton(AF_INET6, host, &six) == 1 {
            self = withUnsafeBytes(of: &six) {
                .ipv6(
                    UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), port: port)
            }
        } else {
            return nil
        }
    }

    /// Reads what the kernel reported; nil for families other than IPv4, IPv6 and Unix.
    init?(_ storage: UnsafeRawBufferPointer) {
        guard storage.count >= 2 else { return nil }
        switch Int32(storage.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            let address = storage.loadUnaligned(as: sockaddr_in.self)
            self = .ipv4(UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            var address = storage.loadUnaligned(as: sockaddr_in6.self)
            let port = UInt16(bigEndian: address.sin6_port)
            self = withUnsafeBytes(of: &address.sin6_addr) {
                let high = UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self))
                let low = UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                // An IPv4 peer on a dual-stack socket (RFC 4291 §2.5.5.2) is the same peer as on an IPv4 socket.
                if high == 0, low >> 32 == 0xFFFF { return .ipv4(UInt32(truncatingIfNeeded: low), port: port) }
                return .ipv6(high, low, port: port)
            }
        case AF_UNIX:
            self = .unix(path: "")
        default:
            return nil
        }
    }

    /// 0 for a Unix socket.
    public var port: Int {
        switch self {
        case .ipv4(_, let port), .ipv6(_, _, let port): Int(port)
        case .unix: 0
        }
    }

    /// The address without the port, in its usual text form.
    public var host: String {
        switch self {
        case .ipv4(let address, _):
            return "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
        case .ipv6(let high, let low, _):
            var words = (high.bigEndian, low.bigEndian)
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            inet_ntop(AF_INET6, &words, &text, socklen_t(text.count))
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        case .unix(let path):
            return path
        }
    }

    public var description: String {
        switch self {
        case .ipv4: "\(host):\(port)"
        case .ipv6: "[\(host)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Calls `body` with the kernel's form of the address.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .ipv4(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = host.bigEndian
            return pass(&address, body)
        case .ipv6(let high, let low, let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) {
                $0.storeBytes(of: high.bigEndian, as: UInt64.self)
                $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return pass(&address, body)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { target in
                // The last byte stays zero; a longer path is cut and then simply not found.
                for (index, byte) in path.utf8.prefix(target.count - 1).enumerated() { target[index] = byte }
            }
            return pass(&address, body)
        }
    }

    private func pass<Address, Result>(_ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
        }
    }
}
