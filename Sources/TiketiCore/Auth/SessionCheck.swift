// Whether a caller's session still counts (docs/specification.md §3.1): one policy for every service, cached for at most five seconds.

import CLinux
import TiketiNet
import TiketiStore

/// Checks sessions where a token alone is not enough: writes that take seats or money, and everything of administrators.
///
/// Use it at registration, `RouteOptions(middleware: [LiveSession(sessions)])`, or from a handler.
public final class SessionCheck: Sendable {
    /// How old an answer may be, counted from the moment PostgreSQL gave it for administrators, from its arrival in this process for
    /// buyers.
    static let freshness: Duration = .seconds(5)

    private struct Known: Sendable {
        var status: SessionStatus
        /// Monotonic nanoseconds.
        var arrivedAt: UInt64
    }

    private let source: any SessionSource
    private let known = BoundedTable<Known>(capacity: 200_000)

    /// - Parameter redis: nil where there is none: PostgreSQL answers everything.
    public convenience init(postgres: PostgresPool, redis: RedisClient?) {
        self.init(source: SessionStore(postgres: postgres, redis: redis))
    }

    internal init(source: any SessionSource) { self.source = source }

    /// The caller, if the session is live; 401 `SESSION_ENDED` otherwise. A token without a session counts (where such tokens are
    /// accepted).
    /// - Throws: also what the database throws when nobody can say: such a caller could not hold a seat either.
    @discardableResult
    func requireLive(_ context: RequestContext) async throws -> Principal {
        let principal = try context.requirePrincipal()
        guard principal.session != nil else { return principal }
        guard try await status(of: principal, strict: false).isLive else { throw APIError.sessionEnded }
        return principal
    }

    /// The caller, if the account is an administrator's now and the session is live. 403 when the account is gone or has lost the role, and
    /// when nobody can say; 401 `SESSION_ENDED` when only the session is over.
    @discardableResult
    public func requireAdmin(_ context: RequestContext) async throws -> Principal {
        let principal = try context.requireAdmin()
        let status: SessionStatus
        do {
            status = try await self.status(of: principal, strict: true)
        } catch {
            context.logger.warning("an administrator could not be checked and is refused", metadata: ["reason": "\(error)"])
            throw APIError.adminRequired
        }
        guard status.role == .admin else { throw APIError.adminRequired }
        guard status.isLive else { throw APIError.sessionEnded }
        return principal
    }

    /// Like `requireAdmin`, and the password must have been shown within `age`: 401 `REAUTHENTICATION_REQUIRED` otherwise.
    @discardableResult
    public func requireRecentAdmin(_ context: RequestContext, age: Duration) async throws -> Principal {
        let principal = try await requireAdmin(context)
        if let session = principal.session, Timestamp.now() - session.authenticatedAt > age { throw APIError.reauthenticationRequired }
        return principal
    }

    private func status(of principal: Principal, strict: Bool) async throws -> SessionStatus {
        let key = principal.session.map { $0.id.description } ?? principal.userID.description
        let now = clinux_monotonic_ns()
        if let known = known.value(key), Self.counts(known, now, strict: strict) { return known.status }
        let status = try await source.status(
            user: principal.userID, session: principal.session?.id, freshness: strict ? Self.freshness : .seconds(3600))
        known.update(key) { $0 = Known(status: status, arrivedAt: now) }
        return status
    }

    private static func counts(_ known: Known, _ now: UInt64, strict: Bool) -> Bool {
        if now &- known.arrivedAt >= 5_000_000_000 { return false }
        return !strict || Timestamp.now() - known.status.checkedAt < freshness
    }
}

extension APIError {
    /// The session of a good token is over: signed out, password changed, too old.
    public static var sessionEnded: APIError {
        APIError(
            .unauthorized, "SESSION_ENDED", "The session has ended, please log in again",
            headers: [("WWW-Authenticate", "Bearer error=\"invalid_token\", error_description=\"session ended\"")])
    }

    /// RFC 9470 §3: the call needs a sign-in that is not long ago.
    static var reauthenticationRequired: APIError {
        APIError(
            .unauthorized, "REAUTHENTICATION_REQUIRED", "Please confirm your password and try again",
            headers: [("WWW-Authenticate", "Bearer error=\"insufficient_user_authentication\"")])
    }
}
