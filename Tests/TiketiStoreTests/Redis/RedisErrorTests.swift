// What a server's refusal says about the server: it refuses writes, it serves nobody, or the command was wrong.
import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiStore

@Suite struct RedisErrorTests {
    @Test(arguments: [
        "READONLY You can't write against a read only replica.", "MISCONF Redis is configured to save RDB snapshots",
        "OOM command not allowed when used memory > 'maxmemory'.", "NOREPLICAS Not enough good replicas to write.",
        "ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.",
    ])
    func refusesWrites(_ message: String) {
        #expect(RedisError(.server, message).refusesWrites)
        #expect(!RedisError(.server, message).isServerBusy)
    }

    @Test func otherErrors() {
        #expect(RedisError(.server, "LOADING Redis is loading the dataset in memory").isServerBusy)
        #expect(!RedisError(.server, "ERR unknown command 'READONLY'").refusesWrites)
        #expect(!RedisError(.server, "WRONGTYPE Operation against a key").refusesWrites)
        #expect(!RedisError(.unavailable, "READONLY").refusesWrites)
    }

    /// A real server that waits for replicas reads and refuses to write, inside a script too.
    @Test func aServerWithoutItsReplicas() async throws {
        let redis = try await TestRedis()
        let client = RedisClient(redis.configuration, group: .shared)
        try await eventually { client.isAvailable }
        _ = try await client.send(["SET", "key", "value"])
        _ = try await client.send(["CONFIG", "SET", "min-replicas-to-write", "1"])
        for command: [RedisArgument] in [["SET", "key", "other"], ["EVAL", "return redis.call('SET', KEYS[1], '2')", "1", "key"]] {
            let error = await #expect(throws: RedisError.self) { _ = try await client.send(command) }
            #expect(error?.refusesWrites == true, "\(String(describing: error))")
        }
        #expect(try await client.send(["GET", "key"]).bytes == Array("value".utf8))
        client.close()
        // Asked politely, a server that misses its replicas does not end.
        redis.kill()
    }
}
