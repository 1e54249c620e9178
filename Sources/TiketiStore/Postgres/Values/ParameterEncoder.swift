// Lays the parameters of one statement out the way libpq wants them, in buffers that are used again for the next statement.
import TiketiNet

/// Encodes parameters for the types the server inferred: binary where that is exact and cheap, text for every other pairing,
/// so that any value can be given for any type the server can read from text.
struct ParameterEncoder {
    /// All values one after another.
    private(set) var bytes: [UInt8] = []
    /// Where each value begins in `bytes`; negative for NULL.
    private(set) var offsets: [Int] = []
    private(set) var lengths: [Int32] = []
    /// 1 is binary, 0 is text.
    private(set) var formats: [Int32] = []

    /// Encodes `parameters` for `types`.
    mutating func encode(_ parameters: [PostgresValue], as types: [PostgresType.ID]) throws(PostgresError) {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        guard parameters.count == types.count else {
            throw PostgresError(.usage, "the statement has \(types.count) parameters, \(parameters.count) were given")
        }
        for index in parameters.indices {
            let start = bytes.count
            guard let format = try append(parameters[index], as: types[index]) else {
                offsets.append(-1)
                lengths.append(0)
                formats.append(0)
                continue
            }
            let length = bytes.count - start
            if format == .text {
                // libpq measures text values with strlen: a NUL inside would cut the value short without a word.
                guard !bytes[start...].contains(0) else {
                    throw PostgresError(.server(sqlState: "22021"), "a text parameter holds a NUL byte")
                }
                bytes.append(0)
            }
            offsets.append(start)
            lengths.append(Int32(length))
            formats.append(format.rawValue)
        }
    }

    private enum Format: Int32 {
        case text = 0
        case binary = 1
    }

    /// Appends one value and says in which format it is; nil for NULL.
    private mutating func append(_ value: PostgresValue, as type: PostgresType.ID) throws(PostgresError) -> Format? {
        switch value {
        case .null: return nil
        case .text(let text): return appendText(text, as: type)
        case .decimal(let text): return appendText(text, as: type)
        case .int(let number): return append(number, as: type)
        case .double(let number):
            guard type == PostgresType.float8 else { return appendText(String(describing: number), as: type) }
            append(number.bitPattern)
        case .bool(let flag):
            guard type == PostgresType.bool else { return appendText(flag ? "true" : "false", as: type) }
            bytes.append(flag ? 1 : 0)
        case .uuid(let id):
            guard type == PostgresType.uuid else { return appendText(id.description, as: type) }
            append(id.high)
            append(id.low)
        case .timestamp(let time):
            guard type == PostgresType.timestamptz else { return appendText(time.exactText, as: type) }
            append(UInt64(bitPattern: time.microseconds - postgresEpochMicroseconds))
        case .json(let text):
            // jsonb's binary form is a version byte and the text.
            if type == PostgresType.jsonb { bytes.append(1) }
            bytes.append(contentsOf: text)
            return type == PostgresType.jsonb || PostgresType.isText(type) ? .binary : .text
        case .bytes(let data): bytes.append(contentsOf: data)
        case .textArray, .uuidArray, .intArray, .doubleArray, .boolArray, .timestampArray: return appendArray(value, as: type)
        }
        return .binary
    }

    private mutating func append(_ number: Int64, as type: PostgresType.ID) -> Format {
        switch type {
        case PostgresType.int8: append(UInt64(bitPattern: number))
        case PostgresType.int4:
            guard let exact = Int32(exactly: number) else { return appendText(String(number), as: type) }
            append(UInt32(bitPattern: exact))
        case PostgresType.int2:
            guard let exact = Int16(exactly: number) else { return appendText(String(number), as: type) }
            append(UInt16(bitPattern: exact))
        case PostgresType.float8:
            guard let exact = Double(exactly: number) else { return appendText(String(number), as: type) }
            append(exact.bitPattern)
        default: return appendText(String(number), as: type)
        }
        return .binary
    }

    private mutating func appendText(_ text: String, as type: PostgresType.ID) -> Format {
        bytes.append(contentsOf: text.utf8)
        return PostgresType.isText(type) ? .binary : .text
    }

    private mutating func append(_ word: some FixedWidthInteger) {
        withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

// MARK: Arrays

extension ParameterEncoder {
    private mutating func appendArray(_ value: PostgresValue, as type: PostgresType.ID) -> Format {
        guard let element = PostgresType.element(of: type) else { return appendArrayText(value) }
        switch (value, element) {
        case (.uuidArray(let items), PostgresType.uuid):
            appendArrayHead(count: items.count, element: element)
            for item in items {
                append(UInt32(16))
                append(item.high)
                append(item.low)
            }
        case (.intArray(let items), PostgresType.int8):
            appendArrayHead(count: items.count, element: element)
            for item in items {
                append(UInt32(8))
                append(UInt64(bitPattern: item))
            }
        case (.intArray(let items), PostgresType.int4) where items.allSatisfy { Int32(exactly: $0) != nil }:
            appendArrayHead(count: items.count, element: element)
            for item in items {
                append(UInt32(4))
                append(UInt32(bitPattern: Int32(truncatingIfNeeded: item)))
            }
        case (.textArray(let items), _) where PostgresType.isText(element):
            appendArrayHead(count: items.count, element: element)
            for item in items {
                append(UInt32(item.utf8.count))
                bytes.append(contentsOf: item.utf8)
            }
        case (.doubleArray(let items), PostgresType.float8):
            appendArrayHead(count: items.count, element: element)
            for item in items {
                append(UInt32(8))
                append(item.bitPattern)
            }
        case (.boolArray(let items), PostgresType.bool):
            appendArrayHead(count: items.count, element: element)
            for item in items {
                append(UInt32(1))
                bytes.append(item ? 1 : 0)
            }
        case (.timestampArray(let items), PostgresType.timestamptz):
            appendArrayHead(count: items.count, element: element)
            for item in items {
                append(UInt32(8))
                append(UInt64(bitPattern: item.microseconds - postgresEpochMicroseconds))
            }
        default: return appendArrayText(value)
        }
        return .binary
    }

    /// One dimension from 1, no NULLs; an empty array has no dimension.
    private mutating func appendArrayHead(count: Int, element: PostgresType.ID) {
        append(UInt32(count == 0 ? 0 : 1))
        append(UInt32(0))
        append(element)
        guard count > 0 else { return }
        append(UInt32(count))
        append(UInt32(1))
    }

    /// The text form, `{"a","b"}`, which the server reads for an array of any element type.
    private mutating func appendArrayText(_ value: PostgresValue) -> Format {
        let items: [String]
        switch value {
        case .textArray(let texts): items = texts
        case .uuidArray(let ids): items = ids.map(\.description)
        case .intArray(let numbers): items = numbers.map { String($0) }
        case .doubleArray(let numbers): items = numbers.map { String(describing: $0) }
        case .boolArray(let flags): items = flags.map { $0 ? "true" : "false" }
        case .timestampArray(let times): items = times.map(\.exactText)
        default: items = []
        }
        bytes.append(UInt8(ascii: "{"))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for byte in item.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return .text
    }
}

extension Timestamp {
    /// RFC 3339 with all six digits, for columns that are not `timestamptz`.
    fileprivate var exactText: String {
        let fraction = Int64(microseconds - seconds * 1_000_000)
        let digits = String(fraction)
        let whole = Timestamp(seconds: seconds).rfc3339.dropLast()
        return whole + "." + String(repeating: "0", count: 6 - digits.count) + digits + "Z"
    }
}

// MARK: For libpq

extension ParameterEncoder {
    typealias Values = UnsafePointer<UnsafePointer<CChar>?>

    /// Lends the encoded values in libpq's form.
    func withPointers<Value>(_ body: (Values?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value) -> Value {
        bytes.withUnsafeBufferPointer { bytes in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: max(1, offsets.count)) { pointers in
                for (index, offset) in offsets.enumerated() {
                    // An empty value is not NULL: it needs a pointer, wherever that points.
                    let base = UnsafeRawPointer(bytes.baseAddress ?? UnsafePointer(bitPattern: 1)!)
                    pointers.initializeElement(at: index, to: offset < 0 ? nil : (base + offset).assumingMemoryBound(to: CChar.self))
                }
                return body(UnsafePointer(pointers.baseAddress!), lengths, formats)
            }
        }
    }
}
