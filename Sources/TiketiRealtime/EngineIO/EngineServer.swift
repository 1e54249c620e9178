// The HTTP surface of Engine.IO: handshakes, polls, posts and upgrades, with the protocol's errors in the protocol's order.
import TiketiNet

/// Sessions live on the loop that opened them; a request that arrives on another loop hops there once, guided by the session id.
final class EngineServer: Sendable {
    let configuration: EngineConfiguration
    let statistics = EngineStatistics()
    let shards: [EngineShard]
    private let admission: EngineAdmission
    let unfinished: UnfinishedBytes
    private let webSocket: WebSocketConfiguration

    init(
        _ configuration: EngineConfiguration, group: EventLoopGroup, makeHandler: @escaping @Sendable (EngineSession) -> any EngineHandler
    ) {
        self.configuration = configuration
        admission = EngineAdmission(rate: configuration.acceptRate)
        unfinished = UnfinishedBytes(limit: configuration.maximumUnfinishedBytes)
        var webSocket = WebSocketConfiguration()
        webSocket.maximumMessageBytes = configuration.maxPayload
        webSocket.deflate = configuration.deflate
        webSocket.unfinished = unfinished
        webSocket.acceptsAnySubprotocol = true
        self.webSocket = webSocket
        let statistics = statistics
        let backlog = UnfinishedBytes(limit: configuration.maximumBacklogBytes)
        shards = group.loops.map {
            EngineShard(loop: $0, configuration: configuration, statistics: statistics, backlog: backlog, makeHandler: makeHandler)
        }
    }

    /// Answers a request under the server's path.
    func handle(_ request: HTTPRequest) async -> HTTPResponse {
        if request.method == .options { return configuration.origins.preflight(request) }
        let query = EngineQuery(request.query)
        do throws(EngineError) {
            guard let transport = query.transport, allows(transport) else { throw .unknownTransport }
            let isUpgrade = WebSocketUpgrade.isRequested(by: request)
            if isUpgrade && transport == .polling { throw .badRequest }
            if let sid = query.sid {
                let owner = try shard(of: sid)
                return isUpgrade ? try await upgrade(request, sid, owner) : try await exchange(request, sid, owner, transport)
            }
            guard request.method == .get else { throw .badHandshakeMethod }
            if transport == .websocket && !isUpgrade { throw .badRequest }
            if isUpgrade && !configuration.origins.accepts(request) { throw .forbidden }
            guard query.version == "4" else { throw .unsupportedVersion }
            if let refusal = admission.refusal(at: request.loop.now) {
                statistics.refused(refusal)
                throw refusal == .draining ? .draining : .tooMany
            }
            return try transport == .websocket ? openWebSocket(request, query) : openPolling(request, query)
        } catch {
            return refusal(error, request)
        }
    }

    private func allows(_ transport: EngineStateMachine.Transport) -> Bool {
        transport == .polling ? configuration.allowsPolling : configuration.allowsWebSocket
    }

    private static let wave: Duration = .milliseconds(100)
    /// So few may come back at once without harm.
    private static let smallestWave = 25

    /// Ends all sessions in waves over `time`, so that a whole hall does not come back at once. A few are gone sooner.
    func drain(over time: Duration) async {
        admission.drain()
        await withTaskGroup(of: Void.self) { group in
            for shard in shards {
                group.addTask {
                    _ = try? await shard.loop.run {
                        let waves = max(1, (time / Self.wave).rounded())
                        let size = time > .zero ? max(Self.smallestWave, Int((Double(shard.count) / waves).rounded(.up))) : Int.max
                        while shard.drain(size) > 0 { try await shard.loop.sleep(for: Self.wave) }
                    }
                }
            }
        }
    }

    // MARK: Opening

    private func openPolling(_ request: HTTPRequest, _ query: EngineQuery) throws(EngineError) -> HTTPResponse {
        let shard = shards[request.loop.index]
        guard let (_, packet) = shard.open(.polling, handshake(request), sendsBase64: query.wantsBase64) else { throw .draining }
        return answer(.payload(packet.payload), request)
    }

    private func openWebSocket(_ request: HTTPRequest, _ query: EngineQuery) throws(EngineError) -> HTTPResponse {
        let shard = leastLoaded()
        let handshake = handshake(request)
        return WebSocketUpgrade.handover(for: request, configuration: webSocket, to: shard.loop) { connection in
            guard let (session, packet) = shard.open(.websocket, handshake, sendsBase64: query.wantsBase64) else {
                return connection.abort()
            }
            session.open(connection, sending: packet)
        }
    }

    /// Connections that last are spread by number: the kernel spreads them by chance.
    private func leastLoaded() -> EngineShard {
        var best = shards[0]
        for shard in shards.dropFirst() where shard.load.load(ordering: .relaxed) < best.load.load(ordering: .relaxed) { best = shard }
        return best
    }

    private func handshake(_ request: HTTPRequest) -> EngineHandshake {
        EngineHandshake(
            peer: request.peer, query: request.query, authorization: request.headers["Authorization"],
            forwardedFor: request.headers["X-Forwarded-For"])
    }

    // MARK: Existing sessions

    private func shard(of sid: String) throws(EngineError) -> EngineShard {
        guard let id = EngineSessionID(sid), id.node == configuration.node, shards.indices.contains(id.loop) else { throw .unknownSession }
        return shards[id.loop]
    }

    private func upgrade(_ request: HTTPRequest, _ sid: String, _ shard: EngineShard) async throws(EngineError) -> HTTPResponse {
        if !configuration.origins.accepts(request) { throw .forbidden }
        guard await on(shard, { $0.session(sid) != nil }) == true else { throw .unknownSession }
        return WebSocketUpgrade.handover(for: request, configuration: webSocket, to: shard.loop) { connection in
            if let session = shard.session(sid) { session.probe(connection) } else { connection.abort() }
        }
    }

    private func exchange(
        _ request: HTTPRequest, _ sid: String, _ shard: EngineShard, _ transport: EngineStateMachine.Transport
    ) async throws(EngineError) -> HTTPResponse {
        // Only upgrades come with transport=websocket.
        if transport == .websocket {
            guard await on(shard, { $0.session(sid) != nil }) == true else { throw .unknownSession }
            throw .badRequest
        }
        switch request.method {
        case .get: return await compressed(answer(await poll(request, sid, shard), request), for: request)
        case .post: return answer(await post(request, sid, shard), request)
        default:
            guard await on(shard, { $0.session(sid) != nil }) == true else { throw .unknownSession }
            throw .badRequest
        }
    }

    /// Runs `body` on the shard's loop: at once when that is the current one.
    private func on<Value: Sendable>(_ shard: EngineShard, _ body: @escaping @Sendable (EngineShard) async -> Value) async -> Value? {
        shard.loop.isCurrent ? await body(shard) : try? await shard.loop.run { await body(shard) }
    }

    private func poll(_ request: HTTPRequest, _ sid: String, _ shard: EngineShard) async -> EngineReply {
        let aborter = PollAborter(request, sid, shard)
        let reply = await on(shard) { shard in
            guard let session = shard.session(sid) else { return EngineReply.refused(.unknownSession) }
            return await session.poll { number in aborter.watch(number) }
        }
        aborter.stop()
        return reply ?? .refused(.unknownSession)
    }

    private func post(_ request: HTTPRequest, _ sid: String, _ shard: EngineShard) async -> EngineReply {
        let refused = await on(shard) { shard -> EngineError? in
            guard let session = shard.session(sid) else { return .unknownSession }
            return session.beginPost()
        }
        if let refused = refused ?? .unknownSession { return .refused(refused) }
        var body: [UInt8]?
        var failure = EngineError.badRequest
        // A binary body is how protocol 3 sent packets.
        if request.headers["Content-Type"]?.lowercased().hasPrefix("application/octet-stream") != true {
            (body, failure) = await collect(request)
        }
        let received = body
        let error = failure
        return await on(shard) { shard in
            if let received, EnginePayloadReader.endsWithClose(received) { await shard.session(sid)?.waitForPoll() }
            return shard.session(sid)?.endPost(received, error) ?? .refused(error == .badRequest ? .unknownSession : error)
        } ?? .refused(.unknownSession)
    }

    /// The body of a POST, or why there is none.
    private func collect(_ request: HTTPRequest) async -> ([UInt8]?, EngineError) {
        let share = min(request.body.length ?? configuration.maxPayload, configuration.maxPayload)
        guard unfinished.move(from: 0, to: share) else { return (nil, .overloaded) }
        defer { _ = unfinished.move(from: share, to: 0) }
        do throws(HTTPBodyError) {
            return (try await request.body.collect(upTo: configuration.maxPayload), .badRequest)
        } catch {
            return (nil, error == .tooLarge ? .tooLarge : .badRequest)
        }
    }

    // MARK: Answers

    private func answer(_ reply: EngineReply, _ request: HTTPRequest) -> HTTPResponse {
        var headers = HTTPHeaders(capacity: 256)
        switch reply {
        case .refused(let error): return refusal(error, request)
        case .payload(let bytes):
            headers.add("Content-Type", "text/plain; charset=UTF-8")
            headers.add("Cache-Control", "no-store")
            configuration.origins.add(to: &headers, for: request)
            return HTTPResponse(headers: headers, body: .bytes(bytes))
        case .posted:
            headers.add("Content-Type", "text/html")
            headers.add("Cache-Control", "no-store")
            configuration.origins.add(to: &headers, for: request)
            return HTTPResponse(headers: headers, body: .bytes(Array("ok".utf8)))
        }
    }

    /// Threads that compress: larger answers would hold up a loop.
    private static let compressors = BlockingPool(name: "polls", threads: 1, queueLimit: 256)
    /// Up to this size in bytes the loop itself is faster.
    private static let compressedOnLoop = 65_536

    /// A large answer to a poll in fewer bytes, when the client takes that.
    private func compressed(_ response: HTTPResponse, for request: HTTPRequest) async -> HTTPResponse {
        let least = configuration.compressesPollsFrom
        guard least > 0, case .bytes(let bytes) = response.body, bytes.count >= least,
            Gzip.isAccepted(by: request.headers["Accept-Encoding"])
        else { return response }
        let packed: [UInt8]?
        if bytes.count <= Self.compressedOnLoop {
            packed = Gzip.compress(bytes)
        } else {
            // When all threads are busy the answer goes out as it is.
            packed = (try? await Self.compressors.run { Gzip.compress(bytes) }) ?? nil
        }
        guard let packed else { return response }
        var response = response
        response.headers.add("Content-Encoding", "gzip")
        response.headers.add("Vary", "Accept-Encoding")
        response.body = .bytes(packed)
        return response
    }

    private func refusal(_ error: EngineError, _ request: HTTPRequest) -> HTTPResponse {
        var headers = HTTPHeaders(capacity: 256)
        if WebSocketUpgrade.isRequested(by: request) {
            headers.add("Content-Type", "text/html")
            headers.add("Connection", "close")
            if error.status == 503 { headers.add("Retry-After", "1") }
            return HTTPResponse(status: HTTPStatus(error.status), headers: headers, body: .bytes(Array(error.message.utf8)))
        }
        headers.add("Content-Type", "application/json")
        if error.status == 503 { headers.add("Retry-After", "1") }
        configuration.origins.add(to: &headers, for: request)
        let body = "{\"code\":\(error.code),\"message\":\"\(error.message)\"}"
        return HTTPResponse(status: HTTPStatus(error.status), headers: headers, body: .bytes(Array(body.utf8)))
    }
}

extension EngineError {
    static let draining = EngineError(code: 3, message: "Server shutting down", status: 503)
    static let tooMany = EngineError(code: 3, message: "Too many new connections", status: 503)
}

/// Tells the session when the client of its pending poll hangs up.
///
/// `@unchecked Sendable` because `request` is used on its own loop only.
private final class PollAborter: @unchecked Sendable {
    private let request: HTTPRequest
    private let sid: String
    private let shard: EngineShard

    init(_ request: HTTPRequest, _ sid: String, _ shard: EngineShard) {
        self.request = request
        self.sid = sid
        self.shard = shard
    }

    /// On the shard's loop, when poll `number` begins to wait.
    func watch(_ number: Int) {
        let abort: @Sendable () -> Void = { [shard, sid] in
            if shard.loop.isCurrent {
                shard.session(sid)?.pollAborted(number)
            } else {
                shard.loop.execute { shard.session(sid)?.pollAborted(number) }
            }
        }
        if request.loop.isCurrent {
            request.whenPeerCloses(abort)
        } else {
            request.loop.execute { [self] in request.whenPeerCloses(abort) }
        }
    }

    /// On the request's loop, when the poll is answered.
    func stop() { request.whenPeerCloses(nil) }
}

/// The query parameters the protocol knows; all others are ignored.
struct EngineQuery {
    var version: String?
    var transport: EngineStateMachine.Transport?
    var sid: String?
    var wantsBase64 = false

    init(_ text: String) {
        for item in text.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count == 2 ? pair[1] : ""
            switch pair[0] {
            case "EIO": version = String(value)
            case "transport": transport = value == "polling" ? .polling : value == "websocket" ? .websocket : nil
            case "sid": sid = value.isEmpty ? nil : String(value)
            case "b64": wantsBase64 = !value.isEmpty && value != "0"
            default: break
            }
        }
    }
}
