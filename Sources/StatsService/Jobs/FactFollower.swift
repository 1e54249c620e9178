// Follows the feed of facts: batch after batch while there are any, then a look every `pause`. Any number of instances may follow; the
// lock on the feed's row lets one of them read at a time.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

final class FactFollower: Service {
    private let facts: any FactStore
    private let pause: UInt64
    private let loop: EventLoop
    private let logger: Logger
    private let applied: @Sendable (Int) -> Void
    private let task = Locked<Task<Void, Never>?>(nil)
    static let batch = 1000

    init(facts: any FactStore, pause: UInt64, loop: EventLoop, logger: Logger, applied: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.facts = facts
        self.pause = pause
        self.loop = loop
        self.logger = logger
        self.applied = applied
    }

    func start() async throws {
        let running = loop.spawn { await self.run() }
        task.withLock { $0 = running }
    }

    func stop() async {
        let running = task.withLock { $0 }
        running?.cancel()
        await running?.value
    }

    private func run() async {
        var failures: UInt64 = 0
        while !Task.isCancelled {
            var next = pause
            do {
                let count = try await facts.applyNext(limit: Self.batch)
                if let count, count > 0 { applied(count) }
                // A full batch: there is more.
                if count == Self.batch { next = 0 }
                failures = 0
            } catch {
                failures += 1
                next = min(pause << min(failures, 5), 30_000_000_000)
                // The schema of another service may simply not be there yet.
                logger.debug("The feed of facts can't be read", metadata: ["reason": "\(error)"])
            }
            if next == 0 { continue }
            do { try await loop.sleep(nanoseconds: next) } catch { return }
        }
    }
}
