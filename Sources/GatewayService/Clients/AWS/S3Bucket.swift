// Where a bucket's objects are: the name in the path, or before the host.
import TiketiCore
import TiketiNet

/// How a bucket is named in an address.
enum S3Addressing: String, CaseIterable, Sendable {
    /// `https://bucket.s3.region.amazonaws.com/key`
    case virtual
    /// `https://s3.example/bucket/key`
    case path
}

/// One bucket at one server.
struct S3Bucket: Sendable, Equatable {
    let name: String
    let region: String
    private let endpoint: ServiceURL
    private let addressing: S3Addressing

    /// - Parameters:
    ///   - endpoint: nil for AWS's own in the region.
    ///   - addressing: nil for what the server takes without being told: AWS the bucket before the host, others in the path.
    init(name: String, region: String, endpoint: ServiceURL? = nil, addressing: S3Addressing? = nil) {
        self.name = name
        self.region = region
        self.endpoint = endpoint ?? ServiceURL(isSecure: true, host: "s3.\(Self.domain(region))", port: 443)
        // A certificate for *.s3.region covers one label: a name with dots goes into the path.
        let usual: S3Addressing = endpoint == nil && !name.contains(".") ? .virtual : .path
        self.addressing = addressing ?? usual
    }

    /// `region.amazonaws.com`, or the domain of the region's partition.
    static func domain(_ region: String) -> String { "\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "") }

    /// A bucket's name as AWS allows it (general purpose buckets): 3 to 63 of lower-case letters, digits, dots and dashes, both ends a
    /// letter or digit.
    static func isName(_ text: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
        guard (3...63).contains(text.utf8.count), let first = text.utf8.first, let last = text.utf8.last, isPlain(first), isPlain(last)
        else {
            return false
        }
        return text.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") } && !text.contains("..")
    }

    /// A request for an object.
    func request(_ method: HTTPMethod, key: String) -> AWSRequest {
        let scheme: URLParts.Scheme = endpoint.isSecure ? .https : .http
        switch addressing {
        case .virtual:
            let host = URLParts(scheme: scheme, host: "\(name).\(endpoint.host)", port: endpoint.port)
            return AWSRequest(method: method, endpoint: host, path: "\(endpoint.path)/\(key)")
        case .path:
            let host = URLParts(scheme: scheme, host: endpoint.host, port: endpoint.port)
            return AWSRequest(method: method, endpoint: host, path: "\(endpoint.path)/\(name)/\(key)")
        }
    }
}
