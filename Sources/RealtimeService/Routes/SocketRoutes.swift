// Hands everything under the Socket.IO path to the server; the protocol's own errors are its answers.
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime

enum SocketRoutes {
    static func register(on router: Router, _ server: SocketIOServer) {
        // Long polls would drown the access log; failures are logged all the same.
        for method in [HTTPMethod.get, .post, .options, .put, .delete, .patch] {
            router.on(method, "/socket.io/*rest", .quiet) { context in
                guard server.owns(context.request.path) else { throw APIError.notFound }
                return await server.handle(context.request)
            }
        }
    }

    /// What gateways ask, to find the hub of a session.
    static func register(on router: Router, node: UInt16, _ auth: InternalAuth) {
        router.on(HubAPI.identity.method, HubAPI.identity.pattern, RouteOptions(isLogged: false, middleware: [auth])) { _ in
            HTTPResponse.success(.ok) { HubAPI.Identity(node: node).write(to: &$0) }
        }
    }

    /// The bare Engine.IO server for conformance tests.
    static func register(on router: Router, _ echo: EngineEchoServer) {
        for method in [HTTPMethod.get, .post, .options, .put, .delete, .patch] {
            router.on(method, "/engine.io/*rest", .quiet) { context in
                guard echo.owns(context.request.path) else { throw APIError.notFound }
                return await echo.handle(context.request)
            }
        }
    }
}
