/// Losses and returns are told once each, not at every look.

import Logging
import Testing
import TiketiNet

@testable import TiketiCore

@Suite struct DependencyWatchTests {
    /// Keeps what is logged.
    private struct Recorder: LogHandler {
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

    @Test func whatIsMissingAtTheStart() {
        var (watch, lines) = watch()
        for isReady in [false, false, true] { watch.look(at: [("redis", isReady, nil)]) }
        #expect(lines.withLock { $0 } == ["error redis cannot be reached yet", "notice redis is back"])
    }
}
