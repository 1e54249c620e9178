// One statement on its way: what was asked, who waits, and what has become of it.
import TiketiNet

/// What a statement came to.
typealias PostgresOutcome = Result<PostgresRows, PostgresError>

/// A statement submitted to a connection. Confined to the connection's loop; answered exactly once.
final class PostgresOperation {
    enum Failure {
        /// Run again on the same connection when the server skipped it or its plan went stale: reads, and single statements.
        case resend
        /// Part of a transaction: whatever happens is the caller's to judge.
        case report
    }

    /// When the server has made durable what the statement did. Losing the connection before that, after sending it, leaves the outcome
    /// unknown.
    enum Commit {
        /// Not by itself: it reads, or a COMMIT follows.
        case never
        /// With its own answer: it is a COMMIT.
        case onCompletion
        /// At the synchronization point behind it. The server sends rows and CommandComplete of a single statement before it commits, and
        /// may fail or end in between (PostgreSQL documentation, §55.2.3 and §55.2.4).
        case onSynchronization
    }

    let sql: String
    let parameters: [PostgresValue]
    let onFailure: Failure
    let commit: Commit
    /// Times it was sent again after its plan went stale or somebody else's cancellation hit it.
    var resent = 0
    /// While it waits for a connection: when it gives up, on the loop's clock.
    var deadline: UInt64 = 0
    var isSent = false
    /// Where it was submitted.
    weak var connection: PostgresConnection?
    private(set) var isAnswered = false
    private let promise = LoopPromise<PostgresOutcome>()

    init(_ sql: String, _ parameters: [PostgresValue], onFailure: Failure, commit: Commit) {
        self.sql = sql
        self.parameters = parameters
        self.onFailure = onFailure
        self.commit = commit
    }

    func answer(_ outcome: PostgresOutcome) {
        guard !isAnswered else { return }
        isAnswered = true
        promise.succeed(outcome)
    }

    func fail(_ error: PostgresError) {
        answer(.failure(error))
    }

    /// What a lost connection means for this statement.
    func failLost(_ reason: String) {
        if isSent && commit != .never {
            fail(PostgresError(.outcomeUnknown, "the connection was lost before the server confirmed: \(reason)"))
        } else {
            fail(PostgresError(.connectionLost, reason))
        }
    }

    func value() async -> PostgresOutcome {
        await promise.value()
    }
}
