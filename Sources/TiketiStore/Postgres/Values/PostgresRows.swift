// The answer to one statement: libpq's result, owned and freed here, read in place. Columns are in PostgreSQL's binary form.
import CPostgres
import Glibc

/// Owns one `PGresult`.
///
/// Sendable because the result is complete before it is wrapped, and libpq's accessors only read it.
final class PostgresResult: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    var columnCount: Int32 { PQnfields(pointer) }

    /// Position of the first column of that exact name.
    func index(of name: String) -> Int32? {
        name.withCString { wanted in
            for column in 0..<columnCount where PQfname(pointer, column).map({ strcmp($0, wanted) == 0 }) == true { return column }
            return nil
        }
    }

    func name(of column: Int32) -> String {
        PQfname(pointer, column).map { String(cString: $0) } ?? "\(column)"
    }
}

/// The rows a statement returned.
public struct PostgresRows: RandomAccessCollection, Sendable {
    let result: PostgresResult
    /// How many rows the statement returned.
    public let count: Int

    init(_ result: PostgresResult) {
        self.result = result
        count = Int(PQntuples(result.pointer))
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// A row; an index out of range is a programmer's error and traps.
    public subscript(index: Int) -> PostgresRow {
        precondition(index >= 0 && index < count, "row index out of range")
        return PostgresRow(result: result, row: Int32(index))
    }

    /// Rows inserted, updated or deleted (for SELECT: returned).
    public var affected: Int {
        PQcmdTuples(result.pointer).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The server's word for what it did, such as `INSERT 0 1`.
    var commandTag: String {
        PQcmdStatus(result.pointer).map { String(cString: $0) } ?? ""
    }

    var columns: [String] {
        (0..<result.columnCount).map { result.name(of: $0) }
    }
}
