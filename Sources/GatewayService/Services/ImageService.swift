// Images that admins upload: known by their content, kept without metadata, so many a day.
import Logging
import TiketiCore
import TiketiNet

/// Stores and finds images.
struct ImageService: Sendable {
    /// Bytes of one image.
    static let largest = 5 << 20

    let images: ImageStore
    let audit: AuditStore
    /// Images of one admin in 24 hours.
    let dailyQuota: Int
    let logger: Logger

    /// Returns the name under `/uploads/`.
    /// - Throws: 413, 415, 400, or 429 when the admin's day is used up.
    func save(_ upload: ArraySlice<UInt8>, by actor: AdminActor) async throws -> String {
        guard upload.count <= Self.largest else { throw APIError.bodyTooLarge }
        let image: ImageFile
        do {
            image = try ImageFile(upload)
        } catch {
            throw Self.meaning(of: error)
        }
        guard try await audit.count("image.upload", by: actor.id, withinHours: 24) < dailyQuota else {
            throw APIError.rateLimited(retryAfter: 3600, "An administrator may upload \(dailyQuota) images a day")
        }
        let name = try await images.save(image.bytes, as: image.type)
        var entry = AuditEntry(by: actor, "image.upload", "image", id: name)
        entry.outcome = .done
        entry.after = AuditEntry.document { json in
            json.member("contentType", image.type.contentType)
            json.member("bytes", image.bytes.count)
            json.member("width", image.width)
            json.member("height", image.height)
        }
        try await audit.insert(entry)
        logger.adminAction("image.upload", name, actor)
        return name
    }

    /// nil for a name that was not made here, or is gone.
    func load(_ name: String) async throws -> (bytes: [UInt8], type: ImageType)? { try await images.load(name) }

    private static func meaning(of fault: ImageFault) -> APIError {
        switch fault {
        case .unknownType: .unsupportedMediaType("Images are JPEG, PNG, WebP or GIF")
        case .malformed: .validation("image", "is not a whole image")
        case .tooManyPixels: .validation("image", "must have at most \(ImageFile.mostPixels / 1_000_000) megapixels")
        }
    }
}
