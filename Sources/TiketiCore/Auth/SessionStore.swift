// Where sessions are looked up: Redis for what somebody found out lately, PostgreSQL's view of auth's table for the truth.

import TiketiNet
import TiketiStore

/// Finds a session's status. The value is kept by `SessionCheck`.
internal protocol SessionSource: Sendable {
    /// - Parameters:
    ///   - session: nil for a token without one: only the role is looked up, and the session counts as live.
    ///   - freshness: how old the answer of PostgreSQL may be that Redis repeats.
    /// - Throws: when neither can say.
    func status(user: UUID, session: UUID?, freshness: Duration) async throws -> SessionStatus
}

/// The sessions of this deployment, read from the view `public.account_sessions`; auth alone writes their rows.
public struct SessionStore: SessionSource {
    /// How long Redis repeats that a session is live. An end overwrites it at once; only where Redis refuses that write, or has lost it,
    /// does a buyer's session outlive its end by as much. Administrators are looked up anew every five seconds.
    private static let repeated: Duration = .seconds(60)
    /// An end is remembered longer than any look-up that began before it can last.
    private static let endRemembered: Duration = .seconds(600)

    private let postgres: PostgresPool
    private let redis: RedisClient?

    /// Redis, where there is one, spares most of the reads.
    public init(postgres: PostgresPool, redis: RedisClient?) {
        self.postgres = postgres
        self.redis = redis
    }

    /// Stores what was found, unless the session has ended meanwhile.
    private static let keepScript = RedisScript(
        """
        local known = redis.call('GET', KEYS[1])
        if known and string.sub(known, 1, 1) == '0' then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """)

    internal func status(user: UUID, session: UUID?, freshness: Duration) async throws -> SessionStatus {
        let key = Self.key(user: user, session: session)
        if let redis, let known = try? await redis.get(key), let status = SessionStatus(text: known) {
            if !status.isLive || Timestamp.now() - status.checkedAt < freshness { return status }
        }
        let checkedAt = Timestamp.now()
        let rows = try await postgres.read(
            """
            SELECT role, coalesce(session_id = $2 AND live, false) AS live FROM public.account_sessions
            WHERE user_id = $1 ORDER BY session_id = $2 DESC NULLS LAST LIMIT 1
            """, [.uuid(user), session.map { .uuid($0) } ?? .null])
        var status = SessionStatus(role: nil, isLive: false, checkedAt: checkedAt)
        if let row = rows.first {
            status.role = Role(rawValue: try row.string("role"))
            status.isLive = try session == nil || row.bool("live")
        }
        if let redis {
            _ = try? await redis.evaluate(
                Self.keepScript, keys: [.string(key)],
                arguments: [.string(status.text), RedisArgument(Self.repeated.wholeMilliseconds)])
        }
        return status
    }

    /// Tells everybody that sessions have ended. Throws when Redis has not taken it: the caller tries again later.
    public func announceEnd(of sessions: [UUID], role: Role?) async throws {
        guard let redis, !sessions.isEmpty else { return }
        let text = SessionStatus(role: role, isLive: false).text
        let answers = try await redis.pipeline(
            sessions.map { id in
                ["SET", .string(Self.key(session: id)), .string(text), "PX", RedisArgument(Self.endRemembered.wholeMilliseconds)]
            })
        for case .error(let refusal) in answers { throw RedisError(.server, "\(refusal)") }
    }

    private static func key(user: UUID, session: UUID?) -> String { session.map(key(session:)) ?? "session:user:\(user)" }
    private static func key(session: UUID) -> String { "session:\(session)" }
}
