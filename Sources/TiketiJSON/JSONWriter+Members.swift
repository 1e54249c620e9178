/// `member(name, value)` for every value a Tiketi body holds; `nil` writes `null`.

import TiketiBase

extension JSONWriter {
    public mutating func value(_ id: UUID) { value(id.description) }

    /// RFC 3339 in UTC.
    public mutating func value(_ time: Timestamp) { value(time.rfc3339) }

    public mutating func value(_ json: JSONValue) {
        switch json {
        case .null: null()
        case .bool(let flag): value(flag)
        case .integer(let number): value(number)
        case .number(let number): value(number)
        case .string(let text): value(text)
        case .array(let elements): array(elements) { $0.value($1) }
        case .object(let members):
            object { writer in
                for member in members {
                    writer.key(member.key)
                    writer.value(member.value)
                }
            }
        }
    }

    public mutating func member(_ name: StaticString, _ flag: Bool?) {
        key(name)
        if let flag { value(flag) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ number: Int?) {
        key(name)
        if let number { value(Int64(number)) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ number: Int64?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ number: Double?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ text: String?) {
        key(name)
        if let text { value(text) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ id: UUID?) {
        key(name)
        if let id { value(id) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ time: Timestamp?) {
        key(name)
        if let time { value(time) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ json: JSONValue?) {
        key(name)
        if let json { value(json) } else { null() }
    }

    /// A finished JSON text (a `jsonb` column, say) as the member `name`.
    public mutating func member(_ name: StaticString, raw json: [UInt8]?) {
        key(name)
        if let json { raw(json) } else { null() }
    }

    public mutating func member(_ name: StaticString, _ texts: [String]) {
        key(name)
        array(texts) { $0.value($1) }
    }

    public mutating func member(_ name: StaticString, _ ids: [UUID]) {
        key(name)
        array(ids) { $0.value($1) }
    }

    public mutating func member<Choice: RawRepresentable>(_ name: StaticString, _ choice: Choice?) where Choice.RawValue == String {
        key(name)
        if let choice { value(choice.rawValue) } else { null() }
    }

    public mutating func null(_ name: StaticString) {
        key(name)
        null()
    }
}
