// Uploaded images in a folder: for one gateway, which is development and small installations.
import Glibc
import TiketiCore
import TiketiNet

/// A folder of files that never change.
struct DiskImageStore: ImageStore {
    let root: String
    let files: BlockingPool

    func save(_ image: ImageFile, of upload: SpooledUpload, as name: ImageName) async throws {
        let path = path(name)
        let temporary = "\(root)/.\(name)"
        let file = try await files.run { Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640) }
        guard file >= 0 else { throw Self.failure }
        let isCopied = (try? await upload.copy(image.content, to: file)) ?? false
        let isSaved: Bool
        do {
            isSaved = try await files.run {
                let isSynced = fsync(file) == 0
                close(file)
                if isCopied, isSynced, rename(temporary, path) == 0 { return true }
                unlink(temporary)
                return false
            }
        } catch {
            // The pool took no more work: two quick calls that leave nothing behind.
            close(file)
            unlink(temporary)
            throw error
        }
        guard isSaved else { throw Self.failure }
    }

    func open(_ name: ImageName) async throws -> HTTPBody? {
        let path = path(name)
        let (file, fault) = try await files.run { () -> (Int32, Int32) in
            let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            return (file, file < 0 ? errno : 0)
        }
        guard file >= 0 else {
            if fault == ENOENT || fault == ELOOP { return nil }
            throw Self.failure
        }
        let source = FileBody(file, files)
        return HTTPBody(length: source.length, source: source)
    }

    func contains(_ name: ImageName) async throws -> Bool {
        let path = path(name)
        return try await files.run { access(path, R_OK) == 0 }
    }

    func delete(_ name: ImageName) async throws {
        let path = path(name)
        let isGone = try await files.run { unlink(path) == 0 || errno == ENOENT }
        guard isGone else { throw Self.failure }
    }

    private func path(_ name: ImageName) -> String { "\(root)/\(name)" }

    private static var failure: APIError { .unavailable(retryAfter: 5, "Images can't be stored right now") }
}

/// A file as a body: read piece by piece, as the reader takes it. Confined to the loop of its reader.
private final class FileBody: HTTPBodySource {
    private let file: Int32
    private let files: BlockingPool
    private var offset = 0
    let length: Int

    /// Takes the open file over.
    init(_ file: Int32, _ files: BlockingPool) {
        self.file = file
        self.files = files
        var info = stat()
        length = fstat(file, &info) == 0 ? Int(info.st_size) : 0
    }

    deinit { close(file) }

    func nextChunk() async throws(HTTPBodyError) -> [UInt8]? {
        guard offset < length else { return nil }
        let (file, start, count) = (file, offset, min(64 * 1024, length - offset))
        let read: [UInt8]
        do {
            read = try await files.run {
                [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                    initialized = max(0, pread(file, buffer.baseAddress, count, off_t(start)))
                }
            }
        } catch { throw .closed }
        guard !read.isEmpty else { throw .closed }
        offset += read.count
        return read
    }
}
