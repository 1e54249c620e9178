// The process's way to Redis: one automatically pipelined connection per event loop, and an error at once when it is away.
import Synchronization
import TiketiNet

/// Commands from a loop's task use that loop's own connection, so many requests share one write and one read; commands from any
/// other thread borrow a loop. Every command has a deadline. Nothing is repeated after a failure: the caller has the documented fallback.
public final class RedisClient: Sendable {
    private let group: EventLoopGroup
    private let connections: [RedisConnection]
    /// Counters for metrics.
    public let statistics = RedisStatistics()

    /// Begins connecting at once on every loop.
    public init(_ configuration: RedisConfiguration, group: EventLoopGroup) {
        self.group = group
        let statistics = statistics
        let trust = configuration.trust
        connections = group.loops.map { RedisConnection(loop: $0, configuration: configuration, trust: trust, statistics: statistics) }
        for connection in connections { connection.loop.execute { connection.start() } }
    }

    /// Whether any loop is connected; for readiness and for choosing a fallback early.
    public var isAvailable: Bool { statistics.readyConnections > 0 }

    /// Fails what waits and disconnects.
    public func close() {
        for connection in connections { connection.loop.execute { connection.close() } }
    }

    /// Sends one command and returns its reply; an error reply is thrown with code `.server`.
    public func send(_ command: [RedisArgument], timeout: Duration? = nil) async throws(RedisError) -> RedisValue {
        if let connection = localConnection { return try await connection.send(command, timeout: timeout) }
        let connection = anyConnection
        do {
            return try await connection.loop.run { try await connection.send(command, timeout: timeout) }
        } catch { throw error as? RedisError ?? RedisError(.closed, "\(error)") }
    }

    /// Sends commands together and returns their replies in order, error replies among them as `.error` values.
    /// They are not a transaction: other clients' commands may run between them.
    public func pipeline(_ commands: [[RedisArgument]], timeout: Duration? = nil) async throws(RedisError) -> [RedisValue] {
        if let connection = localConnection { return try await connection.pipeline(commands, timeout: timeout) }
        let connection = anyConnection
        do {
            return try await connection.loop.run { try await connection.pipeline(commands, timeout: timeout) }
        } catch { throw error as? RedisError ?? RedisError(.closed, "\(error)") }
    }

    private var localConnection: RedisConnection? {
        guard let loop = EventLoop.current, loop.index < connections.count else { return nil }
        let connection = connections[loop.index]
        return connection.loop === loop ? connection : nil
    }

    private var anyConnection: RedisConnection { connections[group.next().index] }
}

/// What happened on a client's connections so far.
public final class RedisStatistics: Sendable {
    private let ready = Atomic<Int>(0)
    private let connects = Atomic<Int>(0)
    private let timedOut = Atomic<Int>(0)

    /// Connections that can take commands now.
    public var readyConnections: Int { ready.load(ordering: .relaxed) }
    /// Connections made since the start; more than the number of loops means reconnections.
    public var connections: Int { connects.load(ordering: .relaxed) }
    /// Commands given up at their deadline.
    public var timeouts: Int { timedOut.load(ordering: .relaxed) }

    func connected() {
        ready.add(1, ordering: .relaxed)
        connects.add(1, ordering: .relaxed)
    }
    func disconnected() { ready.subtract(1, ordering: .relaxed) }
    func countTimeout() { timedOut.add(1, ordering: .relaxed) }
}
