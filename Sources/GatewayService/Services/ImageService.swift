// Images that admins upload: known by their content, kept without metadata, so many a day.
import Logging
import TiketiCore
import TiketiNet

/// Stores, finds and removes images.
struct ImageService: Sendable {
    /// Bytes of one image.
    static let largest = 5 << 20
    /// Bytes of the form around it.
    private static let largestForm = largest + 64 * 1024

    let images: any ImageStore
    /// Where uploads lie while they come in.
    let spool: String
    let files: BlockingPool
    let audit: AuditStore
    /// Images of one admin in 24 hours.
    let dailyQuota: Int
    /// Where the world finds the bucket's objects; nil: through the gateway.
    let publicURL: String?
    let logger: Logger

    /// Stores the image in a form's field `image`; returns its address.
    /// - Parameter boundary: of the form.
    /// - Throws: 413, 415, 400, or 429 when the admin's day is used up.
    func save(_ form: HTTPBody, boundary: [UInt8], by actor: AdminActor) async throws -> String {
        // Asked first: who may upload nothing need not send it.
        guard try await audit.count("image.upload", by: actor.id, withinHours: 24) < dailyQuota else {
            throw APIError.rateLimited(retryAfter: 3600, "An administrator may upload \(dailyQuota) images a day")
        }
        let (upload, bytes) = try await receive(form, boundary)
        guard bytes > 0 else { throw APIError.validation("image", "is required") }
        let image: ImageFile
        do { image = try await upload.inspect { try ImageFile($0) } } catch let fault as ImageFault { throw Self.meaning(of: fault) }
        let name = ImageName(image.type)
        try await images.save(image, of: upload, as: name)
        try await record(
            "image.upload", name, by: actor,
            AuditEntry.document { json in
                json.member("contentType", image.type.contentType)
                json.member("bytes", image.content.length)
                json.member("width", image.width)
                json.member("height", image.height)
            })
        return (publicURL ?? "") + "/" + ImageName.folder + name.description
    }

    /// nil for a name that was not made here, or is gone.
    func open(_ name: ImageName) async throws -> HTTPBody? { try await images.open(name) }

    func contains(_ name: ImageName) async throws -> Bool { try await images.contains(name) }

    /// - Throws: 404.
    func delete(_ name: ImageName, by actor: AdminActor) async throws {
        guard try await images.contains(name) else { throw APIError.notFound }
        try await images.delete(name)
        try await record("image.delete", name, by: actor, nil)
    }

    /// Takes the form in, piece by piece; what is kept is the first field of that name. Returns how many bytes it has.
    private func receive(_ form: HTTPBody, _ boundary: [UInt8]) async throws -> (SpooledUpload, Int) {
        if let length = form.length, length > Self.largestForm { throw APIError.bodyTooLarge }
        let upload = try await SpooledUpload.make(in: spool, files: files)
        var parser = MultipartParser(boundary: boundary)
        var field = Field.awaited
        var (received, kept) = (0, 0)
        do {
            while let piece = try await form.read() {
                received += piece.count
                guard received <= Self.largestForm else { throw APIError.bodyTooLarge }
                for event in try parser.feed(piece) {
                    switch event {
                    case .part(let name): if field == .awaited, name == "image" { field = .here }
                    case .partEnd: if field == .here { field = .over }
                    case .content(let bytes):
                        guard field == .here else { continue }
                        kept += bytes.count
                        guard kept <= Self.largest else { throw APIError.bodyTooLarge }
                        try await upload.append(bytes)
                    }
                }
            }
            try parser.finish()
        } catch is MultipartFault {
            throw APIError.validation("image", "must come in a well-formed form")
        }
        return (upload, kept)
    }

    /// Where the field is that is looked for.
    private enum Field { case awaited, here, over }

    private func record(_ action: String, _ name: ImageName, by actor: AdminActor, _ after: [UInt8]?) async throws {
        var entry = AuditEntry(by: actor, action, "image", id: name.description)
        entry.outcome = .done
        entry.after = after
        try await audit.insert(entry)
        logger.adminAction(action, name.description, actor)
    }

    private static func meaning(of fault: ImageFault) -> APIError {
        switch fault {
        case .unknownType: .unsupportedMediaType("Images are JPEG, PNG, WebP or GIF")
        case .malformed: .validation("image", "is not a whole image")
        case .tooManyPixels: .validation("image", "must have at most \(ImageFile.mostPixels / 1_000_000) megapixels")
        }
    }
}
