// One Engine.IO session: performs on its loop what the state machine decides. Transport changes are invisible above it.
import TiketiNet

/// The layer above a session. Called on the session's loop.
protocol EngineHandler: AnyObject {
    func receive(text: [UInt8])
    func receive(binary: [UInt8])
    func closed(_ reason: EngineCloseReason)
}

/// What an HTTP request of a session is answered with.
enum EngineReply: Sendable {
    case payload([UInt8])
    case posted
    case refused(EngineError)
}

/// `@unchecked Sendable` because it is confined to `loop`: other loops reach it through `EngineShard` only, which hops first.
public final class EngineSession: @unchecked Sendable {
    public let id: String
    public let loop: EventLoop
    public let handshake: EngineHandshake

    private let shard: EngineShard
    private let sendsBase64: Bool
    private var machine: EngineStateMachine
    private var handler: (any EngineHandler)?
    private var websocket: WebSocketConnection?
    private var probing: WebSocketConnection?
    private var ended: EngineCloseReason?
    private var pendingPoll: LoopPromise<EngineReply>?
    private var pollNumber = 0
    private var flushScheduled = false
    private var heartbeat: LoopTimer?
    private var upgradeTimer: LoopTimer?
    private var isAwaitingPong = false
    /// Whether anything came since the last ping.
    private var heardSincePing = false

    private var configuration: EngineConfiguration { shard.configuration }

    init(id: String, shard: EngineShard, transport: EngineStateMachine.Transport, handshake: EngineHandshake, sendsBase64: Bool) {
        self.id = id
        self.shard = shard
        self.handshake = handshake
        self.sendsBase64 = sendsBase64
        loop = shard.loop
        machine = EngineStateMachine(transport: transport, maximumBufferedBytes: shard.configuration.maximumQueuedBytes)
    }

    /// Called once, before any packet.
    func start(_ handler: any EngineHandler) {
        self.handler = handler
        heartbeat = loop.schedule(afterNanoseconds: nanoseconds(configuration.pingIntervalMilliseconds)) { [unowned self] in beat() }
    }

    var isOpen: Bool { machine.phase == .open }

    // MARK: Sending

    /// Queues a packet. A client that does not keep up is cut when more than its share of bytes waits.
    func send(_ packet: EncodedPacket) {
        switch machine.send(packet) {
        case .write: write(packet)
        case .answerPoll: scheduleFlush()
        case .buffered, .closed: break
        case .dropped: shard.statistics.dropped.add(1, ordering: .relaxed)
        case .overflow: cutSlowClient()
        }
    }

    private func write(_ packet: EncodedPacket) {
        guard let websocket else { return }
        let frames: [UInt8] =
            if sendsBase64 { packet.base64Frames } else if websocket.compresses { packet.compressedFrames ?? packet.frames } else {
                packet.frames
            }
        if websocket.queuedBytes + frames.count > configuration.maximumQueuedBytes {
            if packet.isVolatile {
                shard.statistics.dropped.add(1, ordering: .relaxed)
            } else {
                cutSlowClient()
            }
            return
        }
        websocket.sendEncoded(frames)
    }

    private func cutSlowClient() {
        // What is queued would arrive before any farewell, so the client can only be cut.
        websocket?.abort()
        close(.slowClient)
    }

    /// Packets of one tick share one poll response.
    private func scheduleFlush() {
        guard !flushScheduled else { return }
        flushScheduled = true
        loop.atEndOfTick { [self] in
            flushScheduled = false
            if let packets = machine.takeForPendingPoll() { answerPoll(packets) }
        }
    }

    private func answerPoll(_ packets: [EncodedPacket]) {
        let promise = pendingPoll
        pendingPoll = nil
        promise?.succeed(Self.payload(packets))
    }

    private static func payload(_ packets: [EncodedPacket]) -> EngineReply {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(packets.reduce(0) { $0 + $1.payload.count + 1 })
        for packet in packets {
            if !bytes.isEmpty { bytes.append(EnginePayloadReader.separator) }
            bytes.append(contentsOf: packet.payload)
        }
        return .payload(bytes)
    }

    // MARK: Polling

    /// Answers a GET, at once or when there is something to say. `register` gets the number under which the poll can be aborted.
    func poll(_ register: (Int) -> Void = { _ in }) async -> EngineReply {
        switch machine.poll() {
        case .answer(let packets): return Self.payload(packets)
        case .hold:
            let promise = LoopPromise<EngineReply>()
            pendingPoll = promise
            pollNumber += 1
            register(pollNumber)
            return await promise.value()
        case .duplicate:
            close(.transportError)
            return .refused(.badRequest)
        case .wrongTransport: return .refused(.badRequest)
        case .last(let packets):
            forget()
            return Self.payload(packets)
        case .unknown: return .refused(.unknownSession)
        }
    }

    /// The client of a pending poll has hung up.
    func pollAborted(_ number: Int) {
        guard number == pollNumber, machine.pollAborted() else { return }
        answerPoll([.noop])
        close(.transportError)
    }

    func beginPost() -> EngineError? {
        switch machine.beginPost() {
        case .accept: return nil
        case .wrongTransport: return .badRequest
        case .unknown: return .unknownSession
        case .duplicate:
            close(.transportError)
            return .badRequest
        }
    }

    /// The body of a POST; nil when it could not be read or is refused (`error`).
    func endPost(_ body: [UInt8]?, _ error: EngineError = .badRequest) -> EngineReply {
        machine.endPost()
        guard let body else {
            // Too large is the client's mistake alone and the session survives; a broken or foreign body ends it.
            if error != .tooLarge { close(.transportError) }
            return .refused(error)
        }
        guard UTF8Validator.isValid(body) else {
            close(.parseError)
            return .refused(.badRequest)
        }
        for packet in EnginePayloadReader(body) {
            receive(packet)
            if ended == .parseError { return .refused(.badRequest) }
            if !isOpen { break }
        }
        return .posted
    }

    // MARK: WebSocket

    /// Serves the session's first and only transport.
    func runWebSocket(_ connection: WebSocketConnection) async {
        websocket = connection
        await receiveAll(connection)
    }

    /// Serves a second transport: a probe first, then, if all goes well, the only one.
    func runUpgrade(_ connection: WebSocketConnection) async {
        guard machine.probeOpened() else { return connection.close(nil) }
        probing = connection
        upgradeTimer = loop.schedule(afterNanoseconds: nanoseconds(configuration.upgradeTimeoutMilliseconds)) { connection.abort() }
        while machine.transport == .polling {
            guard let message = try? await connection.receive(), message.kind == .text, probe(connection, message) else {
                upgradeTimer?.cancel()
                probing = nil
                if machine.transport == .polling { machine.probeLost() }
                return connection.close(nil)
            }
        }
        await receiveAll(connection)
    }

    private func probe(_ connection: WebSocketConnection, _ message: WebSocketMessage) -> Bool {
        switch machine.probeReceived(EnginePacket(text: message.bytes[...])) {
        case .answer(let endsPoll):
            connection.sendEncoded(EncodedPacket.probeAnswer.frames)
            if endsPoll { answerPoll([.noop]) }
            return true
        case .upgraded(let packets, let endsPoll):
            upgradeTimer?.cancel()
            upgradeTimer = nil
            probing = nil
            websocket = connection
            if endsPoll { answerPoll([.noop]) }
            shard.statistics.upgrades.add(1, ordering: .relaxed)
            for packet in packets { write(packet) }
            return true
        case .reject: return false
        }
    }

    private func receiveAll(_ connection: WebSocketConnection) async {
        do throws(WebSocketError) {
            while let message = try await connection.receive() {
                receive(message.kind == .binary ? .binary(message.bytes) : EnginePacket(text: message.bytes[...]))
                if !isOpen { break }
            }
            close(.transportClose)
        } catch {
            close(error.code == .closed ? .transportClose : .transportError)
        }
    }

    // MARK: Receiving

    private func receive(_ packet: EnginePacket?) {
        heardSincePing = true
        switch machine.receive(packet) {
        case .text(let data): handler?.receive(text: data)
        case .binary(let data): handler?.receive(binary: data)
        case .pong: pongArrived()
        case .nothing: break
        case .close(let reason): close(reason, pollEnd: reason == .transportClose ? .noop : .close)
        }
    }

    // MARK: Heartbeat

    private func beat() {
        guard isOpen else { return }
        if isAwaitingPong {
            // Bytes that came since the ping, or an upgrade under way, prove a living client whose pong waits behind them.
            guard heardSincePing || machine.probe != .none else { return close(.pingTimeout) }
            heardSincePing = false
            heartbeat?.rearm(afterNanoseconds: nanoseconds(configuration.pingTimeoutMilliseconds))
            return
        }
        isAwaitingPong = true
        heardSincePing = false
        heartbeat?.rearm(afterNanoseconds: nanoseconds(configuration.pingTimeoutMilliseconds))
        send(.ping)
    }

    private func pongArrived() {
        guard isAwaitingPong else { return }
        isAwaitingPong = false
        heartbeat?.rearm(afterNanoseconds: nanoseconds(configuration.pingIntervalMilliseconds))
    }

    private func nanoseconds(_ milliseconds: Int) -> UInt64 { UInt64(milliseconds) * 1_000_000 }

    // MARK: Ending

    /// Ends the session now. A pending poll is answered with `pollEnd`.
    func close(_ reason: EngineCloseReason, pollEnd: EncodedPacket = .close) {
        guard let (endsPoll, rest) = machine.close() else { return }
        if endsPoll { answerPoll(rest + [pollEnd]) }
        websocket?.close(nil)
        forget()
        finish(reason)
    }

    /// Ends the session after what has been sent reaches the client.
    func disconnect(_ reason: EngineCloseReason) {
        switch machine.disconnect() {
        case .answer(let packets):
            answerPoll(packets)
            forget()
        case .websocket:
            websocket?.close(nil)
            forget()
        case .wait:
            // The heartbeat's timer becomes the deadline for fetching the farewell.
            heartbeat?.cancel()
            heartbeat = loop.schedule(afterNanoseconds: nanoseconds(configuration.pingTimeoutMilliseconds)) { [self] in forget() }
        case nil: return
        }
        finish(reason)
    }

    private func forget() {
        heartbeat?.cancel()
        heartbeat = nil
        upgradeTimer?.cancel()
        upgradeTimer = nil
        probing?.close(nil)
        probing = nil
        shard.remove(self)
    }

    private func finish(_ reason: EngineCloseReason) {
        ended = reason
        shard.statistics.closed(reason)
        let handler = handler
        self.handler = nil
        handler?.closed(reason)
    }
}
