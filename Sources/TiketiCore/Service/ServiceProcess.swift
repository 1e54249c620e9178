// A composed service with its server: starts listening first, its parts after, and stops them in the opposite order. Tests run one too.

import Logging
import TiketiNet

/// One running service.
public final class ServiceProcess: Sendable {
    let runtime: ServiceRuntime
    private let services: [any Service]
    /// Room for the gateway's own header fields.
    private static let gatewayFields = 16

    private let server: HTTPServer
    private let operations: HTTPServer
    private let boundOperations = Locked<Int?>(nil)
    private let watch: Job
    private let lifecycle = Lifecycle()
    private let starter = Locked<Task<Void, Never>?>(nil)
    private let running = Locked<[any Service]>([])

    /// Composes the servers; nothing listens before `start`.
    public init(runtime: ServiceRuntime, app: ServiceApp) {
        self.runtime = runtime
        services = app.services
        let health = HealthChecks(runtime: runtime, lifecycle: lifecycle, checks: app.readiness)
        for router in [app.router, app.operations] { HealthRoutes(health).install(on: router) }
        var configuration = HTTPServerConfiguration()
        configuration.maxConnections = runtime.config.maxConnections
        configuration.ownAnswerFields = app.ownAnswerFields
        // What the gateway lets through arrives with the fields that it adds (X-Forwarded-*, X-Request-Id, traceparent …).
        if runtime.service != .gateway {
            configuration.maxHeaders += Self.gatewayFields
            configuration.maxHeadBytes += Self.gatewayFields * 256
        }
        configuration.maxConnectionsPerAddress = runtime.config.maxConnectionsPerAddress
        // An answered request is worth an `info` line: who asks for less in LOG_LEVEL gets the failed ones only.
        var accessMode = runtime.config.accessLog
        if accessMode == .all, runtime.config.logLevel > .info { accessMode = .errors }
        let accessLog = accessMode == .off ? nil : AccessLog(service: runtime.name, mode: accessMode)
        let observers = RouterObservers(metrics: runtime.metrics, accessLog: accessLog, logger: runtime.logger)
        server = HTTPServer(group: runtime.group, configuration: configuration, handler: app.router.makeHandler(observers))
        RuntimeMetrics.register(server, in: runtime.metrics)
        // Probes and scrapers alone: not counted among the requests, and no crowd can shut them out.
        var few = HTTPServerConfiguration()
        few.maxConnections = 256
        few.ownAnswerFields = app.ownAnswerFields
        operations = HTTPServer(
            group: runtime.group, configuration: few, handler: app.operations.makeHandler(RouterObservers(logger: runtime.logger)))
        let look = Locked(
            (watch: DependencyWatch(logger: runtime.logger), cadence: Cadence(every: .zero, first: DependencyWatch.firstLook)))
        watch = Job("dependency-watch", loop: runtime.group.next(), logger: runtime.logger, metrics: runtime.metrics) {
            look.withLock { if $0.cadence.isDue() { $0.watch.look(at: runtime.dependencies + runtime.neighbours) } }
            return DependencyWatch.interval
        }
    }

    /// Listens, then starts the parts one after the other in the background. Returns the port.
    @discardableResult
    public func start() async throws -> Int {
        let port = try await server.start(host: runtime.config.host, port: runtime.config.port)
        try await startOperations()
        try await watch.start()
        let loop = runtime.group.next()
        let task = loop.spawn { await self.startServices(on: loop) }
        starter.withLock { $0 = task }
        return port
    }

    /// The second listener. Where its port is only the default one, a machine that uses that port otherwise is no reason not to serve.
    private func startOperations() async throws {
        guard let port = runtime.config.operationsPort else { return }
        do {
            let bound = try await operations.start(host: runtime.config.host, port: port.number)
            boundOperations.withLock { $0 = bound }
            runtime.logger.info("operations port is open", metadata: ["port": .stringConvertible(bound)])
        } catch  where !port.isChosen {
            runtime.logger.warning(
                "no operations port: OPERATIONS_PORT names another",
                metadata: ["port": .stringConvertible(port.number), "reason": "\(error)"])
        }
    }

    /// Where the operations port is; nil when there is none. For tests.
    var operationsPort: Int? { boundOperations.withLock { $0 } }

    private func startServices(on loop: EventLoop) async {
        for service in services {
            var backoff = Backoff(.milliseconds(100)...(.seconds(5)))
            while true {
                if Task.isCancelled { return }
                do {
                    try await service.start()
                    break
                } catch {
                    runtime.logger.warning("start failed, trying again", metadata: ["part": "\(type(of: service))", "reason": "\(error)"])
                }
                do { try await loop.sleep(for: backoff.next()) } catch { return }
            }
            running.withLock { $0.append(service) }
        }
        lifecycle.didStart()
        runtime.logger.info("started")
    }

    /// Time for the announcement to reach whoever calls this instance now, so that closing the door turns nobody away.
    private func giveNotice(_ grace: Duration) async {
        let loop = runtime.group.next()
        let notice = min(.milliseconds(300), grace / 10)
        _ = try? await loop.run { try await loop.sleep(for: notice) }
    }

    /// Drains within the grace, stops the parts in reverse order, closes the pools.
    public func stop(grace: Duration) async {
        lifecycle.willDrain()
        await server.announceDrain()
        let start = starter.withLock { $0 }
        start?.cancel()
        await start?.value
        let parts = running.withLock { $0 }
        for part in parts.reversed() { await part.drain() }
        await giveNotice(grace)
        await server.drain(graceNanoseconds: grace.nanoseconds)
        await server.stop()
        for part in parts.reversed() { await part.stop() }
        // Last, so that probes and scrapers see the drain.
        await operations.stop()
        await watch.stop()
        await runtime.close()
    }
}
