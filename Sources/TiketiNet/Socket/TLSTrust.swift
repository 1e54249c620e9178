// The client context of one trust store, read when it is first needed and off the loop, because parsing authorities takes milliseconds.

/// A client's TLS context that is made once.
public final class TLSTrust: Sendable {
    private let caFile: String?
    private let made = Locked<TLSContext?>(nil)
    private static let pool = BlockingPool(name: "trust", threads: 1, queueLimit: 1024)

    /// - Parameter caFile: PEM file of the only authorities to trust; nil: the system's.
    public init(caFile: String? = nil) {
        self.caFile = caFile
    }

    /// - Throws: `IOError` with code `.tls` when the authorities can't be read.
    public func context() async throws(IOError) -> TLSContext {
        if let context = made.withLock({ $0 }) { return context }
        let (caFile, made) = (caFile, made)
        do {
            return try await Self.pool.run {
                // One thread: whoever waited behind the first finds it done.
                if let context = made.withLock({ $0 }) { return context }
                let context = try TLSContext.client(caFile: caFile)
                made.withLock { $0 = context }
                return context
            }
        } catch {
            throw error as? IOError ?? IOError(.tls, detail: "\(error)")
        }
    }
}
