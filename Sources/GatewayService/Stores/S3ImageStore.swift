// Uploaded images in a bucket that every gateway reads from and writes to.
import Logging
import TiketiCore
import TiketiNet

/// Objects under `uploads/`.
struct S3ImageStore: ImageStore {
    let objects: S3Client
    let logger: Logger

    func save(_ image: ImageFile, of upload: SpooledUpload, as name: ImageName) async throws {
        let content = try await upload.content(image.content)
        try await reporting {
            try await objects.put(Self.key(name), content, type: name.type.contentType, cacheControl: ImageName.cacheControl)
        }
    }

    func open(_ name: ImageName) async throws -> HTTPBody? { try await reporting { try await objects.get(Self.key(name)) } }

    func contains(_ name: ImageName) async throws -> Bool { try await reporting { try await objects.contains(Self.key(name)) } }

    func delete(_ name: ImageName) async throws { try await reporting { try await objects.delete(Self.key(name)) } }

    private static func key(_ name: ImageName) -> String { ImageName.folder + name.description }

    /// Why is for the log; the public learns that it is to come back.
    private func reporting<Value: Sendable>(_ call: () async throws -> Value) async throws -> Value {
        do { return try await call() } catch let fault as AWSFault {
            logger.warning("The bucket refused", metadata: ["bucket": "\(objects.bucket.name)", "reason": "\(fault)"])
            throw APIError.unavailable(retryAfter: 5, "Images can't be reached right now")
        }
    }
}
