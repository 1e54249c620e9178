// The server for those that must exist before it: its namespaces, and the adapter's report of a gap.
import TiketiNet
import TiketiRealtime

final class ServerHolder: Sendable {
    private let server = Locked<SocketIOServer?>(nil)

    func set(_ server: SocketIOServer) { self.server.withLock { $0 = server } }

    func get() -> SocketIOServer? { server.withLock { $0 } }

    /// Tells every client of this hub that messages may have been missed, so that seat maps are loaded again: a gap without a later
    /// message shows in no version. Every hub notices its own interruption, so only local clients are told.
    func sendResync() { get()?.emitLocally("resync", SocketArguments(json: "{\"reason\":\"feed-interrupted\"}")) }
}
