// Looked-up names for a few seconds, so that a busy client does not ask the name server per connection and still follows a moved service.
import CLinux
import Synchronization

/// Remembers addresses of names; failures are not remembered.
public final class NameCache: Sendable {
    private struct Key: Hashable {
        let host: String
        let port: Int
    }

    private struct Entry {
        let addresses: [SocketAddress]
        let expiry: UInt64
    }

    /// The cache that clients use when given no other.
    public static let shared = NameCache()

    private let turn = Atomic<Int>(0)
    private let entries = Locked<[Key: Entry]>([:])
    private let lifetime: UInt64
    private let limit: Int
    private let pool: BlockingPool

    /// - Parameters:
    ///   - lifetimeNanoseconds: how long an answer is used.
    ///   - limit: names kept; when it is passed all are forgotten, which costs no more than asking again.
    init(lifetimeNanoseconds: UInt64 = 5_000_000_000, limit: Int = 1024, pool: BlockingPool? = nil) {
        lifetime = lifetimeNanoseconds
        self.limit = limit
        self.pool = pool ?? BlockingPool(name: "names", threads: 2, queueLimit: 256)
    }

    /// Addresses of `host` in order of preference; literals and absolute Unix paths are answered without looking.
    /// - Throws: `IOError` with code `.unresolved`.
    public func addresses(_ host: String, port: Int) async throws(IOError) -> [SocketAddress] {
        if host.hasPrefix("/") { return [.unix(path: host)] }
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        let key = Key(host: host, port: port)
        let now = clinux_monotonic_ns()
        if let entry = entries.withLock({ $0[key] }), entry.expiry > now { return entry.addresses }
        let found = try await SocketAddress.resolve(host, port: port, on: pool)
        entries.withLock { entries in
            if entries.count >= limit { entries.removeAll() }
            entries[key] = Entry(addresses: found, expiry: clinux_monotonic_ns() &+ lifetime)
        }
        return found
    }

    /// Several addresses of a name are as many instances: each is first in its turn. The system's preference for a family is kept.
    private func rotated(_ addresses: [SocketAddress]) -> [SocketAddress] {
        let equals = addresses.prefix { $0.family == addresses[0].family }
        if equals.count < 2 { return addresses }
        let first = Int(UInt(bitPattern: turn.wrappingAdd(1, ordering: .relaxed).oldValue) % UInt(equals.count))
        return Array(equals[first...] + equals[..<first] + addresses[equals.count...])
    }

    /// Forgets a name whose addresses turned out not to answer.
    func forget(_ host: String, port: Int) {
        _ = entries.withLock { $0.removeValue(forKey: Key(host: host, port: port)) }
    }

    /// Connects to the first address of `host` that answers, beginning with another each time; the deadline covers all of them and the
    /// look-up.
    public func connect(_ host: String, port: Int, timeoutNanoseconds: UInt64) async throws(IOError) -> Stream {
        let start = clinux_monotonic_ns()
        let addresses = rotated(try await addresses(host, port: port))
        var failure = IOError(.unresolved, detail: host)
        for (index, address) in addresses.enumerated() {
            let spent = clinux_monotonic_ns() - start
            guard spent < timeoutNanoseconds else {
                failure = .timeout
                break
            }
            // A dead first address must leave time for the others.
            let share = (timeoutNanoseconds - spent) / UInt64(index + 1 < addresses.count ? 2 : 1)
            do throws(IOError) {
                return try await Stream.connect(to: address, timeoutNanoseconds: share)
            } catch { failure = error }
        }
        forget(host, port: port)
        throw failure
    }
}
