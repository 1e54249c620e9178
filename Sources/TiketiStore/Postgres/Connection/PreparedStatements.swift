// The prepared statements of one connection, by their text, bounded: the least recently used makes room.

/// A statement as one connection knows it.
final class PreparedStatement {
    let sql: String
    let name: String
    /// Parameter types the server inferred; nil until it has told.
    var types: [PostgresType.ID]?
    /// Parse was sent on this connection (and not known to have failed).
    var isPrepared = false
    /// Operations that wait for `types`.
    var waiting: [PostgresOperation] = []
    /// Why the server refused to prepare it.
    var failure: PostgresError?
    var lastUsed: UInt64 = 0

    init(sql: String, name: String) {
        self.sql = sql
        self.name = name
    }
}

struct PreparedStatements {
    private var byText: [String: PreparedStatement] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(8, capacity)
    }

    /// The statement of that text, new when there is none. `evicted` is one to deallocate at the server.
    mutating func find(_ sql: String) -> (statement: PreparedStatement, evicted: PreparedStatement?) {
        uses += 1
        if let known = byText[sql] {
            known.lastUsed = uses
            return (known, nil)
        }
        var evicted: PreparedStatement?
        if byText.count >= capacity, let oldest = byText.values.filter({ $0.waiting.isEmpty }).min(by: { $0.lastUsed < $1.lastUsed }) {
            byText[oldest.sql] = nil
            evicted = oldest
        }
        names += 1
        let statement = PreparedStatement(sql: sql, name: "s\(names)")
        statement.lastUsed = uses
        byText[sql] = statement
        return (statement, evicted)
    }

    /// Takes all operations that wait for parameter types, when the connection ends.
    mutating func takeWaiting() -> [PostgresOperation] {
        byText.values.flatMap { statement in
            defer { statement.waiting.removeAll() }
            return statement.waiting
        }
    }

    /// Forgets a statement that failed or whose plan went stale; the next use prepares it under a new name.
    mutating func forget(_ statement: PreparedStatement) {
        if byText[statement.sql] === statement { byText[statement.sql] = nil }
    }
}

/// Parameter types by statement text, shared by the connections of one loop: a new connection then prepares and runs in one round trip.
final class StatementTypes {
    /// The statements a transaction begins and ends with need not be asked about.
    private static let known: [String: [PostgresType.ID]] = [
        "COMMIT": [], "ROLLBACK": [], PostgresIsolation.readCommitted.rawValue: [], PostgresIsolation.repeatableRead.rawValue: [],
        PostgresIsolation.serializable.rawValue: [],
    ]
    private var types = known

    subscript(sql: String) -> [PostgresType.ID]? {
        get { types[sql] }
        set {
            // Statement texts are constants of the program; the bound only guards against one that composes SQL without end.
            if types.count >= 2048 { types = Self.known }
            types[sql] = newValue
        }
    }
}
