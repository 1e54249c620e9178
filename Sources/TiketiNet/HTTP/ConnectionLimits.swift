// How many connections may be open, and whose they are.
import Synchronization

/// Counts open connections over all loops, in total and per client address. Safe from any thread.
final class ConnectionLimits: Sendable {
    private let total: Int
    private let perAddress: Int
    private let count = Atomic<Int>(0)
    private let addresses = Locked<[Origin: Int]>([:])

    /// An IPv4 address, or the /64 that one IPv6 customer is given.
    private struct Origin: Hashable {
        let family: UInt8
        let bits: UInt64
    }

    init(total: Int, perAddress: Int) {
        self.total = total
        self.perAddress = perAddress
    }

    var open: Int { count.load(ordering: .relaxed) }

    /// Counts a connection, or says no.
    func admit(_ peer: SocketAddress) -> Bool {
        if count.add(1, ordering: .relaxed).newValue > total {
            count.subtract(1, ordering: .relaxed)
            return false
        }
        guard perAddress < total, let origin = Self.origin(peer) else { return true }
        let admitted = addresses.withLock { open in
            let already = open[origin, default: 0]
            if already >= perAddress { return false }
            open[origin] = already + 1
            return true
        }
        if !admitted { count.subtract(1, ordering: .relaxed) }
        return admitted
    }

    /// Takes back what `admit` counted.
    func leave(_ peer: SocketAddress) {
        count.subtract(1, ordering: .relaxed)
        guard perAddress < total, let origin = Self.origin(peer) else { return }
        addresses.withLock { open in
            guard let left = open[origin] else { return }
            open[origin] = left > 1 ? left - 1 : nil
        }
    }

    private static func origin(_ peer: SocketAddress) -> Origin? {
        switch peer {
        case .ipv4(let address, _): Origin(family: 4, bits: UInt64(address))
        case .ipv6(let high, _, _): Origin(family: 6, bits: high)
        case .unix: nil
        }
    }
}
