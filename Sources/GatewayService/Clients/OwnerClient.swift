// Admin pages ask the service that owns a thing through its internal API.
import TiketiCore
import TiketiJSON
import TiketiNet

/// One service's internal API, asked on behalf of a request.
struct OwnerClient: Sendable {
    let service: InternalClient

    /// - Parameter path: under `/internal`, with its query.
    /// - Throws: `APIError` when there is no usable answer; a refusal is an answer.
    func ask(_ context: RequestContext, _ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws(APIError)
        -> OwnerAnswer
    {
        let (status, body) = try await service.call(method, path, json: body, context: context)
        return OwnerAnswer(status: status.code, body: body)
    }
}
