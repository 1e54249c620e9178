import Glibc
import Synchronization
import Testing
import TiketiNet
import TiketiStore
import TiketiTesting

private func quick(_ redis: TestRedis) -> RedisConfiguration {
    var configuration = redis.configuration
    configuration.reconnectPauses = .milliseconds(10)...(.milliseconds(50))
    configuration.commandTimeout = .seconds(20)  // far from any deadline, even under a sanitizer
    return configuration
}

@Suite struct RedisClientTests {
    let redis: TestRedis
    let client: RedisClient
    let group = EventLoopGroup.shared

    init() async throws {
        redis = try await TestRedis()
        client = RedisClient(quick(redis), group: group)
    }

    @Test func commands() async throws {
        defer { client.close() }
        #expect(try await client.get("absent") == nil)
        #expect(try await client.set("a", Array("1".utf8)))
        #expect(try await !client.set("a", Array("2".utf8), onlyIfAbsent: true))
        #expect(try await client.set("b", [0, 13, 10, 255], expires: .seconds(100), onlyIfAbsent: true))
        #expect(try await client.get("b") == [0, 13, 10, 255])
        #expect(try await client.get(["a", "x", "b"]) == [Array("1".utf8), nil, [0, 13, 10, 255]])
        let left = try await client.send(["TTL", "b"]).int ?? 0
        #expect((90...100).contains(left))
        #expect(try await client.send(["INCRBY", "a", 41]) == .integer(42))
        #expect(try await client.delete(["a", "b", "c"]) == 2)
        #expect(try await client.delete([]) == 0)
        #expect(try await client.send(["ZADD", "z", "1.5", "m"]) == .integer(1))
        #expect(try await client.send(["ZRANGE", "z", 0, -1, "WITHSCORES"]).array?.map(\.string) == ["m", "1.5"])
    }

    @Test func serverErrorsAreThrownAndConnectionGoesOn() async throws {
        defer { client.close() }
        try await client.set("text", Array("x".utf8))
        let error = await #expect(throws: RedisError.self) { try await client.send(["LPUSH", "text", "y"]) }
        #expect(error?.code == .server && error?.serverCode == "WRONGTYPE")
        let answers = try await client.pipeline([["GET", "text"], ["LPUSH", "text", "y"], ["STRLEN", "text"]])
        #expect(answers[0] == .bulk([120]) && answers[1].errorMessage?.hasPrefix("WRONGTYPE") == true && answers[2] == .integer(1))
        #expect(try await client.pipeline([]).isEmpty)
        #expect(client.statistics.connections <= group.loops.count)
    }

    @Test func largeValues() async throws {
        defer { client.close() }
        let value = SecureRandom.bytes(5_000_000)
        try await client.set("large", value)
        #expect(try await client.get("large") == value)
    }

    @Test func tenThousandConcurrentCommands() async throws {
        defer { client.close() }
        let client = client
        try await eventually { client.isAvailable }
        try await client.set("sum", Array("0".utf8))
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for number in 0..<10_000 {
                let loop = group.loops[number % group.loops.count]
                tasks.addTask(executorPreference: loop) {
                    let key = "key:\(number)"
                    async let added = client.send(["INCRBY", "sum", RedisArgument(number)])
                    try await client.set(key, Array("\(number)".utf8))
                    _ = try await added
                    return try await client.get(key) == Array("\(number)".utf8)
                }
            }
            for try await right in tasks { #expect(right) }
        }
        #expect(try await client.send(["GET", "sum"]).int == 49_995_000)
        // One write per tick: far fewer reads at the server than commands.
        let stats = try await client.send(["INFO", "stats"]).string ?? ""
        let reads =
            stats.split(separator: "\r\n").first { $0.hasPrefix("total_reads_processed:") }?.split(separator: ":").last.flatMap { Int($0) }
            ?? .max
        #expect(reads < 15_000, "30,000 commands took \(reads) reads")
    }

    @Test func scripts() async throws {
        defer { client.close() }
        let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
        #expect(RedisScript("return 1").sha1 == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        #expect(try await client.evaluate(script, keys: ["n"], arguments: [7]) == .array([.bulk([110]), .bulk([55]), .integer(1)]))
        #expect(try await client.evaluate(script, keys: ["n"], arguments: [7]).array?.last == .integer(2))
        // The server forgets its scripts, as after a restart: the source is sent again, and runs once.
        _ = try await client.send(["SCRIPT", "FLUSH"])
        #expect(try await client.evaluate(script, keys: ["n"], arguments: [7]).array?.last == .integer(3))
        let calls = try await client.send(["INFO", "commandstats"]).string ?? ""
        #expect(calls.contains("cmdstat_eval:calls=2,"))
        await #expect(throws: RedisError.self) { try await client.evaluate(RedisScript("return redis.call('NOPE')")) }
    }

    @Test func killedInMidCommandThenRestarted() async throws {
        defer { client.close() }
        let client = client
        let redis = redis
        try await client.ping()
        // BLPOP waits for ever: the server dies while it works on this command.
        async let blocked = #expect(throws: RedisError.self) {
            try await client.send(["BLPOP", "none", 0], timeout: .seconds(20))
        }
        try await eventually { (try? await TestRedisMonitor.blockedClients(redis)) == 1 }
        redis.kill()
        let error = await blocked
        #expect(error?.code == .connectionLost && error?.mayHaveRun == true)
        try await eventually { !client.isAvailable }
        // Away: an answer at once, not at the deadline.
        let start = monotonicNow()
        let refused = await #expect(throws: RedisError.self) { try await client.get("x") }
        #expect(refused?.code == .unavailable && refused?.mayHaveRun == false)
        #expect(monotonicNow() - start < 15_000_000_000)
        try await redis.start()
        let loops = group.loops.count
        try await eventually { client.statistics.readyConnections == loops }
        try await client.set("x", [1])
        #expect(try await client.get("x") == [1])
    }

    @Test func frozenServerMeetsDeadlines() async throws {
        var configuration = quick(redis)
        configuration.commandTimeout = .milliseconds(100)
        configuration.connectTimeout = .milliseconds(200)
        let client = RedisClient(configuration, group: group)
        defer {
            client.close()
            self.client.close()
        }
        let loop = group.loops[0]
        let redis = redis
        try await eventually { (try? await loop.run { try await client.ping() }) != nil }
        redis.freeze()
        let slow = await #expect(throws: RedisError.self) { try await loop.run { try await client.ping() } }
        #expect(slow?.code == .timeout)
        // The silent connection was given up: later commands fail without waiting for their deadline.
        try await eventually {
            do {
                try await loop.run { try await client.ping() }
                return false
            } catch {
                return (error as? RedisError)?.code == .unavailable
            }
        }
        redis.thaw()
        try await eventually { (try? await loop.run { try await client.ping() }) != nil }
    }

    @Test func oneSlowCommandDoesNotBreakTheOthers() async throws {
        defer { client.close() }
        let client = client
        let loop = group.loops[0]
        try await loop.run {
            try await client.ping()
            let error = await #expect(throws: RedisError.self) {
                try await client.send(["BLPOP", "none", "0.3"], timeout: .milliseconds(50))
            }
            #expect(error?.code == .timeout)
        }
        // Its late reply is counted off, so the next answers still match their commands.
        try await eventually { (try? await client.send(["ECHO", "same"])) == .bulk(Array("same".utf8)) }
        #expect(client.statistics.timeouts >= 1)
    }

    @Test func authenticationAndDatabase() async throws {
        self.client.close()
        let locked = try await TestRedis(arguments: ["--requirepass", "s3cret"])
        let good = RedisClient(try RedisConfiguration(url: "unix://\(locked.socketPath)?db=3").with(password: "s3cret"), group: group)
        try await good.set("k", [1])
        #expect(try await good.send(["CLIENT", "INFO"]).string?.contains(" db=3 ") == true)
        good.close()
        let bad = RedisClient(try RedisConfiguration(url: locked.url).with(password: "wrong"), group: group)
        let error = await #expect(throws: RedisError.self) { try await bad.get("k") }
        #expect(error?.code == .unavailable && error?.message.contains("WRONGPASS") == true)
        #expect(!bad.isAvailable)
        bad.close()
    }

    @Test func overTLS() async throws {
        self.client.close()
        let certificates = try await TestCertificates()
        let identity = try await certificates.identity("redis", names: ["DNS:localhost"])
        let secure = try await TestRedis(tls: identity, caFile: certificates.caFile, arguments: ["--requirepass", "pw"])
        var configuration = try RedisConfiguration(url: "rediss://:pw@localhost:\(secure.tlsPort)")
        configuration.caFile = certificates.caFile
        configuration.commandTimeout = .seconds(20)
        let good = RedisClient(configuration, group: group)
        let value = SecureRandom.bytes(300_000)
        try await good.set("k", value)
        #expect(try await good.get("k") == value)
        good.close()
        // An unknown authority, and a name that the certificate is not for.
        var stranger = configuration
        stranger.caFile = nil
        for refused in [stranger, configuration.at("127.0.0.1", secure.tlsPort)] {
            let bad = RedisClient(refused, group: group)
            let error = await #expect(throws: RedisError.self) { try await bad.get("k") }
            #expect(error?.code == .unavailable && error?.message.contains("tls") == true)
            bad.close()
        }
    }

    @Test func closedClientRefuses() async throws {
        try await client.ping()
        client.close()
        let client = client
        try await eventually { !client.isAvailable }
        let error = await #expect(throws: RedisError.self) { try await client.ping() }
        #expect(error?.code == .closed)
    }

    @Test func nobodyThere() async throws {
        defer { client.close() }
        let lost = RedisClient(try RedisConfiguration(url: "unix:///tmp/no-such-redis.sock"), group: group)
        let error = await #expect(throws: RedisError.self) { try await lost.ping() }
        #expect(error?.code == .unavailable)
        lost.close()
    }
}

extension RedisConfiguration {
    func at(_ host: String, _ port: Int) -> RedisConfiguration {
        var copy = self
        copy.endpoint = .tcp(host: host, port: port)
        return copy
    }

    func with(password: String) -> RedisConfiguration {
        var copy = self
        copy.password = password
        return copy
    }
}

/// Nanoseconds of the monotonic clock.
func monotonicNow() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

enum TestRedisMonitor {
    /// Asks through a connection of its own.
    static func blockedClients(_ redis: TestRedis) async throws -> Int {
        let probe = RedisClient(redis.configuration, group: EventLoopGroup.shared)
        defer { probe.close() }
        let info = try await probe.send(["INFO", "clients"]).string ?? ""
        return info.split(separator: "\r\n").first { $0.hasPrefix("blocked_clients:") }?.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }
}
