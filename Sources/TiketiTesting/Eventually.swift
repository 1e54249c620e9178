// Waiting for a fact instead of sleeping for a time.

import TiketiNet

/// A condition did not come true.
public struct NeverHappened: Error, CustomStringConvertible {
    public let description: String
}

/// Asks again and again until `condition` holds.
/// - Throws: `NeverHappened` after `limit`, and whatever the condition throws.
public func eventually(
    within limit: Duration = .seconds(30), file: StaticString = #fileID, line: UInt = #line, _ condition: () async throws -> Bool
) async throws {
    let pause: Duration = .milliseconds(5)
    let start = MonotonicClock.now
    while try await !condition() {
        guard MonotonicClock.now - start < limit.nanoseconds else {
            throw NeverHappened(description: "\(file):\(line): it did not come true within \(limit)")
        }
        if let loop = EventLoop.current {
            try await loop.sleep(for: pause)
        } else {
            let loop = EventLoopGroup.shared.next()
            try await loop.run { try await loop.sleep(for: pause) }
        }
    }
}
