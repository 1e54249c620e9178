// Waiting for a fact instead of sleeping for a time.

import TiketiNet

/// A condition did not come true.
public struct NeverHappened: Error, CustomStringConvertible {
    /// Where it was asked, and for how long.
    public let description: String
}

/// Asks again and again until `condition` holds.
/// - Throws: `NeverHappened` after `limit`, and whatever the condition throws.
public func eventually(
    within limit: Duration = .seconds(30), file: StaticString = #fileID, line: UInt = #line, _ condition: () async throws -> Bool
) async throws {
    let start = MonotonicClock.now
    while try await !condition() {
        guard MonotonicClock.now - start < limit.nanoseconds else {
            throw NeverHappened(description: "\(file):\(line): it did not come true within \(limit)")
        }
        try await pause(.milliseconds(5))
    }
}

/// Asks again and again until `value` has come to rest: nothing moves any more, and every buffer on the way is full.
/// - Returns: The value at rest.
/// - Throws: `NeverHappened` when it still changes after `limit`, and whatever the question throws.
public func settled<Value: Equatable>(
    within limit: Duration = .seconds(30), file: StaticString = #fileID, line: UInt = #line, _ value: () async throws -> Value
) async throws -> Value {
    var last = try await value()
    var equal = 0
    try await eventually(within: limit, file: file, line: line) {
        try await pause(.milliseconds(20))
        let now = try await value()
        equal = now == last ? equal + 1 : 0
        last = now
        return equal == 10
    }
    return last
}

private func pause(_ duration: Duration) async throws {
    if let loop = EventLoop.current {
        try await loop.sleep(for: duration)
    } else {
        let loop = EventLoopGroup.shared.next()
        try await loop.run { try await loop.sleep(for: duration) }
    }
}
