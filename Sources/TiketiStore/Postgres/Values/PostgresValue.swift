// Statement parameters. The server tells each parameter's type once per statement; the value is then sent in the fastest form of that type.
import TiketiNet

/// One parameter of a statement.
public enum PostgresValue: Sendable, Hashable {
    case null
    case text(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case uuid(UUID)
    case timestamp(Timestamp)
    /// UTF-8 JSON text.
    case json([UInt8])
    case bytes([UInt8])
    /// A decimal number as text, such as `"150000.00"`.
    case decimal(String)
    case textArray([String])
    case uuidArray([UUID])
    case intArray([Int64])
    case doubleArray([Double])
    case boolArray([Bool])
    case timestampArray([Timestamp])

    /// NULL for nil.
    public init(_ value: String?) { self = value.map { .text($0) } ?? .null }
    /// NULL for nil.
    public init(_ value: Int?) { self = value.map { .int(Int64($0)) } ?? .null }
    /// NULL for nil.
    public init(_ value: Bool?) { self = value.map { .bool($0) } ?? .null }
    /// NULL for nil.
    public init(_ value: UUID?) { self = value.map { .uuid($0) } ?? .null }
    /// NULL for nil.
    public init(_ value: Timestamp?) { self = value.map { .timestamp($0) } ?? .null }

    /// NULL for nil, UTF-8 JSON text otherwise.
    public static func json(orNull value: [UInt8]?) -> PostgresValue { value.map { .json($0) } ?? .null }

    /// An `Int` as the 64 bits it has.
    public static func int(_ value: Int) -> PostgresValue { .int(Int64(value)) }
    /// `Int`s as the 64 bits they have.
    public static func intArray(_ values: [Int]) -> PostgresValue { .intArray(values.map(Int64.init)) }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
}
