// /api/queue and its internal look-up: decode, authorise, call, encode.
import TiketiCore
import TiketiNet

struct QueueRoutes: Sendable {
    let queue: QueueService

    func install(on router: Router, auth: InternalAuth) {
        router.post("/api/queue") { try await join($0) }
        router.get("/api/queue/position/:queueId") { try await position($0) }
        router.get("/api/queue/:eventId/proof") { try await proof($0) }
        router.delete("/api/queue/:queueId") { try await leave($0) }
        router.get("/internal/queue/:queueId", RouteOptions(isLogged: false, middleware: [auth])) { try await watch($0) }
        router.post("/internal/queue/sequences", RouteOptions(isLogged: false, middleware: [auth])) { try await sequences($0) }
    }

    /// For the hub: whose place it is, and what its position can be told from.
    private func watch(_ context: RequestContext) async throws -> HTTPResponse {
        let watch = try await queue.watch(try context.uuidParameter("queueId"))
        return .success {
            $0.member("userId", watch.userID)
            $0.member("eventId", watch.eventID)
            $0.member("status", watch.state)
            $0.member("position", watch.position)
            $0.member("sequence", watch.sequence)
            $0.member("generation", watch.generation)
        }
    }

    private func sequences(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let event = fields.uuid("eventId")
        let queues = fields.uuids("queueIds", min: 1, max: 1000)
        try fields.finish()
        let found = try await queue.sequences(event, queues)
        return .success {
            $0.member("generation", found.generation)
            $0.key("sequences")
            $0.array(found.sequences) { writer, sequence in
                if let sequence { writer.value(sequence) } else { writer.null() }
            }
        }
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
        let proof = try await queue.proof(try context.uuidParameter("eventId"))
        return .success {
            $0.member("commitment", proof.commitment)
            $0.member("seed", proof.seed.map { Hex.encode($0) })
            $0.member("algorithm", QueueDraw.algorithm)
            $0.member("entries", proof.entries)
        }
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
