/// The time of day as a value to pass in, so that expiry can be tested without waiting.

import TiketiNet

/// Tells the time.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    public init(_ read: @escaping @Sendable () -> Timestamp) { self.read = read }

    public var now: Timestamp { read() }

    public static let system = WallClock { Timestamp.now() }
}
