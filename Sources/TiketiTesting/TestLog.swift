// What a service logs, kept as text.
import Logging
import TiketiNet

/// Log lines: each is its message and its metadata, sorted by key.
public final class TestLog: Sendable {
    private let kept = Locked<[String]>([])

    /// Nothing logged yet.
    public init() {}

    /// Every line so far, in the order of arrival.
    public var lines: [String] { kept.withLock { $0 } }

    /// A logger that writes here.
    public func logger(_ label: String) -> Logger { Logger(label: label) { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: TestLog
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .info

        init(log: TestLog) { self.log = log }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            log.kept.withLock { $0.append(([event.message.description] + pairs).joined(separator: " ")) }
        }
    }
}
