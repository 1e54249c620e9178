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
    public func string(_ column: Int) throws(PostgresError) -> String { try require(stringOrNil(column), column) }
    public func int(_ column: Int) throws(PostgresError) -> Int { try require(intOrNil(column), column) }
    public func double(_ column: Int) throws(PostgresError) -> Double { try require(doubleOrNil(column), column) }
    public func bool(_ column: Int) throws(PostgresError) -> Bool { try require(boolOrNil(column), column) }
    public func uuid(_ column: Int) throws(PostgresError) -> UUID { try require(uuidOrNil(column), column) }
    public func timestamp(_ column: Int) throws(PostgresError) -> Timestamp { try require(timestampOrNil(column), column) }
    /// The bytes of `bytea`, or the UTF-8 text of `json`, `jsonb` and text columns.
    public func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try require(bytesOrNil(column), column) }
    /// A whole amount of money: `numeric` without a fraction, or any integer.
    public func won(_ column: Int) throws(PostgresError) -> Int64 { try require(wonOrNil(column), column) }
    /// `numeric` as plain decimal text.
    public func decimal(_ column: Int) throws(PostgresError) -> String { try require(stringOrNil(column), column) }
    public func strings(_ column: Int) throws(PostgresError) -> [String] { try require(stringsOrNil(column), column) }
    public func uuids(_ column: Int) throws(PostgresError) -> [UUID] { try require(uuidsOrNil(column), column) }
    public func ints(_ column: Int) throws(PostgresError) -> [Int64] { try require(intsOrNil(column), column) }

    private func require<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
        guard let value else { throw isNullError(column) }
        return value
    }
}

// MARK: By name

extension PostgresRow {
    public func isNull(_ column: String) -> Bool { result.index(of: column).map { isNull(Int($0)) } ?? true }
    public func string(_ column: String) throws(PostgresError) -> String { try string(index(column)) }
    public func int(_ column: String) throws(PostgresError) -> Int { try int(index(column)) }
    public func double(_ column: String) throws(PostgresError) -> Double { try double(index(column)) }
    public func bool(_ column: String) throws(PostgresError) -> Bool { try bool(index(column)) }
    public func uuid(_ column: String) throws(PostgresError) -> UUID { try uuid(index(column)) }
    public func timestamp(_ column: String) throws(PostgresError) -> Timestamp { try timestamp(index(column)) }
    public func bytes(_ column: String) throws(PostgresError) -> [UInt8] { try bytes(index(column)) }
    public func won(_ column: String) throws(PostgresError) -> Int64 { try won(index(column)) }
    public func decimal(_ column: String) throws(PostgresError) -> String { try decimal(index(column)) }
    public func strings(_ column: String) throws(PostgresError) -> [String] { try strings(index(column)) }
    public func uuids(_ column: String) throws(PostgresError) -> [UUID] { try uuids(index(column)) }
    public func ints(_ column: String) throws(PostgresError) -> [Int64] { try ints(index(column)) }

    public func stringOrNil(_ column: String) throws(PostgresError) -> String? { try stringOrNil(index(column)) }
    public func intOrNil(_ column: String) throws(PostgresError) -> Int? { try intOrNil(index(column)) }
    public func doubleOrNil(_ column: String) throws(PostgresError) -> Double? { try doubleOrNil(index(column)) }
    public func boolOrNil(_ column: String) throws(PostgresError) -> Bool? { try boolOrNil(index(column)) }
    public func uuidOrNil(_ column: String) throws(PostgresError) -> UUID? { try uuidOrNil(index(column)) }
    public func timestampOrNil(_ column: String) throws(PostgresError) -> Timestamp? { try timestampOrNil(index(column)) }
    public func bytesOrNil(_ column: String) throws(PostgresError) -> [UInt8]? { try bytesOrNil(index(column)) }
    public func wonOrNil(_ column: String) throws(PostgresError) -> Int64? { try wonOrNil(index(column)) }
    public func stringsOrNil(_ column: String) throws(PostgresError) -> [String]? { try stringsOrNil(index(column)) }
    public func uuidsOrNil(_ column: String) throws(PostgresError) -> [UUID]? { try uuidsOrNil(index(column)) }
    public func intsOrNil(_ column: String) throws(PostgresError) -> [Int64]? { try intsOrNil(index(column)) }
}
