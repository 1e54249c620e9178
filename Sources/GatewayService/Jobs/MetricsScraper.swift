// Asks every service for its metrics now and then; what does not answer is left out and shown as down.
import TiketiCore
import TiketiNet

/// The scrape of all services.
struct MetricsScraper: Sendable {
    private let rollup: MetricsRollup
    private let http: HTTPClient
    private let targets: [(name: String, url: ServiceURL, up: Gauge)]
    private let interval: Duration

    init(
        rollup: MetricsRollup, http: HTTPClient, services: [(name: String, url: ServiceURL)], metrics: MetricsRegistry, interval: Duration
    ) {
        self.rollup = rollup
        self.http = http
        self.interval = interval
        targets = services.map { service in
            (
                service.name, service.url,
                metrics.gauge("tiketi_service_up", "Whether a service answered the last scrape.", labels: [("service", service.name)])
            )
        }
    }

    /// Asks every service once.
    func tick() async -> Duration {
        for target in targets where !Task.isCancelled { await scrape(target.name, target.url, target.up) }
        return interval
    }

    private func scrape(_ name: String, _ url: ServiceURL, _ up: Gauge) async {
        let request = HTTPClientRequest(
            url: url.parts(target: "/metrics"), responseTimeout: HealthService.patience, totalTimeout: HealthService.patience)
        var text: [UInt8]?
        if let response = try? await http.execute(request), response.status == .ok {
            text = try? await response.body.collect(upTo: 4 << 20)
        }
        up.set(text == nil ? 0 : 1)
        rollup.update(name, text)
    }
}
