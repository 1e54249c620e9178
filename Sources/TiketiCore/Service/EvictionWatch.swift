// Says when a Redis that keeps what must not be lost may throw it away to make room for something else.
import Logging
import TiketiNet
import TiketiStore

/// Looks at the eviction policy of one Redis again and again: a parameter group can change while the process lives.
///
/// Only `noeviction` is right. The `volatile-…` policies spare keys without an end, but what waits in a queue has one (a place nobody
/// asks about is given up), so they would take exactly those. Nothing is refused: people who wait are better served by a queue at risk
/// than by none.
public struct EvictionWatch: Sendable {
    private static let right = "noeviction"
    /// Between two looks.
    private static let interval: Duration = .seconds(60)
    /// It is said again after this time as long as it lasts.
    private static let reminder: Duration = .seconds(600)

    private struct State {
        var isRight = true
        var reminder = Cadence(every: EvictionWatch.reminder)
    }

    private let redis: RedisClient
    private let setting: String
    private let isStrict: Bool
    private let logger: Logger
    private let evicts: Gauge
    private let state = Locked(State())

    /// - Parameters:
    ///   - setting: The variable that names this Redis, for the log.
    ///   - isStrict: Outside development it is an error; there a warning.
    ///   - evicts: 1 while the policy is wrong.
    public init(_ redis: RedisClient, setting: String, isStrict: Bool, logger: Logger, evicts: Gauge) {
        self.redis = redis
        self.setting = setting
        self.isStrict = isStrict
        self.logger = logger
        self.evicts = evicts
    }

    /// One look; a Redis that is away is looked at again soon, which is no failure of this.
    public func tick() async -> Duration {
        let policy: String
        do {
            // A server that does not say can't be told from one that evicts nothing.
            policy = try await redis.evictionPolicy() ?? Self.right
        } catch {
            return .seconds(1)
        }
        let isRight = policy == Self.right
        evicts.set(isRight ? 0 : 1)
        let (isBack, isDue) = state.withLock { state in
            defer { state.isRight = isRight }
            if isRight {
                state.reminder = Cadence(every: Self.reminder)
                return (!state.isRight, false)
            }
            return (false, state.reminder.isDue())
        }
        if isBack { logger.notice("Redis keeps the queue's places whatever happens", metadata: ["setting": "\(setting)"]) }
        if isDue {
            logger.log(
                level: isStrict ? .error : .warning, "Redis may evict the queue's places: set maxmemory-policy noeviction",
                metadata: ["policy": "\(policy)", "setting": "\(setting)"])
        }
        return Self.interval
    }
}
