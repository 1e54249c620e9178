// From PostgreSQL's binary forms to Swift values. A NULL is nil; a type that cannot be read as the wanted one is an error.
import CPostgres
import TiketiNet

extension PostgresRow {
    /// Text of any text-like type, enumeration or JSON; other scalar types in their usual text form.
    public func stringOrNil(_ column: Int) throws(PostgresError) -> String? {
        guard let (bytes, type) = try cell(column) else { return nil }
        if PostgresType.isText(type) { return String(decoding: bytes, as: UTF8.self) }
        switch type {
        case PostgresType.jsonb: return String(decoding: bytes.dropFirst(), as: UTF8.self)
        case PostgresType.numeric: return PostgresNumeric(bytes)?.text
        case PostgresType.int8, PostgresType.int4, PostgresType.int2, PostgresType.oid: return try intOrNil(column).map { String($0) }
        case PostgresType.uuid: return try uuidOrNil(column)?.description
        case PostgresType.bool: return try boolOrNil(column).map { $0 ? "true" : "false" }
        case PostgresType.float8, PostgresType.float4: return try doubleOrNil(column).map { String(describing: $0) }
        case PostgresType.timestamptz, PostgresType.timestamp: return try timestampOrNil(column)?.rfc3339
        case PostgresType.date:
            guard bytes.count == 4 else { throw mismatch(column, "a date") }
            let days = Int64(Int32(bitPattern: bytes.word32(0)))
            guard days != Int64(Int32.max), days != Int64(Int32.min) else { throw mismatch(column, "a finite date") }
            return String(Timestamp(seconds: (days + postgresEpochDays) * 86400).rfc3339.prefix { $0 != "T" })
        case PostgresType.void: return ""
        default: throw mismatch(column, "text (cast it with ::text)")
        }
    }

    /// Any integer type, or a `numeric` without a fraction.
    public func intOrNil(_ column: Int) throws(PostgresError) -> Int? {
        guard let (bytes, type) = try cell(column) else { return nil }
        switch (type, bytes.count) {
        case (PostgresType.int8, 8): return Int(truncatingIfNeeded: Int64(bitPattern: bytes.word64(0)))
        case (PostgresType.int4, 4): return Int(Int32(bitPattern: bytes.word32(0)))
        case (PostgresType.oid, 4): return Int(bytes.word32(0))
        case (PostgresType.int2, 2): return Int(Int16(bitPattern: UInt16(bytes[0]) << 8 | UInt16(bytes[1])))
        case (PostgresType.numeric, _):
            guard let whole = PostgresNumeric(bytes)?.whole else { throw mismatch(column, "a whole number") }
            return Int(whole)
        default: throw mismatch(column, "an integer")
        }
    }

    func wonOrNil(_ column: Int) throws(PostgresError) -> Int64? {
        try intOrNil(column).map(Int64.init)
    }

    /// `float8`, `float4` or `numeric` (rounded to the nearest Double); nil for NULL. Throws `decode` for another type.
    public func doubleOrNil(_ column: Int) throws(PostgresError) -> Double? {
        guard let (bytes, type) = try cell(column) else { return nil }
        switch (type, bytes.count) {
        case (PostgresType.float8, 8): return Double(bitPattern: bytes.word64(0))
        case (PostgresType.float4, 4): return Double(Float(bitPattern: bytes.word32(0)))
        case (PostgresType.numeric, _):
            guard let value = PostgresNumeric(bytes).flatMap({ Double($0.text) }) else { throw mismatch(column, "a number") }
            return value
        default: return try intOrNil(column).map { Double($0) }
        }
    }

    func boolOrNil(_ column: Int) throws(PostgresError) -> Bool? {
        guard let (bytes, type) = try cell(column) else { return nil }
        guard type == PostgresType.bool, bytes.count == 1 else { throw mismatch(column, "a boolean") }
        return bytes[0] != 0
    }

    /// A `uuid`, or its text.
    public func uuidOrNil(_ column: Int) throws(PostgresError) -> UUID? {
        guard let (bytes, type) = try cell(column) else { return nil }
        let value = type == PostgresType.uuid ? UUID(bytes: bytes) : PostgresType.isText(type) ? UUID(utf8: bytes) : nil
        guard let value else { throw mismatch(column, "a UUID") }
        return value
    }

    /// A `timestamptz`, or a `timestamp` read as UTC. Infinite ones are refused.
    public func timestampOrNil(_ column: Int) throws(PostgresError) -> Timestamp? {
        guard let (bytes, type) = try cell(column) else { return nil }
        guard type == PostgresType.timestamptz || type == PostgresType.timestamp, bytes.count == 8 else {
            throw mismatch(column, "a timestamp")
        }
        let value = Int64(bitPattern: bytes.word64(0))
        guard value != .max, value != .min else { throw mismatch(column, "a finite timestamp") }
        return Timestamp(microseconds: value + postgresEpochMicroseconds)
    }

    /// The bytes of `bytea`, or the UTF-8 text of `json`, `jsonb` and text columns; nil for NULL. Throws `decode` for another type.
    public func bytesOrNil(_ column: Int) throws(PostgresError) -> [UInt8]? {
        guard let (bytes, type) = try cell(column) else { return nil }
        if type == PostgresType.bytea || PostgresType.isText(type) { return Array(bytes) }
        guard type == PostgresType.jsonb else { throw mismatch(column, "bytes") }
        return Array(bytes.dropFirst())
    }

    func stringsOrNil(_ column: Int) throws(PostgresError) -> [String]? {
        try elements(column, "an array of text") { bytes, type in
            if type == PostgresType.uuid { return UUID(bytes: bytes)?.description }
            return PostgresType.isText(type) ? String(decoding: bytes, as: UTF8.self) : nil
        }
    }

    func uuidsOrNil(_ column: Int) throws(PostgresError) -> [UUID]? {
        try elements(column, "an array of UUIDs") { bytes, type in type == PostgresType.uuid ? UUID(bytes: bytes) : nil }
    }

    func intsOrNil(_ column: Int) throws(PostgresError) -> [Int64]? {
        try elements(column, "an array of integers") { bytes, type in
            switch (type, bytes.count) {
            case (PostgresType.int8, 8): Int64(bitPattern: bytes.word64(0))
            case (PostgresType.int4, 4): Int64(Int32(bitPattern: bytes.word32(0)))
            case (PostgresType.int2, 2): Int64(Int16(bitPattern: UInt16(bytes[0]) << 8 | UInt16(bytes[1])))
            case (PostgresType.numeric, _): PostgresNumeric(bytes)?.whole
            default: nil
            }
        }
    }

    /// Reads a one-dimensional array without NULLs (src/backend/utils/adt/arrayfuncs.c, `array_send`).
    private func elements<Value>(
        _ column: Int, _ wanted: StaticString, _ read: (UnsafeRawBufferPointer, PostgresType.ID) -> Value?
    ) throws(PostgresError) -> [Value]? {
        guard let (bytes, _) = try cell(column) else { return nil }
        guard bytes.count >= 12 else { throw mismatch(column, wanted) }
        let dimensions = bytes.word32(0)
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { throw mismatch(column, wanted) }
        let type = bytes.word32(8)
        let count = Int(bytes.word32(12))
        var values: [Value] = []
        values.reserveCapacity(count)
        var position = 20
        for _ in 0..<count {
            guard position + 4 <= bytes.count else { throw mismatch(column, wanted) }
            let length = Int(Int32(bitPattern: bytes.word32(position)))
            position += 4
            guard length >= 0, position + length <= bytes.count,
                let value = read(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]), type)
            else { throw mismatch(column, wanted) }
            values.append(value)
            position += length
        }
        return values
    }
}

extension UnsafeRawBufferPointer {
    func word32(_ offset: Int) -> UInt32 { UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    func word64(_ offset: Int) -> UInt64 { UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
}
