/// A clock that stands still until a test moves it.

import TiketiCore
import TiketiNet

/// Hand `clock` to what is tested, then `advance`.
public final class TestClock: Sendable {
    private let time: Locked<Timestamp>

    public init(_ start: Timestamp = Timestamp(seconds: 1_800_000_000)) { time = Locked(start) }

    public var now: Timestamp { time.withLock { $0 } }

    public func advance(seconds: Int) { time.withLock { $0 = $0.adding(seconds: seconds) } }

    public func set(_ timestamp: Timestamp) { time.withLock { $0 = timestamp } }

    public var clock: WallClock { WallClock { self.now } }
}
