// Counts failures under a name within a window that begins with the first of them. Redis when it answers, so that every instance
// counts together; this process's own memory while it does not.
import TiketiCore
import TiketiNet
import TiketiStore

protocol FailureTally: Sendable {
    /// The counts so far and the seconds until each is forgotten, in the order of the names.
    func counts(_ names: [String]) async -> [(count: Int, secondsLeft: Int)]
    /// One more; the count with it.
    func add(_ name: String, window: Duration) async -> (count: Int, secondsLeft: Int)
    func forget(_ name: String) async
}

/// The fallback, and the whole truth where there is no Redis. Bounded: names come from strangers.
final class MemoryFailureTally: FailureTally {
    private struct State: Sendable {
        var entries: [String: (count: Int, end: Int64)] = [:]
    }
    private let state = Locked(State())
    private let capacity: Int

    init(capacity: Int = 100_000) { self.capacity = capacity }

    func counts(_ names: [String]) async -> [(count: Int, secondsLeft: Int)] {
        let now = Timestamp.now().microseconds
        return state.withLock { state in
            names.map { name in
                guard let entry = state.entries[name], entry.end > now else { return (0, 0) }
                return (entry.count, Self.seconds(entry.end - now))
            }
        }
    }

    func add(_ name: String, window: Duration) async -> (count: Int, secondsLeft: Int) {
        let now = Timestamp.now().microseconds
        return state.withLock { state in
            var entry = state.entries[name] ?? (0, 0)
            if entry.end <= now { entry = (0, now + window.components.seconds * 1_000_000) }
            entry.count += 1
            if state.entries.count >= capacity, state.entries[name] == nil {
                state.entries = state.entries.filter { $0.value.end > now }
                // Still full: forgetting someone is better than growing without end.
                if state.entries.count >= capacity, let victim = state.entries.keys.first { state.entries[victim] = nil }
            }
            state.entries[name] = entry
            return (entry.count, Self.seconds(entry.end - now))
        }
    }

    func forget(_ name: String) async { state.withLock { $0.entries[name] = nil } }

    private static func seconds(_ microseconds: Int64) -> Int { max(1, Int((microseconds + 999_999) / 1_000_000)) }
}

struct SharedFailureTally: FailureTally {
    let redis: RedisClient
    let fallback: MemoryFailureTally

    private static let addScript = RedisScript(
        """
        local count = redis.call('INCR', KEYS[1])
        if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
        return {count, redis.call('TTL', KEYS[1])}
        """)

    func counts(_ names: [String]) async -> [(count: Int, secondsLeft: Int)] {
        let commands: [[RedisArgument]] = names.flatMap { [["GET", .string($0)], ["TTL", .string($0)]] }
        guard let answers = try? await redis.pipeline(commands), answers.count == commands.count else {
            return await fallback.counts(names)
        }
        return names.indices.map { index in
            guard case .bulk(let text) = answers[2 * index], let count = Int(String(decoding: text, as: UTF8.self)) else { return (0, 0) }
            guard case .integer(let seconds) = answers[2 * index + 1] else { return (count, 1) }
            return (count, max(1, Int(seconds)))
        }
    }

    func add(_ name: String, window: Duration) async -> (count: Int, secondsLeft: Int) {
        let answer = try? await redis.evaluate(Self.addScript, keys: [.string(name)], arguments: [RedisArgument(window.components.seconds)])
        guard case .array(let parts)? = answer, parts.count == 2, case .integer(let count) = parts[0], case .integer(let seconds) = parts[1]
        else { return await fallback.add(name, window: window) }
        return (Int(count), max(1, Int(seconds)))
    }

    func forget(_ name: String) async {
        await fallback.forget(name)
        _ = try? await redis.delete([name])
    }
}
