// The sockets and rooms of one loop, by namespace.
import TiketiNet

/// `@unchecked Sendable` because it is confined to `loop`; other loops send it work through `HubReference`.
final class HubShard: @unchecked Sendable {
    let loop: EventLoop
    private let adapter: (any HubAdapter)?
    private let configuration: SocketIOConfiguration
    private let recovery: (any SocketRecovery)?
    private let live: LiveSessions
    private var namespaces: [String: NamespaceShard] = [:]

    init(
        loop: EventLoop, adapter: (any HubAdapter)?, configuration: SocketIOConfiguration, recovery: (any SocketRecovery)?,
        live: LiveSessions
    ) {
        self.recovery = recovery
        self.live = live
        self.configuration = configuration
        self.loop = loop
        self.adapter = adapter
    }

    func namespace(_ name: String) -> NamespaceShard {
        if let known = namespaces[name] { return known }
        let created = NamespaceShard(name, loop, adapter, configuration, recovery: recovery, live: live)
        namespaces[name] = created
        return created
    }

    func broadcast(_ broadcast: Broadcast) { namespaces[broadcast.packet.namespace]?.broadcast(broadcast) }
}
