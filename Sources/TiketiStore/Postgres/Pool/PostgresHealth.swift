// What readiness checks want to know, readable from any thread: is a connection up, and if not, why.
import Synchronization
import TiketiNet

/// Whether a pool can be used.
public enum PostgresState: Sendable, Hashable {
    /// At least one connection is up.
    case ready
    /// Connecting, for the first time or again. `reason` is the latest failure, for logs.
    case waiting(reason: String?)

    /// Whether statements can be sent now.
    public var isReady: Bool { self == .ready }
}

final class PostgresHealth: Sendable {
    private let readers = Atomic<Int>(0)
    private let reason = Locked<String?>(nil)

    func readerOpened() {
        readers.wrappingAdd(1, ordering: .relaxed)
    }

    func readerClosed(_ error: PostgresError) {
        readers.wrappingSubtract(1, ordering: .relaxed)
        failed(error)
    }

    func failed(_ error: PostgresError) {
        reason.withLock { $0 = error.message }
    }

    var state: PostgresState {
        readers.load(ordering: .relaxed) > 0 ? .ready : .waiting(reason: reason.withLock { $0 })
    }
}
