// Sessions and a log in memory, in place of Redis.
import TiketiNet

@testable import TiketiRealtime

/// One hub with everything it needs for recovery.
final class MemoryAdapter: RecoveringAdapter {
    let uid = HubID.random()
    let store: MemoryRecovery
    private let hub = Locked<HubReference?>(nil)

    init(portion: Int = 50) { store = MemoryRecovery(portion: portion) }

    var sessions: any SocketRecovery { store }

    func start(_ hub: HubReference, namespaces: [String]) { self.hub.withLock { $0 = hub } }

    func roomAppeared(_ room: String, namespace: String, loop: EventLoop, _ ready: @escaping @Sendable (Bool) -> Void) {
        loop.execute { ready(true) }
    }

    func roomVanished(_ room: String, namespace: String, loop: EventLoop) {}

    func publish(_ event: String, _ arguments: SocketArguments, namespace: String, to target: BroadcastTarget) {
        let packet = SocketPacket.event(event, arguments, namespace: namespace)
        // Logged and delivered in one step, as Redis does it.
        store.state.withLock { state in
            if !target.isVolatile { state.append(packet, target) }
            hub.withLock { $0 }?.broadcast(packet, target, offset: target.isVolatile ? nil : state.offset)
        }
    }

    func stop() {}
}

final class MemoryRecovery: SocketRecovery {
    struct State {
        var offset: Int64 = 1_000
        var log: [LoggedMessage] = []
        var sessions: [String: RecoverableSession] = [:]
        /// Times a session was read from the log.
        var reads = 0
        /// The log begins behind this offset.
        var begin: Int64 = 0

        mutating func append(_ packet: SocketPacket, _ target: BroadcastTarget) {
            offset += 1
            log.append(LoggedMessage(offset: offset, target: target, packet: EncodedPacket(packet.marked(with: offset))))
        }
    }

    let state = Locked(State())
    private let portion: Int

    init(portion: Int) { self.portion = portion }

    func create(_ pid: String, _ session: RecoverableSession) async -> Int64? {
        state.withLock { state in
            state.sessions[pid] = session.with(rooms: session.rooms.mapValues { _ in state.offset }.merging(["": state.offset]) { $1 })
            return state.offset
        }
    }

    func joined(_ pid: String, _ room: String) async -> Bool {
        state.withLock { state in
            guard let session = state.sessions[pid] else { return false }
            state.sessions[pid] = session.with(rooms: session.rooms.merging([room: state.offset]) { old, _ in old })
            return true
        }
    }

    func left(_ pid: String, _ room: String) {
        state.withLock { state in state.sessions[pid] = state.sessions[pid].map { $0.with(rooms: $0.rooms.filter { $0.key != room }) } }
    }

    func take(_ pid: String) async -> SessionClaim { state.withLock { $0.sessions[pid].map { .session($0) } ?? .unknown } }

    func release(_ pid: String, forGood: Bool) { if forGood { state.withLock { $0.sessions[pid] = nil } } }

    func replaying(_ pid: String, _ isReplaying: Bool) {
        state.withLock { state in state.sessions[pid] = state.sessions[pid].map { $0.with(isReplaying: isReplaying) } }
    }

    func missed(by session: RecoverableSession, since offset: Int64) async -> MissedMessages? {
        state.withLock { state in
            state.reads += 1
            if offset < state.begin { return nil }
            let all = state.log.filter { message in
                let rooms = message.target.rooms.isEmpty ? [""] : message.target.rooms
                return message.offset > offset
                    && rooms.contains { $0 == session.sid || session.rooms[$0].map { $0 < message.offset } ?? false }
            }
            let messages = Array(all.prefix(portion))
            return MissedMessages(messages: messages, end: all.count > portion ? messages.last?.offset : nil)
        }
    }
}

extension RecoverableSession {
    func with(rooms: [String: Int64]? = nil, isReplaying: Bool? = nil) -> RecoverableSession {
        RecoverableSession(
            sid: sid, namespace: namespace, owner: owner, identity: identity, isReplaying: isReplaying ?? self.isReplaying,
            rooms: rooms ?? self.rooms)
    }
}
