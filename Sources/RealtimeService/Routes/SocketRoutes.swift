// Hands everything under the Socket.IO path to the server; the protocol's own errors are its answers.
import TiketiCore
import TiketiNet
import TiketiRealtime

struct SocketRoutes: Sendable {
    let server: SocketIOServer

    /// All that a server of Engine.IO answers itself, preflights and refusals included.
    static let methods: [HTTPMethod] = [.get, .post, .options, .put, .delete, .patch]

    func install(on router: some RouterMethods) {
        // Long polls would drown the access log; failures are logged all the same.
        for method in Self.methods {
            router.on(method, "/socket.io/*rest", .quiet) { context in
                guard server.owns(context.request.path) else { throw APIError.notFound }
                return await server.handle(context.request)
            }
        }
    }
}
