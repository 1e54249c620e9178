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
    private let desks: [StampDesk]

    init(redis: RedisClient, group: EventLoopGroup) {
        desks = group.loops.map { StampDesk(loop: $0, redis: redis) }
    }

    /// 304 when the request has the latest map of its event; nil when ticket must be asked: another map, a part of one, or no word from Redis.
    func notModified(_ context: RequestContext) async -> HTTPResponse? {
        let request = context.request
        guard let asked = request.headers["If-None-Match"], request.query.isEmpty, context.loop.index < desks.count,
            let event = UUID(context.parameter("eventId")), let stamp = await desks[context.loop.index].stamp(of: event)
        else { return nil }
        guard asked == stamp.etag || EntityTag.matches(asked, stamp.etag) else { return nil }
        return HTTPResponse(status: .notModified, headers: stamp.fields, body: .none)
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

/// One loop's questions: all of one tick about one event share one command.
///
/// `@unchecked Sendable` because it is confined to `loop`.
final class StampDesk: @unchecked Sendable {
    private let loop: EventLoop
    private let redis: RedisClient
    private var waiting: [UUID: [LoopPromise<SeatMapStamp?>]] = [:]

    init(loop: EventLoop, redis: RedisClient) {
        self.loop = loop
        self.redis = redis
    }

    func stamp(of event: UUID) async -> SeatMapStamp? {
        loop.preconditionOnLoop()
        let promise = LoopPromise<SeatMapStamp?>()
        if waiting.isEmpty { loop.atEndOfTick { [self] in ask() } }
        waiting[event, default: []].append(promise)
        return await promise.value()
    }

    private func ask() {
        let asked = waiting
        waiting.removeAll(keepingCapacity: true)
        for (event, promises) in asked {
            loop.spawn { [redis] in
                let reply = try? await redis.send([
                    "GETRANGE", RedisArgument(SnapshotHeader.seatMapKey(event)), 0, RedisArgument(SnapshotHeader.length - 1),
                ])
                let header = reply?.bytes.flatMap { SnapshotHeader($0) }
                let stamp = header.flatMap { $0.isFilled ? SeatMapStamp($0) : nil }
                for promise in promises { promise.succeed(stamp) }
            }
        }
    }
}
