// The scripts of the queue's fast half. Each is one step: nobody is lost or counted twice between two commands. All keys are declared.
import TiketiStore

enum QueueScripts {
    /// KEYS: waiting, lobby, sequence, users, meta, the new entry. ARGV: user, new queue id, event, "1" for the lobby, life.
    /// Answers the place's queue id, its rank from 0 or -1 in the lobby, 1 when it is new, and the measured pace.
    static let join = RedisScript(
        """
        local pace = redis.call('HGET', KEYS[5], 'pace')
        local id = redis.call('HGET', KEYS[4], ARGV[1])
        if id then
          local rank = redis.call('ZRANK', KEYS[1], id)
          if rank then return {id, rank, 0, pace} end
          if redis.call('SISMEMBER', KEYS[2], id) == 1 then return {id, -1, 0, pace} end
        end
        id = ARGV[2]
        redis.call('HSET', KEYS[4], ARGV[1], id)
        redis.call('EXPIRE', KEYS[4], ARGV[5])
        redis.call('HSETNX', KEYS[5], 'generation', id)
        redis.call('EXPIRE', KEYS[5], ARGV[5])
        redis.call('HSET', KEYS[6], 'user', ARGV[1], 'event', ARGV[3], 'state', 'in')
        redis.call('EXPIRE', KEYS[6], ARGV[5])
        if ARGV[4] == '1' then
          redis.call('SADD', KEYS[2], id)
          return {id, -1, 1, pace}
        end
        redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[3]), id)
        return {id, redis.call('ZRANK', KEYS[1], id), 1, pace}
        """)

    /// KEYS: waiting, lobby, gaps. ARGV: pairs of score and queue id. Only who is still in the lobby enters; who left it leaves a gap.
    static let enter = RedisScript(
        """
        for i = 1, #ARGV, 2 do
          if redis.call('SREM', KEYS[2], ARGV[i + 1]) == 1 then
            redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1])
          elseif not redis.call('ZSCORE', KEYS[1], ARGV[i + 1]) then
            redis.call('ZADD', KEYS[3], ARGV[i], ARGV[i])
          end
        end
        return 1
        """)

    /// KEYS: waiting, lobby, sequence. ARGV: queue ids, which become arrivals.
    static let enterLate = RedisScript(
        """
        for i = 1, #ARGV do
          if redis.call('SREM', KEYS[2], ARGV[i]) == 1 then redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[3]), ARGV[i]) end
        end
        return 1
        """)

    /// KEYS: waiting, users, changed, entries. ARGV: event, then pairs of user and queue id. Answers the queue ids whose users had given
    /// up meanwhile.
    static let through = RedisScript(
        """
        local left = {}
        for i = 2, #ARGV, 2 do
          local entry = KEYS[3 + i / 2]
          redis.call('ZREM', KEYS[1], ARGV[i + 1])
          if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
          if redis.call('HGET', entry, 'state') == 'left' then
            left[#left + 1] = ARGV[i + 1]
          else
            redis.call('HSET', entry, 'user', ARGV[i], 'event', ARGV[1], 'state', 'through')
            redis.call('EXPIRE', entry, 3600)
          end
        end
        redis.call('SADD', KEYS[3], ARGV[1])
        return left
        """)

    /// KEYS: waiting, lobby, users, changed, gaps, entry. ARGV: user, queue id, event. Answers 1 when the place was the user's and
    /// is now given up.
    static let leave = RedisScript(
        """
        if redis.call('HGET', KEYS[6], 'user') ~= ARGV[1] then return 0 end
        local score = redis.call('ZSCORE', KEYS[1], ARGV[2])
        local gone = redis.call('ZREM', KEYS[1], ARGV[2]) + redis.call('SREM', KEYS[2], ARGV[2])
        if redis.call('HGET', KEYS[3], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[3], ARGV[1]) end
        if gone == 0 then return 0 end
        if score then redis.call('ZADD', KEYS[5], score, score) end
        redis.call('HSET', KEYS[6], 'state', 'left')
        redis.call('EXPIRE', KEYS[6], 3600)
        redis.call('SADD', KEYS[4], ARGV[3])
        return 1
        """)

    /// KEYS: waiting, gaps. ARGV: queue ids whose entries have lapsed.
    static let drop = RedisScript(
        """
        for i = 1, #ARGV do
          local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
          if score then
            redis.call('ZREM', KEYS[1], ARGV[i])
            redis.call('ZADD', KEYS[2], score, score)
          end
        end
        return 1
        """)

    /// KEYS: meta. ARGV: how many were let in, "1" when users waited. Keeps the measured time of one admission, older rounds
    /// weighing less; it counts after three rounds in which users waited.
    static let measure = RedisScript(
        """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000000 + clock[2]
        if ARGV[2] ~= '1' then
          redis.call('HDEL', KEYS[1], 'at')
          return 0
        end
        local last = redis.call('HMGET', KEYS[1], 'at', 'users', 'micros', 'rounds')
        redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now))
        if not last[1] then return 0 end
        local users = (tonumber(last[2]) or 0) * 0.7 + tonumber(ARGV[1])
        local micros = (tonumber(last[3]) or 0) * 0.7 + now - tonumber(last[1])
        local rounds = (tonumber(last[4]) or 0) + 1
        redis.call('HSET', KEYS[1], 'users', tostring(users), 'micros', string.format('%.0f', micros), 'rounds', rounds)
        -- When nobody gets out, nobody knows how long it takes: longer than it was watched.
        if rounds >= 3 then redis.call('HSET', KEYS[1], 'pace', string.format('%.0f', micros / (users > 0.01 and users or 1))) end
        return 1
        """)

    /// KEYS: waiting, lobby, gaps, meta. ARGV: a new generation. Everybody in the line goes back to the lobby, to be drawn anew.
    static let reopen = RedisScript(
        """
        local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
        for i = 1, #ids do redis.call('SADD', KEYS[2], ids[i]) end
        redis.call('DEL', KEYS[1], KEYS[3])
        redis.call('HSET', KEYS[4], 'generation', ARGV[1])
        redis.call('HDEL', KEYS[4], 'at', 'users', 'micros', 'rounds', 'pace')
        return #ids
        """)

    /// KEYS: waiting, meta. Answers 1 when the first of the line was answered "waiting": who joins now waits behind.
    static let waits = RedisScript(
        """
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        if not first[2] then return 0 end
        return tonumber(first[2]) <= tonumber(redis.call('HGET', KEYS[2], 'settled') or '0') and 1 or 0
        """)

    /// KEYS: sequence, meta. Moves the mark up to which arrivals wait to the latest arrival.
    static let moveWaitMark = RedisScript(
        """
        redis.call('HSET', KEYS[2], 'settled', redis.call('GET', KEYS[1]) or '0')
        return 1
        """)

    /// KEYS: the reporter's key. ARGV: who asks, milliseconds. Answers 1 when the asker is the one who reports, for so long.
    static let report = RedisScript(
        """
        local holder = redis.call('GET', KEYS[1])
        if holder and holder ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """)

    /// KEYS: waiting, gaps, meta. Answers the generation, the first score (nil when nobody waits), the measured pace, and the gaps
    /// behind the first.
    static let head = RedisScript(
        """
        local meta = redis.call('HMGET', KEYS[3], 'generation', 'pace')
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        if not first[2] then return {meta[1], false, meta[2]} end
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', first[2])
        return {meta[1], first[2], meta[2], redis.call('ZRANGE', KEYS[2], 0, -1)}
        """)
}
