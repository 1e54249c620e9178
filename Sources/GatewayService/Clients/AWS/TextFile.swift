// Small files that a platform mounts, read whole.
import Glibc

/// Blocking: for the threads of a `BlockingPool`.
enum TextFile {
    /// At most `limit` bytes; nil when there is no such file, or more in it.
    static func read(_ path: String, limit: Int) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard count <= limit, ferror(file) == 0 else { return nil }
        return String(validating: bytes[..<count], as: UTF8.self)
    }
}
