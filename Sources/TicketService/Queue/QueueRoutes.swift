// /api/queue: decode, authorise, call, encode.
import TiketiCore
import TiketiNet

struct QueueRoutes: Sendable {
    let queue: QueueService
    let proofs: QueueProofService
    let sessions: SessionCheck

    func install(on router: some RouterMethods) {
        router.post("/api/queue", RouteOptions(middleware: [LiveSession(sessions)])) { try await join($0) }
        router.get("/api/queue/position/:queueId") { try await position($0) }
        router.get("/api/queue/:eventId/proof") { try await proof($0) }
        router.delete("/api/queue/:queueId") { try await leave($0) }
    }

    private func join(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        var fields = try await context.fields()
        let event = fields.uuid("eventId")
        try fields.finish()
        return answer(try await queue.join(event, user))
    }

    private func position(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        return answer(try await queue.place(try context.uuidParameter("queueId"), of: user))
    }

    private func leave(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        try await queue.leave(try context.uuidParameter("queueId"), user)
        return .success()
    }

    private func proof(_ context: RequestContext) async throws -> HTTPResponse {
        let event = try context.uuidParameter("eventId")
        let found = try await proofs.answer(event, page: try context.query.int("page", default: 1, in: 1...1_000_000))
        let life = found.isFinal ? "public, max-age=60" : "public, max-age=0, must-revalidate"
        var headers: HTTPHeaders = ["ETag": found.etag, "Cache-Control": life, "Vary": "Accept-Encoding"]
        if let asked = context.request.headers["If-None-Match"], EntityTag.matches(asked, found.etag) {
            return HTTPResponse(status: .notModified, headers: headers, body: .none)
        }
        headers.add("Content-Type", "application/json; charset=utf-8")
        if let gzip = found.gzip, EntityTag.acceptsGzip(context.request.headers["Accept-Encoding"]) {
            headers.add("Content-Encoding", "gzip")
            return HTTPResponse(headers: headers, body: .bytes(gzip))
        }
        return HTTPResponse(headers: headers, body: .bytes(found.plain))
    }

    private func answer(_ place: QueuePlace) -> HTTPResponse {
        .success {
            $0.member("queueId", place.queueID)
            $0.member("status", place.state)
            $0.member("position", place.position)
            $0.member("estimatedWait", place.estimatedWait(queue.config))
            $0.member("expiresAt", place.expiresAt)
        }
    }
}
