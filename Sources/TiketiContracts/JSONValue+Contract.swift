// Reading the members of internal requests and answers: every kind of value once, with the same complaint about what is missing.
import TiketiJSON
import TiketiNet

extension JSONValue {
    /// The member read with `read`; a fault when it is missing or not readable.
    func required<Value>(_ name: String, _ what: String, _ read: (JSONValue) -> Value?) throws(ContractFault) -> Value {
        guard let value = self[name].flatMap(read) else { throw ContractFault(name, "must be \(what)") }
        return value
    }

    /// Nil when missing or `null`; a fault when it is something else than `what`.
    func optional<Value>(_ name: String, _ what: String, _ read: (JSONValue) -> Value?) throws(ContractFault) -> Value? {
        guard let value = self[name], value != .null else { return nil }
        guard let found = read(value) else { throw ContractFault(name, "must be \(what)") }
        return found
    }

    func uuid(_ name: String) throws(ContractFault) -> UUID { try required(name, "a UUID", \.uuidValue) }
    func uuidOrNil(_ name: String) throws(ContractFault) -> UUID? { try optional(name, "a UUID", \.uuidValue) }

    func uuids(_ name: String, max: Int) throws(ContractFault) -> [UUID] {
        let ids = try required(name, "an array", \.arrayValue).map(\.uuidValue)
        guard ids.count <= max, !ids.contains(nil) else { throw ContractFault(name, "must be at most \(max) UUIDs") }
        return ids.compactMap(\.self)
    }

    func text(_ name: String, max: Int = 100) throws(ContractFault) -> String {
        try required(name, "a text of 1 to \(max) characters") { $0.text(max) }
    }

    func textOrNil(_ name: String, max: Int = 100) throws(ContractFault) -> String? {
        try optional(name, "a text of 1 to \(max) characters") { $0.text(max) }
    }

    func int(_ name: String, in range: ClosedRange<Int64>) throws(ContractFault) -> Int64 {
        try required(name, "a whole number from \(range.lowerBound) to \(range.upperBound)") { value in
            value.int64Value.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func intOrNil(_ name: String) throws(ContractFault) -> Int64? { try optional(name, "a whole number", \.int64Value) }

    func time(_ name: String) throws(ContractFault) -> Timestamp { try required(name, "an RFC 3339 time", \.timeValue) }
    func timeOrNil(_ name: String) throws(ContractFault) -> Timestamp? { try optional(name, "an RFC 3339 time", \.timeValue) }

    private var uuidValue: UUID? { stringValue.flatMap { UUID($0) } }
    private var timeValue: Timestamp? { stringValue.flatMap { Timestamp(rfc3339: $0) } }

    private func text(_ max: Int) -> String? {
        guard let text = stringValue, !text.isEmpty, text.unicodeScalars.count <= max, !text.utf8.contains(0) else { return nil }
        return text
    }
}
