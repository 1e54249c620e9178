// Writes one JSON text straight into a byte array: one pass, commas placed by the writer, strings always escaped.

import TiketiBase

/// A streaming JSON writer.
///
///     var writer = JSONWriter()
///     writer.object {
///         $0.member("success", true)
///         $0.array("seats", seats) { writer, seat in writer.object { $0.member("id", seat.id) } }
///     }
///     let body = writer.finish()
public struct JSONWriter: Sendable {
    @usableFromInline internal var bytes: [UInt8]
    /// A value stands before the cursor in the same container, so that the next one needs a comma first.
    @usableFromInline internal var needsComma = false

    /// `capacity` is the expected length in bytes; more is allocated when it is passed.
    public init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// The bytes written.
    public consuming func finish() -> [UInt8] { bytes }

    @inline(__always)
    internal mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Containers

    /// Opens an object; for code that can't nest in a closure. Must be met by ``endObject()``.
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Closes the innermost object.
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    @usableFromInline mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    @usableFromInline mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// The name of the next member. Literals in code hold nothing to escape; that is checked in debug builds.
    public mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { text in
            assert(text.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }, "a literal key needs no escapes")
            bytes.append(contentsOf: text)
        }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// The name of the next member, escaped as any string.
    @_disfavoredOverload
    public mutating func key(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
        appendString(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// An object whose members `body` writes.
    @inlinable
    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        beginObject()
        try body(&self)
        endObject()
    }

    /// An object as the member `name`.
    @inlinable
    public mutating func object(_ name: StaticString, _ body: (inout JSONWriter) throws -> Void) rethrows {
        key(name)
        try object(body)
    }

    /// An array with one call of `body` for each element; `body` writes one value.
    @inlinable
    public mutating func array<S: Sequence>(_ elements: S, _ body: (inout JSONWriter, S.Element) throws -> Void) rethrows {
        beginArray()
        for element in elements { try body(&self, element) }
        endArray()
    }

    /// An array as the member `name`.
    @inlinable
    public mutating func array<S: Sequence>(
        _ name: StaticString, _ elements: S, _ body: (inout JSONWriter, S.Element) throws -> Void
    ) rethrows {
        key(name)
        try array(elements, body)
    }

    // MARK: Values

    /// The value `null`.
    public mutating func null() {
        separate()
        append("null")
    }

    /// `true` or `false`.
    public mutating func value(_ flag: Bool) {
        separate()
        append(flag ? "true" : "false")
    }

    /// A whole number.
    public mutating func value(_ number: Int) { value(Int64(number)) }

    /// A whole number.
    public mutating func value(_ number: Int64) {
        separate()
        appendDecimal(number)
    }

    /// The shortest text that reads back as the same number; whole numbers without a fraction. JSON has no NaN or infinity: `null`.
    public mutating func value(_ number: Double) {
        guard number.isFinite else { return null() }
        if number.magnitude < 9_007_199_254_740_992, let whole = Int64(exactly: number) { return value(whole) }
        separate()
        bytes.append(contentsOf: number.description.utf8)
    }

    /// A string, escaped as RFC 8259 §7 requires; `<`, `>`, `&` and everything beyond ASCII stay as they are.
    public mutating func value(_ text: String) {
        separate()
        appendString(text)
    }

    /// An amount of money in hundredths (the scale of DECIMAL(10,2)): `150000`, `0.5`, `12.05`.
    public mutating func money(hundredths: Int64) {
        separate()
        let (whole, cents) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        if hundredths < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(Int64(whole))
        guard cents != 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(48 + UInt8(cents / 10))
        if cents % 10 != 0 { bytes.append(48 + UInt8(cents % 10)) }
    }

    /// A finished JSON text as one value. The caller vouches for it.
    mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }
}
