// Asks every service for its metrics now and then; what does not answer is left out and shown as down.
import TiketiCore
import TiketiNet

/// The scrape of all services.
struct MetricsScraper: Sendable {
    private let rollup: MetricsRollup
    private let probe: ServiceProbe
    private let targets: [(name: String, url: ServiceURL, instances: ServiceInstances, up: Gauge)]
    private let interval: Duration

    init(
        rollup: MetricsRollup, probe: ServiceProbe, services: ServiceURLs, metrics: MetricsRegistry, interval: Duration
    ) {
        self.rollup = rollup
        self.probe = probe
        self.interval = interval
        targets = services.all.flatMap { service, instances in
            instances.named(service.rawValue).map { name, url in
                let up = metrics.gauge(.serviceUp, labels: [("service", name)])
                return (name, url, instances, up)
            }
        }
    }

    /// Asks every service once; the sum is made once, after them.
    func tick() async -> Duration {
        var expositions: [(service: String, text: [UInt8]?)] = []
        for target in targets where !Task.isCancelled {
            let text = await probe.metrics(target.url)
            target.up.set(text == nil ? 0 : 1)
            // Its loss is in the log even when no request asks for it.
            target.instances.note(target.url, isThere: text != nil)
            expositions.append((target.name, text))
        }
        rollup.update(expositions)
        return interval
    }
}
