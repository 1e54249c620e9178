// GET /api/seats/:eventId and its forms, POST /api/seats/reserve and /release: decode, authorise, call, encode.
import TiketiContracts
import TiketiCore
import TiketiNet

struct SeatRoutes: Sendable {
    let maps: SeatMapService
    let seats: SeatService
    let sessions: SessionCheck
    /// What repeats answers by their `Idempotency-Key`.
    let repeats: [any Middleware]

    /// Maps of fewer seats are not worth compressing.
    private static let gzipFrom = 5

    func install(on router: some RouterMethods) {
        router.get("/api/seats/:eventId") { try await map($0) }
        router.get("/api/seats/:eventId/layout") { try await layout($0) }
        router.get("/api/seats/:eventId/states") { try await states($0) }
        router.get("/api/seats/:eventId/mine") { try await mine($0) }
        router.post("/api/seats/reserve", RouteOptions(middleware: [LiveSession(sessions)] + repeats)) { try await hold($0) }
        router.post("/api/seats/release", RouteOptions(middleware: repeats)) { try await release($0) }
    }

    private func map(_ context: RequestContext) async throws -> HTTPResponse {
        let event = try context.uuidParameter("eventId")
        let query = context.query
        let section = try query.string("section", max: 100)
        // A section is always sent whole.
        let since = section == nil ? try query.int("since", in: 0...Int.max) : nil
        let asked = context.request.headers["If-None-Match"]
        var suffix = section.map { "-" + Hex.encode(Crypto.sha256($0).prefix(8)) } ?? ""
        if let since { suffix += "-since-\(since)" }
        let (found, mapTag) = try await maps.map(event) { tag in
            asked.map { EntityTag.matches($0, EntityTag.with(suffix, tag)) } ?? false
        }
        var headers = SnapshotHeader.seatMapFields(EntityTag.with(suffix, mapTag))
        guard let found else { return HTTPResponse(status: .notModified, headers: headers, body: .none) }
        headers.add("Content-Type", "application/json; charset=utf-8")
        // A client that mends a gap gets what changed, which is small; the whole map when that is not known any more.
        if let since, let changes = found.changes(since: Int64(since)) {
            return HTTPResponse(headers: headers, body: .bytes(changes))
        }
        if found.states.count >= Self.gzipFrom, EntityTag.acceptsGzip(context.request.headers["Accept-Encoding"]),
            let packed = found.gzip(section: section)
        {
            headers.add("Content-Encoding", "gzip")
            return HTTPResponse(headers: headers, body: .bytes(packed))
        }
        return HTTPResponse(headers: headers, body: .bytes(found.plain(section: section)))
    }

    /// The same for ever: seats are made with their event and never move.
    private func layout(_ context: RequestContext) async throws -> HTTPResponse {
        let layout = try await maps.layout(try context.uuidParameter("eventId"))
        var headers: HTTPHeaders = ["ETag": layout.etag, "Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"]
        if let asked = context.request.headers["If-None-Match"], EntityTag.matches(asked, layout.etag) {
            return HTTPResponse(status: .notModified, headers: headers, body: .none)
        }
        return Self.body(context, &headers, plain: layout.plain, gzip: layout.gzip)
    }

    private func states(_ context: RequestContext) async throws -> HTTPResponse {
        let event = try context.uuidParameter("eventId")
        let since = try context.query.int("since", in: 0...Int.max)
        let asked = context.request.headers["If-None-Match"]
        let suffix = since.map { "-states-since-\($0)" } ?? "-states"
        let (found, mapTag) = try await maps.map(event) { tag in
            asked.map { EntityTag.matches($0, EntityTag.with(suffix, tag)) } ?? false
        }
        var headers = SnapshotHeader.seatMapFields(EntityTag.with(suffix, mapTag))
        guard let found else { return HTTPResponse(status: .notModified, headers: headers, body: .none) }
        if let since, let changes = found.shortChanges(since: Int64(since)) {
            return Self.body(context, &headers, plain: changes, gzip: nil)
        }
        return Self.body(context, &headers, plain: found.shortForm(), gzip: found.shortGzip())
    }

    private static func body(
        _ context: RequestContext, _ headers: inout HTTPHeaders, plain: @autoclosure () -> [UInt8], gzip: @autoclosure () -> [UInt8]?
    ) -> HTTPResponse {
        headers.add("Content-Type", "application/json; charset=utf-8")
        if EntityTag.acceptsGzip(context.request.headers["Accept-Encoding"]), let packed = gzip() {
            headers.add("Content-Encoding", "gzip")
            return HTTPResponse(headers: headers, body: .bytes(packed))
        }
        return HTTPResponse(headers: headers, body: .bytes(plain()))
    }

    private func mine(_ context: RequestContext) async throws -> HTTPResponse {
        let event = try context.uuidParameter("eventId")
        let user = try context.requirePrincipal().userID
        let seats = try await maps.mine(event, user)
        var response = HTTPResponse.success {
            $0.array("seats", seats) { writer, seat in
                writer.object {
                    $0.member("id", seat.id)
                    $0.member("status", seat.status)
                    $0.member("expiresAt", seat.expiresAt)
                    $0.member("reservationId", seat.reservationID)
                }
            }
        }
        response.headers["Cache-Control"] = "private, no-store"
        return response
    }

    private func hold(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        let ids = try await Self.seatIDs(context)
        let hold = try await seats.hold(ids, by: user)
        context.logger.info(
            "hold", metadata: ["userId": "\(user)", "eventId": "\(hold.eventID)", "seatIds": .array(ids.map { "\($0)" })])
        let rest = (hold.expiresAt.microseconds - Timestamp.now().microseconds + 999_999) / 1_000_000
        return .success {
            $0.member("message", "Seats reserved temporarily")
            $0.member("expiresIn", min(Int64(hold.seconds), max(0, rest)))
            $0.member("expiresAt", hold.expiresAt)
        }
    }

    private func release(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        let released = try await seats.release(try await Self.seatIDs(context), by: user)
        return .success { $0.member("released", released) }
    }

    private static func seatIDs(_ context: RequestContext) async throws -> [UUID] {
        var fields = try await context.fields()
        let ids = fields.uuids("seatIds", min: 1, max: 100)
        try fields.finish()
        return ids
    }
}
