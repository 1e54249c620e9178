// Tokens and accounts of people whom no test has to register: signing one in costs a bcrypt.
import TiketiCore
import TiketiNet

/// Somebody who calls a service.
public enum TestUser {
    /// A token as auth signs it, good for an hour. Services look nothing up for buyers: whose it is need not exist.
    public static func token(
        _ id: UUID = UUID(), role: Role = .user, session: SessionClaims? = nil, secret: String = CommonConfig.developmentJWTSecret
    ) -> String {
        JWT.sign(
            Principal(userID: id, email: "\(role.rawValue)@example.com", role: role, session: session), secret: secret,
            lifetime: .seconds(3600))
    }
}

extension TestDatabase {
    /// Writes an account that nobody can log in to: what services ask for is its role.
    @discardableResult
    public func account(_ id: UUID = UUID(), role: Role = .user, email: String? = nil, name: String = "사람") async throws -> UUID {
        try await query(
            "INSERT INTO auth_schema.users (id, email, password_hash, name, role) VALUES ($1, $2, 'x', $3, $4)",
            [id.description, email ?? "\(id)@example.com", name, role.rawValue])
        return id
    }
}
