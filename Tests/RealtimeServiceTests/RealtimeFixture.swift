// A realtime service on a Redis of its own, with a ticket directory that the test controls, reached over real sockets.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore
import TiketiTesting

@testable import RealtimeService

extension TicketAPI.QueueEntry {
    /// A place in a line.
    static func waiting(_ user: UUID, _ event: UUID, _ generation: UUID, sequence: Int64?, position: Int?) -> TicketAPI.QueueEntry {
        TicketAPI.QueueEntry(
            userID: user, eventID: event, status: "waiting", position: position, sequence: sequence, generation: generation)
    }
}

final class FakeTickets: TicketQueries {
    let events = Locked<[UUID: Int64]>([:])
    let queue = Locked<[UUID: TicketAPI.QueueEntry]>([:])
    /// Numbers given by a draw.
    let drawn = Locked<QueueNumbers?>(nil)
    let isDown = Locked(false)
    let calls = Locked(0)

    func version(ofEvent id: UUID) async -> Lookup<Int64> {
        calls.withLock { $0 += 1 }
        if isDown.withLock({ $0 }) { return .unavailable }
        // A call takes a while, so that joins meet.
        if let loop = EventLoop.current { try? await loop.sleep(nanoseconds: 20_000_000) }
        return events.withLock { $0[id] }.map { .found($0) } ?? .unknown
    }

    func queueEntry(_ id: UUID) async -> Lookup<TicketAPI.QueueEntry> {
        if isDown.withLock({ $0 }) { return .unavailable }
        return queue.withLock { $0[id] }.map { .found($0) } ?? .unknown
    }

    func sequences(ofEvent event: UUID, _ queues: [UUID]) async -> Lookup<QueueNumbers> {
        calls.withLock { $0 += 1 }
        return drawn.withLock { $0 }.map { .found($0) } ?? .unavailable
    }
}

final class RealtimeFixture: Sendable {
    let runtime: ServiceRuntime
    let process: ServiceProcess
    let tickets: FakeTickets
    let port: Int
    /// Kept: a test's Redis ends with its last reference.
    let redis: TestRedis

    private init(_ runtime: ServiceRuntime, _ process: ServiceProcess, _ tickets: FakeTickets, _ port: Int, _ redis: TestRedis) {
        self.redis = redis
        self.runtime = runtime
        self.process = process
        self.tickets = tickets
        self.port = port
    }

    static func start(_ redis: TestRedis, tickets: FakeTickets = FakeTickets(), environment: [String: String] = [:]) async throws
        -> RealtimeFixture
    {
        var reader = EnvironmentReader(
            ["PORT": "0", "HOST": "127.0.0.1", "ACCESS_LOG": "off", "REALTIME_DRAIN_SECONDS": "0"].merging(environment) { $1 })
        var config = CommonConfig(&reader, service: .realtime, uses: .redis)
        config.redis = redis.configuration
        let runtime = ServiceRuntime(.realtime, config: config, uses: .redis, group: .shared)
        let parts = RealtimeParts(runtime, tickets: tickets, config: RealtimeConfig(&reader))
        let app = ServiceApp(router: parts.router(internalAuth: runtime.internalAuth), services: parts.services)
        try reader.finish()
        let process = ServiceProcess(runtime: runtime, app: app)
        let port = try await process.start()
        _ = try await runtime.redis.send(["PING"])
        return RealtimeFixture(runtime, process, tickets, port, redis)
    }

    static func token(_ user: UUID, lifetime: Int = 3600, secret: String = CommonConfig.developmentJWTSecret, now: Timestamp = .now())
        -> String
    {
        JWT.sign(Principal(userID: user, email: "a@b.c", role: .user), secret: secret, lifetime: .seconds(lifetime), now: now)
    }

    /// Runs `body` with a client that has sent `40` with this auth JSON; the first argument is the server's answer to
    /// it. Within another client's, on the same loop.
    func client<Value: Sendable>(
        auth: String, headers: [(String, String)] = [], _ body: @escaping @Sendable (String, Client) async throws -> Value
    ) async throws -> Value {
        let port = port
        return try await (EventLoop.current ?? EventLoopGroup.shared.next()).run {
            let connection = try await WebSocketClient.connect(
                to: SocketAddress(literal: "127.0.0.1", port: port)!, path: "/socket.io/?EIO=4&transport=websocket", headers: headers)
            defer { connection.abort() }
            let client = Client(connection)
            _ = await client.next()
            connection.send(text: "40" + auth)
            return try await body(await client.next(), client)
        }
    }

    func client<Value: Sendable>(as user: UUID, _ body: @escaping @Sendable (Client) async throws -> Value) async throws -> Value {
        try await client(auth: "{\"token\":\"\(Self.token(user))\"}") { _, client in try await body(client) }
    }

    func emitter() -> SocketEmitter { SocketEmitter(runtime.redis) }

    func stop() async { await process.stop(grace: .seconds(2)) }
}

/// `@unchecked Sendable` because it stays on the connection's loop.
final class Client: @unchecked Sendable {
    let connection: WebSocketConnection
    private var ackID = 0

    init(_ connection: WebSocketConnection) { self.connection = connection }

    /// The next packet, heartbeats answered and left out; "closed" at the end.
    func next() async -> String {
        while true {
            guard let message = try? await connection.receive() else { return "closed" }
            if message.text != "2" { return message.text }
            connection.send(text: "3")
        }
    }

    /// Emits with an acknowledgement and returns its first argument; for clients that get nothing else meanwhile.
    func call(_ event: String, _ payload: String) async -> String {
        ackID += 1
        connection.send(text: "42\(ackID)[\"\(event)\",\(payload)]")
        let answer = await next()
        return String(answer.dropFirst("43\(ackID)[".count).dropLast())
    }
}
