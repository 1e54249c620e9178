// The built web app from WEB_ROOT, read once at the start into memory. A request can only name what was read, so no path can leave the
// root.
import Glibc

/// The folder of the built app.
struct WebFileStore: Sendable {
    static let largestFile = 8 << 20
    static let largestTotal = 64 << 20

    let root: String

    /// Every file by its path below the root. An absent root is an empty app: the API works without it. Blocks on the disk.
    func load() -> [String: WebFile] {
        var contents: [String: [UInt8]] = [:]
        var total = 0
        Self.collect(root, below: "", depth: 0, into: &contents, total: &total)
        var files: [String: WebFile] = [:]
        for (path, bytes) in contents where ContentCoding.allCases.allSatisfy({ !path.hasSuffix($0.suffix) }) {
            var file = WebFile(
                etag: WebFile.tag(bytes), contentType: WebFile.contentType(path), isImmutable: WebFile.isHashed(path), bytes: bytes)
            for coding in ContentCoding.allCases { file.coded[coding] = contents[path + coding.suffix] }
            files[path] = file
        }
        return files
    }

    /// What changes with every build; nil without a page. Blocks on the disk.
    func revision() -> Int? {
        var info = stat()
        guard stat(root + "/index.html", &info) == 0 else { return nil }
        return info.st_mtim.tv_sec &* 1_000_000_000 &+ info.st_mtim.tv_nsec
    }

    private static func collect(
        _ directory: String, below prefix: String, depth: Int, into files: inout [String: [UInt8]], total: inout Int
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
                files[prefix + "/" + name] = bytes
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
}
