// The log of broadcasts in Redis: one order for all rooms, one stream for each room, so that a client that was away gets what it missed.
import TiketiStore

/// Names and scripts. A message is numbered, written to the streams of its rooms and published in one step, so that the order of the log
/// and the order of delivery are the same, and nothing is delivered that could not be delivered again.
enum EventLog {
    /// How long a room's stream outlives its last message; longer than a session can be recovered.
    static let seconds = 300
    /// Messages a room's stream keeps; who missed more begins anew.
    static let entries = 10_000

    static let counter = "tiketi:live:offset"

    /// The stream of a room; of everybody when the name is empty.
    static func stream(_ namespace: String, _ room: String) -> String { "tiketi:live:log:\(namespace)#\(room)" }

    static func streams(_ namespace: String, _ rooms: [String]) -> [String] {
        if rooms.isEmpty { return [stream(namespace, "")] }
        // A message stands once in each, also when its sender names a room twice.
        var known: Set<String> = []
        return rooms.filter { known.insert($0).inserted }.map { stream(namespace, $0) }
    }

    /// Numbers are the clock's microseconds, or one more than the number before where that is higher: they rise even when Redis has lost
    /// everything, or has gone back to an earlier snapshot.
    private static let beginning = """
        local t = redis.call('TIME')
        local n = math.max(t[1] * 1000000 + t[2], tonumber(redis.call('GET', KEYS[1]) or '0'))
        local before = {}
        local function append(k, n, m, limit)
          if not before[k] then
            local last = redis.call('XREVRANGE', KEYS[k], '+', '-', 'COUNT', 1)
            before[k] = last[1] and last[1][1] or '0-0'
          end
          local id = string.format('%.0f-0', n)
          redis.call('XADD', KEYS[k], 'MAXLEN', '~', limit, id, 'm', m, 'p', before[k])
          before[k] = id
        end

        """

    private static let ending = """
        for k in pairs(before) do redis.call('EXPIRE', KEYS[k], \(seconds)) end
        return n
        """

    /// Logs and publishes several messages, one behind the other, nothing between them.
    /// Keys: counter, streams. Arguments: entries to keep, number of messages; then for each its channel, the message without its offset,
    /// the number of its streams, and which of the keys they are. Answers the last offset.
    static let publish = publishing(.classic)
    /// The same for channels of sharded pub/sub.
    static let publishToShards = publishing(.sharded)

    private static func publishing(_ wire: HubWire) -> RedisScript {
        RedisScript(
            beginning + """
                local count = tonumber(ARGV[2])
                redis.call('SET', KEYS[1], string.format('%.0f', n + count))
                local at = 3
                for _ = 1, count do
                  n = n + 1
                  local m = ARGV[at + 1] .. struct.pack('>I8', n)
                  local last = at + 2 + tonumber(ARGV[at + 2])
                  for i = at + 3, last do append(tonumber(ARGV[i]), n, m, ARGV[1]) end
                  redis.call('\(wire.verb)', ARGV[at], m)
                  at = last + 1
                end

                """ + ending)
    }

    /// For a message that somebody else has published: every hub that got it calls this, the first one numbers and logs it. Messages of
    /// the same bytes are told apart by their order: the nth that a hub got is the nth of all, counted from the first that it could hear.
    /// Keys: counter, history of these bytes, streams. Arguments: message without its offset, entries to keep, the hub, the last offset
    /// before it could hear the message.
    static let adopt = RedisScript(
        beginning + """
            local hub = 'hub:' .. ARGV[3]
            local floor = tonumber(ARGV[4])
            local limit = tonumber(ARGV[2])
            local last = tonumber(redis.call('HGET', KEYS[2], 'last') or '0')
            local nth = tonumber(redis.call('HGET', KEYS[2], hub) or math.max(0, last - limit))
            local known
            repeat
              nth = nth + 1
              known = tonumber(redis.call('HGET', KEYS[2], nth) or '0')
            until known == 0 or known > floor
            redis.call('HSET', KEYS[2], hub, nth)
            if known > 0 then
              redis.call('PEXPIRE', KEYS[2], \(adoptionMilliseconds))
              return known
            end
            n = n + 1
            redis.call('SET', KEYS[1], string.format('%.0f', n))
            local m = ARGV[1] .. struct.pack('>I8', n)
            for k = 3, #KEYS do append(k, n, m, limit) end
            redis.call('HSET', KEYS[2], nth, string.format('%.0f', n), 'last', nth)
            redis.call('HDEL', KEYS[2], nth - limit)
            redis.call('PEXPIRE', KEYS[2], \(adoptionMilliseconds))

            """ + ending)

    /// How far apart two hubs may get a message.
    private static let adoptionMilliseconds = 20_000

    /// The highest offset so far; 0 when there is none, or Redis can't be asked.
    static func lastOffset(_ redis: RedisClient) async -> Int64 { (try? await redis.send(["GET", .string(counter)]))?.int ?? 0 }

    /// The words of one publication, for a pipeline: by source, because a pipeline can't repeat a call that the server did not know.
    static func command(_ messages: [HubMessage], _ wire: HubWire) -> [RedisArgument] {
        var keys: [RedisArgument] = [.string(counter)]
        var known: [String: Int] = [:]
        var arguments = [RedisArgument(entries), RedisArgument(messages.count)]
        for message in messages {
            let names = streams(message.namespace, message.target.rooms)
            arguments += [
                .string(wire.channel(of: message)), .bytes(wire.encodedWithoutOffset(message)), RedisArgument(names.count),
            ]
            for name in names {
                if known[name] == nil {
                    keys.append(.string(name))
                    known[name] = keys.count
                }
                arguments.append(RedisArgument(known[name] ?? 0))
            }
        }
        return (wire.isSharded ? publishToShards : publish).command(keys: keys, arguments: arguments, byHash: false)
    }
}

/// One entry of a room's stream, not decoded yet.
struct LogEntry {
    let offset: Int64
    /// The one before it in this stream.
    let previous: Int64
    let bytes: [UInt8]

    /// From an entry of XRANGE: id and fields.
    init?(_ entry: RedisValue) {
        guard let parts = entry.array, parts.count == 2, let offset = Self.number(parts[0]), let fields = parts[1].array, fields.count >= 4,
            let bytes = fields[1].bytes, let previous = Self.number(fields[3])
        else { return nil }
        self.offset = offset
        self.previous = previous
        self.bytes = bytes
    }

    /// The part of an id before the dash.
    private static func number(_ id: RedisValue) -> Int64? { id.string.flatMap { Int64($0.prefix { $0 != "-" }) } }
}
