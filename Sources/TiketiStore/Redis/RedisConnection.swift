// One loop's connection to Redis: commands share a buffer that goes out once per tick, and replies answer them in order.
import DequeModule
import TiketiNet

/// The automatically pipelined connection of one event loop. It connects by itself, again and again, until closed;
/// while it is away every command fails at once (except before the first attempt is over, when commands wait for it).
///
/// Sendable only so that closures on its own loop may carry it: every method runs on `loop`, which `preconditionOnLoop` checks.
final class RedisConnection: @unchecked Sendable {
    typealias Answer = Result<RedisValue, RedisError>
    typealias Answers = Result<[RedisValue], RedisError>

    /// Who waits for the next reply or replies.
    private enum Waiter {
        case one(RedisContinuation<Answer>)
        case many(RedisContinuation<Answers>, [RedisValue])
        /// The caller gave up (deadline); the replies still have to be counted off.
        case nobody
    }

    private struct Pending {
        var waiter: Waiter
        var replies: Int
        let queuedAt: UInt64
        let deadline: UInt64
        var sent = false
    }

    enum State {
        case starting
        case ready(any ByteStream)
        case away(String)
        case closed
    }

    let loop: EventLoop
    let configuration: RedisConfiguration
    let trust: TLSTrust?
    let statistics: RedisStatistics
    /// In nanoseconds, on the way of every command.
    private let commandTimeout: UInt64
    var state = State.starting
    private var output: [UInt8] = []
    private var pending: Deque<Pending> = []
    private var unsent = 0
    private var flushScheduled = false
    private var timer: LoopTimer?
    private var timerAt = UInt64.max
    var task: Task<Void, Never>?
    /// When bytes last came in: a deadline that passes in silence means that the connection is dead.
    var lastHeard: UInt64 = 0

    init(loop: EventLoop, configuration: RedisConfiguration, trust: TLSTrust?, statistics: RedisStatistics) {
        self.loop = loop
        self.trust = trust
        self.configuration = configuration
        self.statistics = statistics
        commandTimeout = configuration.commandTimeout.nanoseconds
    }

    // MARK: Commands

    func send(_ command: [RedisArgument], timeout: Duration?) async throws(RedisError) -> RedisValue {
        try admit()
        // Bytes and waiter are queued in one go: a flush between them would let the reply come before its waiter.
        let answer = await withRedisContinuation { continuation in
            encodeRESP(command, into: &output)
            enqueue(.one(continuation), replies: 1, timeout: timeout)
        }
        return try answer.get()
    }

    func pipeline(_ commands: [[RedisArgument]], timeout: Duration?) async throws(RedisError) -> [RedisValue] {
        if commands.isEmpty { return [] }
        try admit()
        let answers = await withRedisContinuation { continuation in
            for command in commands { encodeRESP(command, into: &output) }
            var values: [RedisValue] = []
            values.reserveCapacity(commands.count)
            enqueue(.many(continuation, values), replies: commands.count, timeout: timeout)
        }
        return try answers.get()
    }

    private func admit() throws(RedisError) {
        loop.preconditionOnLoop()
        switch state {
        case .closed: throw RedisError(.closed, "client closed")
        case .away(let reason): throw RedisError(.unavailable, reason)
        case .starting, .ready: break
        }
        var queued = output.count
        if case .ready(let stream) = state { queued += stream.queuedBytes }
        guard pending.count < configuration.maximumPending, queued < configuration.maximumQueuedBytes else {
            throw RedisError(.overloaded, "\(pending.count) commands are waiting")
        }
    }

    private func enqueue(_ waiter: Waiter, replies: Int, timeout: Duration?) {
        let now = loop.now
        let deadline = now &+ (timeout?.nanoseconds ?? commandTimeout)
        pending.append(Pending(waiter: waiter, replies: replies, queuedAt: now, deadline: deadline))
        unsent += 1
        if deadline < timerAt { arm(at: deadline) }
        scheduleFlush()
    }

    func scheduleFlush() {
        guard !flushScheduled, case .ready = state else { return }
        flushScheduled = true
        loop.atEndOfTick { [self] in flush() }
    }

    private func flush() {
        flushScheduled = false
        guard case .ready(let stream) = state, !output.isEmpty else { return }
        var index = pending.count - unsent
        while index < pending.count {
            pending[index].sent = true
            index += 1
        }
        unsent = 0
        let bytes = output
        output = []
        output.reserveCapacity(min(bytes.count, 64 * 1024))
        stream.write(bytes)
    }

    // MARK: Replies

    /// Gives a reply to the oldest waiter.
    func receive(_ value: RedisValue) throws(RedisError) {
        guard !pending.isEmpty, pending[0].sent else { throw RedisError(.malformed, "a reply without a command") }
        switch pending[0].waiter {
        case .one(let continuation):
            pending.removeFirst()
            if case .error(let message) = value {
                continuation.resume(returning: .failure(RedisError(.server, message)))
            } else {
                continuation.resume(returning: .success(value))
            }
        case .many(let continuation, var values):
            pending[0].waiter = .nobody  // keeps `values` uniquely referenced
            values.append(value)
            pending[0].replies -= 1
            if pending[0].replies == 0 {
                pending.removeFirst()
                continuation.resume(returning: .success(values))
            } else {
                pending[0].waiter = .many(continuation, values)
            }
        case .nobody:
            pending[0].replies -= 1
            if pending[0].replies == 0 { pending.removeFirst() }
        }
    }

    private func fail(_ waiter: Waiter, _ error: RedisError) {
        switch waiter {
        case .one(let continuation): continuation.resume(returning: .failure(error))
        case .many(let continuation, _): continuation.resume(returning: .failure(error))
        case .nobody: break
        }
    }

    func failAll(_ reason: String) {
        let waiting = pending
        pending = []
        unsent = 0
        output = []
        for entry in waiting {
            fail(entry.waiter, entry.sent ? RedisError(.connectionLost, reason) : RedisError(.unavailable, reason))
        }
    }

    // MARK: Deadlines

    private func arm(at deadline: UInt64) {
        timerAt = deadline
        let distance = deadline > loop.now ? deadline - loop.now : 0
        if let timer {
            timer.rearm(afterNanoseconds: distance)
        } else {
            timer = loop.schedule(afterNanoseconds: distance) { [weak self] in
                // After the tick's reading: replies that came in time, while the loop was busy, are not late.
                self?.loop.atEndOfTick { self?.expire() }
            }
        }
    }

    /// Runs at most once per armed deadline, not per command: in a busy connection the commands it was armed for are long answered.
    private func expire() {
        timerAt = .max
        let now = loop.now
        var next = UInt64.max
        var silent = false
        var index = 0
        while index < pending.count {
            if case .nobody = pending[index].waiter {
                index += 1
                continue
            }
            let deadline = pending[index].deadline
            if deadline <= now {
                let waiter = pending[index].waiter
                pending[index].waiter = .nobody
                statistics.countTimeout()
                let error = RedisError(.timeout, "no answer from Redis in time")
                if pending[index].sent, lastHeard <= pending[index].queuedAt { silent = true }
                fail(waiter, error)
            } else {
                next = min(next, deadline)
            }
            index += 1
        }
        if silent, case .ready(let stream) = state {
            stream.close()  // the reading task fails the others and reconnects
        } else if next != .max {
            arm(at: next)
        }
    }
}

#if DEBUG
    typealias RedisContinuation<Value> = CheckedContinuation<Value, Never>
#else
    typealias RedisContinuation<Value> = UnsafeContinuation<Value, Never>
#endif

/// Suspends until the continuation is resumed: checked in debug builds, free in release builds.
private func withRedisContinuation<Value>(_ body: (RedisContinuation<Value>) -> Void) async -> sending Value {
    #if DEBUG
        await withCheckedContinuation { body($0) }
    #else
        await withUnsafeContinuation { body($0) }
    #endif
}
