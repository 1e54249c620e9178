// Admins upload images; everybody sees them.
import TiketiCore
import TiketiNet

struct ImageRoutes: Sendable {
    let images: ImageStore
    let audit: AuditStore
    let admins: AdminCheck

    func install(on router: Router) {
        // The form around the image needs a little more than the image.
        router.post("/api/image/upload", RouteOptions(bodyLimit: ImageStore.largest + 64 * 1024)) { try await upload($0) }
        router.get("/uploads/:name") { try await show($0) }
    }

    private func upload(_ context: RequestContext) async throws -> HTTPResponse {
        let admin = try await admins.require(context)
        guard let boundary = context.request.headers["content-type"].flatMap(Multipart.boundary) else {
            throw APIError.unsupportedMediaType("Content-Type must be multipart/form-data")
        }
        let body = try await context.body()
        guard let image = Multipart.field("image", in: body, boundary: boundary), !image.isEmpty else {
            throw APIError.validation("image", "is required")
        }
        guard image.count <= ImageStore.largest else { throw APIError.bodyTooLarge }
        guard let type = ImageType(image) else { throw APIError.unsupportedMediaType("Images are JPEG, PNG, WebP or GIF") }
        let name = try await images.save(Array(image), as: type)
        var entry = AuditEntry(context, by: admin, "image.upload", "image", id: name)
        entry.outcome = .done
        entry.after = AuditEntry.document { json in
            json.member("contentType", type.contentType)
            json.member("bytes", image.count)
        }
        try await audit.insert(entry)
        return .success(.created) { $0.member("url", "/uploads/" + name) }
    }

    private func show(_ context: RequestContext) async throws -> HTTPResponse {
        let name = context.parameter("name")
        guard let image = try await images.load(name) else { throw APIError.notFound }
        var response = HTTPResponse(status: .ok)
        // The name is the identity: what it stands for never changes.
        response.headers.add("ETag", "\"\(name)\"")
        response.headers.add("Cache-Control", "public, max-age=31536000, immutable")
        response.headers.add("X-Content-Type-Options", "nosniff")
        if StaticFiles.matches(context.request.headers, "\"\(name)\"") {
            response.status = .notModified
            return response
        }
        response.headers.add("Content-Type", image.type.contentType)
        response.body = .bytes(image.bytes)
        return response
    }
}
