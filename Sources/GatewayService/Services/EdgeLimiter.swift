// Counts requests per address and writes per user in this process. Generous limits against floods, not a fair share: each gateway counts
// for itself, so that a count costs a look-up in memory and never a round trip.
import TiketiCore
import TiketiNet

/// The settings `RATE_LIMIT_*`.
struct EdgeLimits: Sendable {
    var enabled: Bool
    var requestsPerAddress: Int
    var writesPerUser: Int
    var window: Duration
}

/// The counts of this process.
final class EdgeLimiter: Sendable {
    private let requests: RateLimiter?
    private let writes: RateLimiter?

    init(_ limits: EdgeLimits) {
        requests = limits.enabled ? RateLimiter(limit: limits.requestsPerAddress, window: limits.window) : nil
        writes = limits.enabled ? RateLimiter(limit: limits.writesPerUser, window: limits.window) : nil
    }

    var isEnabled: Bool { requests != nil }

    func checkRequest(from address: SocketAddress, text: String) throws(APIError) {
        guard let requests else { return }
        // One customer has a whole /64 of IPv6 addresses.
        if case .ipv6(let high, _, _) = address { return try requests.check(String(high, radix: 16)) }
        try requests.check(text)
    }

    func checkWrite(by user: UUID) throws(APIError) { try writes?.check(user.description) }
}
