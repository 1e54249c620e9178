// What one returning client missed, read from the log in portions and handed out message by message.

/// The order of the log, without what was never meant for the client. Confined to the connection's loop.
final class SocketReplay {
    /// What comes next.
    enum Step {
        case send(LoggedMessage)
        /// The client need not have anything up to this offset.
        case skip(Int64)
    }

    private let recovery: any SocketRecovery
    private let pid: String
    private let session: RecoverableSession
    /// What a broadcast may exclude the client by.
    private let names: Set<String>
    private var portion: ArraySlice<LoggedMessage> = []
    /// Where the portion ends, when there is more behind it.
    private var end: Int64?
    /// Messages handed out for sending.
    private(set) var count = 0

    /// - Parameter rooms: all rooms the client is in, its own among them or not.
    init(_ recovery: any SocketRecovery, pid: String, session: RecoverableSession, rooms: Set<String>) {
        self.recovery = recovery
        self.pid = pid
        self.session = session
        names = rooms.union([session.sid])
    }

    /// Reads the next portion; whether it is the last one for now, nil when the log does not reach back to `offset`.
    func readPortion(after offset: Int64) async -> Bool? {
        guard let missed = await recovery.missed(by: session, since: offset) else { return nil }
        portion = missed.messages[...]
        end = missed.end
        return missed.end == nil
    }

    /// The next step of the portion for a client that has everything up to `offset`; nil at the portion's end.
    func next(after offset: Int64) -> Step? {
        while let message = portion.popFirst() {
            if message.offset <= offset { continue }
            guard !message.target.except.contains(where: names.contains) else { return .skip(message.offset) }
            if count == 0 { recovery.replaying(pid, true) }
            count += 1
            return .send(message)
        }
        defer { end = nil }
        return end.map { .skip($0) }
    }
}
