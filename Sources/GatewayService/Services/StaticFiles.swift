// The built web app from WEB_ROOT, read once at the start: small files in memory, an ETag each.
// A request can only name what was read, so no path can leave the root.
import Glibc
import TiketiCore
import TiketiNet

struct StaticFile: Sendable {
    var bytes: [UInt8]
    var etag: String
    var contentType: String
    /// Build tools put a hash into the names below assets/; such a file never changes.
    var immutable: Bool
}

struct StaticFiles: Sendable {
    static let largestFile = 8 << 20
    static let largestTotal = 64 << 20

    private let files: [String: StaticFile]

    /// An absent root is an empty app: the API works without it.
    init(root: String) {
        var found: [String: StaticFile] = [:]
        var total = 0
        Self.collect(root, below: "", depth: 0, into: &found, total: &total)
        files = found
    }

    var isEmpty: Bool { files.isEmpty }

    /// The file, or the page for a path that the app itself routes: what has no extension is a page.
    func find(_ path: String) -> StaticFile? {
        if let file = files[path == "/" ? "/index.html" : path] { return file }
        let last = path.split(separator: "/").last ?? ""
        return last.contains(".") ? nil : files["/index.html"]
    }

    static func response(_ file: StaticFile, to request: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse(status: .ok)
        response.headers.add("ETag", file.etag)
        response.headers.add("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache")
        response.headers.add("X-Content-Type-Options", "nosniff")
        if file.contentType.hasPrefix("text/html") {
            response.headers.add("X-Frame-Options", "DENY")
            response.headers.add("Referrer-Policy", "same-origin")
        }
        if matches(request.headers, file.etag) {
            response.status = .notModified
            return response
        }
        response.headers.add("Content-Type", file.contentType)
        response.body = .bytes(file.bytes)
        return response
    }

    /// RFC 9110 §13.1.2: a list of tags or `*`, compared weakly.
    static func matches(_ headers: HTTPHeaders, _ etag: String) -> Bool {
        for line in headers.values("if-none-match") {
            for tag in line.split(separator: ",") {
                var text = String(tag).trimmed
                if text.hasPrefix("W/") { text.removeFirst(2) }
                if text == "*" || text == etag { return true }
            }
        }
        return false
    }

    private static func collect(
        _ directory: String, below prefix: String, depth: Int, into files: inout [String: StaticFile], total: inout Int
    ) {
        guard depth < 8, let handle = opendir(directory) else { return }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let path = directory + "/" + name
            var info = stat()
            // lstat: a link in the folder can't lead out of it.
            guard lstat(path, &info) == 0 else { continue }
            if info.st_mode & S_IFMT == S_IFDIR {
                collect(path, below: prefix + "/" + name, depth: depth + 1, into: &files, total: &total)
            } else if info.st_mode & S_IFMT == S_IFREG, info.st_size <= largestFile, total + Int(info.st_size) <= largestTotal,
                let bytes = read(path, size: Int(info.st_size))
            {
                total += bytes.count
                let tag = "\"" + Hex.encode(Crypto.sha256(bytes).prefix(12)) + "\""
                files[prefix + "/" + name] = StaticFile(
                    bytes: bytes, etag: tag, contentType: contentType(name), immutable: prefix.hasPrefix("/assets"))
            }
        }
    }

    private static func read(_ path: String, size: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var offset = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
            while offset < size {
                let count = Glibc.read(file, buffer.baseAddress! + offset, size - offset)
                if count <= 0 { break }
                offset += count
            }
            initialized = offset
        }
        return bytes.count == size ? bytes : nil
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
