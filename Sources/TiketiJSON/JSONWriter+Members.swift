// `member(name, value)` for every value a Tiketi body holds; `nil` writes `null`.

import TiketiBase

extension JSONWriter {
    mutating func value(_ id: UUID) { value(id.description) }

    /// RFC 3339 in UTC.
    mutating func value(_ time: Timestamp) { value(time.rfc3339) }

    /// A whole tree, members in their order.
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

    /// A name and `true`, `false`, or `null` for nil.
    public mutating func member(_ name: StaticString, _ flag: Bool?) {
        key(name)
        if let flag { value(flag) } else { null() }
    }

    /// A name and a whole number, or `null` for nil.
    public mutating func member(_ name: StaticString, _ number: Int?) {
        key(name)
        if let number { value(Int64(number)) } else { null() }
    }

    /// A name and a whole number, or `null` for nil. Readers in JavaScript lose precision beyond 2⁵³.
    public mutating func member(_ name: StaticString, _ number: Int64?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    /// A name and a number in its shortest form; nil, infinities and NaN become `null`.
    public mutating func member(_ name: StaticString, _ number: Double?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    /// A name and an escaped string, or `null` for nil.
    public mutating func member(_ name: StaticString, _ text: String?) {
        key(name)
        if let text { value(text) } else { null() }
    }

    /// A name and the 36 lower-case characters of an identifier, or `null` for nil.
    public mutating func member(_ name: StaticString, _ id: UUID?) {
        key(name)
        if let id { value(id) } else { null() }
    }

    /// A name and a moment as RFC 3339 text in UTC, or `null` for nil.
    public mutating func member(_ name: StaticString, _ time: Timestamp?) {
        key(name)
        if let time { value(time) } else { null() }
    }

    /// A finished JSON text (a `jsonb` column, say) as the member `name`.
    public mutating func member(_ name: StaticString, raw json: [UInt8]?) {
        key(name)
        if let json { raw(json) } else { null() }
    }

    /// A name and an array of identifiers.
    public mutating func member(_ name: StaticString, _ ids: [UUID]) {
        key(name)
        array(ids) { $0.value($1) }
    }

    /// A name and the raw value of a choice, or `null` for nil.
    public mutating func member<Choice: RawRepresentable>(_ name: StaticString, _ choice: Choice?) where Choice.RawValue == String {
        key(name)
        if let choice { value(choice.rawValue) } else { null() }
    }

    /// A name and `null`.
    public mutating func null(_ name: StaticString) {
        key(name)
        null()
    }
}
