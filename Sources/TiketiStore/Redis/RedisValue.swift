// What a Redis server answered, decoded once and never changed afterwards.

/// One reply. RESP3's richer types are folded into these: sets and maps are arrays (a map alternates key and value),
/// booleans are 0 and 1, doubles and big numbers keep their text.
public enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case bulk([UInt8])
    case simple(String)
    /// An error *reply*; `RedisClient.send` throws it, `pipeline` and arrays carry it as a value.
    case error(String)
    case array([RedisValue])

    /// Whether this is RESP's null, which stands for a key or an element that is not there.
    public var isNull: Bool {
        if case .null = self { return true }
        return false
    }

    /// The content of a bulk or simple string.
    public var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .simple(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The content of a bulk or simple string as text, or an integer's digits.
    public var string: String? {
        switch self {
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .simple(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    /// An integer reply, or a string of decimal digits (what INCR stores and HGET returns).
    public var int: Int64? {
        switch self {
        case .integer(let number): number
        case .bulk(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
        case .simple(let text): Int64(text)
        default: nil
        }
    }

    /// The elements of an array; nil for anything else.
    public var array: [RedisValue]? {
        if case .array(let items) = self { return items }
        return nil
    }

    /// The text of an error reply.
    public var errorMessage: String? {
        if case .error(let message) = self { return message }
        return nil
    }
}
