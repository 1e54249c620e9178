// Tries a call to AWS again while that can help, with pauses that grow and differ from caller to caller.
import TiketiCore
import TiketiNet

/// How often and how patiently.
struct AWSRetry: Sendable {
    /// The first one included.
    var attempts = 4
    /// After the first failure, and at most.
    var pauses: ClosedRange<Duration> = .milliseconds(100)...(.seconds(2))
    /// After this long no further attempt begins, so that calls within calls end with the outer one.
    var patience: Duration = .seconds(15)

    /// - Throws: `AWSFault` of the last attempt; what else `attempt` throws, at once.
    func run<Value: Sendable>(_ attempt: () async throws -> Value) async throws -> Value {
        var backoff = Backoff(pauses)
        var left = attempts
        let begun = MonotonicClock.now
        while true {
            do {
                return try await attempt()
            } catch let fault as AWSFault {
                left -= 1
                guard left > 0, fault.isPassing, MonotonicClock.now - begun < patience.nanoseconds, let loop = EventLoop.current else {
                    throw fault
                }
                // Between half of the pause and all of it: clients that failed together don't come back together.
                try await loop.sleep(for: backoff.next() * Double.random(in: 0.5...1))
            }
        }
    }
}

extension AWSFault {
    /// What kept an answer from coming.
    init(_ error: HTTPClientError) {
        switch error.code {
        // Sending it again would end the same way.
        case .invalidRequest, .requestBody: self.init("InvalidRequest", error.description)
        default: self.init("NoAnswer", error.description)
        }
    }

    /// The refusal that an answer carries; its body is read for that.
    static func reading(_ response: HTTPClientResponse) async -> AWSFault {
        let body = (try? await response.body.collect(upTo: 64 * 1024)) ?? []
        return AWSFault(status: response.status.code, body: body)
    }
}
