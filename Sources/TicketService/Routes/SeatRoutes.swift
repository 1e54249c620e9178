// GET /api/seats/:eventId, POST /api/seats/reserve and /release: decode, authorise, call, encode.
import TiketiCore
import TiketiNet

struct SeatRoutes: Sendable {
    let maps: SeatMapService
    let seats: SeatService
    let holdSeconds: Int
    let blocking: BlockingPool

    /// Bodies below this are not worth compressing.
    private static let gzipFrom = 1024

    func install(on router: Router) {
        router.get("/api/seats/:eventId") { try await map($0) }
        router.post("/api/seats/reserve") { try await hold($0) }
        router.post("/api/seats/release") { try await release($0) }
    }

    private func map(_ context: RequestContext) async throws -> HTTPResponse {
        let event = try context.uuidParameter("eventId")
        let section = try context.query.string("section", max: 100)
        let asked = context.request.headers["If-None-Match"]
        let suffix = section.map { "-" + Hex.encode(Crypto.sha256($0).prefix(8)) } ?? ""
        let (found, mapTag) = try await maps.map(event) { tag in
            asked.map { EntityTag.matches($0, EntityTag.with(suffix, tag)) } ?? false
        }
        var headers: HTTPHeaders = [
            "ETag": EntityTag.with(suffix, mapTag),
            // Kept for revalidation only: a live map may change at any moment, and ends no later than `validUntil`.
            "Cache-Control": "public, max-age=0, must-revalidate", "Vary": "Accept-Encoding",
        ]
        guard let found else { return HTTPResponse(status: .notModified, headers: headers, body: .none) }
        headers.add("Content-Type", "application/json; charset=utf-8")
        let plain = section.map { found.body(section: $0) } ?? found.plain
        if plain.count >= Self.gzipFrom, EntityTag.acceptsGzip(context.request.headers["Accept-Encoding"]),
            let packed = try await packed(found, plain, isWhole: section == nil)
        {
            headers.add("Content-Encoding", "gzip")
            return HTTPResponse(headers: headers, body: .bytes(packed))
        }
        return HTTPResponse(headers: headers, body: .bytes(plain))
    }

    private func packed(_ map: SeatMap, _ plain: [UInt8], isWhole: Bool) async throws -> [UInt8]? {
        if isWhole { return map.gzip.isEmpty ? nil : map.gzip }
        // A section of a thousand seats takes a millisecond: small ones here, others beside the loop.
        if plain.count < 64 << 10 { return Gzip.compress(plain) }
        return try await blocking.run { Gzip.compress(plain) }
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

/// Entity tags and content codings of requests.
enum EntityTag {
    /// The tag of a part of what `tag` names.
    static func with(_ suffix: String, _ tag: String) -> String { suffix.isEmpty ? tag : String(tag.dropLast()) + suffix + "\"" }

    /// RFC 9110 §13.1.2: `*`, or a list of tags compared weakly.
    static func matches(_ field: String, _ tag: String) -> Bool {
        let opaque = Self.opaque(tag[...])
        return field.split(separator: ",").contains { part in
            let candidate = part.trimming()
            return candidate == "*" || Self.opaque(candidate) == opaque
        }
    }

    private static func opaque(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }

    /// RFC 9110 §12.5.3: gzip is listed, or `*`, with a weight above zero.
    static func acceptsGzip(_ field: String?) -> Bool {
        guard let field else { return false }
        var any = false
        for item in field.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.trimming() }
            guard let coding = parts.first, coding == "gzip" || coding == "x-gzip" || coding == "*" else { continue }
            let isRefused = parts.dropFirst().contains { part in
                part.hasPrefix("q=") && part.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
            }
            if coding != "*" { return !isRefused }
            any = !isRefused
        }
        return any
    }
}

extension Substring {
    /// Without blanks at both ends.
    func trimming() -> Substring {
        var rest = self
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }
}
