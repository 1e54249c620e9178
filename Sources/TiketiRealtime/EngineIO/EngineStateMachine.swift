// The rules of one Engine.IO session as a value: what may happen in each state and what to do then. No I/O, no clock.

/// What one session may do next; the session does it.
struct EngineStateMachine {
    enum Transport: Equatable { case polling, websocket }

    enum Phase: Equatable {
        case open
        /// Ended by us while the client has not fetched its last packets.
        case closing
        case closed
    }

    enum Probe: Equatable {
        case none
        /// A second WebSocket is there.
        case opened
        /// It has been answered `3probe`: polls end soon from now on.
        case answered
    }

    private(set) var phase = Phase.open
    private(set) var transport: Transport
    private(set) var probe = Probe.none
    private(set) var isPollPending = false
    private(set) var isPosting = false
    private var buffer: [EncodedPacket] = []
    private(set) var bufferedBytes = 0
    /// Whether the client keeps up, on either transport.
    var backlog: EngineBacklog

    /// Python's client refuses payloads of more packets.
    private static let packetsPerPoll = 16

    /// - Parameter backlog: how much may wait for the client's polls.
    init(transport: Transport, backlog: EngineBacklog) {
        self.transport = transport
        self.backlog = backlog
    }

    // MARK: Sending

    enum SendOutcome: Equatable {
        case write
        /// Kept; the pending poll can be answered.
        case answerPoll
        case buffered
        /// Volatile, and the client can't take it.
        case dropped
        case overflow
        case closed
    }

    mutating func send(_ packet: EncodedPacket) -> SendOutcome {
        guard phase == .open else { return .closed }
        if transport == .websocket { return .write }
        switch backlog.verdict(packet.payload.count, queued: bufferedBytes, isVolatile: packet.isVolatile) {
        case .queue: break
        case .drop: return .dropped
        case .cut: return .overflow
        }
        buffer.append(packet)
        bufferedBytes += packet.payload.count
        return isPollPending ? .answerPoll : .buffered
    }

    // MARK: Polling

    enum PollOutcome {
        case answer([EncodedPacket])
        case hold
        /// Held until the probe is over, or for a moment: the `5` of a client that does not wait may be right behind.
        case holdBriefly
        /// The same, and the poll before it ends now with a noop: it would have soon.
        case holdInstead
        /// Two polls at once: the session ends, the first poll gets a close packet, this one an error.
        case duplicate
        case wrongTransport
        /// The last packets of a session we ended.
        case last([EncodedPacket])
        case unknown
    }

    mutating func poll() -> PollOutcome {
        switch phase {
        case .closed: return .unknown
        case .closing:
            phase = .closed
            return .last(takeAll() + [.close])
        case .open: break
        }
        if transport == .websocket { return .wrongTransport }
        if isPollPending { return probe == .answered ? .holdInstead : .duplicate }
        if !buffer.isEmpty { return .answer(take()) }
        isPollPending = true
        return probe == .answered ? .holdBriefly : .hold
    }

    /// Whether the pending poll ends with a noop: while a probe is answered none is kept, or the client's pause would last until the next
    /// ping.
    mutating func endPollOfProbe() -> Bool {
        guard isPollPending, probe == .answered else { return false }
        isPollPending = false
        return true
    }

    /// The packets for the pending poll, which is answered with them.
    mutating func takeForPendingPoll() -> [EncodedPacket]? {
        guard isPollPending, !buffer.isEmpty else { return nil }
        isPollPending = false
        return take()
    }

    /// The pending poll's connection is gone: a transport error. False when there was none.
    mutating func pollAborted() -> Bool {
        guard isPollPending else { return false }
        isPollPending = false
        return phase == .open
    }

    private mutating func take() -> [EncodedPacket] {
        var count = 0
        var packets = 0
        while count < buffer.count, count == 0 || packets + buffer[count].packetCount <= Self.packetsPerPoll {
            packets += buffer[count].packetCount
            bufferedBytes -= buffer[count].payload.count
            count += 1
        }
        let taken = Array(buffer[..<count])
        buffer.removeFirst(count)
        return taken
    }

    private mutating func takeAll() -> [EncodedPacket] {
        defer {
            buffer = []
            bufferedBytes = 0
        }
        return buffer
    }

    // MARK: Posting

    enum PostOutcome: Equatable { case accept, duplicate, wrongTransport, unknown }

    mutating func beginPost() -> PostOutcome {
        guard phase == .open else { return .unknown }
        if transport == .websocket { return .wrongTransport }
        if isPosting { return .duplicate }
        isPosting = true
        return .accept
    }

    mutating func endPost() { isPosting = false }

    // MARK: Receiving

    enum Received: Equatable {
        case text([UInt8])
        case binary([UInt8])
        case pong
        case nothing
        case close(EngineCloseReason)
    }

    /// A packet on the session's own transport. Packet types that only a server sends are violations.
    func receive(_ packet: EnginePacket?) -> Received {
        guard phase == .open else { return .nothing }
        switch packet {
        case .message(let data): return .text(data)
        case .binary(let data): return .binary(data)
        case .pong: return .pong
        case .close: return .close(.transportClose)
        case .noop: return .nothing
        // A `2` is the heartbeat of protocol 3, in the wrong direction.
        case .open, .ping, .upgrade, nil: return .close(.parseError)
        }
    }

    // MARK: Upgrading

    /// A second WebSocket for this session; false when it must go.
    mutating func probeOpened() -> Bool {
        guard phase == .open, transport == .polling, probe == .none else { return false }
        probe = .opened
        return true
    }

    enum ProbeOutcome {
        /// Answer `3probe`; a pending poll ends soon.
        case answer
        /// The WebSocket is the transport now; these packets waited for it. A poll still pending came in the `5`'s wake and is refused.
        case upgraded([EncodedPacket], refusesPoll: Bool)
        case reject
    }

    mutating func probeReceived(_ packet: EnginePacket?) -> ProbeOutcome {
        guard phase == .open else { return .reject }
        switch (packet, probe) {
        case (.ping(Array("probe".utf8)), .opened):
            probe = .answered
            return .answer
        case (.upgrade, .answered):
            probe = .none
            transport = .websocket
            defer { isPollPending = false }
            return .upgraded(takeAll(), refusesPoll: isPollPending)
        default: return .reject
        }
    }

    /// The probing WebSocket is gone; polling goes on.
    mutating func probeLost() { if transport == .polling { probe = .none } }

    // MARK: Ending

    /// Ends the session now; nil when it had ended before.
    mutating func close() -> (endsPoll: Bool, rest: [EncodedPacket])? {
        guard phase != .closed else { return nil }
        phase = .closed
        probe = .none
        defer { isPollPending = false }
        return (isPollPending, takeAll())
    }

    /// Ends the session by our own will: packets on their way still go out.
    enum Farewell {
        /// Answer the pending poll with these.
        case answer([EncodedPacket])
        /// The next poll will fetch them.
        case wait
        /// Send what is queued and close the WebSocket.
        case websocket
    }

    mutating func disconnect() -> Farewell? {
        guard phase == .open else { return nil }
        probe = .none
        if transport == .websocket {
            phase = .closed
            return .websocket
        }
        guard isPollPending else {
            phase = .closing
            return .wait
        }
        isPollPending = false
        phase = .closed
        return .answer(takeAll() + [.close])
    }
}
