// Letting a client in that can be recovered, and recovering it: rooms first, then what it missed, then the answer, then what came
// meanwhile.
import TiketiNet

extension SocketConnection {
    /// A new session, kept for recovery if the client is to have that.
    func begin(_ admission: Admission) async {
        guard let recovery = server.recovery else { return await accept(admission, pid: nil, offset: 0) }
        let (asks, claim) = RecoveryClaim.read(admission.request.auth)
        guard asks || server.configuration.recovery == .on else { return await accept(admission, pid: nil, offset: 0) }
        if let claim {
            guard let outcome = await recover(claim, admission, recovery) else { return }
            server.recoveryStatistics.count(outcome)
            if outcome == .recovered || outcome == .abandoned { return }
        }
        let pid = Base64.encodeURL(SecureRandom.bytes(18))
        let sid = server.newSocketID()
        let session = RecoverableSession(
            sid: sid, namespace: admission.request.namespace, owner: server.hubID, identity: admission.identity, isReplaying: false,
            rooms: Dictionary(admission.rooms.map { ($0, 0) }) { first, _ in first })
        let offset = await recovery.create(pid, session)
        await accept(admission, sid: sid, pid: offset == nil ? nil : pid, offset: offset ?? 0)
    }

    /// Continues a session; nil when this connection ended before anything was sent.
    private func recover(_ claim: RecoveryClaim, _ admission: Admission, _ recovery: any SocketRecovery) async -> SocketRecoveryOutcome? {
        let name = admission.request.namespace
        let session: RecoverableSession
        switch await recovery.take(claim.pid) {
        case .unknown: return .unknown
        case .unavailable: return .unavailable
        case .session(let found): session = found
        }
        guard session.namespace == name, session.identity == admission.identity else { return .foreign }
        // Its old connection may not have noticed yet that the client is gone.
        await server.live.takeOver(claim.pid)
        if session.isReplaying {
            recovery.release(claim.pid, forGood: true)
            return .repeated
        }
        guard isConnecting(name) else { return nil }
        let namespace = shard.namespace(name)
        let socket = makeSocket(admission, sid: session.sid, pid: claim.pid, offset: claim.offset ?? session.rooms[""] ?? 0)
        socket.holdBroadcasts()
        namespace.add(socket)
        namespace.enroll(socket)
        server.live.add(claim.pid, socket)
        var rooms = Set(admission.rooms).union(session.rooms.keys)
        if !server.isOwn(session.sid) { rooms.insert(session.sid) }
        guard await namespace.join(socket, rooms.filter { !$0.isEmpty }) else {
            let isThere = isConnecting(name)
            socket.left(isThere ? .serverNamespaceDisconnect : .connection(.transportClose))
            return isThere ? .unavailable : nil
        }
        guard isConnecting(name) else {
            socket.left(.connection(.transportClose))
            return nil
        }
        let replay = SocketReplay(recovery, pid: claim.pid, session: session, rooms: rooms)
        let outcome = await send(replay, to: socket)
        guard outcome == .recovered else {
            // The connection is gone, and the session knows that the replay did not arrive; or there is no recovery, and the session ends.
            socket.left(outcome == .abandoned ? .connection(.transportClose) : .serverNamespaceDisconnect)
            return outcome
        }
        admit(socket, isRecovered: true)
        socket.releaseBroadcasts()
        guard replay.count > 0 else { return .recovered }
        // The answer to a ping comes behind all that was sent before it: only then the client has what it missed.
        guard await self.session.confirm() else { return .abandoned }
        recovery.replaying(claim.pid, false)
        server.recoveryStatistics.replayed.add(replay.count, ordering: .relaxed)
        return .recovered
    }

    /// How long a client may take for what it missed; who is slower than the events never gets to their end, and begins anew.
    private static let replayTime = Duration.seconds(30)
    /// How often a client that is behind is looked at.
    private static let pace = Duration.milliseconds(5)

    /// Sends what was missed at the pace at which the client takes it. The client gets these before it is connected, and keeps them until
    /// then.
    private func send(_ replay: SocketReplay, to socket: Socket) async -> SocketRecoveryOutcome {
        let window = server.configuration.engine.maximumQueuedBytes / 4
        let end = session.loop.now + Self.replayTime.nanoseconds
        while true {
            guard let isLast = await replay.readPortion(after: socket.lastOffset) else { return .gap }
            while let step = replay.next(after: socket.lastOffset) {
                guard isConnecting(socket.namespace) else { return .abandoned }
                switch step {
                case .send(let message): socket.replay(message)
                case .skip(let offset): socket.advance(to: offset)
                }
                guard session.queuedBytes >= window else { continue }
                guard await waitUntil(socket, { $0.queuedBytes < window / 2 || $0.loop.now > end }) else { return .abandoned }
                if session.loop.now > end { return .gap }
            }
            guard isConnecting(socket.namespace) else { return .abandoned }
            if isLast, !socket.isBehindLog { return .recovered }
            // Broadcasts that were let go since are in the log; from now on they are held again.
            if isLast { socket.catchUp() }
        }
    }

    /// Waits for the session; false when it ends before. How long a client may take nothing is the session's to say.
    private func waitUntil(_ socket: Socket, _ condition: (EngineSession) -> Bool) async -> Bool {
        while !condition(session) {
            guard session.isOpen, socket.isConnected, (try? await session.loop.sleep(for: Self.pace)) != nil else { return false }
        }
        return session.isOpen && socket.isConnected
    }
}
