// One row of a result. Reading checks the column's type and never traps: what does not fit is a decode error that names the column.
import CPostgres
import TiketiNet

/// A row; valid as long as it is held, on any thread.
public struct PostgresRow: Sendable {
    let result: PostgresResult
    let row: Int32

    /// True for NULL and for columns that do not exist.
    public func isNull(_ column: Int) -> Bool {
        guard column >= 0, column < Int(result.columnCount) else { return true }
        return PQgetisnull(result.pointer, row, Int32(column)) != 0
    }

    /// Value and type of a cell; nil for NULL.
    func cell(_ column: Int) throws(PostgresError) -> (UnsafeRawBufferPointer, PostgresType.ID)? {
        guard column >= 0, column < Int(result.columnCount) else {
            throw PostgresError(.decode, "there is no column \(column), the statement returns \(result.columnCount)")
        }
        let index = Int32(column)
        guard PQgetisnull(result.pointer, row, index) == 0 else { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result.pointer, row, index), count: Int(PQgetlength(result.pointer, row, index)))
        return (bytes, PQftype(result.pointer, index))
    }

    func index(_ name: String) throws(PostgresError) -> Int {
        guard let index = result.index(of: name) else { throw PostgresError(.decode, "there is no column \(name)") }
        return Int(index)
    }

    func mismatch(_ column: Int, _ wanted: StaticString) -> PostgresError {
        let type = PQftype(result.pointer, Int32(column))
        return PostgresError(.decode, "column \(result.name(of: Int32(column))) of type \(type) does not hold \(wanted)")
    }

    func isNullError(_ column: Int) -> PostgresError {
        PostgresError(.decode, "column \(result.name(of: Int32(column))) is NULL")
    }
}

// MARK: By position

extension PostgresRow {
    /// Text of a text column, an enumeration or `numeric`. Throws `decode` for NULL and other types, as do all below.
    public func string(_ column: Int) throws(PostgresError) -> String { try require(stringOrNil(column), column) }
    /// `int2`, `int4`, `int8`, or a `numeric` without a fraction.
    public func int(_ column: Int) throws(PostgresError) -> Int { try require(intOrNil(column), column) }
    /// `float4`, `float8` or `numeric`.
    public func double(_ column: Int) throws(PostgresError) -> Double { try require(doubleOrNil(column), column) }
    /// `boolean`.
    public func bool(_ column: Int) throws(PostgresError) -> Bool { try require(boolOrNil(column), column) }
    /// `uuid`.
    public func uuid(_ column: Int) throws(PostgresError) -> UUID { try require(uuidOrNil(column), column) }
    /// `timestamptz` or `timestamp`, to the microsecond.
    public func timestamp(_ column: Int) throws(PostgresError) -> Timestamp { try require(timestampOrNil(column), column) }
    /// The bytes of `bytea`, or the UTF-8 text of `json`, `jsonb` and text columns.
    public func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try require(bytesOrNil(column), column) }
    /// A whole amount of money: `numeric` without a fraction, or any integer.
    public func won(_ column: Int) throws(PostgresError) -> Int64 { try require(wonOrNil(column), column) }
    /// `numeric` as plain decimal text.
    func decimal(_ column: Int) throws(PostgresError) -> String { try require(stringOrNil(column), column) }
    func strings(_ column: Int) throws(PostgresError) -> [String] { try require(stringsOrNil(column), column) }
    /// `uuid[]` without NULLs.
    public func uuids(_ column: Int) throws(PostgresError) -> [UUID] { try require(uuidsOrNil(column), column) }
    func ints(_ column: Int) throws(PostgresError) -> [Int64] { try require(intsOrNil(column), column) }

    private func require<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
        guard let value else { throw isNullError(column) }
        return value
    }
}

// MARK: By name

extension PostgresRow {
    /// As by position. The name is that of the result's column; one that does not exist throws `decode`, as with all below.
    public func string(_ column: String) throws(PostgresError) -> String { try string(index(column)) }
    /// A whole number, by the column's name.
    public func int(_ column: String) throws(PostgresError) -> Int { try int(index(column)) }
    /// A number, by the column's name.
    public func double(_ column: String) throws(PostgresError) -> Double { try double(index(column)) }
    /// A truth value, by the column's name.
    public func bool(_ column: String) throws(PostgresError) -> Bool { try bool(index(column)) }
    /// An identifier, by the column's name.
    public func uuid(_ column: String) throws(PostgresError) -> UUID { try uuid(index(column)) }
    /// A moment, by the column's name.
    public func timestamp(_ column: String) throws(PostgresError) -> Timestamp { try timestamp(index(column)) }
    /// Bytes or JSON text, by the column's name.
    public func bytes(_ column: String) throws(PostgresError) -> [UInt8] { try bytes(index(column)) }
    /// An array of identifiers, by the column's name.
    public func uuids(_ column: String) throws(PostgresError) -> [UUID] { try uuids(index(column)) }
    /// An array of whole numbers, by the column's name.
    public func ints(_ column: String) throws(PostgresError) -> [Int64] { try ints(index(column)) }

    /// Text by the column's name; nil for NULL.
    public func stringOrNil(_ column: String) throws(PostgresError) -> String? { try stringOrNil(index(column)) }
    /// A whole number by the column's name; nil for NULL.
    public func intOrNil(_ column: String) throws(PostgresError) -> Int? { try intOrNil(index(column)) }
    /// A number by the column's name; nil for NULL.
    public func doubleOrNil(_ column: String) throws(PostgresError) -> Double? { try doubleOrNil(index(column)) }
    /// An identifier by the column's name; nil for NULL.
    public func uuidOrNil(_ column: String) throws(PostgresError) -> UUID? { try uuidOrNil(index(column)) }
    /// A moment by the column's name; nil for NULL.
    public func timestampOrNil(_ column: String) throws(PostgresError) -> Timestamp? { try timestampOrNil(index(column)) }
    /// Bytes or JSON text by the column's name; nil for NULL.
    public func bytesOrNil(_ column: String) throws(PostgresError) -> [UInt8]? { try bytesOrNil(index(column)) }
}
