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
final class EngineSession: @unchecked Sendable {
    /// The session's id, which is as secret as a token.
    let id: String
    /// Where everything of the session happens.
    let loop: EventLoop
    /// What the client said when it opened the session.
    let handshake: EngineHandshake

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
    private var probePollTimer: LoopTimer?
    private var pollArrival: LoopPromise<Void>?
    private var isAwaitingPong = false
    /// When the next ping, or the end of the wait for its answer, is due.
    private var heartbeatDue: UInt64 = 0
    /// Whether anything came since the last ping.
    private var heardSincePing = false
    /// Pings sent and answers received so far.
    private var pings: UInt32 = 0
    private var pongs: UInt32 = 0
    /// Who waits for the answer to which ping.
    private var confirmations: [(ping: UInt32, promise: LoopPromise<Bool>)] = []

    private var configuration: EngineConfiguration { shard.configuration }
    private var backlogTimer: LoopTimer?
    /// Our part of what is held for lagging clients alone.
    private var heldBacklog = 0
    /// Where broadcasts find the session's WebSocket; -1 after its end.
    private(set) var lane: Int32
    /// How long a poll of a probing client waits for the `5`, and a close packet for the poll, that a client has sent at the same time.
    private static let concurrency = Duration.milliseconds(10)
    /// How often a lagging client is looked at.
    private static let backlogCheck = Duration.milliseconds(100)
    /// A timer later than this was held up by a busy loop.
    private static let tolerableLateness: UInt64 = 20_000_000

    init(id: String, shard: EngineShard, transport: EngineStateMachine.Transport, handshake: EngineHandshake, sendsBase64: Bool) {
        self.id = id
        self.shard = shard
        self.handshake = handshake
        self.sendsBase64 = sendsBase64
        loop = shard.loop
        lane = loop.lanes.allocate()
        let configuration = shard.configuration
        machine = EngineStateMachine(
            transport: transport,
            backlog: EngineBacklog(
                share: configuration.maximumQueuedBytes, limit: configuration.maximumBurstBytes, patience: configuration.stallTimeout))
    }

    /// Called once, before any packet.
    func start(_ handler: any EngineHandler) {
        self.handler = handler
        heartbeatDue = loop.now &+ configuration.pingInterval.nanoseconds
        heartbeat = loop.schedule(after: configuration.pingInterval) { [unowned self] in beat() }
    }

    var isOpen: Bool { machine.phase == .open }
    var transport: EngineStateMachine.Transport { machine.transport }
    /// What waits for this client.
    var queuedBytes: Int { machine.bufferedBytes + (websocket?.queuedBytes ?? 0) }

    // MARK: Sending

    /// Queues a packet, or sends it `now` where that can be. A client that does not read is cut when more than its share of bytes waits.
    func send(_ packet: EncodedPacket, now: Bool = false) {
        switch machine.send(packet) {
        case .write: write(packet, now: now)
        case .answerPoll:
            scheduleFlush()
            grew(by: packet.payload.count, isShared: packet.isShared)
        case .buffered: grew(by: packet.payload.count, isShared: packet.isShared)
        case .closed: break
        case .dropped: shard.statistics.dropped.add(1, ordering: .relaxed)
        case .overflow: cutSlowClient()
        }
    }

    private func write(_ packet: EncodedPacket, now: Bool = false) {
        guard let websocket else { return }
        let frames: [UInt8] =
            if sendsBase64 { packet.base64Frames } else if websocket.compresses { packet.compressedFrames ?? packet.frames } else {
                packet.frames
            }
        switch machine.backlog.verdict(frames.count, queued: websocket.queuedBytes, isVolatile: packet.isVolatile) {
        case .queue:
            websocket.sendEncoded(frames, now: now)
            grew(by: frames.count, isShared: packet.isShared && !sendsBase64)
        case .drop: shard.statistics.dropped.add(1, ordering: .relaxed)
        case .cut: cutSlowClient()
        }
    }

    private func grew(by bytes: Int, isShared: Bool) {
        let queued = queuedBytes
        machine.backlog.grew(by: bytes, to: queued, isShared: isShared, at: loop.now)
        guard machine.backlog.isLagging else { return }
        guard hold(machine.backlog.charge(queued)) else { return cutSlowClient() }
        if backlogTimer == nil {
            backlogTimer = loop.schedule(afterNanoseconds: Self.backlogCheck.nanoseconds) { [unowned self] in watchBacklog() }
        }
    }

    private func hold(_ bytes: Int) -> Bool {
        guard shard.backlog.move(from: heldBacklog, to: bytes) else { return false }
        heldBacklog = bytes
        return true
    }

    private func watchBacklog() {
        let queued = queuedBytes
        guard machine.backlog.isAlive(queued: queued, at: loop.now), hold(machine.backlog.charge(queued)) else { return cutSlowClient() }
        if machine.backlog.isLagging { backlogTimer?.rearm(afterNanoseconds: Self.backlogCheck.nanoseconds) } else { backlogTimer = nil }
    }

    private func cutSlowClient() {
        // What is queued would arrive before any farewell, so the client can only be cut.
        websocket?.cut()
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
        // A timer is late by up to a millisecond; a poll is not to be answered by a session whose time is over.
        if isAwaitingPong, !heardSincePing, loop.now >= heartbeatDue { close(.pingTimeout) }
        switch machine.poll() {
        case .answer(let packets): return Self.payload(packets)
        case .hold: return await held(register)
        case .holdBriefly:
            endPollSoon()
            return await held(register)
        case .holdInstead:
            answerPoll([.noop])
            endPollSoon()
            return await held(register)
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

    private func held(_ register: (Int) -> Void) async -> EngineReply {
        let promise = LoopPromise<EngineReply>()
        pendingPoll = promise
        pollNumber += 1
        register(pollNumber)
        pollArrival?.succeed(())
        return await promise.value()
    }

    /// A client that leaves sends its close packet beside a poll; on two connections the packet may come first. It waits a moment then, so
    /// that the poll ends as it should.
    func waitForPoll() async {
        guard isOpen, machine.transport == .polling, !machine.isPollPending else { return }
        let arrival = LoopPromise<Void>()
        pollArrival = arrival
        let timer = loop.schedule(afterNanoseconds: Self.concurrency.nanoseconds) { arrival.succeed(()) }
        await arrival.value()
        timer.cancel()
        pollArrival = nil
    }

    /// Ends the pending poll of a probing client.
    private func endPollSoon() {
        probePollTimer?.cancel()
        probePollTimer = loop.schedule(afterNanoseconds: Self.concurrency.nanoseconds) { [unowned self] in
            if machine.endPollOfProbe() { answerPoll([.noop]) }
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
            // One that is too large, or that there is no room for, is not read, and the session survives; a broken or foreign body ends it.
            if error == .badRequest { close(.transportError) }
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
    func open(_ connection: WebSocketConnection, sending open: EncodedPacket) {
        websocket = connection
        connection.sendEncoded(open.frames)
        if !sendsBase64 { connection.enterLane(lane) }
        connection.serve(self)
    }

    /// Serves a second transport: a probe first, then, if all goes well, the only one.
    func probe(_ connection: WebSocketConnection) {
        if machine.probeOpened() {
            probing = connection
            upgradeTimer = loop.schedule(after: configuration.upgradeTimeout) { [unowned self] in
                endProbe()
            }
        } else {
            connection.close(nil)
        }
        connection.serve(self)
    }

    private func probeReceived(_ message: WebSocketMessage, _ connection: WebSocketConnection) {
        guard message.kind == .text else { return endProbe() }
        switch machine.probeReceived(EnginePacket(text: message.bytes[...])) {
        case .answer:
            connection.sendEncoded(EncodedPacket.probeAnswer.frames)
            if pendingPoll != nil { endPollSoon() }
        case .upgraded(let packets, let refusesPoll):
            upgradeTimer?.cancel()
            upgradeTimer = nil
            probePollTimer?.cancel()
            probePollTimer = nil
            probing = nil
            websocket = connection
            if refusesPoll {
                let promise = pendingPoll
                pendingPoll = nil
                promise?.succeed(.refused(.badRequest))
            }
            shard.statistics.upgrades.add(1, ordering: .relaxed)
            shard.statistics.websockets.add(1, ordering: .relaxed)
            for packet in packets { write(packet) }
            if !sendsBase64 { connection.enterLane(lane) }
        case .reject: endProbe()
        }
    }

    /// Polling goes on.
    private func endProbe() {
        upgradeTimer?.cancel()
        upgradeTimer = nil
        probing?.close(nil)
        probing = nil
        if machine.endPollOfProbe() { answerPoll([.noop]) }
        machine.probeLost()
    }

    // MARK: Receiving

    private func receive(_ packet: EnginePacket?) {
        heardSincePing = true
        switch machine.receive(packet) {
        case .text(let data): handler?.receive(text: data)
        case .binary(let data): handler?.receive(binary: data)
        case .pong:
            pongs &+= 1
            confirm { $0 <= pongs }
            pongArrived()
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
            return armHeartbeat(configuration.pingTimeout)
        }
        isAwaitingPong = true
        heardSincePing = false
        armHeartbeat(configuration.pingTimeout)
        pings &+= 1
        send(.ping)
    }

    /// Returns true when the client has got everything that was sent before: it answers pings in their turn. False when the session ends
    /// first.
    func confirm() async -> Bool {
        guard isOpen else { return false }
        pings &+= 1
        let promise = LoopPromise<Bool>()
        confirmations.append((pings, promise))
        send(.ping)
        return await promise.value()
    }

    private func confirm(_ isAnswered: (UInt32) -> Bool) {
        while let first = confirmations.first, isAnswered(first.ping) { confirmations.removeFirst().promise.succeed(true) }
    }

    private func pongArrived() {
        guard isAwaitingPong else { return }
        isAwaitingPong = false
        heartbeatDue = loop.now
        armHeartbeat(configuration.pingInterval)
    }

    /// Counts from when the last step was due, so that roundings do not add up; from now when the loop was held up, or clients would pay
    /// for it.
    private func armHeartbeat(_ delay: Duration) {
        let now = loop.now
        let isLate = now > heartbeatDue &+ Self.tolerableLateness
        heartbeatDue = (isLate ? now : heartbeatDue) &+ delay.nanoseconds
        heartbeat?.rearm(afterNanoseconds: heartbeatDue > now ? heartbeatDue - now : 0)
    }

    // MARK: Ending

    /// Ends the session now. A pending poll is answered with `pollEnd`.
    func close(_ reason: EngineCloseReason, pollEnd: EncodedPacket = .close) {
        // A session that we ended and whose farewell waits to be fetched has finished already.
        guard isOpen, let (endsPoll, rest) = machine.close() else { return }
        if endsPoll { answerPoll(rest + [pollEnd]) }
        websocket?.close(nil)
        websocket = nil
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
            // 1012: come back, to another server.
            if reason == .serverShuttingDown { websocket?.close(.serviceRestart, reason: reason.rawValue) } else { websocket?.close(nil) }
            websocket = nil
            forget()
        case .wait:
            // The heartbeat's timer becomes the deadline for fetching the farewell.
            heartbeat?.cancel()
            heartbeat = loop.schedule(after: configuration.pingTimeout) { [self] in forget() }
        case nil: return
        }
        finish(reason)
    }

    private func forget() {
        heartbeat?.cancel()
        heartbeat = nil
        upgradeTimer?.cancel()
        upgradeTimer = nil
        probePollTimer?.cancel()
        probePollTimer = nil
        probing?.close(nil)
        probing = nil
        shard.remove(self)
    }

    private func finish(_ reason: EngineCloseReason) {
        ended = reason
        backlogTimer?.cancel()
        backlogTimer = nil
        _ = hold(0)
        let waiting = confirmations
        confirmations = []
        for (_, promise) in waiting { promise.succeed(false) }
        shard.statistics.closed(reason)
        let handler = handler
        self.handler = nil
        handler?.closed(reason)
        loop.lanes.release(lane)
        lane = -1
    }
}

extension EngineSession: WebSocketReceiver {
    /// A message on the session's WebSocket, or on one that probes.
    func webSocket(_ connection: WebSocketConnection, received message: WebSocketMessage) {
        if connection === probing { return probeReceived(message, connection) }
        guard connection === websocket else { return }
        receive(message.kind == .binary ? .binary(message.bytes) : EnginePacket(text: message.bytes[...]))
    }

    /// The end of either.
    func webSocket(_ connection: WebSocketConnection, endedWith error: WebSocketError?) {
        if connection === probing { return endProbe() }
        guard connection === websocket else { return }
        close(error == nil || error?.code == .closed ? .transportClose : .transportError)
    }
}
