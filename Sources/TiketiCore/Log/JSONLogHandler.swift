// swift-log to one JSON object a line: `level`, `message`, `timestamp`, `service`, then metadata; names that look like secrets are masked.

import Logging
import TiketiJSON
import TiketiNet

/// The log handler of all services.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    private let service: String
    private let sink: LogSink

    init(service: String, level: Logger.Level = .info, sink: LogSink = .standardOutput) {
        self.service = service
        logLevel = level
        self.sink = sink
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("level", event.level.rawValue)
            writer.member("message", event.message.description)
            writer.member("timestamp", Timestamp.now())
            writer.member("service", service)
            var all = metadata
            if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
            if let given = event.metadata { all.merge(given) { $1 } }
            // The request's own ids first, the rest in a fixed order.
            for name in ["requestId", "traceId"] {
                if let value = all.removeValue(forKey: name) { Self.write(name, value, to: &writer) }
            }
            for (name, value) in all.sorted(by: { $0.key < $1.key }) where !Self.reserved.contains(name) {
                Self.write(name, value, to: &writer)
            }
            if event.level >= .error { writer.member("source", "\(event.file):\(event.line)") }
        }
        var line = writer.finish()
        line.append(0x0A)
        sink.write(line)
    }

    private static let reserved: Set<String> = ["level", "message", "timestamp", "service", "source"]

    private static func write(_ name: String, _ value: Logger.MetadataValue, to writer: inout JSONWriter) {
        writer.key(name)
        if isSecret(name) { return writer.value("[redacted]") }
        write(value, to: &writer)
    }

    private static func write(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): writer.value(text)
        case .stringConvertible(let value): write(value, to: &writer)
        case .array(let values): writer.array(values) { write($1, to: &$0) }
        case .dictionary(let members):
            writer.object { writer in for (name, value) in members.sorted(by: { $0.key < $1.key }) { write(name, value, to: &writer) } }
        }
    }

    private static func write(_ value: any CustomStringConvertible, to writer: inout JSONWriter) {
        switch value {
        case let number as Int: writer.value(number)
        case let number as Int64: writer.value(number)
        case let number as Double: writer.value(number)
        case let flag as Bool: writer.value(flag)
        default: writer.value(value.description)
        }
    }

    /// A last line of defence; code should not log secrets in the first place.
    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["password", "secret", "token", "authorization", "cookie", "paymentkey", "credential"].contains { name.contains($0) }
    }
}
