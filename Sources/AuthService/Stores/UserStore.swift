// Accounts in PostgreSQL. The unique indexes decide who was first; nothing here reads before it writes.
import TiketiCore
import TiketiNet
import TiketiStore

protocol UserStore: Sendable {
    /// Throws `AuthError.emailTaken` when the email (or Google subject) has an account.
    func insert(_ user: NewUser) async throws -> User
    /// Makes the account unless its email has one already; says whether it did.
    func insertIfAbsent(_ user: NewUser) async throws -> Bool
    func find(id: UUID) async throws -> User?
    func find(email: String) async throws -> User?
    func find(googleSubject: String) async throws -> User?
    /// With a new password every session but `session` ends.
    func update(id: UUID, _ change: ProfileChange, keeping session: UUID?) async throws -> (user: User, ended: EndedSessions)?
    /// With another role every session ends.
    func setRole(id: UUID, _ role: Role) async throws -> (before: User, after: User, ended: EndedSessions)?
    /// Ends every session; nil when there is no such user.
    func endSessions(id: UUID) async throws -> EndedSessions?
    func list(search: String?, limit: Int, offset: Int) async throws -> (users: [User], total: Int)
}

struct PostgresUserStore: UserStore {
    let pool: PostgresPool

    private static let columns =
        "id, email, password_hash, google_sub, name, phone, role, created_at, language, session_generation, totp_secret"

    func insert(_ user: NewUser) async throws -> User {
        do {
            let rows = try await pool.execute(
                """
                INSERT INTO auth_schema.users (email, password_hash, google_sub, name, phone, role)
                VALUES ($1, $2, $3, $4, $5, $6) RETURNING \(Self.columns)
                """, Self.values(user))
            return try Self.user(rows[0])
        } catch let error as PostgresError where error.isUniqueViolation {
            throw AuthError.emailTaken
        }
    }

    func insertIfAbsent(_ user: NewUser) async throws -> Bool {
        let rows = try await pool.execute(
            """
            INSERT INTO auth_schema.users (email, password_hash, google_sub, name, phone, role)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING RETURNING id
            """, Self.values(user))
        return rows.count == 1
    }

    func find(id: UUID) async throws -> User? {
        try await first("SELECT \(Self.columns) FROM auth_schema.users WHERE id = $1", [.uuid(id)])
    }

    func find(email: String) async throws -> User? {
        try await first("SELECT \(Self.columns) FROM auth_schema.users WHERE email = $1", [.text(email)])
    }

    func find(googleSubject: String) async throws -> User? {
        try await first("SELECT \(Self.columns) FROM auth_schema.users WHERE google_sub = $1", [.text(googleSubject)])
    }

    func update(id: UUID, _ change: ProfileChange, keeping session: UUID?) async throws -> (user: User, ended: EndedSessions)? {
        let parameters: [PostgresValue] = [
            .uuid(id), Self.text(change.name), .bool(change.phone != nil), Self.text(change.phone ?? nil), Self.text(change.passwordHash),
            Self.text(change.language?.rawValue),
        ]
        return try await pool.transaction { transaction in
            let ended =
                change.passwordHash == nil ? [] : try await AccountSessionStore.endAll(of: id, except: session, in: transaction)
            let rows = try await transaction.execute(
                """
                UPDATE auth_schema.users SET
                    name = coalesce($2, name),
                    phone = CASE WHEN $3 THEN $4 ELSE phone END,
                    password_hash = coalesce($5, password_hash),
                    language = coalesce($6, language),
                    updated_at = now()
                WHERE id = $1 RETURNING \(Self.columns)
                """, parameters)
            guard let user = try rows.first.map(Self.user) else { return nil }
            return (user, EndedSessions(ids: ended, role: user.role))
        }
    }

    func setRole(id: UUID, _ role: Role) async throws -> (before: User, after: User, ended: EndedSessions)? {
        try await pool.transaction { transaction in
            let old = try await transaction.execute("SELECT \(Self.columns) FROM auth_schema.users WHERE id = $1 FOR UPDATE", [.uuid(id)])
            guard let before = try old.first.map(Self.user) else { return nil }
            if before.role == role { return (before, before, EndedSessions(ids: [], role: role)) }
            let ended = try await AccountSessionStore.endAll(of: id, except: nil, in: transaction)
            let rows = try await transaction.execute(
                "UPDATE auth_schema.users SET role = $2, updated_at = now() WHERE id = $1 RETURNING \(Self.columns)",
                [.uuid(id), .text(role.rawValue)])
            return (before, try Self.user(rows[0]), EndedSessions(ids: ended, role: role))
        }
    }

    func endSessions(id: UUID) async throws -> EndedSessions? {
        try await pool.transaction { transaction in
            let rows = try await transaction.execute("SELECT role FROM auth_schema.users WHERE id = $1 FOR UPDATE", [.uuid(id)])
            guard let row = rows.first else { return nil }
            let ended = try await AccountSessionStore.endAll(of: id, except: nil, in: transaction)
            return EndedSessions(ids: ended, role: Role(rawValue: try row.string("role")))
        }
    }

    func list(search: String?, limit: Int, offset: Int) async throws -> (users: [User], total: Int) {
        let rows = try await pool.read(
            """
            SELECT \(Self.columns), count(*) OVER () AS total FROM auth_schema.users
            WHERE $1::text IS NULL OR email ILIKE $1 OR name ILIKE $1
            ORDER BY created_at DESC, id LIMIT $2 OFFSET $3
            """, [Self.text(search.map(Self.pattern)), .int(Int64(limit)), .int(Int64(offset))])
        if let first = rows.first { return (try rows.map(Self.user), Int(try first.int("total"))) }
        // A page beyond the last has no row to carry the total.
        let count = try await pool.read(
            "SELECT count(*) AS total FROM auth_schema.users WHERE $1::text IS NULL OR email ILIKE $1 OR name ILIKE $1",
            [Self.text(search.map(Self.pattern))])
        return ([], Int(try count[0].int("total")))
    }

    private func first(_ sql: String, _ parameters: [PostgresValue]) async throws -> User? {
        try await pool.read(sql, parameters).first.map(Self.user)
    }

    private static func values(_ user: NewUser) -> [PostgresValue] {
        [
            .text(user.email), text(user.passwordHash), text(user.googleSubject), .text(user.name), text(user.phone),
            .text(user.role.rawValue),
        ]
    }

    private static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }

    /// What the user typed, as a part to look for: `%` and `_` stand for themselves.
    private static func pattern(_ search: String) -> String {
        var text = "%"
        for character in search {
            if character == "%" || character == "_" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return text + "%"
    }

    private static func user(_ row: PostgresRow) throws -> User {
        User(
            id: try row.uuid("id"), email: try row.string("email"), passwordHash: try row.stringOrNil("password_hash"),
            googleSubject: try row.stringOrNil("google_sub"), name: try row.string("name"), phone: try row.stringOrNil("phone"),
            role: Role(rawValue: try row.string("role")) ?? .user, createdAt: try row.timestamp("created_at"),
            language: Language(rawValue: try row.string("language")) ?? .korean, sessionGeneration: Int(try row.int("session_generation")),
            secondFactor: try row.bytesOrNil("totp_secret"))
    }
}
