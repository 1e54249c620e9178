// Sessions that can be recovered, in Redis: they outlive the hub that served them, so that another one, or the same after a crash,
// continues them.
import TiketiNet
import TiketiStore

/// A session is a hash with a time to live, renewed while its client is connected. Whoever takes a session is its owner; only the owner's
/// last words about it count.
final class RedisSessionStore: SocketRecovery {
    private let redis: RedisClient
    private let hub: String
    private let cache = Locked(Cache())
    /// A session of a hub that died lives on for this long after the last renewal: two minutes, and the time between renewals.
    private static let liveMilliseconds = 180_000
    private static let lostMilliseconds = 120_000
    static let renewal = Duration.seconds(50)
    /// Messages that are read from the log at once, over all rooms of a session, and of one room at least: with large messages, all of a
    /// long absence would fill the memory.
    private static let portion = 128
    private static let portionOfRoom = 4
    private static let cacheBytes = 16_777_216

    private struct Cache {
        var messages: [Int64: LoggedMessage] = [:]
        var bytes = 0
    }

    init(_ redis: RedisClient, hub: String) {
        self.redis = redis
        self.hub = hub
    }

    private static func key(_ pid: String) -> RedisArgument { "tiketi:live:session:\(pid)" }
    /// Where a hub hears which sessions others continue.
    static func ownerChannel(_ hub: String) -> String { "tiketi:live:hub:\(hub)" }

    // MARK: Scripts

    /// Keys: session, counter. Arguments: life, sid, namespace, owner, identity, rooms.
    private static let createScript = RedisScript(
        """
        local now = redis.call('GET', KEYS[2]) or '0'
        local words = {'s', ARGV[2], 'n', ARGV[3], 'o', ARGV[4], 'd', ARGV[5], 'r:', now}
        for i = 6, #ARGV do
          words[#words + 1] = 'r:' .. ARGV[i]
          words[#words + 1] = now
        end
        redis.call('HSET', KEYS[1], unpack(words))
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return now
        """)

    /// Keys: session, counter. Argument: room. A session that is gone is not brought back by it.
    private static let joinScript = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        return redis.call('HSETNX', KEYS[1], 'r:' .. ARGV[1], redis.call('GET', KEYS[2]) or '0')
        """)

    /// Key: session. Arguments: life, new owner, what an owner's channel begins with, the session's private id.
    private static let takeScript = RedisScript(
        """
        local session = redis.call('HGETALL', KEYS[1])
        if #session == 0 then return false end
        local owner = redis.call('HGET', KEYS[1], 'o')
        redis.call('HSET', KEYS[1], 'o', ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        if owner ~= ARGV[2] then redis.call('PUBLISH', ARGV[3] .. owner, ARGV[4]) end
        return session
        """)

    /// Key: session. Arguments: owner, life (0: none).
    private static let releaseScript = RedisScript(
        """
        if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
        if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        """)

    /// Key: session. A session that is gone is not brought back by it.
    private static let replayingScript = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        return redis.call('HSET', KEYS[1], 'p', '1')
        """)

    // MARK: Sessions

    func create(_ pid: String, _ session: RecoverableSession) async -> Int64? {
        let arguments: [RedisArgument] = [
            RedisArgument(Self.liveMilliseconds), .string(session.sid), .string(session.namespace), .string(session.owner),
            .string(session.identity),
        ]
        let rooms = session.rooms.keys.map { RedisArgument.string($0) }
        let keys: [RedisArgument] = [Self.key(pid), .string(EventLog.counter)]
        return try? await redis.evaluate(Self.createScript, keys: keys, arguments: arguments + rooms).int
    }

    func joined(_ pid: String, _ room: String) async -> Bool {
        (try? await redis.evaluate(Self.joinScript, keys: [Self.key(pid), .string(EventLog.counter)], arguments: [.string(room)])) != nil
    }

    func left(_ pid: String, _ room: String) {
        inBackground { redis in _ = try? await redis.send(["HDEL", Self.key(pid), "r:\(room)"]) }
    }

    func take(_ pid: String) async -> SessionClaim {
        let arguments: [RedisArgument] = [
            RedisArgument(Self.liveMilliseconds), .string(hub), .string(Self.ownerChannel("")), .string(pid),
        ]
        guard let answer = try? await redis.evaluate(Self.takeScript, keys: [Self.key(pid)], arguments: arguments) else {
            return .unavailable
        }
        guard let words = answer.array else { return .unknown }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) { fields[words[index].string ?? ""] = words[index + 1].string ?? "" }
        guard let sid = fields["s"], let namespace = fields["n"], let owner = fields["o"] else { return .unknown }
        var rooms: [String: Int64] = [:]
        for (name, value) in fields where name.hasPrefix("r:") { rooms[String(name.dropFirst(2))] = Int64(value) ?? 0 }
        return .session(
            RecoverableSession(
                sid: sid, namespace: namespace, owner: owner, identity: fields["d"] ?? "", isReplaying: fields["p"] != nil, rooms: rooms))
    }

    func release(_ pid: String, forGood: Bool) {
        let hub = hub
        inBackground { redis in
            let life = RedisArgument(forGood ? 0 : Self.lostMilliseconds)
            _ = try? await redis.evaluate(Self.releaseScript, keys: [Self.key(pid)], arguments: [.string(hub), life])
        }
    }

    func replaying(_ pid: String, _ isReplaying: Bool) {
        inBackground { redis in
            if isReplaying {
                _ = try? await redis.evaluate(Self.replayingScript, keys: [Self.key(pid)], arguments: [])
            } else {
                _ = try? await redis.send(["HDEL", Self.key(pid), "p"])
            }
        }
    }

    /// Keeps the sessions of connected clients alive.
    func renew(_ pids: [String]) async {
        for start in stride(from: 0, to: pids.count, by: 500) {
            let commands = pids[start..<min(start + 500, pids.count)].map { pid -> [RedisArgument] in
                ["PEXPIRE", Self.key(pid), RedisArgument(Self.liveMilliseconds)]
            }
            _ = try? await redis.pipeline(commands)
        }
    }

    private func inBackground(_ work: @escaping @Sendable (RedisClient) async -> Void) {
        let redis = redis
        guard let loop = EventLoop.current else { return }
        loop.spawn { await work(redis) }
    }

    // MARK: The log

    func missed(by session: RecoverableSession, since offset: Int64) async -> MissedMessages? {
        let rooms = session.rooms.map { (name: $0.key, after: max($0.value, offset)) } + [(name: session.sid, after: offset)]
        let portion = max(Self.portionOfRoom, Self.portion / rooms.count)
        let commands = rooms.map { room -> [RedisArgument] in
            let stream = EventLog.stream(session.namespace, room.name)
            return ["XRANGE", .string(stream), "\(room.after + 1)-0", "+", "COUNT", RedisArgument(portion)]
        }
        guard let answers = try? await redis.pipeline(commands) else { return nil }
        var found: [Int64: LoggedMessage] = [:]
        // Behind it a room may have messages that have not been read.
        var end = Int64.max
        for (room, answer) in zip(rooms, answers) {
            guard let entries = answer.array else { return nil }
            for (index, entry) in entries.enumerated() {
                guard let logged = LogEntry(entry) else { return nil }
                // What came before the first one must be known to the client, or the stream has been cut in between.
                if index == 0 && logged.previous > room.after { return nil }
                if found[logged.offset] == nil { found[logged.offset] = message(logged) }
                if index == portion - 1 { end = min(end, logged.offset) }
            }
        }
        let messages = found.values.filter { $0.offset <= end }.sorted { $0.offset < $1.offset }
        return MissedMessages(messages: messages, end: end == .max ? nil : end)
    }

    /// Many clients miss the same messages.
    private func message(_ entry: LogEntry) -> LoggedMessage? {
        if let known = cache.withLock({ $0.messages[entry.offset] }) { return known }
        guard let message = HubMessage(entry.bytes) else { return nil }
        let packet = EncodedPacket(message.packet().marked(with: entry.offset), isShared: true)
        let logged = LoggedMessage(offset: entry.offset, target: message.target, packet: packet)
        cache.withLock { cache in
            // In both forms of the packet.
            let bytes = packet.payload.count + packet.frames.count
            if cache.bytes + bytes > Self.cacheBytes { cache = Cache() }
            cache.messages[entry.offset] = logged
            cache.bytes += bytes
        }
        return logged
    }
}
