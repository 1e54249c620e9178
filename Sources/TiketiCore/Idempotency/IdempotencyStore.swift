// Where first answers are kept: one row for each user and key, which also says that the first request still runs.

import TiketiNet

/// An answer as it is kept and given again.
public struct StoredAnswer: Sendable, Equatable {
    /// The HTTP status.
    public var status: Int
    var body: [UInt8]

    init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// What a store knows about a key when a request brings it.
public enum IdempotencyState: Sendable, Equatable {
    /// Nobody had the key: it is this request's now. The token proves that when the answer is stored.
    case started(token: Timestamp)
    /// The first request has not answered yet.
    case running
    case answered(StoredAnswer)
    /// The key was used for another request.
    case mismatch
}

/// Keeps first answers for 24 hours.
public protocol IdempotencyStore: Sendable {
    /// Takes the key for the request with this hash, or says what is known. A request that has been running for longer than any can
    /// (its process died) is taken over.
    func begin(user: UUID, key: String, requestHash: [UInt8]) async throws -> IdempotencyState

    /// Stores the answer of who holds `token`.
    func finish(user: UUID, key: String, token: Timestamp, answer: StoredAnswer) async throws

    /// Forgets the key of who holds `token`, so that the request may be tried again.
    func abandon(user: UUID, key: String, token: Timestamp) async throws

    /// Removes answers older than 24 hours; returns how many.
    func removeExpired() async throws -> Int
}

extension IdempotencyStore {
    /// The job that removes old answers, every ten minutes.
    public func cleaner(_ runtime: ServiceRuntime) -> Job {
        Job("idempotency-cleaner", loop: runtime.group.next(), logger: runtime.logger, metrics: runtime.metrics) {
            _ = try await removeExpired()
            return .seconds(600)
        }
    }
}
