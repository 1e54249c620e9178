// Settings: every kind of value, and that each problem is one line which names the variable and hides secrets.

import Testing

@testable import TiketiCore

@Suite struct EnvironmentReaderTests {
    private enum Colour: String, CaseIterable { case red, green }

    private func problems(_ environment: [String: String], _ read: (inout EnvironmentReader) -> Void) -> [String] {
        var reader = EnvironmentReader(environment)
        read(&reader)
        do {
            try reader.finish()
            return []
        } catch {
            return error.problems
        }
    }

    @Test func values() throws {
        var reader = EnvironmentReader([
            "TEXT": " hello ", "BLANK": "  ", "INT": "42", "YES": "on", "NO": "FALSE", "SPAN": "15m", "LIFE_DAYS": "7",
            "PLAIN": "90", "POLL_MS": "250", "PAUSE": "1500ms",
            "LIST": "a, b,,c ", "COLOUR": "green", "URL": "https://example.com:8443/base/",
        ])
        let text = reader.string("TEXT")
        #expect(text == "hello")
        let value1 = reader.string("BLANK", default: "x")
        #expect(value1 == "x")
        #expect(reader.optionalString("MISSING") == nil)
        let value2 = reader.int("INT", in: 0...100)
        #expect(value2 == 42)
        let value3 = reader.int("MISSING", default: 7, in: 0...100)
        #expect(value3 == 7)
        let value5 = reader.bool("YES", default: false)
        #expect(value5)
        let value6 = reader.bool("NO", default: true)
        #expect(!value6)
        let value7 = reader.bool("MISSING", default: true)
        #expect(value7)
        let value8 = reader.duration("SPAN", default: 1, in: 1...1_000_000)
        #expect(value8 == .seconds(900))
        let value9 = reader.duration("LIFE_DAYS", default: 1, in: 1...30)
        #expect(value9 == .seconds(604_800))
        let value10 = reader.duration("PLAIN", default: 1, in: 1...100)
        #expect(value10 == .seconds(90))
        // The unit of a plain number is the name's.
        let value12 = reader.duration("POLL_MS", default: 1, in: 1...1000)
        #expect(value12 == .milliseconds(250))
        let value13 = reader.duration("PAUSE", default: 7, in: 1...10)
        #expect(value13 == .milliseconds(1500))
        let value14 = reader.duration("MISSING_DAYS", default: 2, in: 1...3)
        #expect(value14 == .seconds(172_800))
        #expect(reader.list("LIST") == ["a", "b", "c"])
        let value11 = reader.choice("COLOUR", default: Colour.red)
        #expect(value11 == .green)
        let url = reader.url("URL")
        #expect(url == ServiceURL(isSecure: true, host: "example.com", port: 8443, path: "/base"))
        #expect(url.description == "https://example.com:8443/base")
        try reader.finish()
    }

    @Test func problemsNameTheVariable() {
        let found = problems([
            "INT": "4x", "BIG": "99999", "FLAG": "maybe", "SPAN": "soon", "LONG": "9999999999d", "ENDLESS": "99999999999999999d",
            "SHORT_MS": "9", "COLOUR": "blue", "URL": "ftp://x",
        ]) {
            _ = $0.string("NEEDED")
            _ = $0.int("INT", in: 0...9)
            _ = $0.int("BIG", in: 1...100)
            _ = $0.bool("FLAG", default: true)
            _ = $0.duration("SPAN", default: 1, in: 1...9)
            _ = $0.duration("LONG", default: 1, in: 1...315_360_000)
            _ = $0.duration("ENDLESS", default: 1, in: 1...9)
            _ = $0.duration("SHORT_MS", default: 20, in: 10...100)
            _ = $0.choice("COLOUR", default: Colour.red)
            _ = $0.url("URL")
        }
        #expect(
            found == [
                "NEEDED: is required", "INT: must be a whole number, not \"4x\"", "BIG: must be from 1 to 100, not 99999",
                "FLAG: must be true or false, not \"maybe\"", "SPAN: must be a number of seconds or a time such as 15m or 7d, not \"soon\"",
                "LONG: must be from 1 to 315360000 seconds, not 863999999913600",
                "ENDLESS: must be a number of seconds or a time such as 15m or 7d, not \"99999999999999999d\"",
                "SHORT_MS: must be from 10 to 100 milliseconds, not 9", "COLOUR: must be one of red, green, not \"blue\"",
                "URL: must be an http or https URL, not \"ftp://x\"",
            ])
        #expect(found.allSatisfy { !$0.contains("\n") })
    }

    @Test func instances() throws {
        var reader = EnvironmentReader([
            "ONE": "http://a:1", "MANY": " http://a:1 , http://[::1]:2/x", "BAD": "http://a:1,nonsense", "NONE": ",",
        ])
        #expect(reader.instances("ONE", default: "").urls.map(\.description) == ["http://a:1"])
        #expect(reader.instances("MANY", default: "").urls.map(\.description) == ["http://a:1", "http://[::1]:2/x"])
        #expect(reader.instances("MISSING", default: "http://b").named("ticket").map(\.name) == ["ticket"])
        #expect(reader.instances("MANY", default: "").named("ticket").map(\.name) == ["ticket-1", "ticket-2"])
        _ = reader.instances("BAD", default: "")
        _ = reader.instances("NONE", default: "")
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect(error?.problems.map { $0.prefix(4) } == ["BAD:", "NONE"])
    }

    @Test func secrets() {
        let read: (inout EnvironmentReader) -> Void = { _ = $0.secret("KEY", developmentDefault: "dev", minimumLength: 8) }
        #expect(problems([:], read).isEmpty)
        #expect(problems(["NODE_ENV": "development"], read).isEmpty)
        // A misspelt environment is not development.
        for environment in ["staging", "production", "Production", "prod"] {
            #expect(problems(["NODE_ENV": environment], read) == ["KEY: is required outside development"])
            #expect(
                problems(["NODE_ENV": environment, "KEY": "hunter2"], read) == ["KEY: must have at least 8 characters outside development"])
            #expect(
                problems(["NODE_ENV": environment, "KEY": "dev"], read) == [
                    "KEY: is the published development default, which is refused outside development",
                    "KEY: must have at least 8 characters outside development",
                ])
            #expect(problems(["NODE_ENV": environment, "KEY": "long enough"], read).isEmpty)
        }
    }

    @Test func productionBelievesOnlyADatabaseThatProvesItself() {
        let secrets = [
            "NODE_ENV": "production", "DB_PASSWORD": "a password", "JWT_SECRET": String(repeating: "j", count: 32),
            "INTERNAL_API_TOKEN": String(repeating: "t", count: 32),
        ]
        let read: (inout EnvironmentReader) -> Void = { _ = CommonConfig(&$0, service: .ticket) }
        func found(_ more: [String: String]) -> [Substring] {
            problems(secrets.merging(more) { $1 }, read).map { $0.prefix { $0 != ":" } }
        }
        for mode in ["disable", "prefer", "require", "verify-ca"] {
            #expect(found(["DB_SSLMODE": mode]) == ["DB_SSLMODE"], "\(mode)")
            #expect(found(["DB_SSLMODE": mode, "DB_SSLMODE_ALLOW": "1"]).isEmpty, "\(mode)")
        }
        #expect(found(["DB_SSLMODE": "verify-full"]).isEmpty)
        #expect(found(["DB_SSLMODE": "require", "NODE_ENV": "staging"]).isEmpty)
    }

    @Test(arguments: [
        "", "http://", "example.com", "http://user@host", "http://host?x", "http://host#x", "http://host:0", "http://host:65536",
        "http://host:x",
        "http://[::1", "http://[::1]x", "http://a b", "http://host:", "javascript:alert(1)",
    ])
    func badURLs(text: String) {
        #expect(ServiceURL(text) == nil)
    }

    @Test func goodURLs() {
        #expect(ServiceURL("http://localhost:3001") == ServiceURL(host: "localhost", port: 3001))
        #expect(ServiceURL("http://localhost/") == ServiceURL(host: "localhost", port: 80))
        #expect(ServiceURL("https://[::1]:99/x") == ServiceURL(isSecure: true, host: "::1", port: 99, path: "/x"))
        #expect(ServiceURL("https://[::1]:99/x")?.authority == "[::1]:99")
        #expect(ServiceURL("https://host")?.authority == "host")
    }

    @Test func commonConfigInProduction() {
        var reader = EnvironmentReader(["NODE_ENV": "production"])
        _ = CommonConfig(&reader, service: .ticket)
        #expect(throws: ConfigurationError.self) { try reader.finish() }
        let found = problems(["NODE_ENV": "production"]) { _ = CommonConfig(&$0, service: .ticket) }
        #expect(found.map { $0.prefix { $0 != ":" } } == ["DB_PASSWORD", "DB_SSLMODE", "JWT_SECRET", "INTERNAL_API_TOKEN"])
    }

    @Test func commonConfigDefaults() throws {
        var reader = EnvironmentReader([:])
        let config = CommonConfig(&reader, service: .ticket)
        try reader.finish()
        #expect(config.environment == .development)
        #expect(config.port == 3002)
        #expect(config.postgres.user == "tiketi_ticket")
        #expect(config.shutdownGrace == .seconds(25))
        #expect(config.jwtLifetime == .seconds(604_800))
        #expect(config.services.ticket.first.description == "http://127.0.0.1:3002")
    }

    @Test func queueRedisIsTheCommonOneUnlessNamed() throws {
        var reader = EnvironmentReader(["REDIS_URL": "redis://a:1"])
        #expect(CommonConfig(&reader, service: .ticket).queueRedis == nil)
        var named = EnvironmentReader(["REDIS_URL": "redis://a:1", "QUEUE_REDIS_URL": "rediss://b:2/3"])
        let config = CommonConfig(&named, service: .ticket)
        try named.finish()
        #expect(config.queueRedis?.endpoint == .tcp(host: "b", port: 2))
        #expect(config.redis.endpoint == .tcp(host: "a", port: 1))
        let found = problems(["QUEUE_REDIS_URL": "http://user:hunter2@b"]) { _ = CommonConfig(&$0, service: .ticket) }
        #expect(found == ["QUEUE_REDIS_URL: must be a redis:// or rediss:// URL"])
    }

    /// A service's defaults are what its one initialiser reads from nothing, and what is out of range is told like anything else.
    @Test func serviceConfig() {
        struct Own: ServiceConfig {
            var pause: Duration
            var size: Int

            init(_ environment: inout EnvironmentReader) {
                pause = environment.duration("PAUSE_SECONDS", default: 20, in: 1...60)
                size = environment.int("SIZE", default: 3, in: 1...10)
            }
        }
        #expect(Own().pause == .seconds(20) && Own().size == 3)
        let found = problems(["PAUSE_SECONDS": "2m", "SIZE": "11"]) { _ = Own(&$0) }
        #expect(found == ["PAUSE_SECONDS: must be from 1 to 60 seconds, not 120", "SIZE: must be from 1 to 10, not 11"])
    }

    @Test func redisURLIsNotRepeated() {
        let found = problems(["REDIS_URL": "nonsense://:hunter2@host"]) { _ = CommonConfig(&$0, service: .ticket) }
        #expect(found == ["REDIS_URL: must be a redis:// or rediss:// URL"])
    }
}
