// Rounds, naps, wake-ups, failures and the end of background jobs.

import Logging
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct JobTests {
    private struct Broken: Error {}

    private func job(_ metrics: MetricsRegistry = MetricsRegistry(), _ body: @escaping Job.Body) -> Job {
        Job("test", loop: EventLoopGroup.shared.next(), logger: Logger(label: "test"), metrics: metrics, body: body)
    }

    @Test(.timeLimit(.minutes(1))) func aWakeEndsTheNap() async throws {
        let rounds = Locked(0)
        let job = job {
            rounds.withLock { $0 += 1 }
            return .seconds(3600)
        }
        try await job.start()
        try await eventually { rounds.withLock { $0 } == 1 }
        job.wake()
        try await eventually { rounds.withLock { $0 } == 2 }
        await job.stop()
    }

    @Test(.timeLimit(.minutes(1))) func aWakeDuringARoundIsNotLost() async throws {
        let rounds = Locked(0)
        let holder = Locked<Job?>(nil)
        let job = job {
            let round = rounds.withLock { count in
                count += 1
                return count
            }
            if round == 1 {
                holder.withLock { $0 }?.wake()
                // The wake-up is delivered before this round ends.
                try await EventLoop.current?.sleep(for: .milliseconds(2))
            }
            return .seconds(3600)
        }
        holder.withLock { $0 = job }
        try await job.start()
        try await eventually { rounds.withLock { $0 } == 2 }
        await job.stop()
        holder.withLock { $0 = nil }
    }

    @Test(.timeLimit(.minutes(1))) func failuresAreCountedAndTriedAgain() async throws {
        let metrics = MetricsRegistry()
        let rounds = Locked(0)
        let job = job(metrics) {
            let round = rounds.withLock { count in
                count += 1
                return count
            }
            if round < 3 { throw Broken() }
            return .seconds(3600)
        }
        try await job.start()
        try await eventually { rounds.withLock { $0 } == 3 }
        await job.stop()
        #expect(String(decoding: metrics.exposition(), as: UTF8.self).contains("tiketi_job_failures_total{job=\"test\"} 2"))
    }

    /// No round begins after `drain`, and `stop` cancels the one under way instead of waiting for its sleep.
    @Test(.timeLimit(.minutes(1))) func stopEndsARoundThatSleeps() async throws {
        let rounds = Locked(0)
        let job = job {
            rounds.withLock { $0 += 1 }
            try await EventLoop.current?.sleep(for: .seconds(3600))
            return .zero
        }
        try await job.start()
        try await eventually { rounds.withLock { $0 } == 1 }
        await job.stop()
        job.wake()
        #expect(rounds.withLock { $0 } == 1)
    }

    @Test func pausesDoubleBetweenTheirBounds() {
        var backoff = Backoff(.milliseconds(100)...(.milliseconds(350)))
        var pauses: [Duration] = []
        for _ in 0..<4 { pauses.append(backoff.next()) }
        #expect(pauses == [100, 200, 350, 350].map { .milliseconds($0) })
        backoff.reset()
        let first = backoff.next()
        #expect(first == .milliseconds(100))
    }

    @Test func aCadenceIsDueOncePerInterval() {
        var cadence = Cadence(every: .seconds(10), first: .seconds(5))
        var due: [UInt64] = []
        for second: UInt64 in [100, 104, 105, 114, 118, 127, 128] where cadence.isDue(at: second * 1_000_000_000) { due.append(second) }
        #expect(due == [105, 118, 128])
    }

    @Test func durationsAreWholeNanoseconds() {
        #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
        #expect(Duration.seconds(-1).nanoseconds == 0)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.milliseconds(1500).inSeconds == 1.5)
    }
}
