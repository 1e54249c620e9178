// Uploaded images in a folder of the gateway. Names are made here, so that no client's text ever becomes a path.
import Glibc
import TiketiCore
import TiketiNet

/// A folder of files that never change.
struct ImageStore: Sendable {
    let root: String
    let files: BlockingPool
    /// Bytes of one file that is read.
    var largest = 8 << 20

    /// Returns the name under /uploads/. The file appears whole or not at all.
    func save(_ bytes: [UInt8], as type: ImageType) async throws -> String {
        let name = "\(UUID()).\(type.rawValue)"
        let root = root
        let saved = try await files.run {
            mkdir(root, 0o750)
            let temporary = "\(root)/.\(name)"
            let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
            guard file >= 0 else { return false }
            var offset = 0
            while offset < bytes.count {
                let count = bytes.withUnsafeBytes { write(file, $0.baseAddress! + offset, bytes.count - offset) }
                if count <= 0 { break }
                offset += count
            }
            let synced = fsync(file) == 0
            close(file)
            guard offset == bytes.count, synced, rename(temporary, "\(root)/\(name)") == 0 else {
                unlink(temporary)
                return false
            }
            return true
        }
        guard saved else { throw APIError.unavailable(retryAfter: 5, "Images can't be stored right now") }
        return name
    }

    /// nil for a name that was not made here, or is gone.
    func load(_ name: String) async throws -> (bytes: [UInt8], type: ImageType)? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = UUID(String(parts[0])), let type = ImageType(rawValue: String(parts[1])) else { return nil }
        let path = "\(root)/\(id).\(type.rawValue)"
        let largest = largest
        let bytes = try await files.run { () -> [UInt8]? in
            let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var info = stat()
            guard fstat(file, &info) == 0, info.st_size <= largest else { return nil }
            var offset = 0
            let size = Int(info.st_size)
            return [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
                while offset < size {
                    let count = read(file, buffer.baseAddress! + offset, size - offset)
                    if count <= 0 { break }
                    offset += count
                }
                initialized = offset
            }
        }
        return bytes.map { ($0, type) }
    }
}
