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
