// Asks every service for its metrics now and then; what does not answer is left out and shown as down.
import TiketiCore
import TiketiNet

final class MetricsScraper: Service {
    private let rollup: MetricsRollup
    private let http: HTTPClient
    private let targets: [(name: String, url: ServiceURL, up: Gauge)]
    private let interval: UInt64
    private let loop: EventLoop
    private let task = Locked<Task<Void, Never>?>(nil)

    init(
        rollup: MetricsRollup, http: HTTPClient, services: [(name: String, url: ServiceURL)], metrics: MetricsRegistry, interval: UInt64,
        loop: EventLoop
    ) {
        self.rollup = rollup
        self.http = http
        self.interval = interval
        self.loop = loop
        targets = services.map { service in
            (
                service.name, service.url,
                metrics.gauge("tiketi_service_up", "Whether a service answered the last scrape.", labels: [("service", service.name)])
            )
        }
    }

    func start() async throws {
        let running = loop.spawn { await self.run() }
        task.withLock { $0 = running }
    }

    func stop() async {
        let running = task.withLock { $0 }
        running?.cancel()
        await running?.value
    }

    private func run() async {
        while !Task.isCancelled {
            for target in targets { await scrape(target.name, target.url, target.up) }
            do { try await loop.sleep(nanoseconds: interval) } catch { return }
        }
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
