// Socket.IO over one Engine.IO session: packets in, sockets of its namespaces out. Any violation of the protocol ends the whole connection.
import TiketiNet

final class SocketConnection: EngineHandler {
    let session: EngineSession
    private let server: SocketIOServer
    private let shard: HubShard
    private var decoder: SocketPacketDecoder
    private var members: [String: Member] = [:]
    private var connectTimer: LoopTimer?
    private var isClosed = false

    private enum Member {
        /// The application has not decided yet; what comes meanwhile waits.
        case connecting([SocketPacket])
        case connected(Socket)
    }

    init(_ session: EngineSession, _ server: SocketIOServer, _ shard: HubShard) {
        self.session = session
        self.server = server
        self.shard = shard
        decoder = SocketPacketDecoder(maximumAttachments: server.configuration.maximumAttachments)
        let timeout = UInt64(server.configuration.connectTimeoutMilliseconds) * 1_000_000
        connectTimer = session.loop.schedule(afterNanoseconds: timeout) { [unowned self] in
            if members.isEmpty { session.disconnect(.forcedServerClose) }
        }
    }

    // MARK: Packets

    func receive(text: [UInt8]) {
        do throws(SocketPacketError) {
            if let packet = try decoder.decode(text: text) { handle(packet) }
        } catch {
            session.close(.parseError)
        }
    }

    func receive(binary: [UInt8]) {
        do throws(SocketPacketError) {
            if let packet = try decoder.decode(binary: binary) { handle(packet) }
        } catch {
            session.close(.parseError)
        }
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
        guard !isClosed, case .connecting = members[request.namespace] else { return }
        switch decision {
        case .refuse(let message, let data):
            members[request.namespace] = nil
            refuse(request.namespace, message, data)
        case .accept(let rooms, let data):
            await accept(request, handler, rooms, data)
        }
    }

    private func accept(_ request: SocketConnectRequest, _ handler: any SocketNamespace, _ rooms: [String], _ data: (any Sendable)?) async {
        let namespace = shard.namespace(request.namespace)
        let socket = Socket(
            id: Base64.encodeURL(SecureRandom.bytes(15)), connection: self, request: request, handler: handler, shard: namespace, data: data
        )
        namespace.add(socket)
        _ = await namespace.join(socket, [socket.id] + rooms)
        guard !isClosed, case .connecting(let waiting) = members[request.namespace] else { return socket.left(.clientNamespaceDisconnect) }
        members[request.namespace] = .connected(socket)
        send(SocketPacket(.connect, namespace: request.namespace, json: Array("{\"sid\":\"\(socket.id)\"}".utf8)))
        namespace.activate(socket)
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

    func closed(_ reason: EngineCloseReason) {
        isClosed = true
        connectTimer?.cancel()
        connectTimer = nil
        let all = members
        members = [:]
        for case .connected(let socket) in all.values { socket.left(.connection(reason)) }
    }
}
