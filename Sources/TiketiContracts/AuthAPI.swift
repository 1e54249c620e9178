// What auth answers to other services: the paths, requests and answers of `/internal/users`, used by both ends.
import TiketiJSON
import TiketiNet

/// Auth's internal API. Every call carries the internal token.
public enum AuthAPI {
    private static let sessionsOfOne = "/internal/users/:id/sessions"

    /// `?page&limit&search` → `users` (each an ``Account``), newest first, and `pagination`.
    public static let users = Endpoint(.get, "/internal/users")
    /// `{role}` (see ``roleField``) → ``RoleChange``; 404 when there is no such user. Another role ends every session of the user.
    public static let changeRole = Endpoint(.patch, "/internal/users/:id/role")
    /// → `sessions`: the user's live sign-ins, last used first; 404 when there is no such user.
    public static let userSessions = Endpoint(.get, sessionsOfOne)
    /// Ends every session of the user → `before` (what was live) and `sessions`, empty; 404 when there is no such user.
    public static let endUserSessions = Endpoint(.delete, sessionsOfOne)
    /// The one member of `changeRole`'s request: `user` or `admin`, 400 for anything else.
    public static let roleField = "role"

    /// The account before and after.
    public struct RoleChange: Sendable, Equatable {
        var before: Account
        var user: Account

        /// The same account twice: as it was, and as it is now.
        public init(before: Account, user: Account) {
            self.before = before
            self.user = user
        }

        /// The members `before` and `user` of an open object.
        public func write(to json: inout JSONWriter) {
            json.object("before") { before.write(to: &$0) }
            json.object("user") { user.write(to: &$0) }
        }
    }

    /// An account as its owner and administrators see it.
    public struct Account: Sendable, Equatable {
        var id: UUID
        var email: String
        var name: String
        var phone: String?
        /// `user` or `admin`.
        var role: String
        /// `ko` or `en`: what mails and messages are written in.
        var language: String
        var createdAt: Timestamp

        /// As auth's database has it; no secret is part of it.
        public init(id: UUID, email: String, name: String, phone: String?, role: String, language: String, createdAt: Timestamp) {
            self.id = id
            self.email = email
            self.name = name
            self.phone = phone
            self.role = role
            self.language = language
            self.createdAt = createdAt
        }

        /// The members of an open object.
        public func write(to json: inout JSONWriter) {
            json.member("id", id)
            json.member("email", email)
            json.member("name", name)
            json.member("phone", phone)
            json.member("role", role)
            json.member("language", language)
            json.member("createdAt", createdAt)
        }
    }
}
