// A plain blocking connection for tools: migrations, seeds, test set-up. Never used on an event loop.
import CPostgres
import Glibc

/// One session that blocks its thread. Confined to the thread, or the chain of calls, that opened it.
public final class BlockingConnection {
    private let handle: OpaquePointer

    /// Connects and authenticates. No statement timeout is set: tools may take long.
    public init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        guard let handle = withKeywords(configuration.keywords(), { PQconnectdbParams($0, $1, 0) }) else {
            throw PostgresError(.unavailable, "out of memory")
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let text = PQerrorMessage(handle).map { String(cString: $0).trimmingNewlines } ?? ""
            PQfinish(handle)
            throw PostgresError(.unavailable, text)
        }
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        self.handle = handle
    }

    deinit {
        PQfinish(handle)
    }

    /// Runs any number of statements separated by semicolons (simple protocol: one implicit transaction unless they say otherwise).
    public func run(script: String) throws(PostgresError) {
        _ = try check(PQexec(handle, script))
    }

    /// Runs one statement with text parameters; nil is NULL.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> PostgresRows {
        let copies = parameters.map { $0.flatMap { strdup($0) } }
        defer { for copy in copies { free(copy) } }
        let values = copies.map { UnsafePointer($0) }
        return try check(PQexecParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 1))
    }

    /// Whether a transaction block is open and has not failed.
    var isInTransaction: Bool { PQtransactionStatus(handle) == PQTRANS_INTRANS }

    /// Runs `body` in a transaction.
    public func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try run(script: "BEGIN")
        do {
            let value = try body()
            try run(script: "COMMIT")
            return value
        } catch {
            try? run(script: "ROLLBACK")
            throw error
        }
    }

    /// A password in the form the server stores, so that the password itself never travels or shows up in its logs.
    func storedForm(ofPassword password: String, for user: String) throws(PostgresError) -> String {
        guard let text = PQencryptPasswordConn(handle, password, user, nil) else {
            throw PostgresError(.usage, PQerrorMessage(handle).map { String(cString: $0).trimmingNewlines } ?? "")
        }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    private func check(_ result: OpaquePointer?) throws(PostgresError) -> PostgresRows {
        guard let result else {
            throw PostgresError(.connectionLost, PQerrorMessage(handle).map { String(cString: $0).trimmingNewlines } ?? "")
        }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return PostgresRows(PostgresResult(result))
        default:
            defer { PQclear(result) }
            throw PostgresError(result: result)
        }
    }
}

extension String {
    /// As an SQL identifier.
    public var quotedIdentifier: String { "\"" + doubling("\"") + "\"" }
    /// As an SQL string constant, whatever `standard_conforming_strings` says.
    var quotedLiteral: String {
        contains("\\")
            ? "E'" + doubling("'").split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\") + "'"
            : "'" + doubling("'") + "'"
    }

    private func doubling(_ quote: Character) -> String {
        String(flatMap { $0 == quote ? [quote, quote] : [$0] })
    }
}
