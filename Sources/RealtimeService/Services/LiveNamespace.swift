// The product's namespace: who may connect, which rooms a client may enter, and what it is told about that (spec §4, §10).
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiRealtime

struct LiveNamespace: SocketNamespace {
    private let verifier: JWT.Verifier
    private let tickets: any TicketQueries
    /// A version read before the joiner's room was live could be older than a message it missed: joiners share the call that begins after they
    /// asked, never the one under way.
    private let versions: PerLoop<Coalescer<UUID, Lookup<Int64>, Never>>
    let queueSubscribers: PerLoop<QueueSubscribers>
    /// Rooms of one socket: an event page, a seat map and a queue each need one; more than this is no browser.
    private static let roomLimit = 64

    init(verifier: JWT.Verifier, tickets: any TicketQueries, group: EventLoopGroup) {
        self.verifier = verifier
        self.tickets = tickets
        versions = PerLoop(group) { _ in Coalescer(.nextCall) }
        queueSubscribers = PerLoop(group) { QueueSubscribers(loop: $0, tickets: tickets) }
    }

    /// A connection outlives its token until it reconnects.
    func authorize(_ request: SocketConnectRequest) async -> SocketDecision {
        guard let token = Self.token(of: request) else { return .refuse(message: "Authentication error") }
        do throws(JWTError) {
            let claims = try verifier.verify(token)
            return .accept(rooms: [LiveRoom.user(claims.userID)], data: claims.principal, identity: claims.userID.description)
        } catch {
            return .refuse(message: "Invalid token")
        }
    }

    /// `auth: {token}`; clients that can set headers may send a Bearer token instead.
    private static func token(of request: SocketConnectRequest) -> String? {
        let limits = JSONLimits(depth: 8, bytes: 16_384, values: 256, members: 64)
        if let auth = try? JSONValue.parse(request.auth, limits: limits), let token = auth["token"]?.stringValue, !token.isEmpty {
            return token
        }
        guard let header = request.handshake.authorization, header.lowercased().hasPrefix("bearer ") else { return nil }
        return String(header.dropFirst(7))
    }

    func received(_ event: SocketEvent, from socket: Socket) async {
        await received(event, from: socket, socket.data as? Principal)
    }

    func received(_ event: SocketEvent, from socket: Socket, _ principal: Principal?) async {
        let answer: RoomAnswer
        switch RoomRequest.read(event.name, event.argument(0)) {
        case .notOurs: return
        case .invalid(let field): answer = .failure(code: "VALIDATION_FAILED", message: "\(field) must be an id")
        case .request(.leave, let request):
            socket.leave(request.room)
            if case .queue(let id) = request { queueSubscribers[socket.loop]?.leave(id, socket) }
            answer = .success(version: nil)
        case .request(.join, let request): answer = await join(request, socket, principal)
        }
        event.acknowledge(SocketArguments(json: answer.json))
    }

    private func join(_ request: RoomRequest, _ socket: Socket, _ principal: Principal?) async -> RoomAnswer {
        if case .queue(let id) = request { return await join(queue: id, request, socket, principal) }
        let wasThere = socket.isIn(request.room)
        guard wasThere || socket.rooms.count < Self.roomLimit else { return .tooMany }
        // First the room, then the version: whatever changes after the version was read arrives as a message.
        let answer = await enter(request, socket)
        if case .failure = answer, !wasThere { socket.leave(request.room) }
        return answer
    }

    private func join(queue id: UUID, _ request: RoomRequest, _ socket: Socket, _ principal: Principal?) async -> RoomAnswer {
        guard socket.isIn(request.room) || socket.rooms.count < Self.roomLimit else { return .tooMany }
        guard let subscribers = queueSubscribers[socket.loop] else { return .unavailable }
        let since = subscribers.clock
        // Someone else's place answers as if it did not exist.
        switch await tickets.queueEntry(id) {
        case .found(let place) where place.userID == principal?.userID:
            guard await socket.join(request.room) else {
                socket.leave(request.room)
                return .unavailable
            }
            subscribers.watch(id, place, socket, since: since)
            return .success(version: nil)
        case .found, .unknown: return .unknown
        case .unavailable: return .unavailable
        }
    }

    /// A connection that was taken up again is in its rooms without having asked.
    func connected(_ socket: Socket) async {
        guard let subscribers = queueSubscribers[socket.loop] else { return }
        for room in socket.rooms where room.hasPrefix(LiveRoom.queuePrefix) {
            guard let id = UUID(String(room.dropFirst(LiveRoom.queuePrefix.count))) else { continue }
            let since = subscribers.clock
            if case .found(let place) = await tickets.queueEntry(id) { subscribers.watch(id, place, socket, since: since) }
        }
    }

    func disconnected(_ socket: Socket, _ reason: SocketDisconnectReason) { queueSubscribers[socket.loop]?.forget(socket) }

    private func enter(_ request: RoomRequest, _ socket: Socket) async -> RoomAnswer {
        guard await socket.join(request.room) else { return .unavailable }
        switch request {
        case .queue: return .success(version: nil)
        case .event(let id), .seats(let id):
            switch await versions[socket.loop]?.value(id, { [tickets] in await tickets.version(ofEvent: id) }) ?? .unavailable {
            case .found(let version): return .success(version: version)
            case .unknown: return .unknown
            case .unavailable: return .unavailable
            }
        }
    }
}
