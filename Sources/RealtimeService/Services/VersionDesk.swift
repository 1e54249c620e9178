// Reads an event's version for everybody who joins at the same time with one call, and never with a call that began before the join.
import TiketiNet

/// One per loop. A version read before the joiner's room was live could be older than a message it missed; so joiners share the call that
/// begins after they asked, never the one under way.
///
/// `@unchecked Sendable` because it is confined to `loop`.
final class VersionDesk: @unchecked Sendable {
    private let loop: EventLoop
    private let tickets: any TicketDirectory
    private var waiting: [UUID: [LoopPromise<Lookup<Int64>>]] = [:]

    init(loop: EventLoop, tickets: any TicketDirectory) {
        self.loop = loop
        self.tickets = tickets
    }

    func version(ofEvent id: UUID) async -> Lookup<Int64> {
        loop.preconditionOnLoop()
        let promise = LoopPromise<Lookup<Int64>>()
        if waiting[id]?.append(promise) == nil {
            waiting[id] = [promise]
            loop.spawn { [self] in await serve(id) }
        }
        return await promise.value()
    }

    private func serve(_ id: UUID) async {
        while let batch = waiting[id], !batch.isEmpty {
            waiting[id] = []
            let version = await tickets.version(ofEvent: id)
            for promise in batch { promise.succeed(version) }
        }
        waiting[id] = nil
    }
}
