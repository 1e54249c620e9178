// Socket.IO over one Engine.IO session: packets in, sockets of its namespaces out. Any violation of the protocol ends the whole connection.
import TiketiJSON
import TiketiNet

/// The Socket.IO side of one session; confined to its loop.
final class SocketConnection: EngineHandler {
    let session: EngineSession
    let server: SocketIOServer
    let shard: HubShard
    private var decoder: SocketPacketDecoder
    /// Our share of what all connections may hold of unfinished packets.
    private var unfinished = 0
    private var members: [String: Member] = [:]
    private var connectTimer: LoopTimer?
    private var isClosed = false

    private enum Member {
        /// The application has not decided yet; what comes meanwhile waits.
        case connecting([SocketPacket])
        case connected(Socket)
    }

    /// A client whom the application lets in.
    struct Admission {
        let request: SocketConnectRequest
        let handler: any SocketNamespace
        let rooms: [String]
        let data: (any Sendable)?
        let identity: String
    }

    init(_ session: EngineSession, _ server: SocketIOServer, _ shard: HubShard) {
        self.session = session
        self.server = server
        self.shard = shard
        decoder = SocketPacketDecoder(maximumAttachments: server.configuration.maximumAttachments)
        let timeout = server.configuration.connectTimeout.nanoseconds
        connectTimer = session.loop.schedule(afterNanoseconds: timeout) { [unowned self] in
            if members.isEmpty { session.disconnect(.forcedServerClose) }
        }
    }

    // MARK: Packets

    func receive(text: [UInt8]) {
        do throws(SocketPacketError) {
            if let packet = try decoder.decode(text: text) { handle(packet) } else { account() }
        } catch {
            if let packet = error.harmless { refuse(packet) } else { session.close(.parseError) }
        }
    }

    /// One bad message is not a broken connection.
    private func refuse(_ packet: SocketPacket) {
        switch (packet.kind, members[packet.namespace]) {
        case (.connect, nil): refuse(packet.namespace, "Payload is nested too deeply", nil)
        case (.event, .some), (.ack, .connected): server.statistics.refusedMessages.add(1, ordering: .relaxed)
        default: session.close(.parseError)
        }
    }

    func receive(binary: [UInt8]) {
        do throws(SocketPacketError) {
            let packet = try decoder.decode(binary: binary)
            account()
            if let packet { handle(packet) }
        } catch {
            session.close(.parseError)
        }
    }

    private func account() {
        let bytes = decoder.unfinishedBytes
        if server.unfinished.move(from: unfinished, to: bytes) { unfinished = bytes } else { session.close(.forcedServerClose) }
    }

    private func handle(_ packet: SocketPacket) {
        switch (packet.kind, members[packet.namespace]) {
        case (.connect, nil): connect(packet)
        case (.event, .connected(let socket)):
            // Events wait while the application handles the ones before; a client that floods is sent away.
            if !socket.receive(event: packet, limit: server.configuration.maximumInboxBytes) { session.close(.forcedServerClose) }
        case (.ack, .connected(let socket)): socket.receive(ack: packet)
        case (.disconnect, .connected(let socket)):
            members[packet.namespace] = nil
            socket.left(.clientNamespaceDisconnect)
        case (.event, .connecting(var waiting)), (.disconnect, .connecting(var waiting)):
            guard waiting.count < server.configuration.maximumWaitingPackets else { return session.close(.forcedServerClose) }
            waiting.append(packet)
            members[packet.namespace] = .connecting(waiting)
        // A namespace joined twice or not at all, or a packet that only servers send.
        case (.connect, _), (.event, nil), (.ack, _), (.disconnect, nil), (.connectError, _): session.close(.parseError)
        }
    }

    func send(_ packet: SocketPacket, isVolatile: Bool = false) {
        session.send(EncodedPacket(packet, isVolatile: isVolatile, deflate: server.configuration.engine.deflate))
    }

    // MARK: Namespaces

    private func connect(_ packet: SocketPacket) {
        guard let handler = server.namespaces[packet.namespace] else { return refuse(packet.namespace, "Invalid namespace", nil) }
        members[packet.namespace] = .connecting([])
        let request = SocketConnectRequest(namespace: packet.namespace, auth: packet.json, handshake: session.handshake)
        // The task keeps the connection until the decision is there; it runs on the connection's loop.
        nonisolated(unsafe) let connection = self
        session.loop.spawn { await connection.decide(request, handler) }
    }

    private func decide(_ request: SocketConnectRequest, _ handler: any SocketNamespace) async {
        let decision = await handler.authorize(request)
        guard isConnecting(request.namespace) else { return }
        switch decision {
        case .refuse(let message, let data):
            members[request.namespace] = nil
            refuse(request.namespace, message, data)
        case .accept(let rooms, let data, let identity):
            await begin(Admission(request: request, handler: handler, rooms: rooms, data: data, identity: identity))
        }
    }

    func isConnecting(_ namespace: String) -> Bool {
        guard !isClosed, case .connecting = members[namespace] else { return false }
        return true
    }

    func makeSocket(_ admission: Admission, sid: String, pid: String?, offset: Int64) -> Socket {
        Socket(
            id: sid, connection: self, request: admission.request, handler: admission.handler,
            shard: shard.namespace(admission.request.namespace), data: admission.data, recovery: pid.map { ($0, offset) })
    }

    func accept(_ admission: Admission, sid: String? = nil, pid: String?, offset: Int64) async {
        guard isConnecting(admission.request.namespace) else {
            if let pid { server.recovery?.release(pid, forGood: true) }
            return
        }
        let namespace = shard.namespace(admission.request.namespace)
        let socket = makeSocket(admission, sid: sid ?? server.newSocketID(), pid: pid, offset: offset)
        namespace.add(socket)
        if let pid { server.live.add(pid, socket) }
        _ = await namespace.join(socket, admission.rooms)
        guard isConnecting(admission.request.namespace) else { return socket.left(.clientNamespaceDisconnect) }
        admit(socket, isRecovered: false)
    }

    /// Tells the client that it is connected, and begins to serve it.
    func admit(_ socket: Socket, isRecovered: Bool) {
        guard case .connecting(let waiting) = members[socket.namespace] else { return }
        members[socket.namespace] = .connected(socket)
        connectTimer?.cancel()
        connectTimer = nil
        let pid = socket.recoveryID.map { ",\"pid\":\"\($0)\"" } ?? ""
        send(SocketPacket(.connect, namespace: socket.namespace, json: Array("{\"sid\":\"\(socket.id)\"\(pid)}".utf8)))
        socket.isRecovered = isRecovered
        shard.namespace(socket.namespace).activate(socket)
        socket.start()
        for packet in waiting where !isClosed { handle(packet) }
    }

    private func refuse(_ namespace: String, _ message: String, _ data: [UInt8]?) {
        var json = Array("{\"message\":".utf8)
        JSONText.append(message, to: &json)
        if let data { json += Array(",\"data\":".utf8) + data }
        json.append(UInt8(ascii: "}"))
        send(SocketPacket(.connectError, namespace: namespace, json: json))
    }

    func forget(_ socket: Socket) { members[socket.namespace] = nil }

    /// Sends the client away from all its namespaces, each with its packet, so that it stays away; then the connection ends.
    func disconnect() {
        for case .connected(let socket) in Array(members.values) { socket.disconnect() }
        session.disconnect(.forcedServerClose)
    }

    func closed(_ reason: EngineCloseReason) {
        isClosed = true
        connectTimer?.cancel()
        connectTimer = nil
        decoder.discard()
        account()
        let all = members
        members = [:]
        for case .connected(let socket) in all.values { socket.left(.connection(reason)) }
    }
}
