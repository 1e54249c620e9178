// The log of broadcasts in Redis: one order for all rooms, one stream for each room, so that a client that was away gets what it missed.
import TiketiStore

/// Names and scripts. A message is numbered, written to the streams of its rooms and published in one step, so that the order of the log and the
/// order of delivery are the same, and nothing is delivered that could not be delivered again.
enum EventLog {
    /// How long a room's stream outlives its last message; longer than a session can be recovered.
    static let seconds = 300
    /// Messages a room's stream keeps; who missed more begins anew.
    static let entries = 10_000

    static let counter = "tiketi:live:offset"

    /// The stream of a room; of everybody when the name is empty.
    static func stream(_ namespace: String, _ room: String) -> String { "tiketi:live:log:\(namespace)#\(room)" }

    static func streams(_ namespace: String, _ rooms: [String]) -> [String] {
        rooms.isEmpty ? [stream(namespace, "")] : rooms.map { stream(namespace, $0) }
    }

    /// Numbers begin with the clock's microseconds, so that they rise even when Redis has lost everything.
    private static let number = """
        if redis.call('EXISTS', KEYS[1]) == 0 then
          local t = redis.call('TIME')
          redis.call('SET', KEYS[1], string.format('%.0f', t[1] * 1000000 + t[2]))
        end
        local function append(first, message, limit)
          local n = redis.call('INCR', KEYS[1])
          local id = string.format('%.0f', n)
          local m = message .. struct.pack('>I8', n)
          for i = first, #KEYS do
            local last = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)
            local before = '0-0'
            if last[1] then before = last[1][1] end
            redis.call('XADD', KEYS[i], 'MAXLEN', '~', limit, id .. '-0', 'm', m, 'p', before)
            redis.call('EXPIRE', KEYS[i], \(seconds))
          end
          return n, m
        end

        """

    /// Keys: counter, streams. Arguments: channel, message without its offset, entries to keep. Answers the offset.
    static let publish = RedisScript(
        number + """
            local n, m = append(2, ARGV[2], ARGV[3])
            redis.call('PUBLISH', ARGV[1], m)
            return n
            """)

    /// For a message that somebody else has published: every hub that got it calls this, the first one numbers and logs it.
    /// Keys: counter, mark of the message, streams. Arguments: message without its offset, entries to keep.
    static let adopt = RedisScript(
        number + """
            local known = redis.call('GET', KEYS[2])
            if known then return tonumber(known) end
            local n = append(3, ARGV[1], ARGV[2])
            redis.call('SET', KEYS[2], string.format('%.0f', n), 'PX', 20000)
            return n
            """)

    /// The words of one logged publication, for a pipeline: by source, because a pipeline can't repeat a call that the server did not know.
    static func command(_ message: ClassicMessage) -> [RedisArgument] {
        let keys = [counter] + streams(message.namespace, message.target.rooms)
        return publish.command(
            keys: keys.map { .string($0) },
            arguments: [.string(message.channel), .bytes(message.encodedWithoutOffset()), RedisArgument(entries)], byHash: false)
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
