// Losses and returns are told once each, not at every look.

import Logging
import Testing
import TiketiNet

@testable import TiketiCore

@Suite struct DependencyWatchTests {
    /// Keeps what is logged.
    struct Recorder: LogHandler {
        let lines: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.withLock { $0.append("\(event.level) \(event.message)" + (event.metadata?["reason"].map { " (\($0))" } ?? "")) }
        }
    }

    private func watch() -> (DependencyWatch, Locked<[String]>) {
        let lines = Locked<[String]>([])
        return (DependencyWatch(logger: Logger(label: "test") { _ in Recorder(lines: lines) }), lines)
    }

    @Test func everyChangeOnce() {
        var (watch, lines) = watch()
        for isReady in [true, true, false, false, false, true, true] {
            watch.look(at: [("postgres", isReady, isReady ? nil : "refused"), ("redis", true, nil)])
        }
        #expect(lines.withLock { $0 } == ["error postgres went away (refused)", "notice postgres is back"])
    }

    /// Another service is there until a question to it finds nobody, and back with its first answer.
    @Test func neighboursAreWatched() async throws {
        let upstream = ServiceProcess(runtime: Self.runtime(), app: ServiceApp(router: Router()))
        let port = try await upstream.start()
        let runtime = Self.runtime(["TICKET_SERVICE_URL": "http://127.0.0.1:\(port)"])
        var (watch, lines) = watch()
        func ask() async throws {
            let http = HTTPClient()
            let client = InternalClient(base: runtime.config.services.ticket, token: "t", http: http)
            _ = try? await EventLoopGroup.shared.next().run { try await client.call(.get, "/health") }
            http.close()
            watch.look(at: runtime.neighbours)
        }
        try await ask()
        await upstream.stop(grace: .seconds(0))
        for _ in 0..<3 { try await ask() }
        let again = ServiceProcess(runtime: Self.runtime(["PORT": "\(port)"]), app: ServiceApp(router: Router()))
        _ = try await again.start()
        for _ in 0..<2 { try await ask() }
        #expect(lines.withLock { $0 } == ["error ticket went away (nobody listens there)", "notice ticket is back"])
        await again.stop(grace: .seconds(0))
    }

    private static func runtime(_ settings: [String: String] = [:]) -> ServiceRuntime {
        var reader = EnvironmentReader(
            ["HOST": "127.0.0.1", "PORT": "0", "ACCESS_LOG": "off", "LOG_LEVEL": "critical", "OPERATIONS_PORT": "0"].merging(settings) {
                $1
            })
        let config = CommonConfig(&reader, service: .ticket, uses: [])
        return ServiceRuntime(.ticket, config: config, uses: [], group: .shared)
    }

    @Test func whatIsMissingAtTheStart() {
        var (watch, lines) = watch()
        for isReady in [false, false, true] { watch.look(at: [("redis", isReady, nil)]) }
        #expect(lines.withLock { $0 } == ["error redis cannot be reached yet", "notice redis is back"])
    }
}
