// The subscriber list of the waiting lines: everybody who waits gets the own place whenever a line has moved: one message from ticket,
// then arithmetic for each watcher on this loop.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime

/// The watchers of one loop. A place costs no question to Redis, ticket or PostgreSQL: it is the watcher's number less the front's.
///
/// `@unchecked Sendable` because it is confined to `loop`.
final class QueueSubscribers: @unchecked Sendable {
    private let loop: EventLoop
    private let tickets: any TicketQueries
    private var lines: [UUID: Line] = [:]
    /// In which lines a socket has places, by the place.
    private var places: [String: [UUID: UUID]] = [:]
    private var fronts: [UUID: (front: QueueFront, at: UInt64)] = [:]
    /// Fronts received so far; tells whether one came while ticket was asked.
    private(set) var clock: UInt64 = 0
    private static let keptFronts = 256
    /// Messages per tick, so that pings and requests do not wait behind a long line.
    private static let perTick = 512
    private static let numbersPerCall = 500

    private struct Key: Hashable {
        let socket: String
        let queue: UUID
    }

    private struct Watcher {
        let socket: Socket
        /// Nil in the lobby, until the draw.
        var sequence: Int64?
        var generation: UUID?
        /// The place that was sent last.
        var sentPosition: Int?
    }

    private struct Line {
        var watchers: [Key: Watcher] = [:]
        var isAsking = false
    }

    init(loop: EventLoop, tickets: any TicketQueries) {
        self.loop = loop
        self.tickets = tickets
    }

    /// Begins to watch a place that was looked up; `since` is what `clock` said before that.
    func watch(_ queue: UUID, _ facts: TicketAPI.QueueEntry, _ socket: Socket, since: UInt64) {
        loop.preconditionOnLoop()
        guard facts.isWaiting, socket.isIn(LiveRoom.queue(queue)) else { return }
        let key = Key(socket: socket.id, queue: queue)
        lines[facts.eventID, default: Line()].watchers[key] = Watcher(
            socket: socket, sequence: facts.sequence, generation: facts.generation, sentPosition: facts.position)
        places[socket.id, default: [:]][queue] = facts.eventID
        // A front that came meanwhile may be newer than the answer.
        if let known = fronts[facts.eventID], known.at > since { send(key, known.front) }
    }

    func leave(_ queue: UUID, _ socket: Socket) { remove(Key(socket: socket.id, queue: queue)) }

    /// The socket is gone.
    func forget(_ socket: Socket) {
        for queue in places[socket.id]?.keys.map({ $0 }) ?? [] { leave(queue, socket) }
    }

    private func remove(_ key: Key) {
        guard let event = places[key.socket]?.removeValue(forKey: key.queue) else { return }
        if places[key.socket]?.isEmpty == true { places[key.socket] = nil }
        lines[event]?.watchers[key] = nil
        if lines[event]?.watchers.isEmpty == true { lines[event] = nil }
    }

    /// A line has moved.
    func moved(_ front: QueueFront) {
        loop.preconditionOnLoop()
        clock += 1
        fronts[front.eventID] = (front, clock)
        if fronts.count > Self.keptFronts, let oldest = fronts.min(by: { $0.value.at < $1.value.at }) { fronts[oldest.key] = nil }
        guard let line = lines[front.eventID] else { return }
        send(Array(line.watchers.keys), front, at: clock)
        let nameless = line.watchers.filter { $0.value.sequence == nil || $0.value.generation != front.generation }.map(\.key)
        if !nameless.isEmpty, !line.isAsking {
            lines[front.eventID]?.isAsking = true
            loop.spawn { [self] in await askNumbers(front.eventID, nameless) }
        }
    }

    private func send(_ keys: [Key], _ front: QueueFront, at: UInt64, from start: Int = 0) {
        // A newer front has taken over.
        guard fronts[front.eventID]?.at == at else { return }
        let end = min(start + Self.perTick, keys.count)
        for key in keys[start..<end] { send(key, front) }
        if end < keys.count { loop.execute { [self] in send(keys, front, at: at, from: end) } }
    }

    private func send(_ key: Key, _ front: QueueFront) {
        guard let watcher = lines[front.eventID]?.watchers[key], watcher.generation == front.generation, let sequence = watcher.sequence
        else { return }
        // Before the front: admitted, which another message says.
        guard let position = front.position(sequence) else { return remove(key) }
        guard position != watcher.sentPosition else { return }
        lines[front.eventID]?.watchers[key]?.sentPosition = position
        let wait = QueueFront.estimatedWait(position: position, pace: front.pace)
        let payload = LiveEvent.queueUpdated(queueID: key.queue, position: position, estimatedWait: wait)
        watcher.socket.emit(LiveEvent.queueUpdated.rawValue, SocketArguments(json: payload))
    }

    /// Those who watched from the lobby got numbers by the draw.
    private func askNumbers(_ event: UUID, _ keys: [Key]) async {
        for start in stride(from: 0, to: keys.count, by: Self.numbersPerCall) {
            let part = Array(keys[start..<min(start + Self.numbersPerCall, keys.count)])
            guard case .found(let numbers) = await tickets.sequences(ofEvent: event, part.map(\.queue)) else { break }
            for (key, sequence) in zip(part, numbers.sequences) where lines[event]?.watchers[key] != nil {
                // In no line: let in, given up, or lost with Redis. It has no place any more.
                guard let sequence else { remove(key); continue }
                lines[event]?.watchers[key]?.sequence = sequence
                lines[event]?.watchers[key]?.generation = numbers.generation
            }
            if let known = fronts[event] { for key in part { send(key, known.front) } }
        }
        lines[event]?.isAsking = false
    }
}
