// What the errors of the floors below mean to a client: a dependency that is away is 503, never 500; the cause stays in the log.

import TiketiNet
import TiketiStore

extension ErrorEnvelope {
    /// Nil when the error is our own mistake (a bad statement, a wrong type).
    internal static func dependencyError(_ error: any Error) -> APIError? {
        switch error {
        case let error as PostgresError:
            if error.isUnavailable || error.isLockTimeout || error.isRetryable || error.code == .outcomeUnknown {
                return .unavailable(retryAfter: 1)
            }
            return nil
        case let error as RedisError:
            return error.serverCode == nil || error.refusesWrites || error.isServerBusy ? .unavailable(retryAfter: 1) : nil
        case let error as HTTPClientError: return error.code == .timeout ? .upstreamTimeout : .upstreamFailed
        case is BlockingPoolFull: return .unavailable(retryAfter: 1, "Too much to do at the moment")
        default: return nil
        }
    }
}
