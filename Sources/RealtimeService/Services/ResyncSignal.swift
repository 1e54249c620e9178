// Tells every client that messages may have been missed, so that seat maps are loaded again: a gap without a later message shows in no version.
import TiketiNet
import TiketiRealtime

final class ResyncSignal: Sendable {
    static let event = "resync"
    private let server = Locked<SocketIOServer?>(nil)

    func set(_ server: SocketIOServer) { self.server.withLock { $0 = server } }

    /// Every hub notices its own interruption, so only local clients are told.
    func send() { server.withLock { $0 }?.emitLocally(Self.event, SocketArguments(json: "{\"reason\":\"feed-interrupted\"}")) }
}
