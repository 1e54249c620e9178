// Which seat map of an event is the latest, as ticket announces it in Redis: enough to answer a client that has it already.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// Answers revalidations of seat maps at the edge: 304 for whoever has the latest map, nil for everybody else.
///
/// Exact, not a copy with a life of its own: every question is answered by a reading that began after it. Ticket removes the stamp with every change,
/// before it answers whoever made the change, and lets it lapse when the first hold of the map ends.
struct SeatMapStamps: Sendable {
    private let redis: RedisClient
    private let readings: PerLoop<Coalescer<UUID, SeatMapStamp?, Never>>

    /// Ticket could not remove the stamps of these events.
    private let distrust: CacheDistrust

    init(redis: RedisClient, group: EventLoopGroup, distrust: CacheDistrust) {
        self.redis = redis
        self.distrust = distrust
        readings = PerLoop(group) { _ in Coalescer(.nextCall) }
    }

    /// 304 when the request has the latest map of its event; nil when ticket must be asked: another map, a part of one, or no word from Redis.
    func notModified(_ context: RequestContext) async -> HTTPResponse? {
        let request = context.request
        guard let asked = request.headers["If-None-Match"], request.query.isEmpty,
            let event = UUID(context.parameter("eventId")), !distrust.contains(event), let stamp = await stamp(of: event)
        else { return nil }
        guard asked == stamp.etag || EntityTag.matches(asked, stamp.etag) else { return nil }
        return HTTPResponse(status: .notModified, headers: stamp.fields, body: .none)
    }

    /// Never read before it was asked for; all who ask on one loop while a reading is under way share the next.
    private func stamp(of event: UUID) async -> SeatMapStamp? {
        await readings.current?.value(event) { [redis] in
            let reply = try? await redis.send([
                "GETRANGE", RedisArgument(SnapshotHeader.seatMapKey(event)), 0, RedisArgument(SnapshotHeader.length - 1),
            ])
            let header = reply?.bytes.flatMap { SnapshotHeader($0) }
            return header.flatMap { $0.isFilled ? SeatMapStamp($0) : nil }
        } ?? nil
    }
}

/// What everybody who has the latest map is told.
struct SeatMapStamp: Sendable {
    let etag: String
    let fields: HTTPHeaders

    init(_ header: SnapshotHeader) {
        etag = header.etag
        fields = SnapshotHeader.seatMapFields(etag)
    }
}
