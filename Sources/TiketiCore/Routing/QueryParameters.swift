// The query of a target as names and values (`application/x-www-form-urlencoded`); reading with a rule throws 400 `VALIDATION_FAILED`.

import TiketiNet

/// The parameters of one query. The first value of a name counts.
public struct QueryParameters: Sendable {
    private let pairs: [(name: String, value: String?)]

    /// At most 64 parameters are read; a broken escape makes the value unreadable, which the typed readers refuse.
    public init(_ query: String) {
        guard !query.isEmpty else {
            pairs = []
            return
        }
        pairs = query.utf8.split(separator: UInt8(ascii: "&")).prefix(64).map { part in
            let bytes = Array(part)
            let split = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.count
            let name = PercentCoding.decode(bytes.span.extracting(0..<split), plusIsSpace: true) ?? ""
            guard split < bytes.count else { return (name, "") }
            return (name, PercentCoding.decode(bytes.span.extracting((split + 1)..<bytes.count), plusIsSpace: true))
        }
    }

    /// The raw value of `name`; nil when missing or unreadable.
    public subscript(_ name: String) -> String? {
        for pair in pairs where pair.name == name { return pair.value }
        return nil
    }

    private func value(_ name: String) throws(APIError) -> String? {
        for pair in pairs where pair.name == name {
            guard let value = pair.value, !value.utf8.contains(0) else { throw .validation(name, "is not readable") }
            return value.isEmpty ? nil : value
        }
        return nil
    }

    /// The text of `name`, in the form of ``TextNormalizer/clean(_:)``; nil when missing or blank.
    public func string(_ name: String, max: Int = 255) throws(APIError) -> String? {
        guard let text = try value(name).map({ TextNormalizer.clean($0) }), !text.isEmpty else { return nil }
        guard !TextNormalizer.hasControls(text) else { throw .validation(name, "must not contain control characters") }
        guard text.unicodeScalars.count <= max else { throw .validation(name, "must have at most \(max) characters") }
        return text
    }

    /// A decimal whole number, or the fallback when the name is missing. Throws 400 `VALIDATION_FAILED` for anything else, as do all below.
    public func int(_ name: String, default fallback: Int, in range: ClosedRange<Int>) throws(APIError) -> Int {
        try int(name, in: range) ?? fallback
    }

    /// A decimal whole number in the range; nil when the name is missing.
    public func int(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let text = try value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .validation(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`; nil when the name is missing.
    public func bool(_ name: String) throws(APIError) -> Bool? {
        switch try value(name) {
        case nil: return nil
        case "true", "1": return true
        case "false", "0": return false
        default: throw .validation(name, "must be true or false")
        }
    }

    /// The 36 characters of an identifier; nil when the name is missing.
    public func uuid(_ name: String) throws(APIError) -> UUID? {
        guard let text = try value(name) else { return nil }
        guard let id = UUID(text) else { throw .validation(name, "must be a UUID") }
        return id
    }

    /// One of the choices of an enumeration.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, as type: Choice.Type = Choice.self
    ) throws(APIError) -> Choice? where Choice.RawValue == String {
        guard let text = try value(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw .validation(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}
