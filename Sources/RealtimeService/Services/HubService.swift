// The hub as a part of the process that starts and stops.
import TiketiCore
import TiketiRealtime

/// Sends clients away before the process stops.
struct HubService: Service {
    let server: SocketIOServer
    let drainSeconds: Double

    func start() async throws {}
    func drain() async { await server.drain(seconds: drainSeconds) }
    func stop() async { await server.drain(seconds: 0) }
}
