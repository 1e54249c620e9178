// Fetches a key set over HTTP and reads how long it may be kept.
import TiketiCore
import TiketiNet

struct KeySource: Sendable {
    let url: ServiceURL
    let client: HTTPClient

    func fetch() async throws -> (body: [UInt8], maxAgeSeconds: Int) {
        var request = HTTPClientRequest(url: url.parts(target: ""), headers: ["Accept": "application/json"])
        request.totalTimeout = 5_000_000_000
        let response = try await client.execute(request)
        let body = try await response.body.collect(upTo: 256 * 1024)
        guard response.status == .ok else { throw AuthError.googleUnavailable }
        return (body, Self.maxAge(response.headers.values("cache-control")))
    }

    /// RFC 9111 §5.2.2.1; without it an hour.
    static func maxAge(_ lines: [String]) -> Int {
        for line in lines {
            for directive in line.lowercased().split(separator: ",") {
                let parts = directive.filter { $0 != " " }.split(separator: "=")
                if parts.count == 2, parts[0] == "max-age", let seconds = Int(parts[1]) { return seconds }
            }
        }
        return 3600
    }
}
