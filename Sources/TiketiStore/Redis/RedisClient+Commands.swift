// The commands that services use most, with types; everything else goes through `send`.

extension RedisClient {
    /// The value of the key, or nil when there is none.
    public func get(_ key: String) async throws(RedisError) -> [UInt8]? {
        try await send(["GET", .string(key)]).bytes
    }

    /// Values of many keys, nil where there is none.
    public func get(_ keys: [String]) async throws(RedisError) -> [[UInt8]?] {
        if keys.isEmpty { return [] }
        let values = try await send(["MGET"] + keys.map { .string($0) })
        return values.array?.map(\.bytes) ?? []
    }

    /// Stores a value; false when `onlyIfAbsent` and the key exists already (that is an answer, not a failure).
    /// - Parameter expires: In whole milliseconds; nil keeps it for ever.
    @discardableResult
    public func set(
        _ key: String, _ value: [UInt8], expires: Duration? = nil, onlyIfAbsent: Bool = false
    ) async throws(RedisError) -> Bool {
        var words: [RedisArgument] = ["SET", .string(key), .bytes(value)]
        if let expires { words += ["PX", RedisArgument(expires.wholeMilliseconds)] }
        if onlyIfAbsent { words.append("NX") }
        return try await !send(words).isNull
    }

    /// Deletes keys, memory being freed in the background; returns how many existed.
    @discardableResult
    public func delete(_ keys: [String]) async throws(RedisError) -> Int {
        if keys.isEmpty { return 0 }
        return try await Int(send(["UNLINK"] + keys.map { .string($0) }).int ?? 0)
    }

    /// Publishes to a channel; returns how many subscribers the server reached.
    @discardableResult
    public func publish(_ channel: String, _ payload: [UInt8]) async throws(RedisError) -> Int {
        try await Int(send(["PUBLISH", .string(channel), .bytes(payload)]).int ?? 0)
    }

    /// Runs a script by its hash, or by its source when the server has forgotten it; it may then run behind commands sent after it. Where
    /// the order matters, send `RedisScript.command` by source.
    public func evaluate(
        _ script: RedisScript, keys: [RedisArgument] = [], arguments: [RedisArgument] = [], timeout: Duration? = nil
    ) async throws(RedisError) -> RedisValue {
        do throws(RedisError) {
            return try await send(script.command(keys: keys, arguments: arguments, byHash: true), timeout: timeout)
        } catch {
            // A script that was not found has not run, so sending it again is safe.
            guard error.serverCode == "NOSCRIPT" else { throw error }
        }
        return try await send(script.command(keys: keys, arguments: arguments, byHash: false), timeout: timeout)
    }

    /// PING; for readiness checks.
    public func ping(timeout: Duration? = nil) async throws(RedisError) {
        _ = try await send(["PING"], timeout: timeout)
    }
}
