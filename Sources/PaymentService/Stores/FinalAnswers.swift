// Which answers payment repeats for an Idempotency-Key.
import TiketiCore
import TiketiNet
import TiketiStore

/// Keeps first answers to an Idempotency-Key, except 202: "not known yet" is no answer to repeat for a day, and paying twice is impossible
/// with or without the key.
struct FinalAnswers: IdempotencyStore {
    private let kept: PostgresIdempotencyStore

    init(_ postgres: PostgresPool) {
        kept = PostgresIdempotencyStore(postgres, table: "payment_schema.idempotency_keys")
    }

    func begin(user: UUID, key: String, requestHash: [UInt8]) async throws -> IdempotencyState {
        try await kept.begin(user: user, key: key, requestHash: requestHash)
    }

    func finish(user: UUID, key: String, token: Timestamp, answer: StoredAnswer) async throws {
        if answer.status == 202 { return try await abandon(user: user, key: key, token: token) }
        try await kept.finish(user: user, key: key, token: token, answer: answer)
    }

    func abandon(user: UUID, key: String, token: Timestamp) async throws {
        try await kept.abandon(user: user, key: key, token: token)
    }

    func removeExpired() async throws -> Int { try await kept.removeExpired() }
}
