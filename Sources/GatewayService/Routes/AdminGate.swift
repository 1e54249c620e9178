// The door of the admin pages: who may not come in is told so before anything else is looked at, remembered answers included.
import TiketiCore
import TiketiNet

/// Middleware that lets administrators pass (`docs/specification.md` §10, order of checks).
struct AdminGate: Middleware {
    let admins: AdminCheck

    func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        return try await next(context)
    }
}
