// Reads and validates the members of a JSON body: every fault is collected, and `finish()` answers all of them at once.

import TiketiJSON
import TiketiNet

/// A reader over one object. Read every field, then `try finish()` before using what was read: a field that did not pass reads as a
/// harmless stand-in (empty text, zero). Members nobody reads are ignored.
public struct FieldReader: Sendable {
    private let members: [JSONValue.Member]
    /// The faults so far, in the order in which the fields were read.
    public private(set) var errors: [FieldError] = []

    init(_ members: [JSONValue.Member]) { self.members = members }

    /// Throws 400 `VALIDATION_FAILED` with every fault found so far.
    public func finish() throws(APIError) {
        if !errors.isEmpty { throw .validation(errors) }
    }

    /// Records a fault, for rules across fields.
    public mutating func fail(_ field: String, _ message: String) { errors.append(FieldError(field, message)) }

    /// Whether the member exists, also as `null`: a partial update tells "leave" from "clear".
    public func has(_ name: String) -> Bool { members.contains { $0.key == name } }

    /// The member; nil when missing or `null`.
    public func value(_ name: String) -> JSONValue? {
        for member in members where member.key == name { return member.value == .null ? nil : member.value }
        return nil
    }

    private mutating func required<T>(_ name: String, _ value: T?, or standIn: T) -> T {
        if let value { return value }
        if self.value(name) == nil { fail(name, "is required") }
        return standIn
    }

    // MARK: Texts

    /// A text of `min` to `max` characters (Unicode scalars), in the form of ``TextNormalizer/clean(_:)`` and without control characters.
    /// - Parameters:
    ///   - lines: Line ends and tabs are part of the text.
    ///   - trim: False takes the text as it was sent, as passwords are; only NUL is refused then.
    public mutating func string(_ name: String, min: Int = 1, max: Int = 255, lines: Bool = false, trim: Bool = true) -> String {
        required(name, optionalString(name, min: min, max: max, lines: lines, trim: trim), or: "")
    }

    /// Like `string`, nil when missing or `null`.
    public mutating func optionalString(
        _ name: String, min: Int = 0, max: Int = 255, lines: Bool = false, trim: Bool = true
    ) -> String? {
        guard let value = value(name) else { return nil }
        guard let raw = value.stringValue else {
            fail(name, "must be a string")
            return nil
        }
        let text = trim ? TextNormalizer.clean(raw) : raw
        guard !text.utf8.contains(0) else {
            fail(name, "must not contain NUL")
            return nil
        }
        if trim, TextNormalizer.hasControls(text, allowingLines: lines) {
            fail(name, "must not contain control characters")
            return nil
        }
        // Counting is needed only when the bytes could exceed the limit, or fall below it.
        let length = text.utf8.count <= max && min <= 1 ? Swift.min(text.utf8.count, max) : text.unicodeScalars.count
        if length < min {
            fail(name, min == 1 ? "must not be empty" : "must have at least \(min) characters")
            return nil
        }
        if length > max {
            fail(name, "must have at most \(max) characters")
            return nil
        }
        return text
    }

    /// A text whose UTF-8 has `min` to `max` bytes, never trimmed: passwords (bcrypt reads 72 bytes).
    public mutating func bytes(_ name: String, min: Int, max: Int) -> String {
        guard let text = required(name, value(name).map { $0.stringValue }, or: nil) else {
            if value(name) != nil { fail(name, "must be a string") }
            return ""
        }
        if text.utf8.count < min || text.utf8.count > max {
            fail(name, "must have \(min) to \(max) bytes")
            return ""
        }
        if text.utf8.contains(0) {
            fail(name, "must not contain NUL")
            return ""
        }
        return text
    }

    /// One of the choices of an enumeration.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, as type: Choice.Type = Choice.self) -> Choice?
    where Choice.RawValue == String {
        guard let value = value(name) else {
            fail(name, "is required")
            return nil
        }
        if let choice = value.stringValue.flatMap(Choice.init(rawValue:)) { return choice }
        fail(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    // MARK: Numbers and flags

    /// A whole number in the range; one with a fraction or an exponent counts when its value is whole.
    public mutating func int(_ name: String, in range: ClosedRange<Int>) -> Int {
        required(name, optionalInt(name, in: range), or: range.lowerBound)
    }

    /// Like `int`, nil when missing or `null`.
    public mutating func optionalInt(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(name) else { return nil }
        guard let number = value.intValue, range.contains(number) else {
            fail(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// An amount of money in whole won, positive unless told otherwise; the column is DECIMAL(10,2).
    public mutating func won(_ name: String, in range: ClosedRange<Int64> = 1...99_999_999) -> Int64 {
        guard let value = value(name) else { return required(name, nil, or: 0) }
        guard let amount = value.int64Value, range.contains(amount) else {
            fail(name, "must be a whole amount from \(range.lowerBound) to \(range.upperBound)")
            return 0
        }
        return amount
    }

    /// `true` or `false`; texts and numbers are faults.
    public mutating func bool(_ name: String) -> Bool { required(name, optionalBool(name), or: false) }

    /// Like `bool`, nil when missing or `null`.
    public mutating func optionalBool(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        if let flag = value.boolValue { return flag }
        fail(name, "must be true or false")
        return nil
    }

    // MARK: Ids and times

    /// The 36 characters of an identifier, in either case.
    public mutating func uuid(_ name: String) -> UUID { required(name, optionalUUID(name), or: UUID(high: 0, low: 0)) }

    /// Like `uuid`, nil when missing or `null`.
    public mutating func optionalUUID(_ name: String) -> UUID? {
        guard let value = value(name) else { return nil }
        if let id = value.stringValue.flatMap({ UUID($0) }) { return id }
        fail(name, "must be a UUID")
        return nil
    }

    /// An RFC 3339 time.
    public mutating func timestamp(_ name: String) -> Timestamp {
        required(name, optionalTimestamp(name), or: Timestamp(microseconds: 0))
    }

    /// RFC 3339 text with any offset; nil when missing or `null`.
    public mutating func optionalTimestamp(_ name: String) -> Timestamp? {
        guard let value = value(name) else { return nil }
        guard let time = value.stringValue.flatMap({ Timestamp(rfc3339: $0) }) else {
            fail(name, "must be an RFC 3339 time such as 2026-03-15T19:00:00Z")
            return nil
        }
        // What an offset moves out of these years could be neither stored nor written (docs/specification.md §10, Text).
        guard Self.calendar.contains(time) else {
            fail(name, "must be in the years 1 to 9999 UTC")
            return nil
        }
        return time
    }

    /// The years 1 to 9999 in UTC.
    private static let calendar = Timestamp(seconds: -62_135_596_800)...Timestamp(microseconds: 253_402_300_799_999_999)

    // MARK: Containers

    /// The elements of an array of `min` to `max` values.
    mutating func array(_ name: String, min: Int = 0, max: Int = 1000) -> [JSONValue] {
        guard let value = value(name) else { return required(name, nil, or: []) }
        guard let elements = value.arrayValue else {
            fail(name, "must be an array")
            return []
        }
        guard (min...max).contains(elements.count) else {
            fail(name, elements.count < min ? "must have at least \(min) elements" : "must have at most \(max) elements")
            return []
        }
        return elements
    }

    /// Ids, in the order given, each once.
    public mutating func uuids(_ name: String, min: Int = 1, max: Int = 100) -> [UUID] {
        var ids: [UUID] = []
        for (index, element) in array(name, min: min, max: max).enumerated() {
            guard let id = element.stringValue.flatMap({ UUID($0) }) else {
                fail("\(name)[\(index)]", "must be a UUID")
                continue
            }
            if !ids.contains(id) { ids.append(id) }
        }
        return ids
    }
}
