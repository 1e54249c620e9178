// Reads the bodies of internal calls as the types of their contract.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

extension RequestContext {
    /// The body as the request of a contract; 400 names the member that does not fit.
    func contract<Request>(_ read: (JSONValue) throws(ContractFault) -> Request) async throws -> Request {
        let json = try await json()
        guard case .object = json else { throw APIError.validation("body", "must be a JSON object") }
        do throws(ContractFault) { return try read(json) } catch { throw APIError.validation(error.field, error.message) }
    }
}

extension Router {
    /// Registers the answer to a call that other services make. Hubs ask often: their calls are not logged.
    func answer(_ call: Endpoint, _ auth: InternalAuth, isLogged: Bool = true, bodyLimit: Int = 1 << 20, _ handler: @escaping RouteHandler)
    {
        on(call.method, call.pattern, RouteOptions(bodyLimit: bodyLimit, isLogged: isLogged, middleware: [auth]), handler)
    }
}
