// Calls a server over a real socket, in the words of TestApp.
import TiketiNet

/// A client of one server on 127.0.0.1.
public final class TestClient: Sendable {
    /// Where the service listens on 127.0.0.1.
    public let port: Int
    private let client: HTTPClient

    /// - Parameter patience: how long a whole call may take.
    public init(port: Int, configuration: HTTPClientConfiguration = HTTPClientConfiguration(), patience: Duration = .seconds(60)) {
        self.port = port
        self.patience = patience
        client = HTTPClient(configuration: configuration)
    }

    private let patience: Duration

    /// Sends one request and collects the answer. `json` sets the Content-Type, `token` the Authorization field.
    public func send(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), json: String? = nil,
        body: HTTPClientRequest.Body = .none, token: String? = nil
    ) async throws -> TestResponse {
        var headers = headers
        if json != nil, !headers.contains("Content-Type") { headers.add("Content-Type", "application/json") }
        if let token { headers.add("Authorization", "Bearer \(token)") }
        let content = json.map { HTTPClientRequest.Body.bytes(Array($0.utf8)) } ?? body
        let url = URLParts(host: "127.0.0.1", port: port, target: target)
        let request = HTTPClientRequest(
            method: method, url: url, headers: headers, body: content, totalTimeout: patience.nanoseconds)
        let client = client
        return try await EventLoopGroup.shared.next().run {
            let response = try await client.execute(request)
            return TestResponse(
                status: response.status.code, headers: response.headers, body: try await response.body.collect(upTo: 64 << 20))
        }
    }

    /// A GET, with `token` as bearer token.
    public func get(_ target: String, token: String? = nil) async throws -> TestResponse { try await send(.get, target, token: token) }

    /// A POST of a JSON body, with `token` as bearer token.
    public func post(_ target: String, json: String, token: String? = nil) async throws -> TestResponse {
        try await send(.post, target, json: json, token: token)
    }

    public func close() { client.close() }
}
