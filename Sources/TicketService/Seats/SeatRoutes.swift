// GET /api/seats/:eventId, POST /api/seats/reserve and /release: decode, authorise, call, encode.
import TiketiContracts
import TiketiCore
import TiketiNet

struct SeatRoutes: Sendable {
    let maps: SeatMapService
    let seats: SeatService
    let holdSeconds: Int

    /// Maps of fewer seats are not worth compressing.
    private static let gzipFrom = 5

    func install(on router: Router) {
        router.get("/api/seats/:eventId") { try await map($0) }
        router.post("/api/seats/reserve") { try await hold($0) }
        router.post("/api/seats/release") { try await release($0) }
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

    private func hold(_ context: RequestContext) async throws -> HTTPResponse {
        let user = try context.requirePrincipal().userID
        let hold = try await seats.hold(try await Self.seatIDs(context), by: user)
        let rest = (hold.expiresAt.microseconds - Timestamp.now().microseconds + 999_999) / 1_000_000
        return .success {
            $0.member("message", "Seats reserved temporarily")
            $0.member("expiresIn", min(Int64(holdSeconds), max(0, rest)))
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
