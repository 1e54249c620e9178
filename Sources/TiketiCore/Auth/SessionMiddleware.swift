// `SessionCheck` as middleware of a route. Each includes the one before: a live session, an administrator now, one who signed in lately.

import TiketiNet

/// The caller's session must be live (401 `SESSION_ENDED`): for what takes seats or money.
public struct LiveSession: Middleware {
    private let sessions: SessionCheck

    /// Asks this check for each request.
    public init(_ sessions: SessionCheck) { self.sessions = sessions }

    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        try await sessions.requireLive(context)
        return try await next(context)
    }
}

/// The caller must be an administrator now (403 `ADMIN_REQUIRED`).
public struct CurrentAdmin: Middleware {
    private let sessions: SessionCheck

    /// Asks this check for each request.
    public init(_ sessions: SessionCheck) { self.sessions = sessions }

    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        try await sessions.requireAdmin(context)
        return try await next(context)
    }
}

/// Whoever shows an administrator's token must be one now; everybody else passes without a look-up: for reads that show buyers their own
/// and administrators everyone's.
public struct CurrentRole: Middleware {
    private let sessions: SessionCheck

    /// Asks this check for each request of an admin.
    public init(_ sessions: SessionCheck) { self.sessions = sessions }

    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        if context.principal?.isAdmin == true { try await sessions.requireAdmin(context) }
        return try await next(context)
    }
}
