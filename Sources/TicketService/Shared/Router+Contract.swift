// Registers the answers to calls of other services by their contract.
import TiketiContracts
import TiketiCore
import TiketiNet

extension Router {
    /// Registers the answer to a call that other services make. Hubs ask often: their calls are not logged.
    func answer(_ call: Endpoint, _ auth: InternalAuth, isLogged: Bool = true, bodyLimit: Int = 1 << 20, _ handler: @escaping RouteHandler)
    {
        on(call.method, call.pattern, RouteOptions(bodyLimit: bodyLimit, isLogged: isLogged, middleware: [auth]), handler)
    }
}
