// What may not be served from Redis although it is there: a Redis that answers reads and refuses writes (READONLY, MISCONF, OOM,
// NOREPLICAS) keeps what a change should have removed. Publishing works even then, so whoever loses an invalidation tells everybody.
import TiketiNet
import TiketiStore

/// The things whose cached answers are not to be believed, each until it is repaired or everything cached before has lapsed.
///
/// A thing is an id, or nil for what depends on all of them. Ticket, which writes, notes what it lost and repeats it; others only listen.
public final class CacheDistrust: Sendable {
    private static let channel = "tiketi:cache-distrust"
    /// The longest life of a cached answer: after it nothing is left that a lost invalidation could have removed.
    private static let life = Duration.seconds(300)
    /// More things than that at a time: nothing is believed.
    private static let most = 10_000

    private let doubted = Locked<[UUID?: Timestamp]>([:])
    private let isEmpty = Locked(true)

    /// Everything may be served.
    public init() {}

    /// Whether cached answers about `thing` must not be served.
    public func contains(_ thing: UUID?) -> Bool {
        if isEmpty.withLock({ $0 }) { return false }
        return doubted.withLock { doubted in
            let now = Timestamp.now()
            if doubted.values.contains(where: { $0 <= now }) { doubted = doubted.filter { $0.value > now } }
            isEmpty.withLock { $0 = doubted.isEmpty }
            return doubted[thing] != nil || doubted.count > Self.most
        }
    }

    /// Notes that an invalidation was lost.
    public func add(_ things: [UUID?]) {
        let end = Timestamp.now().adding(seconds: Double(Self.life / .seconds(1)))
        doubted.withLock { doubted in
            for thing in things where doubted.count <= Self.most { doubted[thing] = end }
            isEmpty.withLock { $0 = doubted.isEmpty }
        }
    }

    /// Notes that it arrived after all.
    public func remove(_ things: [UUID?]) {
        doubted.withLock { doubted in
            for thing in things { doubted[thing] = nil }
            isEmpty.withLock { $0 = doubted.isEmpty }
        }
    }

    // MARK: Telling others

    /// The command that tells every process of it.
    public static func publication(_ things: [UUID?], isRepaired: Bool) -> [RedisArgument] {
        let names = things.map { $0?.description ?? "all" }.joined(separator: " ")
        return ["PUBLISH", RedisArgument(channel), RedisArgument((isRepaired ? "- " : "+ ") + names)]
    }

    /// Listens to the others, on `loop`, until the process ends.
    public func listen(_ configuration: RedisConfiguration, loop: EventLoop) -> RedisSubscriber {
        let subscriber = RedisSubscriber(configuration, loop: loop) { [self] _, payload in
            let words = String(decoding: payload, as: UTF8.self).split(separator: " ")
            let things = words.dropFirst().compactMap { word -> UUID?? in word == "all" ? .some(nil) : UUID(String(word)).map { .some($0) }
            }
            if words.first == "+" { add(things) } else if words.first == "-" { remove(things) }
        }
        subscriber.subscribe(Self.channel)
        return subscriber
    }
}
