// URLs are read exactly or refused, and a refusal never repeats the password.
import Testing

@testable import TiketiStore

@Suite struct PostgresConfigurationTests {
    @Test func everyPartOfAURL() throws {
        let full = try PostgresConfiguration(
            url: "postgres://us%65r:p%40ss%3Aw@db.example:6543/na%2Fme?sslmode=verify-full&application_name=x%20y")
        #expect(full.user == "user" && full.password == "p@ss:w" && full.host == "db.example" && full.port == 6543)
        #expect(full.database == "na/me" && full.sslMode == .verifyFull && full.applicationName == "x y")
        let short = try PostgresConfiguration(url: "postgresql://localhost")
        #expect(short.host == "localhost" && short.port == 5432 && short.database == "tiketi")
        let socket = try PostgresConfiguration(url: "postgres:///tiketi?host=/var/run/postgresql&user=me")
        #expect(socket.host == "/var/run/postgresql" && socket.user == "me" && socket.database == "tiketi")
        let six = try PostgresConfiguration(url: "postgres://u@[::1]:5433/d")
        #expect(six.host == "::1" && six.port == 5433 && six.user == "u")
        #expect(try PostgresConfiguration(url: "postgres://u:a@b@host/d").password == "a@b")
    }

    @Test(arguments: [
        "http://u:secret@h", "u:secret@h", "postgres://u:secret@h:0/d", "postgres://u:secret@h:x/d",
        "postgres://u:secret@h/d?sslmode=maybe",
        "postgres://u:secret@h/d?secret=1", "postgres://u:secret%4@h/d", "postgres://u:secret%+1@h/d", "postgres://u:secret@[::1/d",
        "postgres://u:secret@h:70000/d",
    ])
    func refusals(_ url: String) {
        do {
            _ = try PostgresConfiguration(url: url)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .configuration)
            #expect(!error.message.contains("u:secret"))
        }
    }

    @Test func quoting() {
        #expect("a\"b".quotedIdentifier == "\"a\"\"b\"")
        #expect("it's".quotedLiteral == "'it''s'")
        #expect("a\\'b".quotedLiteral == "E'a\\\\''b'")
    }
}
