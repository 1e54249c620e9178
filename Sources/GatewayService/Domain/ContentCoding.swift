// Which content coding a client takes (RFC 9110 §12.5.3).

/// The codings that assets are kept in beside their plain form, best first.
enum ContentCoding: String, CaseIterable, Sendable {
    case brotli = "br"
    case gzip

    /// What the build puts behind a file's name.
    var suffix: String { self == .brotli ? ".br" : ".gz" }

    /// Whether `Accept-Encoding` lists the coding, or `*`, with a weight above zero.
    func isAccepted(by field: String) -> Bool {
        var any = false
        for item in field.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { String($0).trimmed }
            guard let name = parts.first, name == rawValue || name == "*" || (self == .gzip && name == "x-gzip") else { continue }
            let isRefused = parts.dropFirst().contains { part in
                part.hasPrefix("q=") && part.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
            }
            if name != "*" { return !isRefused }
            any = !isRefused
        }
        return any
    }
}
