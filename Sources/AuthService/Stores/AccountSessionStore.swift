// Sessions in PostgreSQL. Ending them is one transaction with what ends them; that Redis knows is noted afterwards, and tried again until
// it is.
import TiketiCore
import TiketiNet
import TiketiStore

struct AccountSessionStore: Sendable {
    let pool: PostgresPool
    /// A session's longest life from the password on.
    let lifetime: Duration

    /// More than anybody's devices; whoever signs in again and again ends the oldest.
    private static let most = 50
    private static let columns = "id, generation, created_at, authenticated_at, expires_at, last_used_at, second_factor, device"

    /// Begins one. Nil when all sessions of the user were ended since `user` was read: whoever knew the password then may not know it now.
    func begin(_ user: User, device: String, secondFactor: Bool, authenticatedAt: Timestamp?) async throws -> Session? {
        let rows = try await pool.execute(
            """
            WITH account AS (
                SELECT id FROM auth_schema.users WHERE id = $1 AND session_generation = $2 FOR SHARE
            ), surplus AS (
                UPDATE auth_schema.sessions SET ended_at = now() WHERE id IN (
                    SELECT id FROM auth_schema.sessions WHERE user_id = $1 AND ended_at IS NULL
                    ORDER BY last_used_at DESC OFFSET \(Self.most - 1))
            )
            INSERT INTO auth_schema.sessions (user_id, generation, device, second_factor, authenticated_at, expires_at)
            SELECT id, $2::integer, $3, $4, coalesce($5, now()), coalesce($5, now()) + make_interval(secs => $6) FROM account
            RETURNING \(Self.columns)
            """,
            [
                .uuid(user.id), .int(user.sessionGeneration), .text(device), .bool(secondFactor),
                authenticatedAt.map { .timestamp($0) } ?? .null, .double(Double(lifetime.components.seconds)),
            ])
        return try rows.first.map(Self.session)
    }

    private static let live = "ended_at IS NULL AND expires_at > now() AND generation = u.session_generation"

    /// Notes that a live session is used; nil when it is over.
    func use(_ id: UUID, of user: UUID) async throws -> Session? {
        let rows = try await pool.execute(
            """
            UPDATE auth_schema.sessions s SET last_used_at = now() FROM auth_schema.users u
            WHERE s.id = $1 AND s.user_id = $2 AND u.id = s.user_id AND \(Self.live)
            RETURNING s.id, generation, s.created_at, authenticated_at, expires_at, last_used_at, second_factor, device
            """, [.uuid(id), .uuid(user)])
        return try rows.first.map(Self.session)
    }

    func find(_ id: UUID, of user: UUID) async throws -> Session? {
        try await list(of: user).first { $0.id == id }
    }

    /// The live ones, last used first.
    func list(of user: UUID) async throws -> [Session] {
        let rows = try await pool.read(
            """
            SELECT s.id, generation, s.created_at, authenticated_at, expires_at, last_used_at, second_factor, device
            FROM auth_schema.sessions s JOIN auth_schema.users u ON u.id = s.user_id
            WHERE s.user_id = $1 AND \(Self.live) ORDER BY last_used_at DESC, s.id
            """, [.uuid(user)])
        return try rows.map(Self.session)
    }

    /// Ends one; nil when the user has no such live session.
    func end(_ id: UUID, of user: UUID) async throws -> EndedSessions? {
        let rows = try await pool.execute(
            """
            UPDATE auth_schema.sessions s SET ended_at = now() FROM auth_schema.users u
            WHERE s.id = $1 AND s.user_id = $2 AND u.id = s.user_id AND \(Self.live) RETURNING u.role
            """, [.uuid(id), .uuid(user)])
        guard let row = rows.first else { return nil }
        return EndedSessions(ids: [id], role: Role(rawValue: try row.string("role")))
    }

    /// Notes that the password, and perhaps a second factor, was shown anew in a live session.
    func authenticated(_ id: UUID, of user: UUID, secondFactor: Bool) async throws -> Session? {
        let rows = try await pool.execute(
            """
            UPDATE auth_schema.sessions s SET authenticated_at = now(), last_used_at = now(),
                expires_at = now() + make_interval(secs => $3), second_factor = second_factor OR $4
            FROM auth_schema.users u WHERE s.id = $1 AND s.user_id = $2 AND u.id = s.user_id AND \(Self.live)
            RETURNING s.id, generation, s.created_at, authenticated_at, expires_at, last_used_at, second_factor, device
            """, [.uuid(id), .uuid(user), .double(Double(lifetime.components.seconds)), .bool(secondFactor)])
        return try rows.first.map(Self.session)
    }

    /// Ends what administrators began without a second factor, for when all must have one.
    func endAdministratorsWithoutSecondFactor() async throws {
        try await pool.execute(
            """
            UPDATE auth_schema.sessions s SET ended_at = now() FROM auth_schema.users u
            WHERE u.id = s.user_id AND u.role = 'admin' AND u.totp_secret IS NOT NULL AND s.ended_at IS NULL AND NOT s.second_factor
            """)
    }

    /// Raises the user's generation and ends all sessions but one, as part of the transaction that is the reason for it.
    static func endAll(of user: UUID, except kept: UUID?, in transaction: PostgresTransaction) async throws -> [UUID] {
        // The user's row first: a sign-in that began before waits for it and then finds another generation.
        try await transaction.execute(
            "UPDATE auth_schema.users SET session_generation = session_generation + 1 WHERE id = $1", [.uuid(user)])
        let keeper: PostgresValue = kept.map { .uuid($0) } ?? .null
        try await transaction.execute(
            """
            UPDATE auth_schema.sessions s SET generation = u.session_generation FROM auth_schema.users u
            WHERE u.id = $1 AND s.user_id = $1 AND s.id = $2 AND s.ended_at IS NULL
            """, [.uuid(user), keeper])
        let rows = try await transaction.execute(
            """
            UPDATE auth_schema.sessions SET ended_at = now()
            WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $2 RETURNING id
            """, [.uuid(user), keeper])
        return try rows.map { try $0.uuid("id") }
    }

    // MARK: Telling Redis

    /// Ended ones that Redis may not know of, by the user's role.
    func unannounced(limit: Int) async throws -> [EndedSessions] {
        let rows = try await pool.read(
            """
            SELECT s.id, u.role FROM auth_schema.sessions s JOIN auth_schema.users u ON u.id = s.user_id
            WHERE s.ended_at IS NOT NULL AND NOT s.end_announced ORDER BY s.ended_at LIMIT $1
            """, [.int(limit)])
        return try Dictionary(grouping: rows, by: { try $0.string("role") }).map { role, rows in
            EndedSessions(ids: try rows.map { try $0.uuid("id") }, role: Role(rawValue: role))
        }
    }

    func announced(_ ids: [UUID]) async throws {
        try await pool.execute("UPDATE auth_schema.sessions SET end_announced = true WHERE id = ANY($1)", [.uuidArray(ids)])
    }

    /// Removes what ended long ago.
    func removeOld() async throws {
        try await pool.execute(
            """
            DELETE FROM auth_schema.sessions WHERE id IN (
                SELECT id FROM auth_schema.sessions WHERE expires_at < now() - interval '1 day' LIMIT 5000)
            """)
    }

    private static func session(_ row: PostgresRow) throws -> Session {
        Session(
            id: try row.uuid("id"), generation: Int(try row.int("generation")), createdAt: try row.timestamp("created_at"),
            authenticatedAt: try row.timestamp("authenticated_at"), expiresAt: try row.timestamp("expires_at"),
            lastUsedAt: try row.timestamp("last_used_at"), hasSecondFactor: try row.bool("second_factor"),
            device: try row.string("device"))
    }
}
