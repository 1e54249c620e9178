// First answers in a table of the service's own schema; taking a key is one statement, so two instances can never both run a request.

import TiketiNet
import TiketiStore

/// The store of a service. Its migration:
///
/// ```sql
/// -- Answers already given to an Idempotency-Key, for 24 hours. A row without an answer is a request still running.
/// CREATE TABLE <schema>.idempotency_keys (
///     user_id      uuid NOT NULL,
///     key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
///     request_hash bytea NOT NULL,
///     status       integer,
///     body         bytea,
///     created_at   timestamptz NOT NULL DEFAULT now(),
///     PRIMARY KEY (user_id, key)
/// );
/// CREATE INDEX idempotency_keys_by_age ON <schema>.idempotency_keys (created_at);
/// GRANT SELECT, INSERT, UPDATE, DELETE ON <schema>.idempotency_keys TO <role>;
/// ```
public struct PostgresIdempotencyStore: IdempotencyStore {
    private let pool: PostgresPool
    private let beginSQL: String
    private let finishSQL: String
    private let abandonSQL: String
    private let expireSQL: String
    /// After this long without an answer the process that ran the request is dead: longer than any request may take.
    private let takeover: Duration

    /// - Parameter table: the table with its schema, a constant of the code.
    public init(_ pool: PostgresPool, table: String, takeover: Duration = .seconds(90)) {
        self.pool = pool
        self.takeover = takeover
        // The row seen by the second part is the one before this statement; when another request inserted it in between, neither part
        // returns a row, which means "running".
        beginSQL = """
            WITH started AS (
                INSERT INTO \(table) AS t (user_id, key, request_hash, created_at) VALUES ($1, $2, $3, clock_timestamp())
                ON CONFLICT (user_id, key) DO UPDATE
                    SET request_hash = excluded.request_hash, status = NULL, body = NULL, created_at = clock_timestamp()
                    WHERE t.created_at < now() - interval '24 hours'
                       OR (t.status IS NULL AND t.request_hash = excluded.request_hash AND t.created_at < now() - make_interval(secs => $4))
                RETURNING created_at)
            SELECT created_at, NULL::bytea, NULL::integer, NULL::bytea FROM started
            UNION ALL
            SELECT NULL::timestamptz, request_hash, status, body FROM \(table)
            WHERE user_id = $1 AND key = $2 AND NOT EXISTS (SELECT FROM started)
            """
        finishSQL = "UPDATE \(table) SET status = $4, body = $5 WHERE user_id = $1 AND key = $2 AND created_at = $3 AND status IS NULL"
        abandonSQL = "DELETE FROM \(table) WHERE user_id = $1 AND key = $2 AND created_at = $3 AND status IS NULL"
        expireSQL = "DELETE FROM \(table) WHERE created_at < now() - interval '24 hours'"
    }

    public func begin(user: UUID, key: String, requestHash: [UInt8]) async throws -> IdempotencyState {
        let rows = try await pool.execute(
            beginSQL, [.uuid(user), .text(key), .bytes(requestHash), .double(takeover.inSeconds)])
        guard let row = rows.first else { return .running }
        if let token = try row.timestampOrNil(0) { return .started(token: token) }
        guard try row.bytes(1) == requestHash else { return .mismatch }
        guard let status = try row.intOrNil(2) else { return .running }
        return .answered(StoredAnswer(status: status, body: try row.bytesOrNil(3) ?? []))
    }

    public func finish(user: UUID, key: String, token: Timestamp, answer: StoredAnswer) async throws {
        _ = try await pool.execute(
            finishSQL, [.uuid(user), .text(key), .timestamp(token), .int(Int64(answer.status)), .bytes(answer.body)])
    }

    public func abandon(user: UUID, key: String, token: Timestamp) async throws {
        _ = try await pool.execute(abandonSQL, [.uuid(user), .text(key), .timestamp(token)])
    }

    public func removeExpired() async throws -> Int { try await pool.execute(expireSQL).affected }
}
