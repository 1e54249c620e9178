// The hub as a part of the process that starts and stops.
import TiketiCore
import TiketiRealtime

/// Sends clients away before the process stops.
struct HubService: Service {
    let server: SocketIOServer
    /// Over how long clients are sent away.
    let drainTime: Duration

    func start() async throws {}
    func drain() async { await server.drain(over: drainTime) }
    func stop() async { await server.drain(over: .zero) }
}
