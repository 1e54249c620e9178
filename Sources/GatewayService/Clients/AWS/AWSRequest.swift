// A request to a service of AWS before it is signed.
import TiketiNet

/// What is asked of which host.
struct AWSRequest: Sendable {
    var method: HTTPMethod
    /// Scheme, host and port; its target counts for nothing.
    var endpoint: URLParts
    /// As it is meant, not encoded; begins with a slash.
    var path: String
    var query: [(name: String, value: String)] = []
    /// Beside Host and what signing adds.
    var headers = HTTPHeaders()
    /// Hexadecimal SHA-256 of the body: another body is refused.
    var payload = Self.nothing

    /// The digest of no bytes.
    static let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// What stands in the request line.
    var target: String {
        let path = AWSEncoding.encode(path, keepingSlashes: true)
        return query.isEmpty ? path : "\(path)?\(AWSEncoding.query(query))"
    }
}
