// A value that the first who asks makes and everybody shares, its failure included.
import TiketiNet

/// Makes a value once, however many tasks ask for it at the same time.
public final class Once<Value: Sendable>: Sendable {
    private let task = Locked<Task<Value, any Error>?>(nil)

    /// Nothing made yet.
    public init() {}

    /// What the first call made; whoever comes meanwhile waits for it. A failure is kept as well.
    public func value(_ make: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let running = task.withLock { task in
            if let task { return task }
            let started = Task { try await make() }
            task = started
            return started
        }
        return try await running.value
    }
}
