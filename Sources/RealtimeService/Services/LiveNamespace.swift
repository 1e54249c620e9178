// The product's namespace: who may connect, which rooms a client may enter, and what it is told about that (spec §4, §10).
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiRealtime

struct LiveNamespace: SocketNamespace {
    private let verifier: JWT.Verifier
    private let tickets: any TicketQueries
    /// A version read before the joiner's room was live could be older than a message it missed: joiners share the call that begins after
    /// they asked, never the one under way.
    private let versions: PerLoop<Coalescer<UUID, Lookup<Int64>, Never>>
    let queueSubscribers: PerLoop<QueueSubscribers>
    private let limits: UserLimits

    init(verifier: JWT.Verifier, tickets: any TicketQueries, group: EventLoopGroup, bounds: UserBounds = UserBounds()) {
        self.verifier = verifier
        limits = UserLimits(bounds)
        self.tickets = tickets
        versions = PerLoop(group) { _ in Coalescer(.nextCall) }
        queueSubscribers = PerLoop(group) { QueueSubscribers(loop: $0, tickets: tickets) }
    }

    /// A connection outlives its token until it reconnects.
    func authorize(_ request: SocketConnectRequest) async -> SocketDecision {
        guard let token = Self.token(of: request) else { return .refuse(message: "Authentication error") }
        do throws(JWTError) {
            let claims = try verifier.verify(token)
            guard limits.connect(claims.userID, at: MonotonicClock.now) else {
                return .refuse(message: "Too many connections", data: Array("{\"code\":\"CONNECTION_LIMIT\"}".utf8))
            }
            let member = LiveMember(claims.principal, limits)
            return .accept(rooms: [LiveRoom.user(claims.userID)], data: member, identity: claims.userID.description)
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
        if let member = socket.data as? LiveMember { await received(event, from: socket, member) }
    }

    func received(_ event: SocketEvent, from socket: Socket, _ member: LiveMember) async {
        let answer: RoomAnswer
        switch RoomRequest.read(event.name, event.argument(0)) {
        case .notOurs: return
        case .invalid(let field): answer = .failure(code: "VALIDATION_FAILED", message: "\(field) must be an id")
        case .request(.leave, let request):
            socket.leave(request.room)
            member.leave(request.room)
            if case .queue(let id) = request { queueSubscribers[socket.loop]?.leave(id, socket) }
            answer = .success(version: nil)
        case .request(.join, let request): answer = await join(request, socket, member)
        }
        event.acknowledge(SocketArguments(json: answer.json))
    }

    /// Each join asks ticket something, so a user's joins are limited in time as well as in number.
    private func join(_ request: RoomRequest, _ socket: Socket, _ member: LiveMember) async -> RoomAnswer {
        guard member.takeJoin(at: socket.loop.now) else { return .tooOften }
        let wasThere = socket.isIn(request.room)
        guard member.enter(request.room) else { return .tooMany }
        // First the room, then the version: whatever changes after the version was read arrives as a message.
        let answer: RoomAnswer
        if case .queue(let id) = request {
            answer = await join(queue: id, request, socket, member.principal)
        } else {
            answer = await enter(request, socket)
        }
        if case .failure = answer, !wasThere {
            socket.leave(request.room)
            member.leave(request.room)
        }
        return answer
    }

    private func join(queue id: UUID, _ request: RoomRequest, _ socket: Socket, _ principal: Principal) async -> RoomAnswer {
        guard let subscribers = queueSubscribers[socket.loop] else { return .unavailable }
        let since = subscribers.clock
        // Someone else's place answers as if it did not exist.
        switch await tickets.queueEntry(id) {
        case .found(let place) where place.userID == principal.userID:
            guard await socket.join(request.room) else { return .unavailable }
            subscribers.watch(id, place, socket, since: since)
            return .success(version: nil)
        case .found, .unknown: return .unknown
        case .unavailable: return .unavailable
        }
    }

    /// A connection that was taken up again is in its rooms without having asked.
    func connected(_ socket: Socket) async {
        if let member = socket.data as? LiveMember { resume(socket, member) }
        guard let subscribers = queueSubscribers[socket.loop] else { return }
        for room in socket.rooms where room.hasPrefix(LiveRoom.queuePrefix) {
            guard let id = UUID(String(room.dropFirst(LiveRoom.queuePrefix.count))) else { continue }
            let since = subscribers.clock
            if case .found(let place) = await tickets.queueEntry(id) { subscribers.watch(id, place, socket, since: since) }
        }
    }

    /// The rooms of a connection that was taken up again count as before.
    func resume(_ socket: Socket, _ member: LiveMember) {
        let own = LiveRoom.user(member.principal.userID)
        for room in socket.rooms where room != own { _ = member.enter(room) }
    }

    func disconnected(_ socket: Socket, _ reason: SocketDisconnectReason) {
        queueSubscribers[socket.loop]?.forget(socket)
        (socket.data as? LiveMember)?.release()
    }

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
