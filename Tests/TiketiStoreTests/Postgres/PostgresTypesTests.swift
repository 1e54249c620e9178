// Every type goes to PostgreSQL and comes back as it was.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiStore

@Suite struct PostgresTypesTests {
    static let database = Once<PostgresPool>()

    static func pool() async throws -> PostgresPool {
        try await database.value {
            try await TestPostgres.shared().database(migrated: false).pool { $0.readConnectionsPerLoop = 1 }
        }
    }

    private func row(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresRow {
        try #require(try await Self.pool().read(sql, parameters).first)
    }

    @Test(arguments: ["", "plain", "아이유 콘서트 🎤", "\"quoted\" \\ and 'single'", "line\nbreak\ttab", String(repeating: "긴 글 ", count: 20000)])
    func text(_ text: String) async throws {
        let row = try await row("SELECT $1::text, $1::varchar, $2::text AS name", [.text(text), .text(text)])
        #expect(try row.string(0) == text)
        #expect(try row.string(1) == text)
        #expect(try row.string("name") == text)
        #expect(try row.bytes(0) == Array(text.utf8))
    }

    @Test(arguments: [0, 1, -1, Int64.max, .min, 4_294_967_296])
    func integers(_ number: Int64) async throws {
        let row = try await row("SELECT $1::int8, $1::int8::text, $2::text, $1::numeric", [.int(number), .int(number)])
        #expect(try row.int(0) == Int(number))
        #expect(try row.string(1) == String(number))
        #expect(try row.string(2) == String(number))
        #expect(try row.won(3) == number)
    }

    @Test func narrowIntegersKeepTheServersErrors() async throws {
        let row = try await row("SELECT $1::int2, $2::int4, $3::float8", [.int(-32768), .int(2_147_483_647), .int(42)])
        #expect(try row.int(0) == -32768)
        #expect(try row.int(1) == 2_147_483_647)
        #expect(try row.double(2) == 42)
        await expectState("22003") { try await self.row("SELECT $1::int4", [.int(2_147_483_648)]) }
        await expectState("22003") { try await self.row("SELECT $1::int2", [.int(40000)]) }
    }

    @Test(arguments: [0, 1.5, -2.25e-300, 1.7976931348623157e308, .infinity, -.infinity])
    func doubles(_ number: Double) async throws {
        let row = try await row("SELECT $1::float8, $2::text", [.double(number), .double(number)])
        #expect(try row.double(0) == number)
        if number.isFinite { #expect(try Double(row.string(1)) == number) }
        #expect(try await self.row("SELECT $1::float8", [.double(.nan)]).double(0).isNaN)
    }

    @Test(arguments: [
        "0", "0.00", "150000.00", "-1.05", "99999999.99", "0.0001", "123456789012345678901234567890.123456789", "10000", "100000000",
        "-0.5",
    ])
    func decimals(_ text: String) async throws {
        let row = try await row("SELECT $1::numeric, $1::numeric::text", [.decimal(text)])
        #expect(try row.decimal(0) == text)
        #expect(try row.string(1) == text)
    }

    @Test func won() async throws {
        let row = try await row(
            """
            SELECT $1::numeric(10,2), 0::numeric, (-30000)::numeric(10,2), 1.5::numeric, 'NaN'::numeric, sum(x)
            FROM generate_series(1, 4) x
            """,
            [.int(150000)])
        #expect(try row.won(0) == 150000)
        #expect(try row.decimal(0) == "150000.00")
        #expect(try row.won(1) == 0)
        #expect(try row.won(2) == -30000)
        #expect(throws: PostgresError.self) { try row.won(3) }
        #expect(throws: PostgresError.self) { try row.won(4) }
        #expect(try row.double(3) == 1.5)
        #expect(try row.int(5) == 10)
    }

    @Test func booleansUUIDsAndTimes() async throws {
        let id = UUID()
        let now = Timestamp.now()
        let row = try await row(
            """
            SELECT $1::bool, $2::uuid, $3::timestamptz, $2::uuid::text, $4::text, ($3::timestamptz AT TIME ZONE 'UTC')::timestamp,
                $5::date
            """,
            [.bool(true), .uuid(id), .timestamp(now), .uuid(id), .text("2026-03-15")])
        #expect(try row.bool(0))
        #expect(try row.uuid(1) == id)
        #expect(try row.timestamp(2) == now)
        #expect(try row.string(3) == id.description)
        #expect(try row.uuid(4) == id)
        #expect(try row.timestamp(5) == now)
        #expect(try row.string(6) == "2026-03-15")
        for microseconds: Int64 in [0, -1, 951_782_399_999_999, 253_402_300_799_000_000, -2_208_988_800_000_000] {
            let time = Timestamp(microseconds: microseconds)
            #expect(try await self.row("SELECT $1::timestamptz", [.timestamp(time)]).timestamp(0) == time)
            // By its text, for a type without a binary form here.
            #expect(try await self.row("SELECT ($1::text)::timestamptz", [.timestamp(time)]).timestamp(0) == time)
        }
        let infinite = try await self.row("SELECT 'infinity'::timestamptz")
        #expect(throws: PostgresError.self) { try infinite.timestamp(0) }
    }

    @Test func jsonAndBytes() async throws {
        let json = #"{"이름": "아이유", "n": [1, 2.5, null]}"#
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        let row = try await row(
            "SELECT $1::jsonb, $2::json, $3::bytea, $1::jsonb ->> '이름', $4::bytea, $1::jsonb::text",
            [.json(Array(json.utf8)), .json(Array(json.utf8)), .bytes(bytes), .bytes([])])
        #expect(try row.string(0) == #"{"n": [1, 2.5, null], "이름": "아이유"}"#)
        #expect(try row.bytes(0) == Array(row.string(5).utf8))
        #expect(try row.string(1) == json)
        #expect(try row.bytes(2) == bytes)
        #expect(try row.string(3) == "아이유")
        #expect(try row.bytes(4) == [])
    }

    @Test func arrays() async throws {
        let ids = (0..<50).map { _ in UUID() }
        let texts = ["", "아이유", "a\"b", "c\\d", "{,}", "NULL", " x "]
        let row = try await row(
            "SELECT $1::uuid[], $2::text[], $3::bigint[], $4::int[], $5::uuid[], $6::text[], $7::numeric[], $8::varchar[], $9::text[]",
            [
                .uuidArray(ids), .textArray(texts), .intArray([1, -2, Int64.max]), .intArray([1, 2, 3] as [Int]), .uuidArray([]),
                .textArray([]),
                .intArray([5, 60000] as [Int]), .textArray(texts), .uuidArray(ids),
            ])
        #expect(try row.uuids(0) == ids)
        #expect(try row.strings(1) == texts)
        #expect(try row.ints(2) == [1, -2, Int64.max])
        #expect(try row.ints(3) == [1, 2, 3])
        #expect(try row.uuids(4) == [])
        #expect(try row.strings(5) == [])
        #expect(try row.ints(6) == [5, 60000])
        #expect(try row.strings(7) == texts)
        #expect(try row.strings(8) == ids.map(\.description))
        let more = try await self.row(
            """
            SELECT $1::float8[] = ARRAY[0.5, 2]::float8[], $2::bool[] = ARRAY[true, false],
                $3::timestamptz[] = ARRAY['2026-01-01T00:00:00Z'::timestamptz], $4::jsonb[]::text
            """,
            [
                .doubleArray([0.5, 2]), .boolArray([true, false]), .timestampArray([Timestamp(seconds: 1_767_225_600)]),
                .textArray([#"{"a": "b\\c"}"#]),
            ])
        for column in 0..<3 { #expect(try more.bool(column)) }
        #expect(try await self.row("SELECT $1 = ANY($2::uuid[])", [.uuid(ids[7]), .uuidArray(ids)]).bool(0))
        let nulls = try await self.row("SELECT ARRAY[NULL]::text[]")
        #expect(throws: PostgresError.self) { try nulls.strings(0) }
    }

    @Test func enumerationsAndDomains() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        try await database.run(
            script: """
                CREATE TYPE mood AS ENUM ('기쁨', 'sad'); CREATE DOMAIN label AS text CHECK (VALUE <> '');
                CREATE TABLE t (m mood, l label, moods mood[]);
                """)
        let pool = database.pool()
        try await pool.execute("INSERT INTO t VALUES ($1, $2, $3)", [.text("기쁨"), .text("이름"), .textArray(["sad", "기쁨"])])
        let row = try #require(try await pool.read("SELECT m, l, moods::text[] FROM t WHERE m = $1", [.text("기쁨")]).first)
        #expect(try row.string("m") == "기쁨")
        #expect(try row.string("l") == "이름")
        #expect(try row.strings(2) == ["sad", "기쁨"])
        await expectState("22P02") { try await pool.execute("INSERT INTO t (m) VALUES ($1)", [.text("angry")]) }
        await pool.close()
    }

    @Test func nulls() async throws {
        let row = try await row(
            "SELECT $1::text, $2::int8, NULL::uuid, NULL::timestamptz, NULL::jsonb, NULL::text[], '' AS empty", [nil, .init(nil as Int?)])
        for column in 0..<6 { #expect(row.isNull(column)) }
        #expect(!row.isNull(6))
        #expect(try row.stringOrNil(0) == nil && row.intOrNil(1) == nil && row.uuidOrNil(2) == nil && row.timestampOrNil(3) == nil)
        #expect(try row.bytesOrNil(4) == nil && row.stringsOrNil(5) == nil && row.boolOrNil(0) == nil && row.doubleOrNil(1) == nil)
        #expect(try row.string("empty") == "")
        #expect(throws: PostgresError.self) { try row.string(0) }
    }

    @Test func wrongColumnsAndTypesAreErrors() async throws {
        let row = try await row("SELECT 'x'::text AS a, 1::int8 AS b, '127.0.0.1'::inet AS c")
        #expect(throws: PostgresError.self) { try row.string("missing") }
        #expect(throws: PostgresError.self) { try row.string(7) }
        #expect(throws: PostgresError.self) { try row.string(-1) }
        #expect(throws: PostgresError.self) { try row.int("a") }
        #expect(throws: PostgresError.self) { try row.bool("b") }
        #expect(throws: PostgresError.self) { try row.uuid("a") }
        #expect(throws: PostgresError.self) { try row.string("c") }
        #expect(try row.int("b") == 1)
    }

    @Test func parametersThatCannotBeSent() async throws {
        await expectCode(.usage) { try await self.row("SELECT $1::text", []) }
        await expectCode(.usage) { try await self.row("SELECT 1", [.int(1)]) }
        await expectState("22021") { try await self.row("SELECT $1::text", [.text("a\0b")]) }
        // To a type that is sent as text, where libpq would cut the value at the NUL.
        await expectState("22021") { try await self.row("SELECT $1::inet::text", [.text("127.0.0.1\0junk")]) }
        await expectState("22P02") { try await self.row("SELECT $1::uuid", [.text("nonsense")]) }
    }

    @Test func affectedRowsAndTags() async throws {
        let database = try await TestPostgres.shared().database(migrated: false)
        let pool = database.pool()
        try await pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
        #expect(try await pool.execute("INSERT INTO t SELECT generate_series(1, 7)").affected == 7)
        #expect(try await pool.execute("UPDATE t SET id = id + 100 WHERE id > 5").affected == 2)
        #expect(try await pool.execute("DELETE FROM t WHERE id = 1").commandTag == "DELETE 1")
        let rows = try await pool.read("SELECT id FROM t ORDER BY id")
        #expect(try rows.map { try $0.int(0) } == [2, 3, 4, 5, 106, 107])
        #expect(rows.columns == ["id"])
        await pool.close()
    }
}

/// Expects a server error of that SQLSTATE.
func expectState(_ state: String, _ body: () async throws -> some Any, sourceLocation: SourceLocation = #_sourceLocation) async {
    do {
        _ = try await body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? PostgresError)?.sqlState == state, "\(error)", sourceLocation: sourceLocation)
    }
}

func expectCode(_ code: PostgresError.Code, _ body: () async throws -> some Any, sourceLocation: SourceLocation = #_sourceLocation) async {
    do {
        _ = try await body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? PostgresError)?.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}
