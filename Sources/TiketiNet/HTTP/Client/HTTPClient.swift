// Requests to other servers over kept-alive connections that belong to the calling task's loop: no thread is changed and no task is made.

/// An HTTP/1.1 client with a bounded pool of connections per loop and server.
///
/// Sendable because the only shared state, the list of per-loop parts, is behind a lock; each part is used on its own loop.
public final class HTTPClient: Sendable {
    let configuration: HTTPClientConfiguration
    private let shards = Locked<[ObjectIdentifier: HTTPClientShard]>([:])
    private let trust: TLSTrust

    /// Opens nothing yet: each loop connects when its first request needs it, and the CA file is read before the first TLS connection.
    public init(configuration: HTTPClientConfiguration = HTTPClientConfiguration()) {
        self.configuration = configuration
        trust = TLSTrust(caFile: configuration.caFile)
    }

    deinit { close() }

    /// Sends the request and returns when the response head is here. To be called from a task of an event loop; everything in the response
    /// is to be used there too.
    ///
    /// A request is sent again only when its body can be and either the server says that it has not looked at it (408 on a connection
    /// that it closes, RFC 9110 §15.5.9: it is about to stop), or a pooled connection turned out to be closed before it answered anything
    /// and the request is idempotent.
    public func execute(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        guard let loop = EventLoop.current else { preconditionFailure("HTTPClient.execute runs in a task of an event loop") }
        let head = try RequestEncoder.encode(request)
        let pool = shard(loop).pool(for: request.url)
        let limits = HTTPClientDeadlines(request, configuration, now: loop.now)
        let first = try await pool.acquire(limits, fresh: false)
        let reused = first.served > 0
        do throws(HTTPClientError) {
            let response = try await first.exchange(request, head, limits)
            guard response.wasNotLookedAt, request.hasLastingBody else { return response }
        } catch {
            guard reused, error.code == .closed, !first.heard, request.isReplayable else { throw error }
        }
        let second = try await pool.acquire(limits, fresh: true).exchange(request, head, limits)
        // A connection that the server took between its announcement and its last look ends like the one before; a third finds another
        // server or none.
        guard second.wasNotLookedAt, request.hasLastingBody else { return second }
        return try await pool.acquire(limits, fresh: true).exchange(request, head, limits)
    }

    /// Closes the idle connections of every loop; busy ones close when their response is done. Later requests make new ones.
    public func close() {
        let all = shards.withLock { shards in
            defer { shards = [:] }
            return Array(shards.values)
        }
        for shard in all { shard.loop.execute { shard.close() } }
    }

    /// Connections that are open on all loops, for metrics.
    public func openConnections() async -> Int {
        var total = 0
        for shard in shards.withLock({ Array($0.values) }) { total += (try? await shard.loop.run { shard.open }) ?? 0 }
        return total
    }

    private func shard(_ loop: EventLoop) -> HTTPClientShard {
        shards.withLock { shards in
            if let shard = shards[ObjectIdentifier(loop)] { return shard }
            let shard = HTTPClientShard(loop, configuration, trust)
            shards[ObjectIdentifier(loop)] = shard
            return shard
        }
    }
}

/// One loop's pools.
///
/// Sendable because it is confined to `loop`.
final class HTTPClientShard: @unchecked Sendable {
    let loop: EventLoop
    private let configuration: HTTPClientConfiguration
    private let trust: TLSTrust
    private var pools: [HTTPClientOrigin: HTTPClientPool] = [:]

    init(_ loop: EventLoop, _ configuration: HTTPClientConfiguration, _ trust: TLSTrust) {
        self.loop = loop
        self.trust = trust
        self.configuration = configuration
    }

    func pool(for url: URLParts) -> HTTPClientPool {
        let origin = HTTPClientOrigin(scheme: url.scheme, host: url.host, port: url.port)
        if let pool = pools[origin] { return pool }
        // A caller that follows arbitrary URLs must not leave a pool behind for each.
        if pools.count >= 256 { pools = pools.filter { $0.value.open > 0 || $0.value.waiting > 0 } }
        let pool = HTTPClientPool(loop, origin, configuration, trust)
        pools[origin] = pool
        return pool
    }

    var open: Int { pools.values.reduce(0) { $0 + $1.open } }

    func close() {
        for pool in pools.values { pool.close() }
        pools = [:]
    }
}

struct HTTPClientOrigin: Hashable {
    let scheme: URLParts.Scheme
    let host: String
    let port: Int
}

/// The deadlines of one request, worked out once.
struct HTTPClientDeadlines {
    let connectTimeout: UInt64
    let responseTimeout: UInt64
    /// On the loop's clock.
    let total: UInt64

    init(_ request: HTTPClientRequest, _ configuration: HTTPClientConfiguration, now: UInt64) {
        connectTimeout = request.connectTimeout ?? configuration.connectTimeout
        responseTimeout = request.responseTimeout ?? configuration.responseTimeout
        let (total, overflow) = now.addingReportingOverflow(request.totalTimeout ?? configuration.totalTimeout)
        self.total = overflow ? .max : total
    }

    /// `timeout` from `now`, or the total deadline if that is sooner.
    func next(_ timeout: UInt64, from now: UInt64) -> UInt64 {
        let (next, overflow) = now.addingReportingOverflow(timeout)
        return overflow ? total : min(next, total)
    }

    /// Nanoseconds until that, never negative.
    func remaining(_ timeout: UInt64, from now: UInt64) -> UInt64 {
        let deadline = next(timeout, from: now)
        return deadline > now ? deadline - now : 0
    }
}
