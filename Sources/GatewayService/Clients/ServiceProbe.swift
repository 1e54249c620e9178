// Asks a service's operations pages: is it ready, what does it count.
import TiketiCore
import TiketiNet

/// Short questions with short patience.
struct ServiceProbe: Sendable {
    let http: HTTPClient
    /// A service that needs longer is down for whoever waits for it.
    static let patience: Duration = .seconds(3)
    private static let longestMetrics = 4 << 20

    /// Whether `/ready` says yes.
    func isReady(_ url: ServiceURL) async -> Bool {
        guard let response = await get(url, "/ready") else { return false }
        _ = try? await response.body.collect(upTo: 64 * 1024)
        return response.status == .ok
    }

    /// The exposition of `/metrics`; nil when there was no good answer.
    func metrics(_ url: ServiceURL) async -> [UInt8]? {
        guard let response = await get(url, "/metrics"), response.status == .ok else { return nil }
        return try? await response.body.collect(upTo: Self.longestMetrics)
    }

    private func get(_ url: ServiceURL, _ target: String) async -> HTTPClientResponse? {
        let request = HTTPClientRequest(
            url: url.parts(target: target), responseTimeout: Self.patience.nanoseconds, totalTimeout: Self.patience.nanoseconds)
        return try? await http.execute(request)
    }
}
