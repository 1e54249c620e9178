// Reads settings from environment variables: every problem is collected and told in one line that names the variable, never its value if
// secret.

import Glibc

/// A reader over one environment. Read everything first, then call `finish()` once.
public struct EnvironmentReader: Sendable {
    private let environment: [String: String]
    private var problems: [String] = []
    /// Whether the process runs in production (`NODE_ENV`).
    public let isProduction: Bool
    /// Whether development's secrets and defaults are refused: everywhere but in development, a misspelt `NODE_ENV` included.
    public let isStrict: Bool

    /// By default over the process's own environment.
    public init(_ environment: [String: String] = EnvironmentReader.process()) {
        self.environment = environment
        let name = environment["NODE_ENV"]?.trimmedASCII ?? ""
        isProduction = name == "production"
        isStrict = !name.isEmpty && name != "development"
    }

    /// The environment of this process.
    public static func process() -> [String: String] {
        var result: [String: String] = [:]
        var cursor = environ
        while let entry = cursor.pointee {
            let text = String(cString: entry)
            if let split = text.firstIndex(of: "=") { result[String(text[..<split])] = String(text[text.index(after: split)...]) }
            cursor += 1
        }
        return result
    }

    /// The raw text; a variable that is set but blank counts as not set.
    public func raw(_ name: String) -> String? {
        guard let text = environment[name] else { return nil }
        let trimmed = text.trimmedASCII
        return trimmed.isEmpty ? nil : trimmed
    }

    /// Records a problem with `name`; `finish()` will refuse to start.
    public mutating func problem(_ name: String, _ message: String) { problems.append("\(name): \(message)") }

    /// Throws when anything read so far was unusable.
    public func finish() throws(ConfigurationError) {
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
    }

    // MARK: Values

    /// A text; without a default the variable is required.
    public mutating func string(_ name: String, default fallback: String? = nil) -> String {
        if let text = raw(name) { return text }
        if let fallback { return fallback }
        problem(name, "is required")
        return ""
    }

    /// A text without surrounding blanks; nil when not set or blank.
    public func optionalString(_ name: String) -> String? { raw(name) }

    /// A whole number in the range; without a default the variable is required.
    public mutating func int(_ name: String, default fallback: Int? = nil, in range: ClosedRange<Int>) -> Int {
        guard let text = raw(name) else {
            if fallback == nil { problem(name, "is required") }
            return fallback ?? range.lowerBound
        }
        guard let number = Int(text) else {
            problem(name, "must be a whole number, not \"\(Self.shown(text))\"")
            return fallback ?? range.lowerBound
        }
        guard range.contains(number) else {
            problem(name, "must be \(Self.words(range)), not \(number)")
            return fallback ?? range.lowerBound
        }
        return number
    }

    /// `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off`.
    public mutating func bool(_ name: String, default fallback: Bool) -> Bool {
        guard let text = raw(name) else { return fallback }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            problem(name, "must be true or false, not \"\(Self.shown(text))\"")
            return fallback
        }
    }

    /// A span of time. A plain number counts the unit that the name ends with: `_MS` milliseconds, `_DAYS` days, any other name seconds; a
    /// number with a unit of its own (`250ms`, `90s`, `15m`, `12h`, `7d`) means that.
    /// - Parameters:
    ///   - fallback: In the unit of the name.
    ///   - range: In the unit of the name.
    public mutating func duration(_ name: String, default fallback: Int, in range: ClosedRange<Int>) -> Duration {
        let unit = TimeUnit.of(name)
        let standard = unit.length * fallback
        guard let text = raw(name) else { return standard }
        guard let length = TimeUnit.parse(text, plain: unit) else {
            problem(name, "must be a number of \(unit.name) or a time such as 15m or 7d, not \"\(Self.shown(text))\"")
            return standard
        }
        guard (unit.length * range.lowerBound...unit.length * range.upperBound).contains(length) else {
            problem(name, "must be \(Self.words(range)) \(unit.name), not \(unit.count(length))")
            return standard
        }
        return length
    }

    /// An `http` or `https` address of a service, without a query.
    public mutating func url(_ name: String, default fallback: String? = nil) -> ServiceURL {
        guard let text = raw(name) ?? fallback else {
            problem(name, "is required")
            return ServiceURL.nowhere
        }
        guard let url = ServiceURL(text) else {
            problem(name, "must be an http or https URL, not \"\(Self.shown(text))\"")
            return ServiceURL.nowhere
        }
        return url
    }

    /// The instances of a service: one address, or several with commas between them.
    mutating func instances(_ name: String, default fallback: String) -> ServiceInstances {
        let texts = (raw(name) ?? fallback).split(separator: ",").map { String($0).trimmedASCII }
        let urls = texts.compactMap { ServiceURL($0) }
        guard !urls.isEmpty, urls.count == texts.count, urls.count <= ServiceInstances.limit else {
            problem(name, "must be http or https URLs with commas between them, not \"\(Self.shown(raw(name) ?? fallback))\"")
            return ServiceInstances([.nowhere])
        }
        return ServiceInstances(urls)
    }

    /// An http or https URL; nil when not set or blank.
    public mutating func optionalURL(_ name: String) -> ServiceURL? { raw(name) == nil ? nil : url(name) }

    /// One of the choices of an enumeration.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, default fallback: Choice) -> Choice
    where Choice.RawValue == String {
        guard let text = raw(name) else { return fallback }
        if let choice = Choice(rawValue: text) { return choice }
        problem(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")), not \"\(Self.shown(text))\"")
        return fallback
    }

    /// A comma-separated list; blanks around and between the commas do not count.
    public func list(_ name: String, default fallback: [String] = []) -> [String] {
        guard let text = raw(name) else { return fallback }
        return text.split(separator: ",").map { String($0).trimmedASCII }.filter { !$0.isEmpty }
    }

    /// A secret. In development `developmentDefault` serves; in staging and production the variable must be set to something else, long
    /// enough. The value never appears in a message.
    public mutating func secret(_ name: String, developmentDefault: String?, minimumLength: Int = 1) -> String {
        guard let text = raw(name) else {
            if !isStrict, let developmentDefault { return developmentDefault }
            problem(name, isStrict ? "is required outside development" : "is required")
            return ""
        }
        if isStrict {
            if text == developmentDefault { problem(name, "is the published development default, which is refused outside development") }
            if text.utf8.count < minimumLength { problem(name, "must have at least \(minimumLength) characters outside development") }
        }
        return text
    }

    /// A secret that may be missing; one that is there must be long enough outside development.
    public mutating func optionalSecret(_ name: String, minimumLength: Int = 1) -> String? {
        guard let text = raw(name) else { return nil }
        if isStrict, text.utf8.count < minimumLength {
            problem(name, "must have at least \(minimumLength) characters outside development")
        }
        return text
    }

    // MARK: Words

    /// A value as an error shows it: short, printable.
    private static func shown(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(40).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) }
        return String(visible) + (text.unicodeScalars.count > 40 ? "…" : "")
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        range.upperBound == Int.max ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }
}

/// What is wrong with the environment, one line for each variable.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line each, with the variable's name and never a secret.
    public var problems: [String]

    init(problems: [String]) { self.problems = problems }

    public var description: String { problems.joined(separator: "\n") }
}

extension String {
    /// Without ASCII white space at both ends.
    internal var trimmedASCII: String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = utf8.firstIndex(where: { !isBlank($0) }), let last = utf8.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(self[first...last])
    }
}
