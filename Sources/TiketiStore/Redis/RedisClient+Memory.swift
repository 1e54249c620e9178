// What a Redis does when its memory is full: drop keys, or refuse writes.

extension RedisClient {
    /// The server's `maxmemory-policy`, such as `noeviction` or `allkeys-lru`; nil when it does not say.
    ///
    /// Asked through INFO, because hosted servers (ElastiCache) have no CONFIG command. Dragonfly answers `noeviction`, or `eviction` in
    /// its cache mode.
    public func evictionPolicy() async throws(RedisError) -> String? {
        let text = try await send(["INFO", "memory"]).string ?? ""
        for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("maxmemory_policy:") {
            return String(line.dropFirst("maxmemory_policy:".count))
        }
        return nil
    }
}
