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
            let outcome = await recover(claim, admission, recovery)
            guard let outcome else { return }
            server.recoveryStatistics.count(outcome)
            if outcome == .recovered { return }
        }
        let pid = Base64.encodeURL(SecureRandom.bytes(18))
        let sid = server.newSocketID()
        let session = RecoverableSession(
            sid: sid, namespace: admission.request.namespace, owner: server.hubID, identity: admission.identity,
            rooms: Dictionary(admission.rooms.map { ($0, 0) }) { first, _ in first })
        let offset = await recovery.create(pid, session)
        await accept(admission, sid: sid, pid: offset == nil ? nil : pid, offset: offset ?? 0)
    }

    /// Continues a session; nil when this connection ended meanwhile.
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
        guard isConnecting(name) else { return nil }
        let namespace = shard.namespace(name)
        let socket = makeSocket(admission, sid: session.sid, pid: claim.pid, offset: claim.offset ?? session.rooms[""] ?? 0)
        socket.holdBroadcasts()
        namespace.add(socket)
        namespace.enroll(socket)
        server.live.add(claim.pid, socket)
        var rooms = Set(admission.rooms).union(session.rooms.keys)
        if !server.isOwn(session.sid) { rooms.insert(session.sid) }
        let isLive = await namespace.join(socket, rooms.filter { !$0.isEmpty })
        let missed = isLive ? await recovery.missed(by: session, since: socket.lastOffset) : nil
        guard isConnecting(name) else {
            socket.left(.connection(.transportClose))
            return nil
        }
        guard let missed else {
            socket.left(.serverNamespaceDisconnect)
            return isLive ? .gap : .unavailable
        }
        resume(socket, missed.filter { message in !message.target.except.contains { $0 == session.sid || rooms.contains($0) } })
        return .recovered
    }

    /// The client gets these before it is connected, and keeps them until then.
    private func resume(_ socket: Socket, _ missed: [LoggedMessage]) {
        for message in missed { socket.replay(message) }
        server.recoveryStatistics.replayed.add(missed.count, ordering: .relaxed)
        admit(socket, isRecovered: true)
        socket.releaseBroadcasts()
    }
}
