// The secrets of second factors, and the last code of each that was used.
import TiketiNet
import TiketiStore

struct SecondFactorStore: Sendable {
    let pool: PostgresPool

    /// Keeps a secret that is being set up; false when the account has one already.
    func propose(_ secret: [UInt8], for user: UUID) async throws -> Bool {
        let rows = try await pool.execute(
            "UPDATE auth_schema.users SET totp_pending = $2 WHERE id = $1 AND totp_secret IS NULL RETURNING id",
            [.uuid(user), .bytes(secret)])
        return rows.count == 1
    }

    func proposed(for user: UUID) async throws -> [UInt8]? {
        try await pool.read("SELECT totp_pending FROM auth_schema.users WHERE id = $1", [.uuid(user)]).first?.bytesOrNil("totp_pending")
    }

    /// Makes the proposed secret count; false when it is not the proposed one any more.
    func confirm(_ secret: [UInt8], step: Int64, for user: UUID) async throws -> Bool {
        let rows = try await pool.execute(
            """
            UPDATE auth_schema.users SET totp_secret = totp_pending, totp_pending = NULL, totp_last_step = $3, updated_at = now()
            WHERE id = $1 AND totp_pending = $2 AND totp_secret IS NULL RETURNING id
            """, [.uuid(user), .bytes(secret), .int(step)])
        return rows.count == 1
    }

    /// Uses a step up; false when it, or a later one, was used before: of two requests with one code one is too late.
    func use(_ step: Int64, of user: UUID) async throws -> Bool {
        let rows = try await pool.execute(
            "UPDATE auth_schema.users SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2 RETURNING id",
            [.uuid(user), .int(step)])
        return rows.count == 1
    }

    func remove(of user: UUID) async throws {
        try await pool.execute(
            "UPDATE auth_schema.users SET totp_secret = NULL, totp_pending = NULL, updated_at = now() WHERE id = $1", [.uuid(user)])
    }
}
