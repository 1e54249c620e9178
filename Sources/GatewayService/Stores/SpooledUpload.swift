// An upload on its way in: a file without a name, so that no upload is held in memory and none is left behind by a process that dies.
import Glibc
import TiketiCore
import TiketiNet

/// The bytes of one upload. The file is gone when the last who uses it lets it go.
final class SpooledUpload: Sendable {
    private let descriptor: Int32
    private let files: BlockingPool
    private static let portion = 64 * 1024

    private init(_ descriptor: Int32, _ files: BlockingPool) {
        self.descriptor = descriptor
        self.files = files
    }

    deinit { close(descriptor) }

    /// An empty one.
    /// - Parameter folder: on a disk that may be written to; made when it is missing.
    static func make(in folder: String, files: BlockingPool) async throws -> SpooledUpload {
        let descriptor = try await files.run { () -> Int32 in
            mkdir(folder, 0o750)
            var path = Array("\(folder)/.upload-XXXXXX".utf8CString)
            let descriptor = mkstemp(&path)
            guard descriptor >= 0 else { return -1 }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            unlink(path)
            return descriptor
        }
        guard descriptor >= 0 else { throw Self.failure }
        return SpooledUpload(descriptor, files)
    }

    /// Adds bytes at the end. One caller at a time.
    func append(_ bytes: ArraySlice<UInt8>) async throws {
        let descriptor = descriptor
        let isWritten = try await files.run { Self.write(bytes, to: descriptor) }
        guard isWritten else { throw Self.failure }
    }

    /// Looks at the whole file on a thread that may block.
    func inspect<Value: Sendable>(_ body: @escaping @Sendable (borrowing File) throws -> Value) async throws -> Value {
        let descriptor = descriptor
        return try await files.run { [self] in
            defer { withExtendedLifetime(self) {} }
            return try body(File(descriptor: descriptor))
        }
    }

    /// What is kept of it, with the digest that a store may want to see.
    func content(_ image: ImageContent) async throws -> ObjectContent {
        let portions = image.portions(Self.portion)
        let digest = try await inspect { file in
            let digest = SHA256()
            for portion in portions { digest.update(file.bytes(portion)) }
            return Hex.encode(digest.finish())
        }
        return ObjectContent(length: image.length, sha256: digest) { self.reader(portions) }
    }

    /// Copies what is kept of it to another file of this machine.
    func copy(_ image: ImageContent, to descriptor: Int32) async throws -> Bool {
        let portions = image.portions(Self.portion)
        return try await inspect { file in portions.allSatisfy { Self.write(file.bytes($0)[...], to: descriptor) } }
    }

    private func reader(_ portions: [ImageContent.Piece]) -> @Sendable () async throws -> [UInt8]? {
        let next = Locked(0)
        return { [self] in
            let index = next.withLock { index in
                defer { index += 1 }
                return index
            }
            guard index < portions.count else { return nil }
            return try await inspect { $0.bytes(portions[index]) }
        }
    }

    private static var failure: APIError { .unavailable(retryAfter: 5, "Images can't be stored right now") }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The file as the readers of image formats see it.
    struct File: ImageSource {
        fileprivate let descriptor: Int32

        var count: Int {
            var info = stat()
            return fstat(descriptor, &info) == 0 ? Int(info.st_size) : 0
        }

        func bytes(_ range: Range<Int>) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
                while initialized < range.count {
                    let count = pread(
                        descriptor, buffer.baseAddress.map { $0 + initialized }, range.count - initialized,
                        off_t(range.lowerBound + initialized))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    initialized += count
                }
            }
        }

        func bytes(_ piece: ImageContent.Piece) -> [UInt8] {
            switch piece {
            case .kept(let range): bytes(range)
            case .made(let bytes): bytes
            }
        }
    }
}
