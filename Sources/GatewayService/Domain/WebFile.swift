// A file of the built web app, in every coding that the build made of it.
import TiketiCore
import TiketiNet

/// One file in memory.
struct WebFile: Sendable {
    /// Quoted, for the plain form; a coded form has the coding's name in it.
    var etag: String
    var contentType: String
    /// The name carries a hash of the content: such a file never changes.
    var isImmutable: Bool
    var bytes: [UInt8]
    var coded: [ContentCoding: [UInt8]] = [:]

    /// The form for a client, and its tag.
    func form(acceptEncoding: String?) -> (bytes: [UInt8], coding: ContentCoding?, etag: String) {
        if let acceptEncoding, !coded.isEmpty {
            for coding in ContentCoding.allCases {
                if let bytes = coded[coding], coding.isAccepted(by: acceptEncoding) {
                    return (bytes, coding, "\(etag.dropLast())-\(coding.rawValue)\"")
                }
            }
        }
        return (bytes, nil, etag)
    }

    /// A strong entity tag of some content.
    static func tag(_ bytes: [UInt8]) -> String { "\"" + Hex.encode(Crypto.sha256(bytes).prefix(12)) + "\"" }

    /// `main-4F2A9C31.js` below any folder, or anything below `/assets/`: build tools put a hash of the content there.
    static func isHashed(_ path: String) -> Bool {
        if path.hasPrefix("/assets/") { return true }
        guard let name = path.split(separator: "/").last, let dash = name.lastIndex(of: "-") else { return false }
        let hash = name[name.index(after: dash)...].prefix { $0 != "." }
        return hash.utf8.count == 8 && hash.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
    }

    static func contentType(_ name: String) -> String {
        switch name.split(separator: ".").last?.lowercased() {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "gif": "image/gif"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "txt": "text/plain; charset=utf-8"
        case "webmanifest": "application/manifest+json"
        default: "application/octet-stream"
        }
    }
}
