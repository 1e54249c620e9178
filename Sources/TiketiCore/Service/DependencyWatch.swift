// Says once when PostgreSQL, Redis or another service goes away, and once when it is back; a request that met the gap says only that it
// failed.
import Logging

/// Compares what can be used now with what could be used at the last look.
struct DependencyWatch: Sendable {
    /// Between two looks. What comes and goes between them was no loss that anybody must act on; lost connections are counted all the same.
    static let interval: Duration = .milliseconds(500)
    /// Before the first look: the first connections need a moment, and are no news.
    static let firstLook: Duration = .seconds(3)

    /// One dependency as it is now; `reason` is the latest failure.
    typealias Dependency = (name: String, isReady: Bool, reason: String?)

    private var known: [String: Bool] = [:]
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// Logs every change since the last look. The first look tells only what is missing.
    mutating func look(at dependencies: [Dependency]) {
        for (name, isReady, reason) in dependencies {
            let before = known.updateValue(isReady, forKey: name)
            guard before ?? true != isReady else { continue }
            var metadata: Logger.Metadata = ["dependency": "\(name)"]
            if isReady {
                logger.notice("\(name) is back", metadata: metadata)
            } else {
                if let reason { metadata["reason"] = "\(reason)" }
                logger.error(before == nil ? "\(name) cannot be reached yet" : "\(name) went away", metadata: metadata)
            }
        }
    }
}
