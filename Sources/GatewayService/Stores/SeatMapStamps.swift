// Which seat map of an event is the latest, as ticket announces it in Redis: enough to answer a client that has it already.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore

/// The stamps of seat maps in Redis.
///
/// Exact, not a copy with a life of its own: every question is answered by a reading that began after it. Ticket removes the stamp with
/// every change, before it answers whoever made the change, and lets it lapse when the first hold of the map ends.
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

    /// nil without a word from Redis: ticket must be asked. All who ask on one loop while a reading is under way share the next.
    func stamp(of event: UUID) async -> SeatMapStamp? {
        if distrust.contains(event) { return nil }
        return await readings.current?.value(event) { [redis] in
            let reply = try? await redis.send([
                "GETRANGE", RedisArgument(SnapshotHeader.seatMapKey(event)), 0, RedisArgument(SnapshotHeader.length - 1),
            ])
            let header = reply?.bytes.flatMap { SnapshotHeader($0) }
            return header.flatMap { $0.isFilled ? SeatMapStamp(etag: $0.etag) : nil }
        } ?? nil
    }
}
