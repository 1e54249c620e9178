// The sign of life of whoever carries a payment on.
import TiketiNet

/// Keeps a payment's driver alive while a long call runs. Confined to the loop it was made on; stops by itself when a beat says so.
///
/// Sendable because every use is on that one loop: the saga's task, its timers and its beats all belong to it.
final class Heartbeat: @unchecked Sendable {
    private let loop: EventLoop?
    private let interval: Duration
    private let beat: @Sendable () async -> Bool
    private var timer: LoopTimer?
    private var stopped = false

    init(every interval: Duration, beat: @escaping @Sendable () async -> Bool) {
        loop = EventLoop.current
        self.interval = interval
        self.beat = beat
        schedule()
    }

    private func schedule() {
        timer = loop?.schedule(after: interval) { [self] in
            _ = loop?.spawn { [self] in
                guard !stopped, await beat(), !stopped else { return }
                schedule()
            }
        }
    }

    func stop() {
        stopped = true
        timer?.cancel()
    }
}
