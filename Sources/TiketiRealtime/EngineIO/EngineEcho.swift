// A bare Engine.IO server that sends every message back: what the protocol's official test suite runs against. Never on in production.
import TiketiNet

/// Sends every message back.
public final class EngineEchoServer: Sendable {
    private let engine: EngineServer

    /// Serves on all loops of the group.
    public init(_ configuration: EngineConfiguration, group: EventLoopGroup) {
        engine = EngineServer(configuration, group: group) { EngineEcho($0) }
    }

    /// Whether a request is this server's to answer.
    public func owns(_ path: String) -> Bool { path.hasPrefix(engine.configuration.path) }

    /// Answers a request that `owns` accepted.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse { await engine.handle(request) }

    /// Ends all sessions.
    public func stop() async { await engine.drain(over: .zero) }
}

private final class EngineEcho: EngineHandler {
    /// The session keeps its handler, and outlives it.
    private unowned let session: EngineSession

    init(_ session: EngineSession) { self.session = session }

    func receive(text: [UInt8]) { session.send(EncodedPacket(text: text)) }
    func receive(binary: [UInt8]) { session.send(EncodedPacket(binary: binary)) }
    func closed(_ reason: EngineCloseReason) {}
}
