// AWS Signature Version 4 (docs.aws.amazon.com, "Signing AWS API requests"), in header fields, as S3 wants it: the path is encoded once.
import TiketiCore
import TiketiNet

/// Signs requests for one service in one region.
struct SignatureV4: Sendable {
    let region: String
    let service: String

    /// Adds `X-Amz-Date`, `X-Amz-Content-Sha256`, the session's token and `Authorization`. Every field that is there by then is signed.
    func sign(_ request: inout AWSRequest, with credentials: AWSCredentials, at now: Timestamp) {
        // 20260315T190000Z: RFC 3339 without its marks.
        let date = Timestamp(seconds: now.seconds).rfc3339.filter { $0 != "-" && $0 != ":" }
        request.headers["X-Amz-Date"] = date
        request.headers["X-Amz-Content-Sha256"] = request.payload
        request.headers["X-Amz-Security-Token"] = credentials.sessionToken
        let (canonical, names) = Self.canonical(request)
        let day = String(date.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(Hex.encode(Crypto.sha256(canonical)))"
        let signature = Hex.encode(Crypto.hmacSHA256(key: key(credentials.secretAccessKey, day), Array(text.utf8)))
        request.headers["Authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    /// The canonical request, and the names of the fields in it.
    static func canonical(_ request: AWSRequest) -> (text: String, names: String) {
        var fields: [(name: String, value: String)] = [("host", request.endpoint.authority)]
        for (name, value) in request.headers where name.lowercased() != "authorization" {
            // Blanks at the ends go, rows of them become one.
            fields.append((name.lowercased(), value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")))
        }
        fields.sort { $0 < $1 }
        let names = fields.map(\.name).joined(separator: ";")
        let lines = [
            request.method.rawValue, AWSEncoding.encode(request.path, keepingSlashes: true), AWSEncoding.query(request.query),
            fields.map { "\($0.name):\($0.value)\n" }.joined(), names, request.payload,
        ]
        return (lines.joined(separator: "\n"), names)
    }

    /// The key of one day, region and service.
    private func key(_ secret: String, _ day: String) -> [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(secret)".utf8)) { Crypto.hmacSHA256(key: $0, Array($1.utf8)) }
    }
}
