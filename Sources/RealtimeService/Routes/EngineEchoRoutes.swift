// The bare Engine.IO server, for conformance tests.
import TiketiCore
import TiketiNet
import TiketiRealtime

struct EngineEchoRoutes: Sendable {
    static let path = "/engine.io/"

    let echo: EngineEchoServer

    func install(on router: some RouterMethods) {
        for method in SocketRoutes.methods {
            router.on(method, Self.path + "*rest", .quiet) { context in
                guard echo.owns(context.request.path) else { throw APIError.notFound }
                return await echo.handle(context.request)
            }
        }
    }
}
